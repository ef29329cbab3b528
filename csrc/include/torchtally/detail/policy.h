// How the ratios of classes and samples become a score.
//
// A score is a ratio of counts for each (sample, class). What remains is policy: which of these entries are undefined
// and what they are worth, over which of them to average, and in which order. Everything here works on [..., C]
// tensors, with the operations of python/torchtally/functional/_policy.py in their order.
#pragma once

#include <torchtally/detail/counting.h>
#include <torchtally/detail/formulas.h>

namespace torchtally {

/// A score, and the number of entries that entered its last average (int64).
struct Scored {
  at::Tensor score;
  at::Tensor valid;
};

/// Asks for the number of entries that entered the last average, beside the score.
struct ReturnValid {
  explicit constexpr ReturnValid(int /*unused*/) {}
};
inline constexpr ReturnValid kReturnValid{0};

namespace detail {

// Entries and whether they take part.
struct Entries {
  at::Tensor value;                  // float64
  at::Tensor valid;                  // bool, or int64: how many entries took part
  std::optional<at::Tensor> weight;  // float64; nothing is 1 throughout
};

inline void check_score_dtype(const std::string& op, at::ScalarType type) {
  TORCH_CHECK_VALUE(type == at::kFloat || type == at::kDouble, op,
                    ": dtype must be torch.float32 or torch.float64, got ", text_of(type));
}

// Everything between counts and a score, checked once. Counts are [C], [N, C] or [..., N, C].
struct ScorePolicy {
  std::string op;
  ScoreOptions options;               // a value for each that has a default
  std::vector<int64_t> ignore_index;  // classes
  bool other;

  static ScorePolicy checked(const std::string& op, Task task, ScoreOptions o, std::vector<int64_t> ignored,
                             bool other) {
    if (o.average() == Average::kSamples) {
      TORCH_CHECK_VALUE(task == Task::kMultilabel && o.aggregation() != Aggregation::kNone, op,
                        ": average='samples' is the mean over samples of a multilabel task, got task=", text_of(task),
                        ", aggregation=", text_of(o.aggregation()));
      o.average(Average::kMicro).aggregation(Aggregation::kSamplewise);
    }
    check_score_dtype(op, *o.dtype());
    const bool chosen = o.classes().has_value() || !*o.include_background();
    const bool unions = o.regions().has_value();
    TORCH_CHECK_VALUE(o.average() != Average::kBinary || !(chosen || unions), op,
                      ": average='binary' scores class 1 alone, so classes, include_background and regions do not "
                      "apply");
    if (task == Task::kMultilabel) {
      ignored.clear();  // a target value names a class only where targets are classes
    }
    if (unions) {
      TORCH_CHECK_VALUE(!chosen && task == Task::kMulticlass, op,
                        ": regions stand in for the classes of a multiclass task, so classes and include_background "
                        "do not apply, got task=",
                        text_of(task), ", classes=", text_of(o.classes()),
                        ", include_background=", text_of(*o.include_background()));
      TORCH_CHECK_VALUE(!o.regions()->empty(), op, ": regions must hold at least one region, got none");
      for (const auto& region : *o.regions()) {
        check_class_indices(op, region, "regions must name at least one class each, each once");
      }
      for (const auto& region : *o.regions()) {
        for (const int64_t index : region) {
          TORCH_CHECK_VALUE(!contains(ignored, index), op,
                            ": regions must not hold a class that ignore_index names, got ", index);
        }
      }
      ignored.clear();
    }
    if (o.classes().has_value() && !o.classes()->present) {
      check_class_indices(op, o.classes()->indices, "classes must name at least one class, each once");
    }
    if (o.class_weights().has_value()) {
      TORCH_CHECK_VALUE(o.average() == Average::kMacro, op,
                        ": class_weights weigh the classes of average='macro', got average=", text_of(o.average()));
      bool good = true, any = false;
      for (const double weight : *o.class_weights()) {
        good = good && std::isfinite(weight) && weight >= 0;
        any = any || weight != 0;
      }
      TORCH_CHECK_VALUE(good && any, op, ": class_weights must be finite, not negative and not all zero, got ",
                        text_of(*o.class_weights()));
    }
    return {op, std::move(o), std::move(ignored), other && task != Task::kMultilabel};
  }

  // Reduces counts [C] or [..., N, C] to the score of a formula.
  Scored score(const CountsFormula& formula, const ClassCounts& given) const {
    Entries e = entries(formula, aggregated(given));
    if (!samplewise()) {
      return result(options.average() == Average::kNone ? e : mean(e, -1));
    }
    if (options.average() == Average::kNone || options.sample_mean() == SampleMean::kSamplesFirst) {
      const Entries of_classes = mean({e.value, e.valid, std::nullopt}, -2);
      return options.average() == Average::kNone ? result(of_classes)
                                                 : result(mean({of_classes.value, of_classes.valid > 0, e.weight}, -1));
    }
    if (options.sample_mean() == SampleMean::kJoint) {
      if (e.weight.has_value()) {
        e.weight = e.weight->expand(e.value.sizes()).flatten(-2);
      }
      return result(mean({e.value.flatten(-2), e.valid.flatten(-2), e.weight}, -1));
    }
    return of_samples(e);
  }

  // Reduces counts [C] or [..., N, C] with a formula of many classes. With scored_only it sees the classes that are
  // scored; else every class, among them "other" and an ignored class, which may be predicted.
  Scored score_whole(const CountsFormula& formula, const ClassCounts& given, bool scored_only) const {
    ClassCounts counts = aggregated(given);
    if (scored_only) {
      const std::vector<int64_t> kept = not_ignored(scored(number_of_classes(counts)));
      counts = map(counts, [&](const at::Tensor& t) { return select_classes(t, kept); });
    }
    return of_samples(ratio(formula(counts), pooled(counts)));
  }

  // Reduces matrices [C, C] or [..., N, C, C] with a formula of them.
  Scored score_matrix(const MatrixFormula& formula, at::Tensor matrix) const {
    check_samples(matrix.dim() - 1);
    if (options.aggregation() == Aggregation::kGlobal && matrix.dim() > 2) {
      matrix = matrix.sum(-3);
    }
    return of_samples(ratio(formula(matrix), pooled(ClassCounts::from_matrix(matrix))));
  }

  // Counts of the regions in matrices [..., K, K], rows target: [..., R], each region one class against everything
  // else. "other" is outside of every region.
  ClassCounts counts_of_regions(const at::Tensor& matrix) const {
    const int64_t num_classes = matrix.size(-1) - (other ? 1 : 0);
    for (const auto& region : *options.regions()) {
      for (const int64_t index : region) {
        TORCH_CHECK_VALUE(index >= 0 && index < num_classes, op, ": regions must hold classes in [0, ", num_classes,
                          "), got ", index);
      }
    }
    const at::Tensor total = matrix.sum({-2, -1});
    std::vector<at::Tensor> tps, fps, fns, tns;
    for (const auto& region : *options.regions()) {
      const at::Tensor target = index_select(matrix, -2, region), preds = index_select(matrix, -1, region);
      const at::Tensor tp = index_select(target, -1, region).sum({-2, -1});
      const at::Tensor fn = target.sum({-2, -1}) - tp, fp = preds.sum({-2, -1}) - tp;
      tps.push_back(tp);
      fps.push_back(fp);
      fns.push_back(fn);
      tns.push_back(total - tp - fp - fn);
    }
    return {at::stack(tps, -1), at::stack(fps, -1), at::stack(fns, -1), at::stack(tns, -1)};
  }

  // The classes to score, in the order of the result.
  std::vector<int64_t> scored(int64_t num_classes) const {
    if (options.class_weights().has_value()) {
      const auto weights = static_cast<int64_t>(options.class_weights()->size());
      TORCH_CHECK_VALUE(weights == num_classes, op, ": class_weights must have one weight for each of ", num_classes,
                        options.regions().has_value() ? " regions" : " classes", ", got ", weights);
    }
    if (options.average() == Average::kBinary) {
      TORCH_CHECK_VALUE(num_classes == 2, op, ": average='binary' needs 2 classes, got ", num_classes);
      return {1};
    }
    const bool named = options.classes().has_value() && !options.classes()->present;
    return scored_classes(op, named ? &options.classes()->indices : nullptr, *options.include_background(),
                          num_classes);
  }

  // The weights of the scored classes, which are given.
  at::Tensor weights_of(const std::vector<int64_t>& classes, at::Device device) const {
    std::vector<double> weights;
    for (const int64_t c : classes) {
      weights.push_back((*options.class_weights())[static_cast<size_t>(c)]);
    }
    return tensor_of(weights, device);
  }

  // The weighted mean of the valid entries and how many there are. The mean of no entry is NaN. Entries that all weigh
  // nothing (no support) make an undefined mean: worth zero_division, or left out by the mean that follows.
  Entries mean(const Entries& of, int64_t dim) const {
    const ZeroDivision& zero_division = *options.zero_division();
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
  bool samplewise() const { return options.aggregation() == Aggregation::kSamplewise; }

  // The means over the entries of each sample, [..., E], then over samples.
  Scored of_samples(Entries e) const {
    e = mean(e, -1);
    return result(samplewise() ? mean({e.value, e.valid > 0, std::nullopt}, -1) : e);
  }

  Scored result(const Entries& of) const { return {of.value.to(*options.dtype()), of.valid.to(at::kLong)}; }

  std::vector<int64_t> not_ignored(const std::vector<int64_t>& classes) const {
    std::vector<int64_t> kept;
    for (const int64_t c : classes) {
      if (!contains(ignore_index, c)) {
        kept.push_back(c);
      }
    }
    return kept;
  }

  // Refuses counts without the sample dimension that the aggregation needs.
  void check_samples(int64_t dims) const {
    TORCH_CHECK_VALUE(dims != 1 || options.aggregation() == Aggregation::kGlobal, op,
                      ": aggregation=", text_of(options.aggregation()),
                      " needs counts with a sample dimension: matrices [N, C, C] or class counts [N, C]");
  }

  ClassCounts aggregated(const ClassCounts& counts) const {
    const int64_t dims = counts.tp.dim();
    TORCH_CHECK_VALUE(dims > 0, op, ": class counts must be [C] or [N, C], got shape ", shape_text(counts.tp));
    check_samples(dims);
    const bool sums = options.aggregation() == Aggregation::kGlobal && dims > 1;
    return sums ? map(counts, [](const at::Tensor& t) { return t.sum(-2); }) : counts;
  }

  // What is averaged, [..., E]: the scored classes in the order asked for, or one entry that pools them.
  Entries entries(const CountsFormula& formula, ClassCounts counts) const {
    const std::vector<int64_t> wanted = scored(number_of_classes(counts));
    std::vector<int64_t> kept = not_ignored(wanted);
    const bool pools = options.average() == Average::kMicro;
    const bool all_kept = kept.size() == wanted.size();
    if (pools && other && !(options.classes().has_value() && !options.classes()->present) &&
        !options.regions().has_value()) {
      kept.push_back(counts.tp.size(-1) - 1);
    }
    counts = map(counts, [&](const at::Tensor& t) { return select_classes(t, pools ? kept : wanted); });
    counts = pools ? pooled(counts) : counts;
    Entries e = ratio(formula(counts), counts);
    if (!all_kept && !pools) {
      at::Tensor keep = at::ones({static_cast<int64_t>(wanted.size())}, at::kBool);
      for (size_t i = 0; i < wanted.size(); ++i) {
        keep.mutable_data_ptr<bool>()[i] = !contains(ignore_index, wanted[i]);
      }
      leave_out_others(e, keep.to(e.value.device()));
    }
    if (options.classes().has_value() && options.classes()->present && !pools) {
      leave_out_others(e, counts.tp + counts.fp + counts.fn > 0);
    }
    if (options.average() == Average::kWeighted) {
      at::Tensor support = counts.tp + counts.fn;
      if (samplewise() && options.sample_mean() == SampleMean::kSamplesFirst) {
        support = support.sum(-2);  // a class weighs what it does in all samples
      }
      e.weight = support.to(at::kDouble);
    } else if (options.class_weights().has_value()) {
      e.weight = weights_of(wanted, e.value.device());
    }
    return e;
  }

  static void leave_out_others(Entries& entries, const at::Tensor& keep) {
    entries.value = entries.value.masked_fill(~keep, std::numeric_limits<double>::quiet_NaN());
    entries.valid = entries.valid & keep;
  }

  // How many classes, or regions, the counts are of, less "other".
  int64_t number_of_classes(const ClassCounts& counts) const {
    return counts.tp.size(-1) - (other && !options.regions().has_value() ? 1 : 0);
  }

  // The ratio of each entry in float64, and whether it takes part.
  Entries ratio(const Ratio& of, const ClassCounts& counts) const {
    at::Tensor undefined = of.denominator == 0;
    if (options.undefined_when() == UndefinedWhen::kEmptyTarget) {
      undefined = undefined | (counts.tp + counts.fn == 0);
    } else if (options.undefined_when() == UndefinedWhen::kBothEmpty) {
      undefined = undefined | (counts.tp + counts.fp + counts.fn == 0);
    }
    at::Tensor value = of.numerator.to(at::kDouble) / of.denominator.to(at::kDouble);
    value = value.masked_fill(undefined, options.zero_division()->worth());
    const at::Tensor skipped = options.zero_division()->skips() ? undefined : undefined.new_zeros({});
    return {value, (~skipped).expand(value.sizes()), std::nullopt};
  }
};

}  // namespace detail
}  // namespace torchtally
