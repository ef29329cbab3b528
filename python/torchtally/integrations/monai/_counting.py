"""What is counted of a pair: zeros and ones, labels, and sums of floating values."""

from __future__ import annotations

from typing import NamedTuple

import torch
from monai.metrics import utils
from torch import Tensor

from torchtally.ops._arguments import INTEGERS
from torchtally.ops._counting import COUNT, ClassCounts

_CLASS_COUNTS = COUNT[0]

#: Integers of the size of a floating dtype, and the one that has the bits of 1.0.
_BITS = {
    torch.float16: (torch.int16, 0x3C00),
    torch.bfloat16: (torch.int16, 0x3F80),
    torch.float32: (torch.int32, 0x3F800000),
    torch.float64: (torch.int64, 0x3FF0000000000000),
}

#: So many ones float32 adds up without an error.
_EXACT = 2**24


def are_floats(y_pred: Tensor, y: Tensor) -> bool:
    """Whether both are float32, or float64, on the CPU."""
    if not (y_pred.is_cpu and y.is_cpu and y_pred.dtype == y.dtype):
        return False
    return y.dtype in (torch.float32, torch.float64)


class Sums(NamedTuple):
    """Sums over the pixels of each sample and channel, float64 ``[N, C]``."""

    both: Tensor  #: of ``y_pred * y``
    of_pred: Tensor
    of_y: Tensor

    @classmethod
    def of_counts(cls, counts: ClassCounts) -> Sums:
        """Return the sums of zeros and ones."""
        tp, fp, fn, _ = (part.double() for part in counts)
        return cls(tp, tp + fp, tp + fn)

    @classmethod
    def of_values(cls, y_pred: Tensor, y: Tensor) -> Sums | None:
        """Add up values that are floats, binary or not.

        Dot products read such a pair faster than the kernels, which also find out
        whether a value is neither 0 nor 1. Ones are added exactly, a part at a time.

        Returns:
            The sums; None where one is not finite.
        """
        sums = torch.zeros(3, *y.shape[:2], dtype=torch.float64)
        for preds, target in zip(
            y_pred.flatten(2).split(_EXACT, 2),
            y.flatten(2).split(_EXACT, 2),
            strict=True,
        ):
            channels = zip(preds.unbind(), target.unbind(), strict=True)
            both = [p.dot(t) for pair in channels for p, t in zip(*pair, strict=True)]
            sums[0] += torch.stack(both).view(y.shape[:2])
            sums[1] += preds.sum(2)
            sums[2] += target.sum(2)
        if not bool(sums.isfinite().all()):
            return None
        return cls(*sums)


def counts_of_ones(
    y_pred: Tensor, y: Tensor, mask: Tensor | None = None
) -> ClassCounts | None:
    """Count each channel of each sample of a pair of zeros and ones.

    Args:
        y_pred: ``[N, C, ...]``, of any real dtype.
        y: of the same shape.
        mask: ``[N, 1, ...]``; pixels where it is 0 count nowhere.

    Returns:
        Counts of the ones, int64 ``[N, C]``; None where a pixel that counts holds
        another value than 0 and 1.
    """
    counted = None if mask is None else mask.bool().expand_as(y)
    if y_pred.dtype in INTEGERS and y.dtype in INTEGERS:
        rows, invalid = _CLASS_COUNTS(
            y_pred, y, 2, counted, per_sample=True, per_label=True
        )
        if bool(invalid.any()):
            return None
        return ClassCounts.from_op(rows, "multilabel")
    if not all(part.dtype in INTEGERS or part.dtype in _BITS for part in (y_pred, y)):
        return None
    preds, one_of_preds = _as_integers(y_pred)
    target, one_of_target = _as_integers(y)
    tn, fp, others_of_y = _beside_zeros(target, one_of_target, preds, counted)
    tn, fn, others_of_preds = _beside_zeros(preds, one_of_preds, target, counted)
    if bool((others_of_y | others_of_preds).any()):
        return None
    if mask is None:
        total = torch.full_like(tn, y[0, 0].numel())
    else:
        total = mask.bool().flatten(1).sum(1, keepdim=True)
    return ClassCounts(total - tn - fp - fn, fp, fn, tn)


def counts_of_labels(
    y_pred: Tensor, y: Tensor, num_classes: int, ignore_index: int | None
) -> ClassCounts | None:
    """Count each class of each sample of a pair of labels.

    A label that is no class agrees with nothing; a prediction beside it is counted.

    Args:
        y_pred: labels ``[N, ...]``, of any real dtype.
        y: of the same shape.
        num_classes: C.
        ignore_index: a label of y whose pixels count nowhere.

    Returns:
        int64 ``[N, C]``; None where a label is no whole number.
    """
    preds, target = _as_labels(y_pred), _as_labels(y)
    if preds is None or target is None:
        return None
    ignored = [] if ignore_index is None else [ignore_index]
    rows, _ = _CLASS_COUNTS(
        preds, target, num_classes, ignore_index=ignored, per_sample=True, other=True
    )
    return ClassCounts._make(
        counts[:, :num_classes] for counts in ClassCounts.from_op(rows, "multiclass")
    )


def pixels_to_count(y: Tensor, ignore_index: int | None) -> Tensor | None:
    """Return MONAI's mask ``[N, 1, ...]`` of what is not ignored; None for all."""
    if ignore_index is None:
        return None
    if y.dtype == torch.bool:
        y = y.view(torch.uint8)  # which MONAI can subtract
    return utils.create_ignore_mask(y, ignore_index)


def _as_integers(values: Tensor) -> tuple[Tensor, int]:
    """Return integers on the memory of values, and which of them is 1."""
    if values.dtype not in _BITS:
        return values, 1
    integers, one = _BITS[values.dtype]
    return values.view(integers), one


def _beside_zeros(
    values: Tensor, one: int, beside: Tensor, counted: Tensor | None
) -> tuple[Tensor, Tensor, Tensor]:
    """Count what stands beside zeros, int64 ``[N, C]``: zeros, and anything else.

    Ones are ignored, so that what is left is also found: True where values holds
    anything but zeros and ones.
    """
    rows, _ = _CLASS_COUNTS(
        beside,
        values,
        2,
        counted,
        ignore_index=[one],
        per_sample=True,
        per_label=True,
        other=True,
    )
    hits, _, misses = rows.unbind(-2)
    others = (hits + misses)[..., 1:].sum(-1) > 0
    return hits[..., 0], misses[..., 0], others


def _as_labels(values: Tensor) -> Tensor | None:
    """Return labels as integers; None where one is no whole number."""
    if values.dtype in INTEGERS:
        return values
    if values.dtype not in _BITS:
        return None
    labels = values.to(torch.int32)
    return labels if bool((labels == values).all()) else None
