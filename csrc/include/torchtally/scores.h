// Written by scripts/generate_api.py from python/torchtally/_options.py and functional/_definitions.py.
// clang-format off
#pragma once

/// \file
/// Scores of predictions and targets, with every policy spelled out.
///
/// Each score has four kinds of functions, all with the options of ScoreOptions:
///
///     at::Tensor dice_score(preds, target, num_classes, options)   // of pixels, see confusion_matrix for these
///     at::Tensor dice_from_counts(matrix, options)                 // of counts: a confusion matrix [..., C, C]
///     at::Tensor dice_from_counts(counts, options)                 // or ClassCounts, [..., C]
///     Scored dice_score(kReturnValid, ...)                         // any of them, and how many entries were averaged
///
/// What they return is float32 or float64 (ScoreOptions::dtype): a scalar; [C] with Average::kNone; [N] or [N, C] with
/// Aggregation::kNone. Ratios are computed in float64. Counts with more leading dimensions, [..., N, C], keep those.
/// Counts of Task::kMultilabel are matrices [..., L, 2, 2]. The functions of counts take no options of counting pixels;
/// they take ignore_index, for classes that were ignored, and other.
///
/// All throw c10::TypeError for an option that the score does not take, or a wrong dtype, and c10::ValueError for a
/// wrong shape or value, or a label out of range.
#include <torchtally/detail/scoring.h>

namespace torchtally {

/// Dice coefficient, 2 tp / (2 tp + fp + fn).
/// Dice (1945), Measures of the amount of ecologic association between species.
TORCHTALLY_DETAIL_SCORE(dice_score, dice_from_counts, kDice)

/// Intersection over union (Jaccard index), tp / (tp + fp + fn).
/// Jaccard (1912), The distribution of the flora in the alpine zone.
TORCHTALLY_DETAIL_SCORE(iou_score, iou_from_counts, kIoU)

/// F1, the harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn).
/// van Rijsbergen (1979), Information Retrieval, chapter 7.
TORCHTALLY_DETAIL_SCORE(f1_score, f1_from_counts, kF1)

/// F-beta, (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp).
/// van Rijsbergen (1979), Information Retrieval, chapter 7.
TORCHTALLY_DETAIL_SCORE(fbeta_score, fbeta_from_counts, kFBeta)

/// Precision (positive predictive value), tp / (tp + fp).
/// van Rijsbergen (1979), Information Retrieval, chapter 7.
TORCHTALLY_DETAIL_SCORE(precision_score, precision_from_counts, kPrecision)

/// Recall (sensitivity, true positive rate), tp / (tp + fn).
/// van Rijsbergen (1979), Information Retrieval, chapter 7.
TORCHTALLY_DETAIL_SCORE(recall_score, recall_from_counts, kRecall)

/// Specificity (true negative rate), tn / (tn + fp).
/// Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.
TORCHTALLY_DETAIL_SCORE(specificity_score, specificity_from_counts, kSpecificity)

/// Negative predictive value, tn / (tn + fn).
/// Altman and Bland (1994), Diagnostic tests 2: predictive values.
TORCHTALLY_DETAIL_SCORE(negative_predictive_value, negative_predictive_value_from_counts, kNegativePredictiveValue)

/// False positive rate (fall-out), 1 - specificity, fp / (fp + tn).
/// Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.
TORCHTALLY_DETAIL_SCORE(false_positive_rate, false_positive_rate_from_counts, kFalsePositiveRate)

/// False negative rate (miss rate), 1 - recall, fn / (fn + tp).
/// Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.
TORCHTALLY_DETAIL_SCORE(false_negative_rate, false_negative_rate_from_counts, kFalseNegativeRate)

/// False discovery rate, 1 - precision, fp / (fp + tp).
/// Altman and Bland (1994), Diagnostic tests 2: predictive values.
TORCHTALLY_DETAIL_SCORE(false_discovery_rate, false_discovery_rate_from_counts, kFalseDiscoveryRate)

/// False omission rate, 1 - negative predictive value, fn / (fn + tn).
/// Altman and Bland (1994), Diagnostic tests 2: predictive values.
TORCHTALLY_DETAIL_SCORE(false_omission_rate, false_omission_rate_from_counts, kFalseOmissionRate)

/// Informedness (Youden's J), recall + specificity - 1, (tp tn - fp fn) / ((tp + fn) (tn + fp)).
/// Powers (2011), Evaluation: from precision, recall and F-measure to ROC.
TORCHTALLY_DETAIL_SCORE(informedness, informedness_from_counts, kInformedness)

/// Markedness, precision + negative predictive value - 1, (tp tn - fp fn) / ((tp + fp) (tn + fn)).
/// Powers (2011), Evaluation: from precision, recall and F-measure to ROC.
TORCHTALLY_DETAIL_SCORE(markedness, markedness_from_counts, kMarkedness)

/// Positive likelihood ratio, recall / (1 - specificity), tp (fp + tn) / (fp (tp + fn)).
/// Deeks and Altman (2004), Diagnostic tests 4: likelihood ratios.
TORCHTALLY_DETAIL_SCORE(positive_likelihood_ratio, positive_likelihood_ratio_from_counts, kPositiveLikelihoodRatio)

/// Accuracy, the share of pixels predicted right; of a class, its recall.
/// Long et al. (2015), Fully convolutional networks: pixel and mean accuracy.
TORCHTALLY_DETAIL_SCORE(accuracy_score, accuracy_from_counts, kAccuracy)

/// Balanced accuracy, the mean recall of the classes of the target.
/// Brodersen et al. (2010), The balanced accuracy and its posterior distribution.
TORCHTALLY_DETAIL_SCORE(balanced_accuracy_score, balanced_accuracy_from_counts, kBalancedAccuracy)

/// Intersection over union, each class weighted by its share of the target.
/// Long et al. (2015), Fully convolutional networks: frequency weighted IU.
TORCHTALLY_DETAIL_SCORE(frequency_weighted_iou_score, frequency_weighted_iou_from_counts, kFrequencyWeightedIoU)

/// Tversky index, tp / (tp + alpha fp + beta fn).
/// Tversky (1977), Features of similarity; alpha, beta as in Salehi et al. (2017).
TORCHTALLY_DETAIL_SCORE(tversky_score, tversky_from_counts, kTversky)

/// Generalized Dice, 2 sum(w tp) / sum(w (2 tp + fp + fn)) over classes.
/// Crum et al. (2006), Generalized overlap measures; Sudre et al. (2017).
TORCHTALLY_DETAIL_SCORE(generalized_dice_score, generalized_dice_from_counts, kGeneralizedDice)

/// Exact match (subset accuracy), the share of samples without a wrong label.
/// Kazawa et al. (2005), Maximal margin labeling for multi-topic text categorization.
TORCHTALLY_DETAIL_SCORE(exact_match_score, exact_match_from_counts, kExactMatch)

/// Matthews correlation coefficient of target and prediction, in [-1, 1].
/// Gorodkin (2004), Comparing two K-category assignments by a K-category correlation coefficient.
TORCHTALLY_DETAIL_SCORE(matthews_corrcoef, matthews_corrcoef_from_counts, kMatthewsCorrCoef)

/// Cohen's kappa, agreement beyond chance, at most 1.
/// Cohen (1960), A coefficient of agreement for nominal scales; (1968) weighted.
TORCHTALLY_DETAIL_SCORE(cohen_kappa_score, cohen_kappa_from_counts, kCohenKappa)

}  // namespace torchtally
