"""From pixels to counts, and from a confusion matrix to its shares."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from typing_extensions import Never

from torchtally._options import (
    COUNTING,
    MATRIX,
    Array,
    IgnoreIndex,
    LabelMap,
    Normalize,
    OutOfRange,
    Task,
    Threshold,
    refuse_idle,
    refuse_unknown,
)
from torchtally.ops._arguments import check_choice, check_dense, not_a_tensor, plain
from torchtally.ops._counting import ClassCounts, CountOptions

from . import _checks
from ._labels import Labels

_SUMMED: dict[str, tuple[int, ...]] = {"true": (-1,), "pred": (-2,), "all": (-2, -1)}


def confusion_matrix_of(
    preds: Array,
    target: Array,
    num_classes: int | None,
    unknown: Mapping[str, object],
    *,
    task: Task,
    threshold: Threshold,
    logits: bool,
    top_k: int,
    ignore_index: IgnoreIndex,
    label_map: LabelMap,
    preds_map: LabelMap,
    mask: Array | None,
    out_of_range: OutOfRange,
    validate: bool,
    per_sample: bool,
    normalize: Normalize | None,
    dtype: torch.dtype,
) -> Tensor:
    """Count pixels; the arguments are those of ``confusion_matrix``."""
    op = "confusion_matrix"
    refuse_unknown(op, unknown, [*COUNTING, *MATRIX])
    check_shares(op, normalize, dtype)
    options = CountOptions.checked(
        op, num_classes, task, threshold, logits, ignore_index, out_of_range
    )
    labels = Labels.checked(options, label_map, preds_map, top_k)
    per_sample = _checks.flag(op, "per_sample", per_sample)
    validate = _checks.flag(op, "validate", validate)
    matrix = labels.count(True, preds, target, mask, per_sample, validate)
    return matrix if normalize is None else shares(matrix, normalize, dtype)


def class_counts_of(
    preds: Array,
    target: Array,
    num_classes: int | None,
    unknown: Mapping[str, object],
    *,
    task: Task,
    threshold: Threshold,
    logits: bool,
    ignore_index: IgnoreIndex,
    mask: Array | None,
    out_of_range: OutOfRange,
    validate: bool,
    per_sample: bool,
) -> ClassCounts:
    """Count pixels; the arguments are those of ``class_counts``."""
    op = "class_counts"
    refuse_unknown(op, unknown, [*COUNTING, "per_sample"])
    options = CountOptions.checked(
        op, num_classes, task, threshold, logits, ignore_index, out_of_range
    )
    per_sample = _checks.flag(op, "per_sample", per_sample)
    validate = _checks.flag(op, "validate", validate)
    rows = options.count(False, preds, target, mask, per_sample, validate)
    return ClassCounts.from_op(rows, task)


def normalize_confusion_matrix(
    matrix: Array,
    normalize: Normalize,
    *,
    dtype: torch.dtype = torch.float32,
    **unknown: Never,
) -> Tensor:
    """Divide confusion matrices by their rows, columns or total.

    Args:
        matrix: counts ``[..., C, C]``, rows target: integers, or floating numbers
            where pixels are weighted. Never changed.
        normalize: ``"true"`` divides by the pixels of each target class (rows sum to
            1, the diagonal is the recall), ``"pred"`` by those of each predicted class
            (the diagonal is the precision), ``"all"`` by all.
        dtype: float32 or float64. Shares are computed in float64 either way.
        **unknown: any other option is refused.

    Returns:
        Shares of matrix's shape; NaN where there is nothing to be a share of.

    Raises:
        TypeError: if matrix is no tensor of numbers.
        ValueError: for another normalize or dtype, a matrix that is not square, or, on
            CPU, a count that is negative or not finite.

    Example:
        >>> normalize_confusion_matrix(torch.tensor([[3, 1], [0, 2]]), "true")
        tensor([[0.7500, 0.2500],
                [0.0000, 1.0000]])
    """
    op = "normalize_confusion_matrix"
    matrix = plain(matrix)
    refuse_unknown(op, unknown, ["dtype"])
    check_choice(op, "normalize", normalize, tuple(_SUMMED))
    if not isinstance(matrix, Tensor):
        raise not_a_tensor(op, "matrix", matrix)
    check_dense(op, "matrix", matrix)
    if matrix.dim() < 2 or matrix.shape[-1] != matrix.shape[-2]:
        raise ValueError(
            f"{op}: matrix must be [..., C, C], got shape {list(matrix.shape)}"
        )
    _check_dtype(op, dtype)
    (matrix,) = _checks.counts(op, {"matrix": matrix})
    return shares(matrix, normalize, dtype)


def shares(matrix: Tensor, normalize: Normalize, dtype: torch.dtype) -> Tensor:
    """Divide matrices of int64 or float64 by their rows, columns or total."""
    total = matrix.sum(_SUMMED[normalize], keepdim=True)
    return (matrix.double() / total.double()).to(dtype)


def check_shares(op: str, normalize: Normalize | None, dtype: torch.dtype) -> None:
    """Raise ValueError for what is no normalize, or no dtype of shares."""
    if normalize is not None:
        check_choice(op, "normalize", normalize, tuple(_SUMMED))
        _check_dtype(op, dtype)
    elif dtype is not torch.float32:
        refuse_idle(op, "dtype", MATRIX["dtype"], {"normalize": None, "dtype": dtype})


def _check_dtype(op: str, dtype: torch.dtype) -> None:
    if dtype not in (torch.float32, torch.float64):
        raise ValueError(
            f"{op}: dtype must be torch.float32 or torch.float64, got {dtype}"
        )
