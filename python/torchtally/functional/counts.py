"""Counts of pixels: confusion matrices, and counts of each class."""
# Written by scripts/generate_api.py from _options.py and functional/_definitions.py.
# fmt: off
# ruff: noqa: I001

from __future__ import annotations

import torch
from torch import Tensor
from typing_extensions import Never

from torchtally._options import (
    Array, IgnoreIndex, LabelMap, Normalize, OutOfRange, Task, Threshold,
)
from torchtally.ops._counting import ClassCounts

from ._matrix import class_counts_of, confusion_matrix_of

__all__ = [
    "class_counts",
    "confusion_matrix",
]


def confusion_matrix(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True, per_sample: bool = False,
    normalize: Normalize | None = None, dtype: torch.dtype = torch.float32,
    **unknown: Never,
) -> Tensor:
    """Count how often each class was predicted for each class of the target.

    Entry ``[i, j]`` is the number of pixels with target ``i`` and prediction ``j``, as
    in scikit-learn's ``confusion_matrix``. The inputs are read as they are: any integer
    dtype or bool, any strides, no copy. Of class scores (float16, bfloat16, float32 or
    float64) the first maximum wins and a NaN is a maximum, as in ``torch.argmax``.

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        per_sample: count each index of dimension 0, each sample, on its own.
        normalize: None for counts, or their shares: ``"true"`` of the pixels of each
            target class; ``"pred"`` of the pixels of each predicted class; ``"all"`` of
            all pixels. See :func:`torchtally.functional.normalize_confusion_matrix`.
        dtype: of shares; counts are int64.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        int64 ``[C, C]``, or ``[N, C, C]`` per sample; ``[L, 2, 2]`` or ``[N, L, 2, 2]``
        for multilabel; one more row and column, "other", with ``out_of_range="miss"``.
        Shares of that shape with ``normalize``.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    Example:
        >>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2)
        tensor([[1, 1],
                [0, 1]])
        >>> raw = torch.tensor([7, 26, -1])  # road, car, licence plate
        >>> to_class = {7: 0, 26: 1, -1: None}
        >>> confusion_matrix(torch.tensor([0, 0, 1]), raw, 2, label_map=to_class)
        tensor([[1, 0],
                [1, 0]])
    """
    return confusion_matrix_of(
        preds, target, num_classes, unknown, task=task, threshold=threshold,
        logits=logits, top_k=top_k, ignore_index=ignore_index, label_map=label_map,
        preds_map=preds_map, mask=mask, out_of_range=out_of_range, validate=validate,
        per_sample=per_sample, normalize=normalize, dtype=dtype,
    )


def class_counts(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    ignore_index: IgnoreIndex = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True, per_sample: bool = False,
    **unknown: Never,
) -> ClassCounts:
    """Count true and false positives and negatives of each class.

    Needs O(C) memory, so that C may be large where a confusion matrix would not fit.
    The inputs are read as they are: any integer dtype or bool, any strides, no copy. Of
    class scores (float16, bfloat16, float32 or float64) the first maximum wins and a
    NaN is a maximum, as in ``torch.argmax``.

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        ignore_index: a target value, or several, whose pixels count nowhere.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        per_sample: count each index of dimension 0, each sample, on its own.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        ``ClassCounts(tp, fp, fn, tn)``, int64 ``[C]`` each, or ``[N, C]`` per sample;
        with ``out_of_range="miss"`` also of the class "other".

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    Example:
        >>> class_counts(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2).tp
        tensor([1, 1])
    """
    return class_counts_of(
        preds, target, num_classes, unknown, task=task, threshold=threshold,
        logits=logits, ignore_index=ignore_index, mask=mask, out_of_range=out_of_range,
        validate=validate, per_sample=per_sample,
    )
