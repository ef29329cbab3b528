/// \file
/// The choices of options. name_of(value) is the word that Python uses, from_name<Enum>(word) the value of it.
#pragma once

#include <torchtally/detail/names.h>

namespace torchtally {

/// The scores; name_of is the stem of the functions <stem>_score and <stem>_from_counts.
enum class Score {
  kDice,
  kIoU,
  kF1,
  kFBeta,
  kPrecision,
  kRecall,
  kSpecificity,
  kAccuracy,
  kBalancedAccuracy,
  kFrequencyWeightedIoU,
  kTversky,
  kGeneralizedDice,
  kMatthewsCorrCoef,
  kCohenKappa,
};

/// How preds and target are read.
enum class Task { kMulticlass, kBinary, kMultilabel };

/// What a label outside [0, C) that is not ignored does.
enum class OutOfRange {
  kError,   ///< c10::ValueError: at once from functions, from compute() of metrics
  kIgnore,  ///< its pair counts nowhere
  kMiss,    ///< its pair is counted in an extra last class, "other", which enters Average::kMicro only
};

/// What the counts of a matrix are divided by.
enum class Normalize {
  kTrue,  ///< the pixels of each target class: rows add up to 1
  kPred,  ///< the pixels of each predicted class: columns add up to 1
  kAll,   ///< all pixels
};

/// How the scores of classes become one.
enum class Average {
  kMacro,     ///< mean over classes, weighted by class_weights if given
  kMicro,     ///< one score of the pooled counts
  kWeighted,  ///< mean over classes, weighted by support (target pixels)
  kNone,      ///< a score for each class
  kBinary,    ///< class 1 alone; the default for Task::kBinary
  kSamples,   ///< multilabel: labels pooled in each sample, then the mean over samples
};

/// Which entries are undefined, beside those with a zero denominator.
enum class UndefinedWhen {
  kZeroDenominator,  ///< no others
  kEmptyTarget,      ///< those without a target pixel
  kBothEmpty,        ///< those without a target or predicted pixel
};

/// What happens to samples, the indices of dimension 0.
enum class Aggregation {
  kGlobal,      ///< their counts are added up before any ratio
  kSamplewise,  ///< each is scored, and the scores are averaged
  kNone,        ///< a score for each sample
};

/// The order of the means of Aggregation::kSamplewise.
enum class SampleMean {
  kClassesFirst,  ///< over the classes of a sample, then over samples
  kSamplesFirst,  ///< over the samples of a class, then over classes
  kJoint,         ///< over all (sample, class) entries at once
};

/// Weight of a class with t target pixels in generalized Dice.
enum class WeightType {
  kSquare,  ///< 1 / t^2
  kSimple,  ///< 1 / t
  kLinear,  ///< 1
};

/// Weight of a class without target pixels in generalized Dice.
enum class EmptyWeight {
  kLargest,  ///< the largest one of the other classes
  kZero,     ///< 0
};

/// Weight of a disagreement between classes i and j in Cohen's kappa.
enum class KappaWeights {
  kNone,       ///< 1
  kLinear,     ///< |i - j|
  kQuadratic,  ///< (i - j)^2
};

namespace detail {

template <>
struct Words<Score> {
  static constexpr const char* option = "score";
  static constexpr const char* words[] = {
      "dice",
      "iou",
      "f1",
      "fbeta",
      "precision",
      "recall",
      "specificity",
      "accuracy",
      "balanced_accuracy",
      "frequency_weighted_iou",
      "tversky",
      "generalized_dice",
      "matthews_corrcoef",
      "cohen_kappa",
  };
};

template <>
struct Words<Task> {
  static constexpr const char* option = "task";
  static constexpr const char* words[] = {"multiclass", "binary", "multilabel"};
};

template <>
struct Words<OutOfRange> {
  static constexpr const char* option = "out_of_range";
  static constexpr const char* words[] = {"error", "ignore", "miss"};
};

template <>
struct Words<Normalize> {
  static constexpr const char* option = "normalize";
  static constexpr const char* words[] = {"true", "pred", "all"};
};

template <>
struct Words<Average> {
  static constexpr const char* option = "average";
  static constexpr const char* words[] = {"macro", "micro", "weighted", "none", "binary", "samples"};
};

template <>
struct Words<UndefinedWhen> {
  static constexpr const char* option = "undefined_when";
  static constexpr const char* words[] = {"zero_denominator", "empty_target", "both_empty"};
};

template <>
struct Words<Aggregation> {
  static constexpr const char* option = "aggregation";
  static constexpr const char* words[] = {"global", "samplewise", "none"};
};

template <>
struct Words<SampleMean> {
  static constexpr const char* option = "sample_mean";
  static constexpr const char* words[] = {"classes_first", "samples_first", "joint"};
};

template <>
struct Words<WeightType> {
  static constexpr const char* option = "weight_type";
  static constexpr const char* words[] = {"square", "simple", "linear"};
};

template <>
struct Words<EmptyWeight> {
  static constexpr const char* option = "empty_weight";
  static constexpr const char* words[] = {"largest", "zero"};
};

template <>
struct Words<KappaWeights> {
  static constexpr const char* option = "weights";
  static constexpr const char* words[] = {"none", "linear", "quadratic"};
};

}  // namespace detail
}  // namespace torchtally
