// Written by scripts/generate_api.py from python/torchtally/_options.py and functional/_definitions.py.
// clang-format off
#pragma once

// The scores as data: their names, formulas and options.
#include <torchtally/detail/formulas.h>

// X(enumerator, function of pixels, function of counts, metric class) for every score.
#define TORCHTALLY_SCORES(X) \
  X(kDice, dice_score, dice_from_counts, DiceScore) \
  X(kIoU, iou_score, iou_from_counts, IoUScore) \
  X(kF1, f1_score, f1_from_counts, F1Score) \
  X(kFBeta, fbeta_score, fbeta_from_counts, FBetaScore) \
  X(kPrecision, precision_score, precision_from_counts, PrecisionScore) \
  X(kRecall, recall_score, recall_from_counts, RecallScore) \
  X(kSpecificity, specificity_score, specificity_from_counts, SpecificityScore) \
  X(kNegativePredictiveValue, negative_predictive_value, negative_predictive_value_from_counts, NegativePredictiveValue) \
  X(kFalsePositiveRate, false_positive_rate, false_positive_rate_from_counts, FalsePositiveRate) \
  X(kFalseNegativeRate, false_negative_rate, false_negative_rate_from_counts, FalseNegativeRate) \
  X(kFalseDiscoveryRate, false_discovery_rate, false_discovery_rate_from_counts, FalseDiscoveryRate) \
  X(kFalseOmissionRate, false_omission_rate, false_omission_rate_from_counts, FalseOmissionRate) \
  X(kInformedness, informedness, informedness_from_counts, Informedness) \
  X(kMarkedness, markedness, markedness_from_counts, Markedness) \
  X(kPositiveLikelihoodRatio, positive_likelihood_ratio, positive_likelihood_ratio_from_counts, PositiveLikelihoodRatio) \
  X(kAccuracy, accuracy_score, accuracy_from_counts, AccuracyScore) \
  X(kBalancedAccuracy, balanced_accuracy_score, balanced_accuracy_from_counts, BalancedAccuracyScore) \
  X(kFrequencyWeightedIoU, frequency_weighted_iou_score, frequency_weighted_iou_from_counts, FrequencyWeightedIoUScore) \
  X(kTversky, tversky_score, tversky_from_counts, TverskyScore) \
  X(kGeneralizedDice, generalized_dice_score, generalized_dice_from_counts, GeneralizedDiceScore) \
  X(kExactMatch, exact_match_score, exact_match_from_counts, ExactMatchScore) \
  X(kMatthewsCorrCoef, matthews_corrcoef, matthews_corrcoef_from_counts, MatthewsCorrCoef) \
  X(kCohenKappa, cohen_kappa_score, cohen_kappa_from_counts, CohenKappaScore)

namespace torchtally::detail {

inline const ScoreDefinition& definition(Score score) {
  using N = const ClassCounts&;
  static const std::vector<ScoreDefinition> all = {
      {"dice", "DiceScore", Sees::kClass, ratio([](N n) -> Ratio { return {2 * n.tp, 2 * n.tp + n.fp + n.fn}; })},
      {"iou", "IoUScore", Sees::kClass, ratio([](N n) -> Ratio { return {n.tp, n.tp + n.fp + n.fn}; })},
      {"f1", "F1Score", Sees::kClass, ratio([](N n) -> Ratio { return {2 * n.tp, 2 * n.tp + n.fp + n.fn}; })},
      {"fbeta", "FBetaScore", Sees::kClass, formulas::fbeta, {"beta"}, {}, ScoreOptions().beta(1.0), {}, {"beta"}},
      {"precision", "PrecisionScore", Sees::kClass, ratio([](N n) -> Ratio { return {n.tp, n.tp + n.fp}; })},
      {"recall", "RecallScore", Sees::kClass, ratio([](N n) -> Ratio { return {n.tp, n.tp + n.fn}; })},
      {"specificity", "SpecificityScore", Sees::kClass, ratio([](N n) -> Ratio { return {n.tn, n.tn + n.fp}; })},
      {"negative_predictive_value", "NegativePredictiveValue", Sees::kClass,
       ratio([](N n) -> Ratio { return {n.tn, n.tn + n.fn}; })},
      {"false_positive_rate", "FalsePositiveRate", Sees::kClass,
       ratio([](N n) -> Ratio { return {n.fp, n.fp + n.tn}; })},
      {"false_negative_rate", "FalseNegativeRate", Sees::kClass,
       ratio([](N n) -> Ratio { return {n.fn, n.fn + n.tp}; })},
      {"false_discovery_rate", "FalseDiscoveryRate", Sees::kClass,
       ratio([](N n) -> Ratio { return {n.fp, n.fp + n.tp}; })},
      {"false_omission_rate", "FalseOmissionRate", Sees::kClass,
       ratio([](N n) -> Ratio { return {n.fn, n.fn + n.tn}; })},
      {"informedness", "Informedness", Sees::kClass,
       products([](N n) -> Ratio { return {n.tp * n.tn - n.fp * n.fn, (n.tp + n.fn) * (n.tn + n.fp)}; })},
      {"markedness", "Markedness", Sees::kClass,
       products([](N n) -> Ratio { return {n.tp * n.tn - n.fp * n.fn, (n.tp + n.fp) * (n.tn + n.fn)}; })},
      {"positive_likelihood_ratio", "PositiveLikelihoodRatio", Sees::kClass,
       products([](N n) -> Ratio { return {n.tp * (n.fp + n.tn), n.fp * (n.tp + n.fn)}; }), {}, {}, {}, {}, {}, false},
      {"accuracy", "AccuracyScore", Sees::kClass, formulas::accuracy, {}, {}, ScoreOptions().average(Average::kMicro)},
      {"balanced_accuracy", "BalancedAccuracyScore", Sees::kClass,
       ratio([](N n) -> Ratio { return {n.tp, n.tp + n.fn}; }), {}, {"average", "class_weights"},
       ScoreOptions().average(Average::kMacro), {{"task", {"multiclass", "binary"}}}},
      {"frequency_weighted_iou", "FrequencyWeightedIoUScore", Sees::kClass,
       ratio([](N n) -> Ratio { return {n.tp, n.tp + n.fp + n.fn}; }), {}, {"average", "class_weights"},
       ScoreOptions().average(Average::kWeighted)},
      {"tversky", "TverskyScore", Sees::kClass, formulas::tversky, {"alpha", "beta"}, {},
       ScoreOptions().alpha(0.5).beta(0.5)},
      {"generalized_dice", "GeneralizedDiceScore", Sees::kScored, formulas::generalized_dice, {"weight_type",
       "empty_weight"}, {"average", "sample_mean", "class_weights"},
       ScoreOptions().weight_type(WeightType::kSquare).empty_weight(EmptyWeight::kLargest)},
      {"exact_match", "ExactMatchScore", Sees::kAll, formulas::exact_match, {}, {"average", "sample_mean", "classes",
       "include_background", "class_weights", "regions"}, ScoreOptions().aggregation(Aggregation::kSamplewise),
       {{"aggregation", {"samplewise", "none"}}}},
      {"matthews_corrcoef", "MatthewsCorrCoef", Sees::kAll, formulas::matthews_corrcoef, {}, {"average", "sample_mean",
       "classes", "include_background", "class_weights", "regions"}},
      {"cohen_kappa", "CohenKappaScore", Sees::kAll, formulas::cohen_kappa, {"weights"}, {"average", "sample_mean",
       "classes", "include_background", "class_weights", "regions"}, ScoreOptions().weights(KappaWeights::kNone)},
  };
  return all[static_cast<size_t>(score)];
}

}  // namespace torchtally::detail
