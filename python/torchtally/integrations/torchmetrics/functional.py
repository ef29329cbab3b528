"""The functions of torchmetrics that count, under their names."""

from __future__ import annotations

import torchmetrics.functional.classification as original
import torchmetrics.functional.segmentation as segmentation

from ._redirected import redirected

binary_stat_scores = redirected(original.binary_stat_scores)
multiclass_stat_scores = redirected(original.multiclass_stat_scores)
multilabel_stat_scores = redirected(original.multilabel_stat_scores)
stat_scores = redirected(original.stat_scores)

binary_confusion_matrix = redirected(original.binary_confusion_matrix)
multiclass_confusion_matrix = redirected(original.multiclass_confusion_matrix)
multilabel_confusion_matrix = redirected(original.multilabel_confusion_matrix)
confusion_matrix = redirected(original.confusion_matrix)

binary_fbeta_score = redirected(original.binary_fbeta_score)
multiclass_fbeta_score = redirected(original.multiclass_fbeta_score)
multilabel_fbeta_score = redirected(original.multilabel_fbeta_score)
fbeta_score = redirected(original.fbeta_score)

binary_f1_score = redirected(original.binary_f1_score)
multiclass_f1_score = redirected(original.multiclass_f1_score)
multilabel_f1_score = redirected(original.multilabel_f1_score)
f1_score = redirected(original.f1_score)

binary_precision = redirected(original.binary_precision)
multiclass_precision = redirected(original.multiclass_precision)
multilabel_precision = redirected(original.multilabel_precision)
precision = redirected(original.precision)

binary_recall = redirected(original.binary_recall)
multiclass_recall = redirected(original.multiclass_recall)
multilabel_recall = redirected(original.multilabel_recall)
recall = redirected(original.recall)

binary_specificity = redirected(original.binary_specificity)
multiclass_specificity = redirected(original.multiclass_specificity)
multilabel_specificity = redirected(original.multilabel_specificity)
specificity = redirected(original.specificity)

binary_negative_predictive_value = redirected(original.binary_negative_predictive_value)
multiclass_negative_predictive_value = redirected(
    original.multiclass_negative_predictive_value
)
multilabel_negative_predictive_value = redirected(
    original.multilabel_negative_predictive_value
)
negative_predictive_value = redirected(original.negative_predictive_value)

binary_accuracy = redirected(original.binary_accuracy)
multiclass_accuracy = redirected(original.multiclass_accuracy)
multilabel_accuracy = redirected(original.multilabel_accuracy)
accuracy = redirected(original.accuracy)

binary_hamming_distance = redirected(original.binary_hamming_distance)
multiclass_hamming_distance = redirected(original.multiclass_hamming_distance)
multilabel_hamming_distance = redirected(original.multilabel_hamming_distance)
hamming_distance = redirected(original.hamming_distance)

binary_jaccard_index = redirected(original.binary_jaccard_index)
multiclass_jaccard_index = redirected(original.multiclass_jaccard_index)
multilabel_jaccard_index = redirected(original.multilabel_jaccard_index)
jaccard_index = redirected(original.jaccard_index)

binary_cohen_kappa = redirected(original.binary_cohen_kappa)
multiclass_cohen_kappa = redirected(original.multiclass_cohen_kappa)
cohen_kappa = redirected(original.cohen_kappa)

binary_matthews_corrcoef = redirected(original.binary_matthews_corrcoef)
multiclass_matthews_corrcoef = redirected(original.multiclass_matthews_corrcoef)
multilabel_matthews_corrcoef = redirected(original.multilabel_matthews_corrcoef)
matthews_corrcoef = redirected(original.matthews_corrcoef)

multiclass_exact_match = redirected(original.multiclass_exact_match)
multilabel_exact_match = redirected(original.multilabel_exact_match)
exact_match = redirected(original.exact_match)

dice_score = redirected(segmentation.dice_score)
generalized_dice_score = redirected(segmentation.generalized_dice_score)
mean_iou = redirected(segmentation.mean_iou)
