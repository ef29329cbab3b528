// How the ratios of classes and samples become a score.
//
// A score is a ratio of counts for each (sample, class). What remains is policy: which of these entries are undefined
// and what they are worth, over which of them to average, and in which order. Everything here works on [..., C]
// tensors, with the operations of python/torchtally/functional/_policy.py in their order.
#pragma once

#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <torchtally/detail/counting.h>
#include <torchtally/detail/formulas.h>
#include <torchtally/detail/policy_checks.h>

namespace torchtally {

/// A score, and the number of entries that entered its last average (int64).
struct Scored {
  at::Tensor score;
  at::Tensor valid;
};

namespace detail {

// Entries and whether they take part.
struct Entries {
  at::Tensor value;                  // float64
  at::Tensor valid;                  // bool, or int64: how many entries took part
  std::optional<at::Tensor> weight;  // float64; nothing is 1 throughout
};

// Counts of unions of classes, [..., R]: each union is one class against everything else.
//   matrix  int64 [..., K, K], rows target; what lies beyond num_classes is "other", outside of every region
inline ClassCounts region_counts(const std::string& op, const at::Tensor& matrix, const Regions& regions,
                                 int64_t num_classes) {
  for (const auto& region : regions) {
    for (const int64_t index : region) {
      TORCH_CHECK_VALUE(index >= 0 && index < num_classes, op, ": regions must hold classes in [0, ", num_classes,
                        "), got ", index);
    }
  }
  const at::Tensor total = matrix.sum({-2, -1});
  std::vector<at::Tensor> tps, fps, fns, tns;
  for (const auto& region : regions) {
    const at::Tensor target = indexed(matrix, -2, region);
    const at::Tensor preds = indexed(matrix, -1, region);
    const at::Tensor tp = indexed(target, -1, region).sum({-2, -1});
    const at::Tensor fn = target.sum({-2, -1}) - tp;
    const at::Tensor fp = preds.sum({-2, -1}) - tp;
    tps.push_back(tp);
    fps.push_back(fp);
    fns.push_back(fn);
    tns.push_back(total - tp - fp - fn);
  }
  return {at::stack(tps, -1), at::stack(fps, -1), at::stack(fns, -1), at::stack(tns, -1)};
}

// Everything between counts and a score, checked once. Counts are [C], [N, C] or [..., N, C].
struct ScorePolicy {
  std::string op;
  Average average = Average::kMacro;
  ZeroDivision zero_division = ZeroDivision::kSkip;
  UndefinedWhen undefined_when = UndefinedWhen::kZeroDenominator;
  Aggregation aggregation = Aggregation::kGlobal;
  SampleMean sample_mean = SampleMean::kClassesFirst;
  std::optional<std::vector<int64_t>> classes;
  bool present = false;
  bool include_background = true;
  std::optional<std::vector<double>> class_weights;
  std::optional<Regions> regions;
  std::vector<int64_t> ignore_index;
  bool other = false;
  at::ScalarType dtype = at::kFloat;

  // The policy of options whose average is decided; ignored are classes.
  static ScorePolicy checked(const std::string& op, Task task, const ScoreOptions& options, Average average,
                             const std::vector<int64_t>& ignored, bool other) {
    ScorePolicy policy;
    policy.op = op;
    policy.average = average;
    policy.aggregation = options.aggregation().value_or(Aggregation::kGlobal);
    if (average == Average::kSamples) {
      TORCH_CHECK_VALUE(task == Task::kMultilabel && policy.aggregation != Aggregation::kNone, op,
                        ": average='samples' is the mean over samples of a multilabel task, got task=", quoted(task),
                        ", aggregation=", quoted(policy.aggregation));
      policy.average = Average::kMicro;
      policy.aggregation = Aggregation::kSamplewise;
    }
    policy.dtype = options.dtype().value_or(at::kFloat);
    check_score_dtype(op, policy.dtype);
    policy.include_background = options.include_background().value_or(true);
    const bool chosen = options.classes().has_value() || !policy.include_background;
    policy.regions = options.regions();
    const bool unions = policy.regions.has_value();
    TORCH_CHECK_VALUE(policy.average != Average::kBinary || !(chosen || unions), op,
                      ": average='binary' scores class 1 alone, so classes, include_background and regions do not "
                      "apply");
    TORCH_CHECK_VALUE(!unions || !(chosen || task != Task::kMulticlass), op,
                      ": regions stand in for the classes of a multiclass task, so classes and include_background do "
                      "not apply, got task=",
                      quoted(task), ", classes=", classes_text(options.classes()),
                      ", include_background=", bool_text(policy.include_background));
    // A target value names a class only where targets are classes.
    if (task != Task::kMultilabel) {
      policy.ignore_index = ignored;
    }
    if (unions) {
      check_regions(op, *policy.regions);
      for (const auto& region : *policy.regions) {
        for (const int64_t index : region) {
          TORCH_CHECK_VALUE(!contains(policy.ignore_index, index), op,
                            ": regions must not hold a class that ignore_index names, got ", index);
        }
      }
      policy.ignore_index.clear();
    }
    policy.zero_division = options.zero_division().value_or(ZeroDivision::kSkip);
    policy.undefined_when = options.undefined_when().value_or(UndefinedWhen::kZeroDenominator);
    policy.sample_mean = options.sample_mean().value_or(SampleMean::kClassesFirst);
    if (options.classes().has_value()) {
      policy.present = options.classes()->present;
      if (!policy.present) {
        check_class_indices(op, options.classes()->indices);
        policy.classes = options.classes()->indices;
      }
    }
    policy.class_weights = options.class_weights();
    if (policy.class_weights.has_value()) {
      check_class_weights(op, *policy.class_weights, policy.average);
    }
    policy.other = other && task != Task::kMultilabel;
    return policy;
  }

  // Reduces counts [C] or [..., N, C] to the score of a formula.
  Scored score(const Formula& formula, const ClassCounts& given) const {
    Entries e = entries(formula, aggregated(given));
    if (aggregation != Aggregation::kSamplewise) {
      return average == Average::kNone ? result(e) : result(mean(e, -1));
    }
    if (average == Average::kNone || sample_mean == SampleMean::kSamplesFirst) {
      Entries classes_left = mean({e.value, e.valid, std::nullopt}, -2);
      if (average == Average::kNone) {
        return result(classes_left);
      }
      return result(mean({classes_left.value, classes_left.valid > 0, e.weight}, -1));
    }
    if (sample_mean == SampleMean::kJoint) {
      if (e.weight.has_value()) {
        e.weight = e.weight->expand(e.value.sizes()).flatten(-2);
      }
      return result(mean({e.value.flatten(-2), e.valid.flatten(-2), e.weight}, -1));
    }
    const Entries samples_left = mean(e, -1);
    return result(mean({samples_left.value, samples_left.valid > 0, std::nullopt}, -1));
  }

  // Reduces counts [C] or [..., N, C] with a formula of many classes. With scored_only it sees the classes that are
  // scored; else every class, among them "other" and an ignored class, which may be predicted.
  Scored score_whole(const Formula& formula, const ClassCounts& given, bool scored_only) const {
    ClassCounts counts = aggregated(given);
    if (scored_only) {
      std::vector<int64_t> kept;
      for (const int64_t c : scored(number_of_classes(counts))) {
        if (!contains(ignore_index, c)) {
          kept.push_back(c);
        }
      }
      counts = map(counts, [&](const at::Tensor& t) { return taken(t, kept); });
    }
    return of_samples(ratio(formula(counts), pooled(counts)));
  }

  // Reduces matrices [C, C] or [..., N, C, C] with a formula of them.
  Scored score_matrix(const MatrixFormula& formula, at::Tensor matrix) const {
    check_samples(matrix.dim() - 1);
    if (aggregation == Aggregation::kGlobal && matrix.dim() > 2) {
      matrix = matrix.sum(-3);
    }
    return of_samples(ratio(formula(matrix), pooled(ClassCounts::from_matrix(matrix))));
  }

  // Counts of the regions in matrices [..., C, C]: [..., R].
  ClassCounts counts_of_regions(const at::Tensor& matrix) const {
    return region_counts(op, matrix, *regions, matrix.size(-1) - (other ? 1 : 0));
  }

  // The classes to score, in the order of the result.
  std::vector<int64_t> scored(int64_t num_classes) const {
    const int64_t weights = class_weights.has_value() ? static_cast<int64_t>(class_weights->size()) : num_classes;
    TORCH_CHECK_VALUE(weights == num_classes, op, ": class_weights must have one weight for each of ", num_classes,
                      regions.has_value() ? " regions" : " classes", ", got ", weights);
    if (average == Average::kBinary) {
      TORCH_CHECK_VALUE(num_classes == 2, op, ": average='binary' needs 2 classes, got ", num_classes);
      return {1};
    }
    return scored_classes(op, classes, include_background, num_classes);
  }

  // The weighted mean of the valid entries and how many there are. The mean of no entry is NaN. Entries that all weigh
  // nothing (no support) make an undefined mean: worth zero_division, or left out by the mean that follows.
  Entries mean(const Entries& of, int64_t dim) const {
    at::Tensor weight = of.weight.has_value() ? of.weight->expand_as(of.value) : at::ones_like(of.value);
    const at::Tensor left_out = ~of.valid;
    weight = weight.masked_fill(left_out, 0.0);
    const at::Tensor total = weight.sum(dim);
    at::Tensor value = (of.value.masked_fill(left_out, 0.0) * weight).sum(dim) / total;
    at::Tensor entered = of.valid.sum(dim);
    if (zero_division.skips()) {
      entered = entered.masked_fill(total == 0, 0);
    } else if (zero_division.is_number()) {
      value = value.masked_fill((total == 0) & (entered > 0), zero_division.worth());
    }
    return {value, entered, std::nullopt};
  }

 private:
  // Finishes one entry for each sample, [..., 1].
  Scored of_samples(const Entries& of) const {
    Entries e = mean(of, -1);
    if (aggregation == Aggregation::kSamplewise) {
      e = mean({e.value, e.valid > 0, std::nullopt}, -1);
    }
    return result(e);
  }

  Scored result(const Entries& of) const { return {of.value.to(dtype), of.valid.to(at::kLong)}; }

  // Refuses counts without the sample dimension that the aggregation needs.
  void check_samples(int64_t dims) const {
    TORCH_CHECK_VALUE(dims != 1 || aggregation == Aggregation::kGlobal, op, ": aggregation=", quoted(aggregation),
                      " needs counts with a sample dimension: matrices [N, C, C] or class counts [N, C]");
  }

  ClassCounts aggregated(const ClassCounts& counts) const {
    const int64_t dims = counts.tp.dim();
    TORCH_CHECK_VALUE(dims > 0, op, ": class counts must be [C] or [N, C], got shape ", shape_text(counts.tp));
    check_samples(dims);
    if (aggregation == Aggregation::kGlobal && dims > 1) {
      return map(counts, [](const at::Tensor& t) { return t.sum(-2); });
    }
    return counts;
  }

  // What is averaged, [..., E]: the scored classes in the order asked for, or one entry that pools them.
  Entries entries(const Formula& formula, ClassCounts counts) const {
    const std::vector<int64_t> wanted = scored(number_of_classes(counts));
    std::vector<int64_t> kept;
    for (const int64_t c : wanted) {
      if (!contains(ignore_index, c)) {
        kept.push_back(c);
      }
    }
    const bool all_kept = kept.size() == wanted.size();
    if (average == Average::kMicro) {
      if (other && !classes.has_value() && !regions.has_value()) {
        kept.push_back(counts.tp.size(-1) - 1);
      }
      counts = pooled(map(counts, [&](const at::Tensor& t) { return taken(t, kept); }));
    } else {
      counts = map(counts, [&](const at::Tensor& t) { return taken(t, wanted); });
    }
    Entries e = ratio(formula(counts), counts);
    if (!all_kept && average != Average::kMicro) {
      at::Tensor keep = at::ones({static_cast<int64_t>(wanted.size())}, at::kBool);
      for (size_t i = 0; i < wanted.size(); ++i) {
        keep.mutable_data_ptr<bool>()[i] = !contains(ignore_index, wanted[i]);
      }
      e = restricted(e, keep.to(e.value.device()));
    }
    if (present && average != Average::kMicro) {
      e = restricted(e, counts.tp + counts.fp + counts.fn > 0);
    }
    if (average == Average::kWeighted) {
      at::Tensor support = counts.tp + counts.fn;
      if (aggregation == Aggregation::kSamplewise && sample_mean == SampleMean::kSamplesFirst) {
        support = support.sum(-2);  // a class weighs what it does in all samples
      }
      e.weight = support.to(at::kDouble);
    } else if (class_weights.has_value()) {
      std::vector<double> weights;
      for (const int64_t c : wanted) {
        weights.push_back((*class_weights)[static_cast<size_t>(c)]);
      }
      e.weight = tensor_of(weights, e.value.device());
    }
    return e;
  }

  static Entries restricted(const Entries& of, const at::Tensor& keep) {
    return {of.value.masked_fill(~keep, std::numeric_limits<double>::quiet_NaN()), of.valid & keep, of.weight};
  }

  // How many classes, or regions, the counts are of, less "other".
  int64_t number_of_classes(const ClassCounts& counts) const {
    return counts.tp.size(-1) - (other && !regions.has_value() ? 1 : 0);
  }

  // The ratio of each entry in float64, and whether it takes part.
  Entries ratio(const Ratio& of, const ClassCounts& counts) const {
    at::Tensor undefined = of.denominator == 0;
    if (undefined_when == UndefinedWhen::kEmptyTarget) {
      undefined = undefined | (counts.tp + counts.fn == 0);
    } else if (undefined_when == UndefinedWhen::kBothEmpty) {
      undefined = undefined | (counts.tp + counts.fp + counts.fn == 0);
    }
    at::Tensor value = of.numerator.to(at::kDouble) / of.denominator.to(at::kDouble);
    value = value.masked_fill(undefined, zero_division.worth());
    const at::Tensor skipped = zero_division.skips() ? undefined : undefined.new_zeros({});
    return {value, (~skipped).expand(value.sizes()), std::nullopt};
  }
};

}  // namespace detail
}  // namespace torchtally
