"""The classes of torchmetrics.classification that count, with another ``update``.

States, ``compute``, reductions over ranks, plots and all else are torchmetrics'.
"""

from __future__ import annotations

import torchmetrics.classification as original

from ._redirected import redirected, replaces_its_base


class _BinaryStatScores:
    update = redirected(original.BinaryStatScores.update)


class _MulticlassStatScores:
    update = redirected(original.MulticlassStatScores.update)


class _MultilabelStatScores:
    update = redirected(original.MultilabelStatScores.update)


class _BinaryConfusionMatrix:
    update = redirected(original.BinaryConfusionMatrix.update)


class _MulticlassConfusionMatrix:
    update = redirected(original.MulticlassConfusionMatrix.update)


class _MultilabelConfusionMatrix:
    update = redirected(original.MultilabelConfusionMatrix.update)


@replaces_its_base
class BinaryStatScores(_BinaryStatScores, original.BinaryStatScores):
    """Counts of hits and misses of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassStatScores(_MulticlassStatScores, original.MulticlassStatScores):
    """Counts of hits and misses of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelStatScores(_MultilabelStatScores, original.MultilabelStatScores):
    """Counts of hits and misses of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryConfusionMatrix(_BinaryConfusionMatrix, original.BinaryConfusionMatrix):
    """The confusion matrix of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassConfusionMatrix(
    _MulticlassConfusionMatrix, original.MulticlassConfusionMatrix
):
    """The confusion matrix of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelConfusionMatrix(
    _MultilabelConfusionMatrix, original.MultilabelConfusionMatrix
):
    """The confusion matrix of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryFBetaScore(_BinaryStatScores, original.BinaryFBetaScore):
    """F-beta of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassFBetaScore(_MulticlassStatScores, original.MulticlassFBetaScore):
    """F-beta of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelFBetaScore(_MultilabelStatScores, original.MultilabelFBetaScore):
    """F-beta of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryF1Score(_BinaryStatScores, original.BinaryF1Score):
    """F1 of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassF1Score(_MulticlassStatScores, original.MulticlassF1Score):
    """F1 of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelF1Score(_MultilabelStatScores, original.MultilabelF1Score):
    """F1 of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryPrecision(_BinaryStatScores, original.BinaryPrecision):
    """Precision of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassPrecision(_MulticlassStatScores, original.MulticlassPrecision):
    """Precision of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelPrecision(_MultilabelStatScores, original.MultilabelPrecision):
    """Precision of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryRecall(_BinaryStatScores, original.BinaryRecall):
    """Recall of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassRecall(_MulticlassStatScores, original.MulticlassRecall):
    """Recall of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelRecall(_MultilabelStatScores, original.MultilabelRecall):
    """Recall of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinarySpecificity(_BinaryStatScores, original.BinarySpecificity):
    """Specificity of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassSpecificity(_MulticlassStatScores, original.MulticlassSpecificity):
    """Specificity of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelSpecificity(_MultilabelStatScores, original.MultilabelSpecificity):
    """Specificity of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryNegativePredictiveValue(
    _BinaryStatScores, original.BinaryNegativePredictiveValue
):
    """Negative predictive value of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassNegativePredictiveValue(
    _MulticlassStatScores, original.MulticlassNegativePredictiveValue
):
    """Negative predictive value of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelNegativePredictiveValue(
    _MultilabelStatScores, original.MultilabelNegativePredictiveValue
):
    """Negative predictive value of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryAccuracy(_BinaryStatScores, original.BinaryAccuracy):
    """Accuracy of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassAccuracy(_MulticlassStatScores, original.MulticlassAccuracy):
    """Accuracy of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelAccuracy(_MultilabelStatScores, original.MultilabelAccuracy):
    """Accuracy of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryHammingDistance(_BinaryStatScores, original.BinaryHammingDistance):
    """Hamming distance of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassHammingDistance(
    _MulticlassStatScores, original.MulticlassHammingDistance
):
    """Hamming distance of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelHammingDistance(
    _MultilabelStatScores, original.MultilabelHammingDistance
):
    """Hamming distance of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryJaccardIndex(_BinaryConfusionMatrix, original.BinaryJaccardIndex):
    """Jaccard index of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassJaccardIndex(
    _MulticlassConfusionMatrix, original.MulticlassJaccardIndex
):
    """Jaccard index of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelJaccardIndex(
    _MultilabelConfusionMatrix, original.MultilabelJaccardIndex
):
    """Jaccard index of a multilabel task, counted by torchtally."""


@replaces_its_base
class BinaryCohenKappa(_BinaryConfusionMatrix, original.BinaryCohenKappa):
    """Cohen's kappa of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassCohenKappa(_MulticlassConfusionMatrix, original.MulticlassCohenKappa):
    """Cohen's kappa of a multiclass task, counted by torchtally."""


@replaces_its_base
class BinaryMatthewsCorrCoef(_BinaryConfusionMatrix, original.BinaryMatthewsCorrCoef):
    """Matthews' coefficient of a binary task, counted by torchtally."""


@replaces_its_base
class MulticlassMatthewsCorrCoef(
    _MulticlassConfusionMatrix, original.MulticlassMatthewsCorrCoef
):
    """Matthews' coefficient of a multiclass task, counted by torchtally."""


@replaces_its_base
class MultilabelMatthewsCorrCoef(
    _MultilabelConfusionMatrix, original.MultilabelMatthewsCorrCoef
):
    """Matthews' coefficient of a multilabel task, counted by torchtally."""


@replaces_its_base
class MulticlassExactMatch(original.MulticlassExactMatch):
    """Exact match of a multiclass task, counted by torchtally."""

    update = redirected(original.MulticlassExactMatch.update)


@replaces_its_base
class MultilabelExactMatch(original.MultilabelExactMatch):
    """Exact match of a multilabel task, counted by torchtally."""

    update = redirected(original.MultilabelExactMatch.update)


# Classes that make one of those above, by the name of a task.


@replaces_its_base
class StatScores(original.StatScores):
    """Counts of hits and misses of the task that is named."""

    __new__ = redirected(original.StatScores.__new__)


@replaces_its_base
class ConfusionMatrix(original.ConfusionMatrix):
    """The confusion matrix of the task that is named."""

    __new__ = redirected(original.ConfusionMatrix.__new__)


@replaces_its_base
class FBetaScore(original.FBetaScore):
    """F-beta of the task that is named."""

    __new__ = redirected(original.FBetaScore.__new__)


@replaces_its_base
class F1Score(original.F1Score):
    """F1 of the task that is named."""

    __new__ = redirected(original.F1Score.__new__)


@replaces_its_base
class Precision(original.Precision):
    """Precision of the task that is named."""

    __new__ = redirected(original.Precision.__new__)


@replaces_its_base
class Recall(original.Recall):
    """Recall of the task that is named."""

    __new__ = redirected(original.Recall.__new__)


@replaces_its_base
class Specificity(original.Specificity):
    """Specificity of the task that is named."""

    __new__ = redirected(original.Specificity.__new__)


@replaces_its_base
class NegativePredictiveValue(original.NegativePredictiveValue):
    """Negative predictive value of the task that is named."""

    __new__ = redirected(original.NegativePredictiveValue.__new__)


@replaces_its_base
class Accuracy(original.Accuracy):
    """Accuracy of the task that is named."""

    __new__ = redirected(original.Accuracy.__new__)


@replaces_its_base
class HammingDistance(original.HammingDistance):
    """Hamming distance of the task that is named."""

    __new__ = redirected(original.HammingDistance.__new__)


@replaces_its_base
class JaccardIndex(original.JaccardIndex):
    """Jaccard index of the task that is named."""

    __new__ = redirected(original.JaccardIndex.__new__)


@replaces_its_base
class CohenKappa(original.CohenKappa):
    """Cohen's kappa of the task that is named."""

    __new__ = redirected(original.CohenKappa.__new__)


@replaces_its_base
class MatthewsCorrCoef(original.MatthewsCorrCoef):
    """Matthews' coefficient of the task that is named."""

    __new__ = redirected(original.MatthewsCorrCoef.__new__)


@replaces_its_base
class ExactMatch(original.ExactMatch):
    """Exact match of the task that is named."""

    __new__ = redirected(original.ExactMatch.__new__)
