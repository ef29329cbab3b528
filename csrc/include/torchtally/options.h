/// \file
/// The options of counts, scores and metrics: named, in any order, and chained, as torch's own options are.
///
///     ScoreOptions().average(Average::kMicro).ignore_index(255)
///
/// Names, meanings and defaults are those of the Python package. A function refuses, by c10::TypeError, a set option
/// that it does not take. The getter of an option has its name too, and returns nothing where the option was not set.
#pragma once

#include <ATen/core/Tensor.h>
#include <c10/util/ArrayRef.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <torchtally/enums.h>

namespace torchtally {

/// From the values of labels to classes, all at once: {{0, 1}, {1, 0}} swaps. A value mapped to std::nullopt is
/// ignored, one that is not named is out of range.
using LabelMap = std::map<int64_t, std::optional<int64_t>>;

/// Unions of classes that are scored instead of classes; they may overlap.
using Regions = std::vector<std::vector<int64_t>>;

/// What an undefined entry is worth.
class ZeroDivision {
 public:
  enum Rule {
    kSkip,  ///< it is left out: NaN where each class is shown, and where nothing is left
    kNaN,   ///< NaN, which propagates through means
  };
  ZeroDivision(Rule rule) : skips_(rule == kSkip) {}  // NOLINT(google-explicit-constructor)
  ZeroDivision(double number) : worth_(number) {}     // NOLINT(google-explicit-constructor): NaN is kNaN
  bool skips() const { return skips_; }
  bool is_number() const { return !std::isnan(worth_); }
  /// The number, or NaN.
  double worth() const { return worth_; }

 private:
  bool skips_ = false;
  double worth_ = std::numeric_limits<double>::quiet_NaN();
};

/// The classes with a target or predicted pixel, in each sample where samples are scored.
struct Present {
  explicit constexpr Present(int /*unused*/) {}
};
inline constexpr Present kPresent{0};

/// Which classes are scored.
struct Classes {
  bool present = false;          ///< kPresent
  std::vector<int64_t> indices;  ///< else these
};

// Not part of the API: undefined at the end of this file.
#define TORCHTALLY_OPTION(type, name) \
  Self& name(type value) {            \
    name##_ = std::move(value);       \
    return static_cast<Self&>(*this); \
  }                                   \
  const std::optional<type>& name() const { return name##_; }

#define TORCHTALLY_LIST_OPTION(type, name) \
  Self& name(at::ArrayRef<type> values) {  \
    name##_ = values.vec();                \
    return static_cast<Self&>(*this);      \
  }                                        \
  const std::optional<std::vector<type>>& name() const { return name##_; }

/// How pixels are counted; CountOptions and ScoreOptions have these.
template <class Self>
class CountingOptions {
 public:
  /// Task::kMulticlass.
  TORCHTALLY_OPTION(Task, task)
  /// A score above it is class 1 (binary and multilabel scores): 0.5. No sigmoid is applied.
  TORCHTALLY_OPTION(double, threshold)
  /// Values of target whose pixels count nowhere, one or several: none. At most 64.
  TORCHTALLY_LIST_OPTION(int64_t, ignore_index)
  /// bool, target's shape: pixels where it is false count nowhere. An undefined tensor is none. Metrics take it in
  /// update().
  Self& mask(at::Tensor value) {
    mask_ = value.defined() ? std::optional<at::Tensor>(std::move(value)) : std::nullopt;
    return static_cast<Self&>(*this);
  }
  const std::optional<at::Tensor>& mask() const { return mask_; }
  /// OutOfRange::kError.
  TORCHTALLY_OPTION(OutOfRange, out_of_range)
  /// With false, OutOfRange::kError does not throw, which spares CUDA tensors the read back from the device; the pair
  /// is left out. True.
  TORCHTALLY_OPTION(bool, validate)
  /// What the values of target mean; ignore_index then names such values too.
  TORCHTALLY_OPTION(LabelMap, label_map)
  /// What the values of preds mean, or the planes of class scores.
  TORCHTALLY_OPTION(LabelMap, preds_map)
  /// A pixel whose target is among its k highest class scores counts as predicted right, another as its highest score
  /// says: 1.
  TORCHTALLY_OPTION(int64_t, top_k)

 protected:
  template <class F, class... Options>
  static void each_of_counting(F&& f, Options&... options) {
    f("task", options.task_...);
    f("threshold", options.threshold_...);
    f("ignore_index", options.ignore_index_...);
    f("mask", options.mask_...);
    f("out_of_range", options.out_of_range_...);
    f("validate", options.validate_...);
    f("label_map", options.label_map_...);
    f("preds_map", options.preds_map_...);
    f("top_k", options.top_k_...);
  }

 private:
  std::optional<Task> task_;
  std::optional<double> threshold_;
  std::optional<std::vector<int64_t>> ignore_index_;
  std::optional<at::Tensor> mask_;
  std::optional<OutOfRange> out_of_range_;
  std::optional<bool> validate_;
  std::optional<LabelMap> label_map_, preds_map_;
  std::optional<int64_t> top_k_;
};

/// The options of confusion_matrix, class_counts and metrics::ConfusionMatrix.
class CountOptions : public CountingOptions<CountOptions> {
  using Self = CountOptions;

 public:
  /// Count each index of dimension 0 on its own: false.
  TORCHTALLY_OPTION(bool, per_sample)
  /// Divide, see normalize_confusion_matrix: counts stay counts.
  TORCHTALLY_OPTION(Normalize, normalize)
  /// Of what normalize returns, at::kFloat (the default) or at::kDouble. Counts are int64.
  TORCHTALLY_OPTION(at::ScalarType, dtype)

  /// Calls f(name, fields...) with every option of some objects.
  template <class F, class... Options>
  static void each(F&& f, Options&... options) {
    each_of_counting(f, options...);
    f("per_sample", options.per_sample_...);
    f("normalize", options.normalize_...);
    f("dtype", options.dtype_...);
  }

 private:
  std::optional<bool> per_sample_;
  std::optional<Normalize> normalize_;
  std::optional<at::ScalarType> dtype_;
};

/// The options of scores and of their metrics. Not every score takes each.
class ScoreOptions : public CountingOptions<ScoreOptions> {
  using Self = ScoreOptions;

 public:
  /// Average::kMacro; kBinary for Task::kBinary, and kMicro for accuracy.
  TORCHTALLY_OPTION(Average, average)
  /// ZeroDivision::kSkip.
  TORCHTALLY_OPTION(ZeroDivision, zero_division)
  /// UndefinedWhen::kZeroDenominator.
  TORCHTALLY_OPTION(UndefinedWhen, undefined_when)
  /// Aggregation::kGlobal.
  TORCHTALLY_OPTION(Aggregation, aggregation)
  /// SampleMean::kClassesFirst.
  TORCHTALLY_OPTION(SampleMean, sample_mean)
  /// The classes to score, in this order: all.
  Self& classes(at::IntArrayRef indices) {
    classes_ = Classes{false, indices.vec()};
    return *this;
  }
  /// kPresent: another class is NaN and enters no average.
  Self& classes(Present /*present*/) {
    classes_ = Classes{true, {}};
    return *this;
  }
  const std::optional<Classes>& classes() const { return classes_; }
  /// False leaves class 0 out: true.
  TORCHTALLY_OPTION(bool, include_background)
  /// A weight for each of the C classes, or regions, of Average::kMacro: equal ones. The result is divided by the
  /// weights that entered it.
  TORCHTALLY_LIST_OPTION(double, class_weights)
  /// Scored instead of classes: none.
  TORCHTALLY_OPTION(Regions, regions)
  /// at::kFloat (the default) or at::kDouble. Ratios are computed in float64 either way.
  TORCHTALLY_OPTION(at::ScalarType, dtype)
  /// Of counts: the last class is "other", as OutOfRange::kMiss counts. False.
  TORCHTALLY_OPTION(bool, other)
  /// fbeta: weight of recall, 1.0; 0 is precision, infinity is recall. tversky: weight of false negatives, 0.5.
  TORCHTALLY_OPTION(double, beta)
  /// tversky: weight of false positives, 0.5.
  TORCHTALLY_OPTION(double, alpha)
  /// cohen_kappa: KappaWeights::kNone.
  TORCHTALLY_OPTION(KappaWeights, weights)
  /// generalized_dice: WeightType::kSquare.
  TORCHTALLY_OPTION(WeightType, weight_type)
  /// generalized_dice: EmptyWeight::kLargest.
  TORCHTALLY_OPTION(EmptyWeight, empty_weight)

  /// Calls f(name, fields...) with every option of some objects.
  template <class F, class... Options>
  static void each(F&& f, Options&... options) {
    each_of_counting(f, options...);
    f("average", options.average_...);
    f("zero_division", options.zero_division_...);
    f("undefined_when", options.undefined_when_...);
    f("aggregation", options.aggregation_...);
    f("sample_mean", options.sample_mean_...);
    f("classes", options.classes_...);
    f("include_background", options.include_background_...);
    f("class_weights", options.class_weights_...);
    f("regions", options.regions_...);
    f("dtype", options.dtype_...);
    f("other", options.other_...);
    f("beta", options.beta_...);
    f("alpha", options.alpha_...);
    f("weights", options.weights_...);
    f("weight_type", options.weight_type_...);
    f("empty_weight", options.empty_weight_...);
  }

 private:
  std::optional<Average> average_;
  std::optional<ZeroDivision> zero_division_;
  std::optional<UndefinedWhen> undefined_when_;
  std::optional<Aggregation> aggregation_;
  std::optional<SampleMean> sample_mean_;
  std::optional<Classes> classes_;
  std::optional<bool> include_background_;
  std::optional<std::vector<double>> class_weights_;
  std::optional<Regions> regions_;
  std::optional<at::ScalarType> dtype_;
  std::optional<bool> other_;
  std::optional<double> beta_, alpha_;
  std::optional<KappaWeights> weights_;
  std::optional<WeightType> weight_type_;
  std::optional<EmptyWeight> empty_weight_;
};

#undef TORCHTALLY_OPTION
#undef TORCHTALLY_LIST_OPTION

}  // namespace torchtally
