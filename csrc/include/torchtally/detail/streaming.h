// The mean over samples as integer sums, which no order of adding can change.
//
// A sum of floats depends on the order of its terms, and so on the batches that the samples came in. Here each value
// becomes two integers, high + low / 2^31 of a fixed unit, and integers are added. What rounding loses is below 2^-62
// of the largest value of the score, less than a single addition in float64 may lose. The sums are those of
// python/torchtally/metrics/_streaming.py, number for number.
#pragma once

#include <torchtally/detail/scoring.h>

namespace torchtally::detail {

// Columns of the sums: high and low part of the values, how many values there are, how many of them are not finite, and
// what they weigh in pixels.
inline constexpr int64_t kSumColumns = 5;

inline constexpr double kLow = 2147483648.0;  // 2^31 low parts in a unit
inline constexpr int kUnits = 31;             // log2 of the units in the largest value: room for 2^32 samples
inline constexpr int kUnitsOfPixels = 20;     // the same for values weighed by pixels: room for 2^43 of them

// The least e >= 0 for which no value of a score is beyond 2^e.
inline int largest_exponent(const ZeroDivision& zero_division) {
  const double worth = zero_division.worth();
  if (!zero_division.is_number() || std::isinf(worth)) {
    return 0;
  }
  int exponent = 0;
  const double mantissa = std::frexp(std::max(std::abs(worth), 1.0), &exponent);
  return exponent - (mantissa == 0.5 ? 1 : 0);
}

// The mean over samples of one score with Aggregation::kSamplewise, kept as int64 [E, 5]. E is the number of means over
// samples: one where each sample has one score, one for each class where the mean over classes comes last or is not
// taken.
class StreamedMean {
 public:
  // no_samples are counts of no sample, [0, ...].
  StreamedMean(const BoundScore& score, Counted counted, const at::Tensor& no_samples)
      : policy_(score.policy), counted_(counted), each_(score), support_(score) {
    const ScoreOptions& o = policy_.options;
    classes_last_ = (o.average() == Average::kMacro || o.average() == Average::kWeighted) &&
                    o.sample_mean() != SampleMean::kClassesFirst;
    weighted_ = classes_last_ && o.average() == Average::kWeighted;
    joint_ = classes_last_ && o.sample_mean() == SampleMean::kJoint;
    each_.policy.options.average(classes_last_ ? Average::kNone : *o.average())
        .aggregation(Aggregation::kNone)
        .dtype(at::kDouble);
    support_ = each_;
    support_.policy.options.undefined_when(UndefinedWhen::kZeroDenominator);
    // Pixels of each class in the target, as a ratio that is never undefined.
    support_.sees = Sees::kClass;
    support_.formula = {[](const ClassCounts& n) -> Ratio { return {n.tp + n.fn, at::ones_like(n.tp)}; }};
    unit_ = std::ldexp(1.0, largest_exponent(*o.zero_division()) - (weighted_ && joint_ ? kUnitsOfPixels : kUnits));
    const at::Tensor value = each_.of_counted(counted_, no_samples).score;
    is_scalar_ = value.dim() == 1;
    entries_ = is_scalar_ ? 1 : value.size(1);
  }

  int64_t entries() const { return entries_; }

  // The sums [E, 5] of samples whose counts are [N, ...].
  at::Tensor of_samples(const at::Tensor& counts) const {
    const Scored scored = each_.of_counted(counted_, counts);
    at::Tensor value = columns(scored.score);
    const at::Tensor valid = columns(scored.valid) > 0;
    const at::Tensor finite = value.isfinite();
    value = value.masked_fill(~(valid & finite), 0.0);
    at::Tensor weight = at::zeros_like(value, at::kLong);
    if (weighted_) {
      weight = columns(support_.of_counted(counted_, counts).score).nan_to_num(0.0).to(at::kLong);
      if (joint_) {
        weight = weight.masked_fill(~valid, 0);
        value = value * weight;
      }
    }
    const at::Tensor scaled = value / unit_;  // a power of two: exact
    const at::Tensor high = scaled.round();
    const at::Tensor low = ((scaled - high) * kLow).round();
    std::vector<at::Tensor> sums;
    for (const at::Tensor& column : {high, low, valid, valid & ~finite, weight}) {
      sums.push_back(column.to(at::kLong).sum(0));
    }
    return at::stack(sums, -1);
  }

  // The score of sums [E, 5]: a scalar, or [E].
  at::Tensor value(const at::Tensor& sums) const {
    const std::vector<at::Tensor> column = sums.to(at::kDouble).unbind(-1);
    const at::Tensor &number = column[2], &infinite = column[3];
    at::Tensor weight = column[4];
    const at::Tensor total = (column[0] + column[1] / kLow) * unit_;
    at::Tensor mean = total / (weighted_ && joint_ ? weight : number);
    mean = mean.masked_fill(infinite > 0, policy_.options.zero_division()->worth());
    if (classes_last_) {
      if (!weighted_) {
        const auto& weights = policy_.options.class_weights();
        weight = !weights ? at::ones_like(mean)
                          : policy_.weights_of(policy_.scored(static_cast<int64_t>(weights->size())), mean.device());
        weight = joint_ ? weight * number : weight;
      }
      // A class whose samples all weigh nothing has a mean of 0 / 0.
      mean = mean.masked_fill((weight == 0) & (infinite == 0), 0.0);
      mean = policy_.mean({mean, number > 0, weight}, -1).value;
    } else if (is_scalar_) {
      mean = mean.squeeze(-1);
    }
    return mean.to(*policy_.options.dtype());
  }

 private:
  // The values of samples, [N] or [N, E], as [N, E].
  at::Tensor columns(const at::Tensor& values) const { return is_scalar_ ? values.unsqueeze(-1) : values; }

  ScorePolicy policy_;
  Counted counted_;
  BoundScore each_;     // of each sample
  BoundScore support_;  // what a class weighs in it
  bool classes_last_ = false, weighted_ = false, joint_ = false, is_scalar_ = false;
  double unit_ = 1.0;
  int64_t entries_ = 1;
};

}  // namespace torchtally::detail
