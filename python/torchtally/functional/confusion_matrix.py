"""Confusion matrices of raw labels, and their shares."""

from __future__ import annotations

from typing import Literal, TypeAlias

import torch
from torch import Tensor

from torchtally.ops._arguments import (
    CountOptions,
    IgnoreIndex,
    OutOfRange,
    Task,
    check_choice,
)

from ._label_maps import LabelMap
from ._labels import Labels

Normalize: TypeAlias = Literal["true", "pred", "all"]

_SUMMED: dict[str, tuple[int, ...]] = {"true": (-1,), "pred": (-2,), "all": (-2, -1)}


def normalize_confusion_matrix(
    matrix: Tensor, normalize: Normalize, *, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Divide confusion matrices by their rows, columns or total.

    Args:
        matrix: int64 ``[..., C, C]``, rows target. Never changed.
        normalize: ``"true"`` divides by the pixels of each target class (rows sum to
            1, the diagonal is the recall), ``"pred"`` by those of each predicted class
            (the diagonal is the precision), ``"all"`` by all.
        dtype: float32 or float64. Shares are computed in float64 either way.

    Returns:
        Shares of matrix's shape; NaN where there is nothing to be a share of.

    Raises:
        TypeError: if matrix is no tensor.
        ValueError: for another normalize or dtype, or a matrix that is not square.

    Example:
        >>> normalize_confusion_matrix(torch.tensor([[3, 1], [0, 2]]), "true")
        tensor([[0.7500, 0.2500],
                [0.0000, 1.0000]])
    """
    op = "normalize_confusion_matrix"
    check_choice(op, "normalize", normalize, tuple(_SUMMED))
    if not isinstance(matrix, Tensor):
        raise TypeError(f"{op}: matrix must be a tensor, got {type(matrix).__name__}")
    if matrix.dim() < 2 or matrix.shape[-1] != matrix.shape[-2]:
        raise ValueError(
            f"{op}: matrix must be [..., C, C], got shape {list(matrix.shape)}"
        )
    _check_dtype(op, dtype)
    total = matrix.sum(_SUMMED[normalize], keepdim=True)
    return (matrix.double() / total.double()).to(dtype)


def confusion_matrix(
    preds: Tensor,
    target: Tensor,
    num_classes: int | None = None,
    *,
    task: Task = "multiclass",
    threshold: float = 0.5,
    ignore_index: IgnoreIndex = None,
    mask: Tensor | None = None,
    per_sample: bool = False,
    out_of_range: OutOfRange = "error",
    validate: bool = True,
    label_map: LabelMap = None,
    preds_map: LabelMap = None,
    top_k: int = 1,
    normalize: Normalize | None = None,
    dtype: torch.dtype = torch.float32,
) -> Tensor:
    """Count how often each class was predicted for each class of the target.

    Entry ``[i, j]`` is the number of pixels with target ``i`` and prediction ``j``,
    as in scikit-learn's ``confusion_matrix``. The inputs are read as they are: any
    integer dtype or bool, any strides, no copy.

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]`` (float16,
            bfloat16, float32 or float64; the first maximum wins and a NaN is a
            maximum, as in ``torch.argmax``). For ``task="binary"`` and
            ``"multilabel"`` also scores of target's shape.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for
            ``task="multilabel"``.
        num_classes: C, or the number of labels L for ``task="multilabel"``. May be
            left out for ``task="binary"``.
        task: ``"multiclass"``, ``"binary"`` or ``"multilabel"``.
        threshold: a score above it is class 1 (binary and multilabel scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        per_sample: count each index of dimension 0 on its own.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does:
            ``"error"`` raises, ``"ignore"`` leaves its pair out, ``"miss"`` counts
            it in an extra last row and column, "other".
        validate: with False, ``out_of_range="error"`` does not raise, which spares
            CUDA tensors the read back from the device; the pair is left out.
        label_map: a mapping from the values of target to classes, all at once; a
            value mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds, or for the planes of class scores.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says.
        normalize: None for counts; ``"true"``, ``"pred"`` or ``"all"`` for shares, see
            :func:`normalize_confusion_matrix`.
        dtype: of shares; counts are int64.

    Returns:
        int64 ``[C, C]``, or ``[N, C, C]`` per sample; ``[L, 2, 2]`` or
        ``[N, L, 2, 2]`` for multilabel; one more row and column with ``"miss"``.
        Shares of that shape with ``normalize``.

    Raises:
        TypeError: for an argument of the wrong kind or dtype.
        ValueError: for a wrong shape or value, or a label out of range.

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
    op = "confusion_matrix"
    check_shares(op, normalize, dtype)
    options = CountOptions.checked(
        op, num_classes, task, threshold, ignore_index, out_of_range
    )
    labels = Labels.checked(options, label_map, preds_map, top_k)
    matrix = labels.count_matrix(preds, target, mask, per_sample, validate)
    if normalize is None:
        return matrix
    return normalize_confusion_matrix(matrix, normalize, dtype=dtype)


def check_shares(op: str, normalize: Normalize | None, dtype: torch.dtype) -> None:
    """Raise ValueError for what is no normalize, or no dtype of shares."""
    if normalize is not None:
        check_choice(op, "normalize", normalize, tuple(_SUMMED))
        _check_dtype(op, dtype)


def _check_dtype(op: str, dtype: torch.dtype) -> None:
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"{op}: dtype must be torch.float32 or torch.float64, got {dtype}"
        )
