"""Scores as metric objects: one class a score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from torch import Tensor
from typing_extensions import Unpack

from ._plot_scores import plot_scores
from ._scored import ScoredMetric, ScoreMetricOptions
from ._state import State


class ScoreMetric(ScoredMetric[Tensor]):
    """A score accumulated over batches, in O(C) memory.

    The options are those of the function of the same name, such as
    :func:`torchtally.dice_score`, with ``label_map``, ``preds_map`` and ``top_k`` among
    them, and ``sync_on_compute``: whether ``compute`` adds up the counts of all ranks
    where ``torch.distributed`` is initialised.

    What is kept depends on ``aggregation``: one int64 count for ``"global"``; integer
    sums over samples for ``"samplewise"``, in which the order of samples, batches and
    ranks cannot be seen; the counts of each sample for ``"none"``.

    Args:
        num_classes: C, or the number of labels L for ``task="multilabel"``. May be
            left out for ``task="binary"``.
        options: by keyword, those of counting and of the score.

    Raises:
        TypeError: for an option that does not exist, or of the wrong kind.
        ValueError: for a wrong value.
    """

    _score: ClassVar[str]

    def __init__(
        self, num_classes: int | None = None, **options: Unpack[ScoreMetricOptions]
    ) -> None:
        super().__init__(num_classes, {self._score: {"score": self._score}}, options)

    def _value_of(self, state: State) -> Tensor:
        return self._values_of(state)[self._score]

    def plot(self, ax: Any = None, *, class_names: Sequence[str] | None = None) -> Any:
        """Draw the score as bars with matplotlib, one for each class if there are any.

        Args:
            ax: matplotlib axes to draw on; a new figure without.
            class_names: a name for each bar of ``average="none"``.

        Returns:
            The axes.

        Raises:
            ImportError: if matplotlib is not installed.
            ValueError: for the wrong number of names, or a score for each sample.
        """
        name = type(self).__name__
        return plot_scores(f"{name}.plot", {name: self.compute()}, ax, class_names)


class DiceScore(ScoreMetric):
    """Dice coefficient, 2 tp / (2 tp + fp + fn).

    Example:
        >>> metric = DiceScore(num_classes=2, average="none")
        >>> metric.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
        >>> metric.compute()
        tensor([0.6667, 0.6667])
    """

    _score = "dice"


class IoUScore(ScoreMetric):
    """Intersection over union (Jaccard index), tp / (tp + fp + fn).

    Example:
        >>> metric = IoUScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
        tensor(0.5000)
        >>> ids = {7: 0, 26: 1, -1: None}  # road, car, licence plate
        >>> metric = IoUScore(num_classes=2, label_map=ids)
        >>> metric(torch.tensor([0, 1, 1]), torch.tensor([7, 26, -1]))
        tensor(1.)
    """

    _score = "iou"


class F1Score(ScoreMetric):
    """F1, 2 tp / (2 tp + fp + fn), the harmonic mean of precision and recall.

    Example:
        >>> metric = F1Score(task="binary")
        >>> metric(torch.tensor([0.9, 0.8, 0.2]), torch.tensor([1, 0, 0]))
        tensor(0.6667)
    """

    _score = "f1"


class PrecisionScore(ScoreMetric):
    """Precision (positive predictive value), tp / (tp + fp).

    Example:
        >>> metric = PrecisionScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.8333)
    """

    _score = "precision"


class RecallScore(ScoreMetric):
    """Recall (sensitivity, true positive rate), tp / (tp + fn).

    Example:
        >>> metric = RecallScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.7500)
    """

    _score = "recall"


class SpecificityScore(ScoreMetric):
    """Specificity (true negative rate), tn / (tn + fp).

    Example:
        >>> metric = SpecificityScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.7500)
    """

    _score = "specificity"


class AccuracyScore(ScoreMetric):
    """Accuracy, the share of pixels predicted right; of a class, its recall.

    Example:
        >>> metric = AccuracyScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.7500)
    """

    _score = "accuracy"


class BalancedAccuracyScore(ScoreMetric):
    """Balanced accuracy, the mean recall of the classes in the target.

    Example:
        >>> metric = BalancedAccuracyScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.7500)
    """

    _score = "balanced_accuracy"


class FrequencyWeightedIoUScore(ScoreMetric):
    """IoU, each class weighted by its share of the target.

    Example:
        >>> metric = FrequencyWeightedIoUScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.5833)
    """

    _score = "frequency_weighted_iou"


class FBetaScore(ScoreMetric):
    """F-beta, which counts recall ``beta`` times as much as precision (1.0).

    Example:
        >>> metric = FBetaScore(num_classes=2, beta=2.0)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.7323)
    """

    _score = "fbeta"


class TverskyScore(ScoreMetric):
    """Tversky index, tp / (tp + alpha fp + beta fn) (0.5 and 0.5).

    Example:
        >>> metric = TverskyScore(num_classes=2, alpha=0.3, beta=0.7)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.7289)
    """

    _score = "tversky"


class GeneralizedDiceScore(ScoreMetric):
    """Dice of all classes, each weighted by the inverse of its size.

    Example:
        >>> metric = GeneralizedDiceScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.7500)
    """

    _score = "generalized_dice"


class MatthewsCorrCoef(ScoreMetric):
    """Correlation of target and prediction, of the whole matrix.

    Example:
        >>> metric = MatthewsCorrCoef(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.5774)
    """

    _score = "matthews_corrcoef"


class CohenKappaScore(ScoreMetric):
    """Agreement beyond chance, of the whole matrix; ``weights`` for ordered classes.

    Example:
        >>> metric = CohenKappaScore(num_classes=2)
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([0, 1, 0, 1]))
        tensor(0.5000)
    """

    _score = "cohen_kappa"
