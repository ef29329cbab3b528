"""Counts of a batch that torchmetrics is given, where they are what it would count.

A function here returns None where it cannot promise that: an input that the compiled op
does not read, or a label or score that is out of range. torchmetrics counts then.
"""

from __future__ import annotations

from functools import cache, lru_cache

import torch
from torch import Tensor

import torchtally
from torchtally.ops._arguments import holds
from torchtally.ops._counting import COUNT

LABELS = frozenset(
    {torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64}
)
SCORES = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})
_MAX_DIMS = 16  # of the op

CLASS_COUNTS, CONFUSION_MATRIX = COUNT


@cache
def _has_kernels(device: str) -> bool:
    if device == "cuda":
        return torchtally.build_info()["cuda"] == "loaded"
    return device == "cpu"


def _readable(preds: Tensor, target: Tensor, ignore_index: int | None) -> bool:
    """Whether the op reads such a pair as torchmetrics does."""
    # A subclass may mean something else by its operators; a nested tensor has no shape.
    if type(preds) is not Tensor or type(target) is not Tensor or preds.is_nested:
        return False
    if not (preds.layout is target.layout is torch.strided):
        return False
    if preds.device != target.device or not _has_kernels(preds.device.type):
        return False
    if target.dtype not in LABELS or not target.numel():
        return False
    if not 1 <= target.dim() <= _MAX_DIMS:
        return False
    # What a dtype cannot hold wraps: torchmetrics compares labels with ignore_index,
    # and writes another value where they are equal.
    return ignore_index is None or (
        isinstance(ignore_index, int)
        and target.dtype != torch.bool
        and holds(target.dtype, int(ignore_index))
    )


def _count(
    matrix: bool,
    preds: Tensor,
    target: Tensor,
    num_classes: int,
    ignore_index: int | None,
    validate: bool,
    options: dict[str, object],
) -> Tensor | None:
    """Count a readable pair: ``[..., C, C]``, or the rows of class counts.

    Without validation a CUDA device is not waited for, and a pair with a label out of
    range is left out; torchmetrics counts it in another cell, or fails.
    """
    if ignore_index is not None:
        options["ignore_index"] = (int(ignore_index),)
        # torchmetrics also looks at what was predicted where a pair is ignored: when it
        # validates, and when it makes labels of samples one-hot.
        one_hot = "per_sample" in options and 0 <= ignore_index < num_classes
        look = validate or (one_hot and preds.is_cpu)
        if look and preds.dtype in LABELS and preds.dtype != torch.bool:
            low, high = preds.aminmax()
            if low < 0 or high >= num_classes:
                return None
    count = CONFUSION_MATRIX if matrix else CLASS_COUNTS
    counts, invalid = count(preds, target, num_classes, None, **options)
    # To sum one number up takes longer than to count a small batch.
    if (validate or preds.is_cpu) and (
        int(invalid) if invalid.dim() == 0 else int(invalid.sum())
    ):
        return None
    return counts  # type: ignore[no-any-return]


def count_classes(
    matrix: bool,
    preds: Tensor,
    target: Tensor,
    num_classes: int | None,
    ignore_index: int | None,
    *,
    validate: bool,
    per_sample: bool = False,
) -> Tensor | None:
    """Count the classes of labels ``[N, ...]``, or of scores ``[N, C, ...]``.

    Args:
        matrix: whether to count a confusion matrix.
        preds: labels of target's shape, or class scores.
        target: labels.
        num_classes: C; None is torchmetrics' to count.
        ignore_index: a target value that counts nowhere.
        validate: whether torchmetrics was asked to look at labels.
        per_sample: whether to count each sample on its own.

    Returns:
        int64 ``[C, C]``, or rows tp, fp and fn ``[3, C]``; ``[N, ...]`` per sample.
    """
    if num_classes is None or not _readable(preds, target, ignore_index):
        return None
    if preds.dtype in SCORES:
        shape = preds.shape
        if preds.dim() < 2 or shape[1] != num_classes:
            return None
        if shape[:1] + shape[2:] != target.shape:
            return None
    elif preds.dtype not in LABELS or preds.shape != target.shape:
        return None
    options: dict[str, object] = {}
    if per_sample:
        if validate and target.dim() < 2:  # which torchmetrics refuses
            return None
        options["per_sample"] = True
    return _count(matrix, preds, target, num_classes, ignore_index, validate, options)


def count_binary(
    matrix: bool,
    preds: Tensor,
    target: Tensor,
    threshold: float,
    ignore_index: int | None,
    *,
    validate: bool,
    num_labels: int | None = None,
    per_sample: bool = False,
    ignored_are_seen: bool = True,
) -> Tensor | None:
    """Count labels 0 and 1, or scores cut at a threshold.

    Args:
        matrix: whether to count confusion matrices.
        preds: labels or scores of target's shape.
        target: labels.
        threshold: a probability above it is 1.
        ignore_index: a target value that counts nowhere.
        validate: whether torchmetrics was asked to look at labels.
        num_labels: L, to count each index of dimension 1 on its own.
        per_sample: whether to count each sample on its own.
        ignored_are_seen: whether a score that is ignored may be what says that all of
            them are logits.

    Returns:
        int64 ``[2, 2]``, or rows tp, fp and fn of both classes ``[3, 2]``; with
        dimensions for samples and labels before them.
    """
    if not _readable(preds, target, ignore_index) or preds.shape != target.shape:
        return None
    options: dict[str, object] = {}
    if num_labels is not None:
        if target.dim() < 2 or target.shape[1] != num_labels:
            return None
        options["per_label"] = True
    if preds.dtype in SCORES:
        if not isinstance(threshold, (int, float)):
            return None
        unseen = None
        if ignore_index is not None and not ignored_are_seen:
            unseen = target == ignore_index
        preds = _probabilities(preds, unseen)
        options["threshold"] = (_rounded(threshold, preds.dtype),)
    elif preds.dtype not in LABELS:
        return None
    if per_sample:
        if validate and target.dim() < (2 if num_labels is None else 3):
            return None
        options["per_sample"] = True
    return _count(matrix, preds, target, 2, ignore_index, validate, options)


def _probabilities(scores: Tensor, unseen: Tensor | None) -> Tensor:
    """Return the scores, or their sigmoid if one that is seen lies outside [0, 1]."""
    if scores.is_cpu:
        if _within_unit_interval(scores):
            return scores
        if unseen is not None and _within_unit_interval(scores.masked_fill(unseen, 0)):
            return scores
        return scores.sigmoid()
    seen = scores if unseen is None else scores.masked_fill(unseen, 0)
    outside = ((seen < 0) | (seen > 1)).any()  # which the device keeps to itself
    return torch.where(outside, scores.sigmoid(), scores)


def _within_unit_interval(scores: Tensor) -> bool:
    low, high = scores.aminmax()
    return bool(low >= 0) and bool(high <= 1)  # not if one is NaN


@lru_cache
def _rounded(threshold: float, dtype: torch.dtype) -> float:
    """Return a threshold as torch compares a tensor with it: in the tensor's dtype."""
    return float(torch.tensor(threshold, dtype=dtype))


def count_one_hot(preds: Tensor, target: Tensor, num_classes: int) -> Tensor | None:
    """Count 0 and 1 of each sample and class of one-hot tensors ``[N, C, ...]``.

    Args:
        preds: one-hot labels, or class scores, the highest of which is meant.
        target: the same.
        num_classes: C.

    Returns:
        Rows tp, fp and fn of the classes, int64 ``[N, 3, C]``.
    """
    scores = [tensor.is_floating_point() for tensor in (preds, target)]
    if preds.dim() < 3 or preds.shape != target.shape or type(target) is not Tensor:
        return None
    if all(scores):
        return count_classes(
            False, preds, target.argmax(1), num_classes, None,
            validate=True, per_sample=True,
        )  # fmt: skip
    if any(scores):
        if preds.shape[1] != num_classes:
            return None
        preds, target = _one_hot(preds), _one_hot(target)
    rows = count_binary(
        False, preds, target, 0.5, None,
        validate=True, num_labels=target.shape[1], per_sample=True,
    )  # fmt: skip
    return None if rows is None else rows[..., 1].transpose(1, 2)


def _one_hot(tensor: Tensor) -> Tensor:
    if not tensor.is_floating_point():
        return tensor
    highest = tensor.argmax(1, keepdim=True)
    return torch.zeros_like(tensor, dtype=torch.bool).scatter_(1, highest, True)
