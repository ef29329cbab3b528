"""``smp.metrics``: counts of each image and class, and every score of them.

Counts are int64 and exact; those of smp are summed in float32, which loses pixels of a
class beyond 2^24 in an image. Scores are computed in float64 and returned as float32,
as smp returns them. What smp does to averages is done here too:

* ``weighted-imagewise``, and ``macro`` and ``macro-imagewise`` with ``class_weights``,
  divide twice: weights are normalised to sum to 1, and the weighted scores are then
  averaged over classes, so that a perfect score is 1 / C. Only ``weighted`` sums them.
  :mod:`torchtally.functional` divides once.
* ``micro`` is NaN where its denominator is 0, whatever ``zero_division`` is.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from torchtally.functional import class_counts

__all__ = [
    "accuracy",
    "balanced_accuracy",
    "f1_score",
    "false_discovery_rate",
    "false_negative_rate",
    "false_omission_rate",
    "false_positive_rate",
    "fbeta_score",
    "get_stats",
    "iou_score",
    "negative_likelihood_ratio",
    "negative_predictive_value",
    "positive_likelihood_ratio",
    "positive_predictive_value",
    "precision",
    "recall",
    "sensitivity",
    "specificity",
]

_MODES = ("binary", "multilabel", "multiclass")
#: Which dimensions of the counts each reduction adds up first; None for all.
_SUMMED: dict[str | None, tuple[int, ...] | None] = {
    "micro": None,
    "macro": (0,),
    "weighted": (0,),
    "micro-imagewise": (1,),
    "macro-imagewise": (),
    "weighted-imagewise": (),
    "none": (),
    None: (),
}


def get_stats(
    output: Tensor,
    target: Tensor,
    mode: str,
    ignore_index: int | None = None,
    threshold: float | Sequence[float] | Tensor | None = None,
    num_classes: int | None = None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Count true and false positives and negatives of each image and class.

    Labels out of range count as in smp: a prediction without a class is missed, a
    target without one makes its prediction false. Counts stay on the device of target.

    Args:
        output: labels ``[N, ...]`` for ``"multiclass"``; labels or scores
            ``[N, C, ...]`` for ``"multilabel"``, ``[N, 1, ...]`` for ``"binary"``.
        target: integer or bool labels of output's shape.
        mode: ``"binary"``, ``"multilabel"`` or ``"multiclass"``.
        ignore_index: a label of a multiclass target, outside of the classes, whose
            pixels count nowhere.
        threshold: scores at or above it are 1; a number, or one for each label, which
            smp announces and cannot compute. A target is cut at it too.
        num_classes: C, for ``"multiclass"``.

    Returns:
        Four int64 tensors ``[N, C]``: tp, fp, fn, tn.

    Raises:
        ValueError: for arguments that do not go together; without a threshold also for
            binary and multilabel labels that are neither 0 nor 1, of which smp makes
            products.

    Example:
        >>> preds = torch.tensor([[0, 1, 1, 2]])
        >>> target = torch.tensor([[0, 1, 2, 255]])
        >>> get_stats(preds, target, "multiclass", ignore_index=255, num_classes=3)[0]
        tensor([[1, 1, 0]])
    """
    _check(output, target, mode, ignore_index, threshold, num_classes)
    if mode == "multiclass":
        counts = class_counts(
            output,
            target,
            num_classes,
            ignore_index=ignore_index,
            out_of_range="miss",
            per_sample=True,
        )
        tp, fp, fn, tn = (rows[:, :-1] for rows in counts)  # without "other"
        return tp, fp, fn, tn
    cut = None
    if threshold is not None:
        limits = torch.as_tensor(threshold, dtype=torch.float64, device="cpu").flatten()
        limit: float | Tensor = (
            limits.item()
            if len(limits) == 1
            else limits.view(-1, *(1 for _ in target.shape[2:])).to(target.device)
        )
        target = target >= limit
        if output.is_floating_point():
            # The op cuts above a threshold: above the number before it is at or above.
            of_dtype = limits.to(output.dtype)
            before = torch.full_like(of_dtype, -math.inf)
            cut = torch.nextafter(of_dtype, before).tolist()
            cut = cut[0] if len(cut) == 1 else cut
        else:
            output = output >= limit
    counts = class_counts(
        output,
        target,
        target.shape[1],
        task="multilabel",
        threshold=cut,
        per_sample=True,
    )
    return counts.tp, counts.fp, counts.fn, counts.tn


def _check(
    output: Tensor,
    target: Tensor,
    mode: str,
    ignore_index: int | None,
    threshold: object,
    num_classes: int | None,
) -> None:
    """Raise ValueError where smp does."""
    if mode not in _MODES:
        raise ValueError(
            f"get_stats: mode must be one of {', '.join(map(repr, _MODES))}, "
            f"got {mode!r}"
        )
    if target.is_floating_point():
        raise ValueError(
            f"get_stats: target must be an integer or bool tensor, got {target.dtype}"
        )
    if output.shape != target.shape:
        raise ValueError(
            "get_stats: output and target must have one shape, got "
            f"{list(output.shape)} and {list(target.shape)}"
        )
    if mode == "multiclass":
        if output.is_floating_point():
            raise ValueError(
                f"get_stats: output must hold labels with mode={mode!r}, got "
                f"{output.dtype}; pass output.argmax(1)"
            )
        if threshold is not None:
            raise ValueError(
                f"get_stats: threshold must be None with mode={mode!r}, "
                f"got {threshold!r}"
            )
        if num_classes is None:
            raise ValueError(f"get_stats: num_classes must be given with mode={mode!r}")
        if ignore_index is not None and 0 <= ignore_index < num_classes:
            raise ValueError(
                f"get_stats: ignore_index must be outside of [0, {num_classes}), got "
                f"{ignore_index}; to leave a class out, leave its column of the counts "
                "out"
            )
        return
    if output.is_floating_point() and threshold is None:
        raise ValueError(
            f"get_stats: threshold must be given for scores of {output.dtype}"
        )
    if ignore_index is not None:
        raise ValueError(
            f"get_stats: ignore_index must be None with mode={mode!r}, "
            f"got {ignore_index!r}"
        )
    if target.dim() < 2:
        raise ValueError(
            f"get_stats: target must be [N, C, ...] with mode={mode!r}, "
            f"got shape {list(target.shape)}"
        )


Formula = Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]


def _score(
    formula: Formula,
    counts: tuple[Tensor, Tensor, Tensor, Tensor],
    reduction: str | None,
    class_weights: Sequence[float] | Tensor | None,
    zero_division: str | float,
) -> Tensor:
    """Reduce counts ``[N, C]`` to a score, as smp does."""
    if reduction not in _SUMMED:
        raise ValueError(
            f"reduction must be one of {', '.join(map(repr, _SUMMED))}, "
            f"got {reduction!r}"
        )
    if class_weights is None and reduction in ("weighted", "weighted-imagewise"):
        raise ValueError(f"class_weights must be given with reduction={reduction!r}")
    dims, dtype = _SUMMED[reduction], counts[0].dtype
    if dims is None:
        counts = tuple(count.sum() for count in counts)  # type: ignore[assignment]
    elif dims:
        counts = tuple(count.sum(dims) for count in counts)  # type: ignore[assignment]
    score = formula(*(count.double() for count in counts))
    if reduction != "micro":
        score = _defined(score, zero_division)
    if reduction == "micro-imagewise":
        score = score.mean()
    elif reduction in ("macro", "weighted", "macro-imagewise", "weighted-imagewise"):
        if not dims:
            score = score.mean(0)
        if class_weights is not None:
            weights = torch.as_tensor(class_weights).to(score)
            score = score * (weights / weights.sum())
        score = score.sum() if reduction == "weighted" else score.mean()
    return score.to(dtype if dtype.is_floating_point else torch.get_default_dtype())


def _defined(score: Tensor, zero_division: str | float) -> Tensor:
    """Return a score with ``zero_division`` for NaN; 0, and a warning, for "warn"."""
    if isinstance(zero_division, str):
        if zero_division != "warn":
            raise ValueError(
                f"zero_division must be a number or 'warn', got {zero_division!r}"
            )
        if score.isnan().any():
            warnings.warn(
                "a score has a denominator of 0, and is 0 there", stacklevel=4
            )
        zero_division = 0.0
    return torch.where(score.isnan(), zero_division, score)


# The formulas, on float64 counts


def _sensitivity(tp: Tensor, _fp: Tensor, fn: Tensor, _tn: Tensor) -> Tensor:
    return tp / (tp + fn)


def _specificity(_tp: Tensor, fp: Tensor, _fn: Tensor, tn: Tensor) -> Tensor:
    return tn / (tn + fp)


def _precision(tp: Tensor, fp: Tensor, _fn: Tensor, _tn: Tensor) -> Tensor:
    return tp / (tp + fp)


def _npv(_tp: Tensor, _fp: Tensor, fn: Tensor, tn: Tensor) -> Tensor:
    return tn / (tn + fn)


def fbeta_score(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    beta: float = 1.0,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return F-beta, (1 + b²) tp / ((1 + b²) tp + b² fn + fp).

    Args:
        tp: true positives ``[N, C]`` of each image and class; so the others.
        fp: false positives.
        fn: false negatives.
        tn: true negatives.
        beta: weight of the sensitivity.
        reduction: ``"micro"`` adds counts of images and classes up; ``"macro"`` and
            ``"weighted"`` those of images, and average scores over classes, with
            ``class_weights``; ``"<...>-imagewise"`` keeps images apart and averages
            over them last; ``"none"`` or None returns ``[N, C]``.
        class_weights: a weight for each class.
        zero_division: the score where the denominator is 0; ``"warn"`` is 0 and a
            warning.

    Returns:
        float32: a scalar, or ``[N, C]``.

    Raises:
        ValueError: for another reduction or zero_division, or without the weights that
            a reduction needs.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> fbeta_score(tp, fp, fn, tn, beta=2.0, reduction="none")
        tensor([[0.8163, 0.6667]])
    """
    hits, misses = 1 + beta**2, beta**2
    return _score(
        lambda tp, fp, fn, _: hits * tp / (hits * tp + misses * fn + fp),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def f1_score(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return F1, or Dice, 2 tp / (2 tp + fn + fp).

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> f1_score(tp, fp, fn, tn, reduction="none")
        tensor([[0.8421, 0.6667]])
    """
    return _score(
        lambda tp, fp, fn, _: 2 * tp / (2 * tp + fn + fp),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def iou_score(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return IoU, or Jaccard, tp / (tp + fp + fn).

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> iou_score(tp, fp, fn, tn, reduction="none")
        tensor([[0.7273, 0.5000]])
    """
    return _score(
        lambda tp, fp, fn, _: tp / (tp + fp + fn),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def accuracy(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the accuracy, (tp + tn) / (tp + fp + fn + tn).

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> accuracy(tp, fp, fn, tn, reduction="none")
        tensor([[0.8500, 0.9000]])
    """
    return _score(
        lambda tp, fp, fn, tn: (tp + tn) / (tp + fp + fn + tn),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def sensitivity(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the sensitivity, or recall, tp / (tp + fn).

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> sensitivity(tp, fp, fn, tn, reduction="none")
        tensor([[0.8000, 0.6667]])
    """
    return _score(
        _sensitivity, (tp, fp, fn, tn), reduction, class_weights, zero_division
    )


def specificity(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the specificity, tn / (tn + fp).

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> specificity(tp, fp, fn, tn, reduction="none")
        tensor([[0.9000, 0.9412]])
    """
    return _score(
        _specificity, (tp, fp, fn, tn), reduction, class_weights, zero_division
    )


def balanced_accuracy(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the mean of sensitivity and specificity.

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> balanced_accuracy(tp, fp, fn, tn, reduction="none")
        tensor([[0.8500, 0.8039]])
    """
    return _score(
        lambda *counts: (_sensitivity(*counts) + _specificity(*counts)) / 2,
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def positive_predictive_value(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the precision, tp / (tp + fp).

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> positive_predictive_value(tp, fp, fn, tn, reduction="none")
        tensor([[0.8889, 0.6667]])
    """
    return _score(_precision, (tp, fp, fn, tn), reduction, class_weights, zero_division)


def negative_predictive_value(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the negative predictive value, tn / (tn + fn).

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> negative_predictive_value(tp, fp, fn, tn, reduction="none")
        tensor([[0.8182, 0.9412]])
    """
    return _score(_npv, (tp, fp, fn, tn), reduction, class_weights, zero_division)


def false_negative_rate(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the miss rate, 1 - sensitivity.

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> false_negative_rate(tp, fp, fn, tn, reduction="none")
        tensor([[0.2000, 0.3333]])
    """
    return _score(
        lambda *counts: 1 - _sensitivity(*counts),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def false_positive_rate(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the fall-out, 1 - specificity.

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> false_positive_rate(tp, fp, fn, tn, reduction="none")
        tensor([[0.1000, 0.0588]])
    """
    return _score(
        lambda *counts: 1 - _specificity(*counts),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def false_discovery_rate(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the false discovery rate, 1 - precision.

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> false_discovery_rate(tp, fp, fn, tn, reduction="none")
        tensor([[0.1111, 0.3333]])
    """
    return _score(
        lambda *counts: 1 - _precision(*counts),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def false_omission_rate(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return the false omission rate, 1 - negative predictive value.

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> false_omission_rate(tp, fp, fn, tn, reduction="none")
        tensor([[0.1818, 0.0588]])
    """
    return _score(
        lambda *counts: 1 - _npv(*counts),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def positive_likelihood_ratio(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return sensitivity / (1 - specificity).

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> positive_likelihood_ratio(tp, fp, fn, tn, reduction="none")
        tensor([[ 8.0000, 11.3333]])
    """
    return _score(
        lambda *counts: _sensitivity(*counts) / (1 - _specificity(*counts)),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


def negative_likelihood_ratio(
    tp: Tensor,
    fp: Tensor,
    fn: Tensor,
    tn: Tensor,
    reduction: str | None = None,
    class_weights: Sequence[float] | Tensor | None = None,
    zero_division: str | float = 1.0,
) -> Tensor:
    """Return (1 - sensitivity) / specificity.

    The arguments are those of :func:`fbeta_score`.

    Example:
        >>> tp, fp, fn, tn = torch.tensor([[[8, 2]], [[1, 1]], [[2, 1]], [[9, 16]]])
        >>> negative_likelihood_ratio(tp, fp, fn, tn, reduction="none")
        tensor([[0.2222, 0.3542]])
    """
    return _score(
        lambda *counts: (1 - _sensitivity(*counts)) / _specificity(*counts),
        (tp, fp, fn, tn),
        reduction,
        class_weights,
        zero_division,
    )


recall = sensitivity
precision = positive_predictive_value
