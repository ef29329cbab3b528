// Written by scripts/generate_api.py from python/torchtally/_options.py and functional/_definitions.py.
// clang-format off
#pragma once

/// The choices of options. name_of(value) is the word that Python uses, from_name<Enum>(word) the value of it.
#include <torchtally/detail/names.h>

namespace torchtally {

/// The scores, by the names that ScoreSuite has for them in Python.
enum class Score {
  kDice, kIoU, kF1, kFBeta, kPrecision, kRecall, kSpecificity, kNegativePredictiveValue, kFalsePositiveRate,
  kFalseNegativeRate, kFalseDiscoveryRate, kFalseOmissionRate, kInformedness, kMarkedness, kPositiveLikelihoodRatio,
  kAccuracy, kBalancedAccuracy, kFrequencyWeightedIoU, kTversky, kGeneralizedDice, kExactMatch, kMatthewsCorrCoef,
  kCohenKappa,
};

/// `task`: the choices.
enum class Task {
  kMulticlass,  ///< one class a pixel
  kBinary,  ///< classes 0 and 1
  kMultilabel,  ///< L labels a pixel, each set or not
};

/// `out_of_range`: what a label outside [0, C) that is not ignored does, or a score that cannot be.
enum class OutOfRange {
  kError,  ///< throws
  kIgnore,  ///< leaves its pair out
  kMiss,  ///< counts it as a class of its own, "other", that enters micro averages only
};

/// `normalize`: the choices.
enum class Normalize {
  kTrue,  ///< of the pixels of each target class
  kPred,  ///< of the pixels of each predicted class
  kAll,  ///< of all pixels
};

/// `average`: the choices.
enum class Average {
  kMacro,  ///< mean over classes
  kMicro,  ///< pools the counts of all classes
  kWeighted,  ///< mean weighted by support
  kNone,  ///< a score for each class
  kBinary,  ///< class 1 alone
  kSamples,  ///< mean over samples of labels pooled (multilabel)
};

/// `undefined_when`: which entries are undefined.
enum class UndefinedWhen {
  kZeroDenominator,  ///< those alone
  kEmptyTarget,  ///< also those without a target pixel
  kBothEmpty,  ///< also those without a target or predicted pixel
};

/// `aggregation`: the choices.
enum class Aggregation {
  kGlobal,  ///< adds up the counts of all samples first
  kSamplewise,  ///< averages the scores of samples
  kNone,  ///< returns a score for each sample
};

/// `sample_mean`: of samplewise scores.
enum class SampleMean {
  kClassesFirst,  ///< means over classes, then samples
  kSamplesFirst,  ///< the other way round
  kJoint,  ///< one mean over both
};

/// `weight_type`: w of a class with t target pixels.
enum class WeightType {
  kSquare,  ///< 1 / t^2
  kSimple,  ///< 1 / t
  kLinear,  ///< 1
};

/// `empty_weight`: w of a class without target pixels
enum class EmptyWeight {
  kLargest,  ///< that of the other classes (MONAI)
  kZero,  ///< 0
};

/// `weights`: weight of a disagreement between two classes.
enum class KappaWeights {
  kNone,  ///< 1
  kLinear,  ///< the distance
  kQuadratic,  ///< its square
};

/// `activation`: what makes probabilities of the logits.
enum class Activation {
  kSoftmax,  ///< over dimension 1
  kSigmoid,  ///< of each class alone
  kNone,  ///< nothing, they are probabilities already
};

/// `conventions`: whose reading of tensors holds.
enum class Conventions {
  kOwn,  ///< as said here
  /// also labels [N, 1, ...], ignore_index of a one-hot target by its class (pixels without a class, where it is none),
  /// a single class whatever include_background is, and no weight of a single scored class
  kMonai,
  kSmp,  ///< also labels [N, 1, ...], and ignore_index of a target of logits' shape for each class alone
  kNnunet,  ///< also labels [N, 1, ...]
};

/// `average`: the choices.
enum class LossAverage {
  kMacro,  ///< keeps classes apart and averages their losses
  kMicro,  ///< pools their sums first
};

/// `absent`: what a class without a target pixel does (in the sample, or in the batch with batch=true).
enum class Absent {
  kKeep,  ///< counts like any other
  kZero,  ///< has loss 0 and stays in the mean
  kSkip,  ///< leaves the mean of its sample
};

/// `form`: the loss of an overlap index.
enum class LossForm {
  kComplement,  ///< 1 - index
  kNegative,  ///< -index
  kLog,  ///< -log(max(index, log_eps))
};

/// `reduction`: the choices.
enum class LossReduction {
  kMean,  ///< over entries
  kSum,  ///< of entries
  kNone,  ///< one value an entry
};

/// `weight_type`: weight of a class whose target has size T.
enum class LossWeightType {
  kSquare,  ///< 1 / T^2
  kSimple,  ///< 1 / T
  kUniform,  ///< 1
};

/// `gamma_of`: what is raised to gamma.
enum class GammaOf {
  kEntries,  ///< the loss of each entry
  kMean,  ///< their mean
};

namespace detail {
TORCHTALLY_DETAIL_WORDS(Score, "score",
    "dice", "iou", "f1", "fbeta", "precision", "recall", "specificity", "negative_predictive_value",
    "false_positive_rate", "false_negative_rate", "false_discovery_rate", "false_omission_rate", "informedness",
    "markedness", "positive_likelihood_ratio", "accuracy", "balanced_accuracy", "frequency_weighted_iou", "tversky",
    "generalized_dice", "exact_match", "matthews_corrcoef", "cohen_kappa")
TORCHTALLY_DETAIL_WORDS(Task, "task", "multiclass", "binary", "multilabel")
TORCHTALLY_DETAIL_WORDS(OutOfRange, "out_of_range", "error", "ignore", "miss")
TORCHTALLY_DETAIL_WORDS(Normalize, "normalize", "true", "pred", "all")
TORCHTALLY_DETAIL_WORDS(Average, "average", "macro", "micro", "weighted", "none", "binary", "samples")
TORCHTALLY_DETAIL_WORDS(UndefinedWhen, "undefined_when", "zero_denominator", "empty_target", "both_empty")
TORCHTALLY_DETAIL_WORDS(Aggregation, "aggregation", "global", "samplewise", "none")
TORCHTALLY_DETAIL_WORDS(SampleMean, "sample_mean", "classes_first", "samples_first", "joint")
TORCHTALLY_DETAIL_WORDS(WeightType, "weight_type", "square", "simple", "linear")
TORCHTALLY_DETAIL_WORDS(EmptyWeight, "empty_weight", "largest", "zero")
TORCHTALLY_DETAIL_WORDS(KappaWeights, "weights", "none", "linear", "quadratic")
TORCHTALLY_DETAIL_WORDS(Activation, "activation", "softmax", "sigmoid", "none")
TORCHTALLY_DETAIL_WORDS(Conventions, "conventions", "own", "monai", "smp", "nnunet")
TORCHTALLY_DETAIL_WORDS(LossAverage, "average", "macro", "micro")
TORCHTALLY_DETAIL_WORDS(Absent, "absent", "keep", "zero", "skip")
TORCHTALLY_DETAIL_WORDS(LossForm, "form", "complement", "negative", "log")
TORCHTALLY_DETAIL_WORDS(LossReduction, "reduction", "mean", "sum", "none")
TORCHTALLY_DETAIL_WORDS(LossWeightType, "weight_type", "square", "simple", "uniform")
TORCHTALLY_DETAIL_WORDS(GammaOf, "gamma_of", "entries", "mean")
}  // namespace detail
}  // namespace torchtally
