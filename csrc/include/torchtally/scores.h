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
/// \throws c10::TypeError for an option that the score does not take, or a wrong dtype; c10::ValueError for a wrong
/// shape
///   or value, or a label out of range.
#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include <torchtally/detail/definitions.h>
#include <torchtally/options.h>

namespace torchtally {

/// Asks for the number of entries that entered the last average, beside the score.
struct ReturnValid {
  explicit constexpr ReturnValid(int /*unused*/) {}
};
inline constexpr ReturnValid kReturnValid{0};

// Not part of the API: undefined at the end of this file.
#define TORCHTALLY_SCORE(of_pixels, of_counts, kind)                                                            \
  inline Scored of_pixels(ReturnValid /*valid*/, const at::Tensor& preds, const at::Tensor& target,             \
                          int64_t num_classes, const ScoreOptions& options = {}) {                              \
    return detail::score_pixels(#of_pixels, Score::kind, preds, target, num_classes, options);                  \
  }                                                                                                             \
  inline at::Tensor of_pixels(const at::Tensor& preds, const at::Tensor& target, int64_t num_classes,           \
                              const ScoreOptions& options = {}) {                                               \
    return detail::score_pixels(#of_pixels, Score::kind, preds, target, num_classes, options).score;            \
  }                                                                                                             \
  inline Scored of_counts(ReturnValid /*valid*/, const at::Tensor& matrix, const ScoreOptions& options = {}) {  \
    return detail::score_counts(#of_counts, Score::kind, matrix, options);                                      \
  }                                                                                                             \
  inline at::Tensor of_counts(const at::Tensor& matrix, const ScoreOptions& options = {}) {                     \
    return detail::score_counts(#of_counts, Score::kind, matrix, options).score;                                \
  }                                                                                                             \
  inline Scored of_counts(ReturnValid /*valid*/, const ClassCounts& counts, const ScoreOptions& options = {}) { \
    return detail::score_counts(#of_counts, Score::kind, counts, options);                                      \
  }                                                                                                             \
  inline at::Tensor of_counts(const ClassCounts& counts, const ScoreOptions& options = {}) {                    \
    return detail::score_counts(#of_counts, Score::kind, counts, options).score;                                \
  }

/// Dice coefficient, 2 tp / (2 tp + fp + fn).
///
/// Dice (1945), Measures of the amount of ecologic association between species.
TORCHTALLY_SCORE(dice_score, dice_from_counts, kDice)

/// Intersection over union (Jaccard index), tp / (tp + fp + fn).
///
/// Jaccard (1912), The distribution of the flora in the alpine zone.
TORCHTALLY_SCORE(iou_score, iou_from_counts, kIoU)

/// F1, 2 tp / (2 tp + fp + fn), the harmonic mean of precision and recall.
///
/// van Rijsbergen (1979), Information Retrieval, chapter 7.
TORCHTALLY_SCORE(f1_score, f1_from_counts, kF1)

/// F-beta, (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp).
///
/// van Rijsbergen (1979), Information Retrieval, chapter 7.
TORCHTALLY_SCORE(fbeta_score, fbeta_from_counts, kFBeta)

/// Precision (positive predictive value), tp / (tp + fp).
TORCHTALLY_SCORE(precision_score, precision_from_counts, kPrecision)

/// Recall (sensitivity, true positive rate), tp / (tp + fn).
TORCHTALLY_SCORE(recall_score, recall_from_counts, kRecall)

/// Specificity (true negative rate), tn / (tn + fp).
///
/// Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.
TORCHTALLY_SCORE(specificity_score, specificity_from_counts, kSpecificity)

/// Accuracy, the share of pixels predicted right; of a class, its recall. Average::kMicro unless named otherwise.
///
/// Long et al. (2015), Fully convolutional networks: pixel and mean accuracy.
TORCHTALLY_SCORE(accuracy_score, accuracy_from_counts, kAccuracy)

/// Balanced accuracy, the mean recall of the classes of the target.
///
/// Brodersen et al. (2010), The balanced accuracy and its posterior distribution.
TORCHTALLY_SCORE(balanced_accuracy_score, balanced_accuracy_from_counts, kBalancedAccuracy)

/// Intersection over union of each class, weighted by its share of the target.
///
/// Long et al. (2015), Fully convolutional networks: frequency weighted IU.
TORCHTALLY_SCORE(frequency_weighted_iou_score, frequency_weighted_iou_from_counts, kFrequencyWeightedIoU)

/// Tversky index, tp / (tp + alpha fp + beta fn).
///
/// Tversky (1977), Features of similarity; alpha, beta as in Salehi et al. (2017).
TORCHTALLY_SCORE(tversky_score, tversky_from_counts, kTversky)

/// Generalized Dice, 2 sum(w tp) / sum(w (2 tp + fp + fn)) over classes.
///
/// Crum et al. (2006), Generalized overlap measures; Sudre et al. (2017).
TORCHTALLY_SCORE(generalized_dice_score, generalized_dice_from_counts, kGeneralizedDice)

/// Matthews correlation coefficient of target and prediction, in [-1, 1], of the whole matrix.
///
/// Gorodkin (2004), Comparing two K-category assignments by a K-category correlation coefficient.
TORCHTALLY_SCORE(matthews_corrcoef, matthews_corrcoef_from_counts, kMatthewsCorrCoef)

/// Cohen's kappa, agreement beyond chance, at most 1, of the whole matrix; weights for ordered classes.
///
/// Cohen (1960), A coefficient of agreement for nominal scales; (1968) weighted.
TORCHTALLY_SCORE(cohen_kappa_score, cohen_kappa_from_counts, kCohenKappa)

#undef TORCHTALLY_SCORE

}  // namespace torchtally
