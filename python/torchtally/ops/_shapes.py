"""What tensors of an unusual shape or kind were meant to be, and the remedy."""

from __future__ import annotations

from itertools import count

import torch
from torch import Tensor

#: Of so many pixels the columns must be one-hot before they are refused: for two
#: classes, labels that alternate look so too.
_LEAST_PIXELS, _LEAST_PIXELS_OF_TWO = 4, 16
_SAMPLE = 64  # pixels looked at first


def channel_remedy(name: str, tensor: Tensor, shape: tuple[int, ...]) -> str:
    """Return the remedy for ``[N, 1, ...]`` in place of ``[N, ...]``, or nothing."""
    if tensor.shape == (*shape[:1], 1, *shape[1:]) and shape:
        return f"; for labels pass {name}.squeeze(1)"
    return ""


def scores_remedy(name: str, scores: Tensor, target: Tensor) -> str:
    """Return the remedy for scores and target of which neither is ``[N, C, ...]``."""
    of_scores, of_target = tuple(scores.shape), tuple(target.shape)
    if not of_target:
        return ""
    if of_scores[1:] == of_target:
        return (
            f"; for [C, ...] without a batch dimension pass {name}.unsqueeze(0) and "
            "target.unsqueeze(0)"
        )
    if of_scores[:-1] == of_target:
        return f"; for scores in the last dimension pass {name}.movedim(-1, 1)"
    return channel_remedy("target", target, of_scores[:1] + of_scores[2:])


def one_hot_remedy(name: str, tensor: Tensor, shape: tuple[int, ...], num: int) -> str:
    """Return the remedy for ``[N, C, ...]`` in place of ``[N, ...]``, or nothing."""
    if num > 1 and tensor.shape == (*shape[:1], num, *shape[1:]):
        return f"; for one-hot pass {name}.argmax(1)"
    return ""


def refuse_one_hot(op: str, preds: Tensor, target: Tensor) -> None:
    """Raise ValueError for a pair of integers ``[N, C, ...]`` that is one-hot.

    Read as labels, it would be pixels of class 0 and 1. Of few pixels, which may be so
    by chance, nothing is said.
    """
    classes = target.shape[1]
    least = _LEAST_PIXELS_OF_TWO if classes == 2 else _LEAST_PIXELS
    if target.numel() < least * classes:
        return
    if _is_one_hot(target) and _is_one_hot(preds):
        raise ValueError(
            f"{op}: integer preds and target {list(target.shape)} are one-hot over "
            "dimension 1, which task='multiclass' reads as labels 0 and 1: pass "
            "preds.argmax(1) and target.argmax(1), or task='multilabel'. Labels that "
            "only look so pass as preds.unsqueeze(1) and target.unsqueeze(1)"
        )


def _is_one_hot(labels: Tensor) -> bool:
    first = labels[0]  # [C, ...]: nearly always enough
    while first.dim() > 2:
        first = first[:, 0]
    return _has_one_of_each(first[..., :_SAMPLE], 0) and _has_one_of_each(labels, 1)


def _has_one_of_each(labels: Tensor, dim: int) -> bool:
    wide = labels.to(torch.int64)  # of unsigned integers torch compares few
    ones = wide == 1
    return bool(((ones.sum(dim) == 1).all() & (ones | (wide == 0)).all()).item())


def labels_of(target: Tensor, ignore_index: tuple[int, ...]) -> Tensor:
    """Return a floating target of a binary or multilabel task as labels.

    0 and 1, and values to ignore, are what they are; any other value, NaN too, becomes
    a label out of range, so that it is counted like one, without a wait for the device.
    """
    some = target != 0
    labels = some.to(torch.uint8) + (some & (target != 1))
    if not ignore_index:
        return labels
    labels = labels.to(torch.int64)
    other = next(value for value in count(2) if value not in ignore_index)
    labels = torch.where(labels == 2, other, labels)
    for value in ignore_index:
        labels = torch.where(target == value, value, labels)
    return labels
