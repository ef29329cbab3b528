// Written by scripts/generate_api.py from python/torchtally/_options.py and functional/_definitions.py.
// clang-format off
#pragma once

/// \file
/// The options of counts, scores and metrics: named, in any order, and chained, as torch's own options are.
///
///     ScoreOptions().average(Average::kMicro).ignore_index(255)
///
/// Names, meanings and defaults are those of the Python package. A function refuses, by c10::TypeError, a set option
/// that it does not take. The getter of an option has its name too, and returns nothing where the option was not set.
#include <torchtally/detail/option_types.h>
#include <torchtally/enums.h>

#include <string_view>

namespace torchtally {

/// How pixels are counted; CountOptions and ScoreOptions have these.
template <class Self>
class CountingOptions {
 public:
  /// Default: Task::kMulticlass.
  TORCHTALLY_DETAIL_OPTION(Task, task)
  /// A binary or multilabel score above it is class 1: a number, or one for each label. Scores are then taken as they
  /// are, and a NaN is above nothing. Unset means probabilities, cut at 0.5, and one outside [0, 1] is out of range.
  TORCHTALLY_DETAIL_NUMBERS_OPTION(threshold)
  /// Binary and multilabel scores are logits, cut at 0; a NaN is out of range. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, logits)
  /// A pixel whose target is among its k highest class scores counts as predicted right, another as its highest score
  /// says ([N, C, ...] scores). Default: 1.
  TORCHTALLY_DETAIL_OPTION(int64_t, top_k)
  /// A target value, or several, whose pixels count nowhere.
  TORCHTALLY_DETAIL_LIST_OPTION(int64_t, ignore_index)
  /// A mapping from the values of target to classes, all at once; a value mapped to std::nullopt is ignored, one that
  /// is not named is out of range.
  TORCHTALLY_DETAIL_OPTION(LabelMap, label_map)
  /// The same for preds.
  TORCHTALLY_DETAIL_OPTION(LabelMap, preds_map)
  /// Bool tensor of target's shape; pixels where it is false count nowhere.
  TORCHTALLY_DETAIL_TENSOR_OPTION(mask)
  /// What a label outside [0, C) that is not ignored does, or a score that cannot be. Default: OutOfRange::kError.
  TORCHTALLY_DETAIL_OPTION(OutOfRange, out_of_range)
  /// With false, OutOfRange::kError does not throw, which spares CUDA tensors the read back from the device; the pair
  /// is left out. Default: true.
  TORCHTALLY_DETAIL_OPTION(bool, validate)

 protected:
  template <class F, class... Options>
  static void each_of_counting(F&& f, Options&... options) {
    f("task", options.task_...), f("threshold", options.threshold_...), f("logits", options.logits_...),
    f("top_k", options.top_k_...), f("ignore_index", options.ignore_index_...), f("label_map", options.label_map_...),
    f("preds_map", options.preds_map_...), f("mask", options.mask_...), f("out_of_range", options.out_of_range_...),
    f("validate", options.validate_...);
  }
};

/// The options of confusion_matrix, class_counts and metrics::ConfusionMatrix.
class CountOptions : public CountingOptions<CountOptions> {
  using Self = CountOptions;

 public:
  /// Count each index of dimension 0, each sample, on its own. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, per_sample)
  /// Unset for counts, or their shares. See normalize_confusion_matrix.
  TORCHTALLY_DETAIL_OPTION(Normalize, normalize)
  /// Of shares; counts are int64. Default: at::kFloat.
  TORCHTALLY_DETAIL_OPTION(at::ScalarType, dtype)

  /// What holds where an option is not set: nothing, for those that are not here.
  static CountOptions defaults() {
    return CountOptions()
        .task(Task::kMulticlass).logits(false).top_k(1).out_of_range(OutOfRange::kError).validate(true)
        .per_sample(false).dtype(at::kFloat).ignore_index({});
  }

  /// Options that have an effect beside some values of others only.
  static const std::vector<detail::Need>& needs() {
    static const std::vector<detail::Need> all = {
        {"dtype", "normalize", {"'true'", "'pred'", "'all'"}}};
    return all;
  }

  /// Calls f(name, fields...) with every option of some objects.
  template <class F, class... Options>
  static void each(F&& f, Options&... options) {
    CountingOptions<Self>::each_of_counting(f, options...);
    f("per_sample", options.per_sample_...), f("normalize", options.normalize_...), f("dtype", options.dtype_...);
  }
};

/// The options of scores and of their metrics. Not every score takes each.
class ScoreOptions : public CountingOptions<ScoreOptions> {
  using Self = ScoreOptions;

 public:
  /// Unset is kBinary for Task::kBinary, else kMacro.
  TORCHTALLY_DETAIL_OPTION(Average, average)
  /// What an undefined entry is worth: kSkip leaves it out (NaN with Average::kNone, and where nothing is left); kNaN
  /// lets NaN propagate; a number stands in for it. Default: ZeroDivision::kSkip.
  TORCHTALLY_DETAIL_OPTION(ZeroDivision, zero_division)
  /// Which entries are undefined. Default: UndefinedWhen::kZeroDenominator.
  TORCHTALLY_DETAIL_OPTION(UndefinedWhen, undefined_when)
  /// Default: Aggregation::kGlobal.
  TORCHTALLY_DETAIL_OPTION(Aggregation, aggregation)
  /// Of samplewise scores. Default: SampleMean::kClassesFirst.
  TORCHTALLY_DETAIL_OPTION(SampleMean, sample_mean)
  /// The classes to score, in this order; unset for all; kPresent for those with a target or predicted pixel (another
  /// is NaN and enters no average).
  TORCHTALLY_DETAIL_CLASSES_OPTION(classes)
  /// False leaves class 0 out. Default: true.
  TORCHTALLY_DETAIL_OPTION(bool, include_background)
  /// A weight for each of the C classes, or regions; of macro averages only. The result is divided by the weights that
  /// entered it.
  TORCHTALLY_DETAIL_LIST_OPTION(double, class_weights)
  /// Unions of classes that are scored instead of classes, such as {{1, 2, 3}, {1, 3}}; they may overlap.
  TORCHTALLY_DETAIL_OPTION(Regions, regions)
  /// Float32 or float64. Ratios are computed in float64 either way. Default: at::kFloat.
  TORCHTALLY_DETAIL_OPTION(at::ScalarType, dtype)
  /// The last class is "other", as OutOfRange::kMiss counts: it enters micro averages only, and not where classes names
  /// what to score. Default: false.
  TORCHTALLY_DETAIL_OPTION(bool, other)
  /// Of fbeta: Weight of recall; 0 is precision, infinity is recall. Default: 1.0. Of tversky: Weight of false
  /// negatives. 0.5 and 0.5 is Dice. Default: 0.5.
  TORCHTALLY_DETAIL_OPTION(double, beta)
  /// Of tversky: Weight of false positives; not negative. Default: 0.5.
  TORCHTALLY_DETAIL_OPTION(double, alpha)
  /// Of generalized_dice: W of a class with t target pixels. Default: WeightType::kSquare.
  TORCHTALLY_DETAIL_OPTION(WeightType, weight_type)
  /// Of generalized_dice: W of a class without target pixels. Not of linear. Default: EmptyWeight::kLargest.
  TORCHTALLY_DETAIL_OPTION(EmptyWeight, empty_weight)
  /// Of cohen_kappa: Weight of a disagreement between two classes. Default: KappaWeights::kNone.
  TORCHTALLY_DETAIL_OPTION(KappaWeights, weights)

  /// What holds where an option is not set: nothing, for those that are not here.
  static ScoreOptions defaults() {
    return ScoreOptions()
        .task(Task::kMulticlass).logits(false).top_k(1).out_of_range(OutOfRange::kError).validate(true)
        .zero_division(ZeroDivision::kSkip).undefined_when(UndefinedWhen::kZeroDenominator)
        .aggregation(Aggregation::kGlobal).sample_mean(SampleMean::kClassesFirst).include_background(true)
        .dtype(at::kFloat).other(false).ignore_index({});
  }

  /// Options that have an effect beside some values of others only.
  static const std::vector<detail::Need>& needs() {
    static const std::vector<detail::Need> all = {
        {"sample_mean", "aggregation", {"'samplewise'"}}, {"empty_weight", "weight_type", {"'square'", "'simple'"}}};
    return all;
  }

  /// Calls f(name, fields...) with every option of some objects.
  template <class F, class... Options>
  static void each(F&& f, Options&... options) {
    CountingOptions<Self>::each_of_counting(f, options...);
    f("average", options.average_...), f("zero_division", options.zero_division_...),
    f("undefined_when", options.undefined_when_...), f("aggregation", options.aggregation_...),
    f("sample_mean", options.sample_mean_...), f("classes", options.classes_...),
    f("include_background", options.include_background_...), f("class_weights", options.class_weights_...),
    f("regions", options.regions_...), f("dtype", options.dtype_...), f("other", options.other_...),
    f("beta", options.beta_...), f("alpha", options.alpha_...), f("weight_type", options.weight_type_...),
    f("empty_weight", options.empty_weight_...), f("weights", options.weights_...);
  }
};

namespace detail {

// The options of counting, of how counts become a score, and of counts already taken.
inline constexpr std::string_view kCounting[] = {
    "task", "threshold", "logits", "top_k", "ignore_index", "label_map", "preds_map", "mask", "out_of_range", "validate"
};
inline constexpr std::string_view kPolicy[] = {
    "average", "zero_division", "undefined_when", "aggregation", "sample_mean", "classes", "include_background",
    "class_weights", "regions", "dtype"
};
inline constexpr std::string_view kCounted[] = {
    "task", "ignore_index", "other"
};

}  // namespace detail
}  // namespace torchtally
