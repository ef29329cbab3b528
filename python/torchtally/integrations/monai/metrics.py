"""MONAI's metrics of overlap, whose pixels are counted by the kernels of torchtally.

Scores are float32, or float64 for float64 inputs. Counts are int64 until a score is
made of them, where MONAI adds them up in the dtype of the inputs.
"""

from __future__ import annotations

from typing import Any

import monai.metrics as original
import torch
from monai.metrics import (
    CumulativeIterationMetric,
    compute_confusion_matrix_metric,
    do_metric_reduction,
)
from monai.utils import MetricReduction, Weight
from torch import Tensor

from torchtally.ops._arguments import plain
from torchtally.ops._counting import ClassCounts

from ._counting import (
    Sums,
    are_floats,
    counts_of_labels,
    counts_of_ones,
    pixels_to_count,
)

__all__ = [
    "ConfusionMatrixMetric",
    "DiceHelper",
    "DiceMetric",
    "FBetaScore",
    "GeneralizedDiceScore",
    "MeanIoU",
    "compute_confusion_matrix_metric",
    "compute_dice",
    "compute_generalized_dice",
    "compute_iou",
    "do_metric_reduction",
    "get_confusion_matrix",
]

_EPSILON = 1e-8  # of generalized Dice, in MONAI
_SMALL = 2**21  # values that MONAI's IoU is left to compute


# Classes


class _OfPlainTensors(CumulativeIterationMetric):
    """A metric that reads a MetaTensor as a plain one, so that results are plain."""

    def __call__(self, y_pred: Any, y: Any = None, **kwargs: Any) -> Any:
        """Compute a batch and keep its result, as the class of MONAI does.

        Args:
            y_pred: ``[N, C, ...]``, or a list of ``[C, ...]``.
            y: the same of the ground truth.
            **kwargs: what the metric of MONAI takes.

        Returns:
            The result of this batch, a plain tensor.
        """
        return super().__call__(_plain(y_pred), _plain(y), **kwargs)


class DiceMetric(_OfPlainTensors, original.DiceMetric):
    """:class:`monai.metrics.DiceMetric`, its arguments and its results.

    One-hot pairs ``[N, C, ...]`` of any dtype, labels ``[N, 1, ...]``, and one of each
    are counted. MONAI's own code takes ``per_component=True`` and values that are
    neither 0 nor 1.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])  # [N, C, pixels]
        >>> metric = DiceMetric()
        >>> scores = metric(y_pred=y.flip(2), y=y)
        >>> metric.aggregate()
        tensor([0.2500])
    """

    def _compute_tensor(self, y_pred: Tensor, y: Tensor) -> Any:  # type: ignore[override]
        if y_pred.dim() < 3:
            return super()._compute_tensor(y_pred, y)  # raises
        return _dice(self.dice_helper, y_pred, y)


class MeanIoU(_OfPlainTensors, original.MeanIoU):
    """:class:`monai.metrics.MeanIoU`, its arguments and its results.

    One-hot pairs ``[N, C, ...]`` of any dtype are counted; MONAI's own code takes
    values that are neither 0 nor 1.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])  # [N, C, pixels]
        >>> metric = MeanIoU()
        >>> scores = metric(y_pred=y.flip(2), y=y)
        >>> metric.aggregate()
        tensor([0.1667])
    """

    def _compute_tensor(self, y_pred: Tensor, y: Tensor) -> Any:  # type: ignore[override]
        if y_pred.dim() < 3:
            return super()._compute_tensor(y_pred, y)  # raises
        return compute_iou(
            y_pred,
            y,
            include_background=self.include_background,
            ignore_empty=self.ignore_empty,
            ignore_index=_ignore_index(self),
        )


class GeneralizedDiceScore(_OfPlainTensors, original.GeneralizedDiceScore):
    """:class:`monai.metrics.GeneralizedDiceScore`, its arguments and its results.

    One-hot pairs ``[N, C, ...]`` of any dtype are counted; MONAI's own code takes
    values that are neither 0 nor 1.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])  # [N, C, pixels]
        >>> metric = GeneralizedDiceScore()
        >>> scores = metric(y_pred=y.flip(2), y=y)
        >>> metric.aggregate()
        tensor([0.1667])
    """

    def _compute_tensor(self, y_pred: Tensor, y: Tensor) -> Any:  # type: ignore[override]
        return compute_generalized_dice(
            y_pred,
            y,
            include_background=self.include_background,
            weight_type=self.weight_type,
            sum_over_classes=self.sum_over_classes,
            ignore_index=_ignore_index(self),
            **_unless_default(epsilon=getattr(self, "epsilon", _EPSILON)),
        )


class ConfusionMatrixMetric(_OfPlainTensors, original.ConfusionMatrixMetric):
    """:class:`monai.metrics.ConfusionMatrixMetric`, its arguments and its results.

    One-hot pairs ``[N, C, ...]`` of any dtype are counted; MONAI's own code takes
    values that are neither 0 nor 1.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])  # [N, C, pixels]
        >>> metric = ConfusionMatrixMetric(metric_name="precision")
        >>> counts = metric(y_pred=y.flip(2), y=y)
        >>> metric.aggregate()
        [tensor([0.3333])]
    """

    def _compute_tensor(self, y_pred: Tensor, y: Tensor) -> Any:  # type: ignore[override]
        dims = y_pred.dim()
        if dims < 2:
            return super()._compute_tensor(y_pred, y)  # raises
        classification = dims == 2 or (dims == 3 and y_pred.shape[-1] == 1)
        if classification and self.compute_sample:
            super()._compute_tensor(y_pred[:1], y[:1])  # warns, and resets the option
        return get_confusion_matrix(
            y_pred, y, self.include_background, _ignore_index(self)
        )


class FBetaScore(_OfPlainTensors, original.FBetaScore):
    """:class:`monai.metrics.FBetaScore`, its arguments and its results.

    One-hot pairs ``[N, C, ...]`` of any dtype are counted; MONAI's own code takes
    values that are neither 0 nor 1.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])  # [N, C, pixels]
        >>> metric = FBetaScore(beta=2.0)
        >>> counts = metric(y_pred=y.flip(2), y=y)
        >>> metric.aggregate()
        [tensor([0.3333])]
    """

    def _compute_tensor(self, y_pred: Tensor, y: Tensor) -> Any:  # type: ignore[override]
        counts = None
        if y_pred.dim() >= 2:
            counts = _counts(y_pred, y, self.include_background, None)
        if counts is None:
            return super()._compute_tensor(y_pred, y)
        return _table(counts)


class DiceHelper(original.DiceHelper):
    """:class:`monai.metrics.DiceHelper`, its arguments and its results.

    One-hot pairs ``[N, C, ...]`` of any dtype, labels ``[N, 1, ...]``, and one of each
    are counted, after the threshold or argmax that the helper applies. MONAI's own code
    takes ``per_component=True`` and values that are neither 0 nor 1.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])  # [N, C, pixels]
        >>> helper = DiceHelper(include_background=True, reduction="none")
        >>> helper(y.flip(2), y)
        (tensor([[0.5000, 0.0000]]), tensor([[1., 1.]]))
    """

    def __call__(self, y_pred: Tensor, y: Tensor) -> Any:
        """Return the Dice of a batch, reduced as the helper says.

        Args:
            y_pred: ``[N, C, ...]`` or ``[N, 1, ...]``.
            y: the same of the ground truth.

        Returns:
            The score, with ``get_not_nans`` also how many scores entered it.
        """
        return _dice(self, y_pred, y)


# Functions


def compute_dice(
    y_pred: Tensor,
    y: Tensor,
    include_background: bool = True,
    ignore_empty: bool = True,
    num_classes: int | None = None,
    per_component: bool = False,
    ignore_index: int | None = None,
) -> Tensor:
    """Compute the Dice of each sample and class, as ``monai.metrics.compute_dice``.

    Args:
        y_pred: one-hot ``[N, C, ...]``, or labels ``[N, 1, ...]``.
        y: the same of the ground truth.
        include_background: whether class 0 is scored.
        ignore_empty: NaN, and not 1 or 0, for a class that y does not hold.
        num_classes: C, where it cannot be told from y_pred.
        per_component: average over connected components; MONAI's own code does.
        ignore_index: label, or class, whose pixels count nowhere (MONAI 1.6).

    Returns:
        ``[N, C]``, or ``[N, C - 1]`` without the background.

    Raises:
        ValueError: as MONAI's function does.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
        >>> compute_dice(y.flip(2), y)
        tensor([[0.5000, 0.0000]])
    """
    newer = _unless_default(per_component=per_component, ignore_index=ignore_index)
    helper = original.DiceHelper(
        include_background=include_background,
        reduction=MetricReduction.NONE,
        get_not_nans=False,
        apply_argmax=False,
        ignore_empty=ignore_empty,
        num_classes=num_classes,
        **newer,
    )
    scores: Tensor = _dice(helper, y_pred, y)
    return scores


def compute_iou(
    y_pred: Tensor,
    y: Tensor,
    include_background: bool = True,
    ignore_empty: bool = True,
    ignore_index: int | None = None,
) -> Tensor:
    """Compute the IoU of each sample and class, as ``monai.metrics.compute_iou``.

    Args:
        y_pred: one-hot ``[N, C, ...]``.
        y: one-hot, of the same shape.
        include_background: whether class 0 is scored.
        ignore_empty: NaN, and not 1 or 0, for a class that y does not hold.
        ignore_index: class that is taken out, or a value that is no class, for pixels
            without one (MONAI 1.6).

    Returns:
        ``[N, C]``, or ``[N, C - 1]`` without the background.

    Raises:
        ValueError: for different shapes.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
        >>> compute_iou(y.flip(2), y)
        tensor([[0.3333, 0.0000]])
    """
    y_pred, y = _plain(y_pred), _plain(y)
    options: dict[str, Any] = {
        "include_background": include_background,
        "ignore_empty": ignore_empty,
    }
    of_class = _names_a_class(ignore_index, y)
    masked = None if of_class else ignore_index
    sums = None
    if not (y.numel() < _SMALL and are_floats(y_pred, y)):  # exact there, and faster
        sums = _sums(y_pred, y, include_background or of_class, masked)
    if sums is None:
        options |= _unless_default(ignore_index=ignore_index)
        return original.compute_iou(y_pred, y, **options)
    if y.shape[1] > 1 and not of_class:
        options["include_background"] = True  # it is gone already
    if of_class:
        options["ignore_index"] = ignore_index
    few = _few_pixels(sums, _dtype(y_pred, y))
    return original.compute_iou(*few, **options)


def compute_generalized_dice(
    y_pred: Tensor,
    y: Tensor,
    include_background: bool = True,
    weight_type: Weight | str = Weight.SQUARE,
    sum_over_classes: bool = False,
    ignore_index: int | None = None,
    epsilon: float = 1e-8,
) -> Tensor:
    """Compute generalized Dice, as ``monai.metrics.compute_generalized_dice``.

    Args:
        y_pred: one-hot ``[N, C, ...]``.
        y: one-hot, of the same shape.
        include_background: whether class 0 is scored.
        weight_type: ``"square"`` weighs a class by 1 over its squared size in y,
            ``"simple"`` by 1 over its size, ``"uniform"`` by 1.
        sum_over_classes: one score of all classes.
        ignore_index: class whose pixels count nowhere, and which is not scored; or a
            value that is no class, for pixels without one (MONAI 1.6).
        epsilon: as MONAI's (1.6, where it has no effect).

    Returns:
        ``[N, C]``, or ``[N, 1]`` with ``sum_over_classes``.

    Raises:
        ValueError: for different shapes, or fewer than three dimensions.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
        >>> compute_generalized_dice(y, y, sum_over_classes=True)
        tensor([[1.]])
    """
    y_pred, y = _plain(y_pred), _plain(y)
    options: dict[str, Any] = {
        "weight_type": weight_type,
        "sum_over_classes": sum_over_classes,
        **_unless_default(epsilon=epsilon),
    }
    of_class = _names_a_class(ignore_index, y)
    sums = _sums(y_pred, y, include_background or of_class, ignore_index)
    if sums is None:
        options |= _unless_default(ignore_index=ignore_index)
        return original.compute_generalized_dice(
            y_pred, y, include_background, **options
        )
    if of_class:
        options["ignore_index"] = ignore_index
    elif y.shape[1] > 1:
        include_background = True  # it is gone already
    few = _few_pixels(sums, _dtype(y_pred, y))
    return original.compute_generalized_dice(*few, include_background, **options)


def get_confusion_matrix(
    y_pred: Tensor,
    y: Tensor,
    include_background: bool = True,
    ignore_index: int | None = None,
) -> Tensor:
    """Count each sample and class, as ``monai.metrics.get_confusion_matrix``.

    Args:
        y_pred: one-hot ``[N, C, ...]``.
        y: one-hot, of the same shape.
        include_background: whether class 0 is counted.
        ignore_index: class that is taken out, or a value that is no class, for pixels
            without one (MONAI 1.6).

    Returns:
        float32 ``[N, C, 4]``: true positives, false positives, true negatives and false
        negatives, each an integer that is rounded once.

    Raises:
        ValueError: for different shapes.

    Example:
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])
        >>> get_confusion_matrix(y.flip(2), y)
        tensor([[[1., 1., 0., 1.],
                 [0., 1., 1., 1.]]])
    """
    y_pred, y = _plain(y_pred), _plain(y)
    of_class = _names_a_class(ignore_index, y)
    masked = None if of_class else ignore_index
    counts = _counts(y_pred, y, include_background, masked)
    if counts is None:
        newer = _unless_default(ignore_index=ignore_index)
        return original.get_confusion_matrix(y_pred, y, include_background, **newer)
    if ignore_index is not None and of_class:
        channel = ignore_index if include_background else ignore_index - 1
        if channel >= 0:  # zeros on both sides
            tp, fp, fn, tn = (part[:, channel] for part in counts)
            tn += tp + fp + fn
            for part in (tp, fp, fn):
                part.zero_()
    return _table(counts)


# What they share


def _counts(
    y_pred: Tensor, y: Tensor, include_background: bool, ignore_index: int | None
) -> ClassCounts | None:
    """Count a one-hot pair, int64 ``[N, C]``; None where MONAI's own code must look."""
    if not _countable(y_pred, y) or y.shape != y_pred.shape:
        return None
    if ignore_index is not None and y.shape[1] == 1:
        return None
    mask = pixels_to_count(y, ignore_index)
    if not include_background and y.shape[1] > 1:
        y_pred, y = y_pred[:, 1:], y[:, 1:]
    return counts_of_ones(y_pred, y, mask)


def _countable(y_pred: Tensor, y: Tensor) -> bool:
    """Whether there is something to count, of which nobody asks a gradient."""
    if y_pred.dim() < 2 or y_pred.dim() != y.dim() or y_pred.device != y.device:
        return False
    if 0 in (*y_pred.shape[:2], *y.shape[:2]):
        return False
    graded = y_pred.requires_grad or y.requires_grad
    return not (graded and torch.is_grad_enabled())


def _names_a_class(ignore_index: int | None, y: Tensor) -> bool:
    """Whether what is ignored is a class of one-hot y, and not a value beside them."""
    return ignore_index is not None and y.dim() > 1 and 0 <= ignore_index < y.shape[1]


def _sums(
    y_pred: Tensor, y: Tensor, include_background: bool, ignore_index: int | None
) -> Sums | None:
    """Add a pair up; None where MONAI's own code must look at it."""
    if y_pred.dim() < 3:
        return None
    usual = _countable(y_pred, y) and y.shape == y_pred.shape
    if ignore_index is None and usual and are_floats(y_pred, y):
        scored = slice(0 if include_background or y.shape[1] == 1 else 1, None)
        sums = Sums.of_values(y_pred[:, scored], y[:, scored])
        if sums is not None:
            return sums
    counts = _counts(y_pred, y, include_background, ignore_index)
    return None if counts is None else Sums.of_counts(counts)


def _few_pixels(sums: Sums, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """Return a pair of three pixels that has the sums of all, ``[N, C, 3]``.

    MONAI's formulas of ``sum(y_pred * y)``, ``sum(y_pred)`` and ``sum(y)`` see no
    difference.
    """
    both, of_pred, of_y = sums
    zeros, ones = torch.zeros_like(both), torch.ones_like(both)
    y_pred = torch.stack([ones, zeros, of_pred - 1], -1)
    return y_pred.to(dtype), torch.stack([both, of_y - both, zeros], -1).to(dtype)


def _table(counts: ClassCounts) -> Tensor:
    """Return counts as MONAI's confusion matrix, float32 ``[N, C, 4]``."""
    tp, fp, fn, tn = counts
    return torch.stack([tp, fp, tn, fn], -1).float()


def _dice(helper: original.DiceHelper, y_pred: Tensor, y: Tensor) -> Any:
    """Return what a helper of MONAI returns for a batch."""
    y_pred, y = _plain(y_pred), _plain(y)
    counts = _counts_for_dice(helper, y_pred, y)
    if counts is None:
        return original.DiceHelper.__call__(helper, y_pred, y)
    tp, fp, fn, _ = counts
    sizes = (2 * tp + fp + fn).double()
    scores = 2 * tp / sizes
    if helper.ignore_empty:
        scores = torch.where(tp + fn > 0, scores, torch.nan)
    else:
        scores = torch.where(sizes > 0, scores, 1.0)
    f, not_nans = do_metric_reduction(scores.to(_dtype(y)), helper.reduction)
    return (f, not_nans) if helper.get_not_nans else f


def _counts_for_dice(
    helper: original.DiceHelper, y_pred: Tensor, y: Tensor
) -> ClassCounts | None:
    """Count what a helper scores, int64 ``[N, C]``; None for MONAI's own code."""
    if y_pred.dim() < 2 or getattr(helper, "per_component", False):
        return None
    channels, classes = y_pred.shape[1], helper.num_classes
    labels_given = classes is not None and classes > 1 and channels == 1
    classes = channels if classes is None else classes
    if labels_given:
        pass
    elif helper.apply_argmax and classes > 1:
        y_pred = y_pred.argmax(1, keepdim=True)
    elif helper.threshold:
        y_pred = (y_pred.sigmoid() if helper.activate else y_pred) > 0.5
    if not _countable(y_pred, y) or y_pred[:, 0].shape != y[:, 0].shape:
        return None
    ignore_index, first = _ignore_index(helper), 0 if helper.include_background else 1
    given = {y_pred.shape[1], y.shape[1]}
    if classes > 1 and given == {1}:
        counts = counts_of_labels(y_pred[:, 0], y[:, 0], classes, ignore_index)
        return (
            None if counts is None else ClassCounts._make(c[:, first:] for c in counts)
        )
    if not given <= {1, classes}:
        return None
    mask = pixels_to_count(y, ignore_index)
    if classes > 1:
        y_pred, y = (_one_hot(part, first, classes) for part in (y_pred, y))
    return counts_of_ones(y_pred, y, mask)


def _one_hot(values: Tensor, first: int, classes: int) -> Tensor:
    """Return classes from the first on, of labels or of a channel for each."""
    if values.shape[1] > 1:
        return values[:, first:]
    labels = torch.arange(first, classes, device=values.device)
    return values == labels.view(-1, *[1] * (values.dim() - 2))


def _dtype(*inputs: Tensor) -> torch.dtype:
    """Return the dtype of scores of these inputs."""
    of_double = any(part.dtype == torch.float64 for part in inputs)
    return torch.float64 if of_double else torch.float32


def _plain(values: Any) -> Any:
    """Return tensors without the class that MONAI made of them, in a list or alone."""
    if isinstance(values, (list, tuple)):
        return [_plain(value) for value in values]
    return plain(values) if isinstance(values, Tensor) else values


def _ignore_index(of: Any) -> int | None:
    """Return the option of a metric or helper; MONAI has it since 1.6."""
    ignored: int | None = getattr(of, "ignore_index", None)
    return ignored


def _unless_default(
    ignore_index: int | None = None,
    per_component: bool = False,
    epsilon: float = _EPSILON,
) -> dict[str, Any]:
    """Return the options that MONAI has since 1.6, where they say something."""
    newer: dict[str, Any] = {}
    if ignore_index is not None:
        newer["ignore_index"] = ignore_index
    if per_component:
        newer["per_component"] = True
    if epsilon != _EPSILON:
        newer["epsilon"] = epsilon
    return newer
