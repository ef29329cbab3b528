"""``torchtally::confusion_matrix``: the joint histogram of (target, prediction)."""

from __future__ import annotations

from torch import Tensor

from ._arguments import CountOptions, IgnoreIndex, OutOfRange, Task, raise_invalid
from ._registration import register_counting_op
from ._sharding import whole_counts

_OP = register_counting_op("confusion_matrix", lambda classes: (classes, classes))


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

    Returns:
        int64 ``[C, C]``, or ``[N, C, C]`` per sample; ``[L, 2, 2]`` or
        ``[N, L, 2, 2]`` for multilabel; one more row and column with ``"miss"``.

    Raises:
        TypeError: for an argument of the wrong kind or dtype.
        ValueError: for a wrong shape or value, or a label out of range.

    Example:
        >>> confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2)
        tensor([[1, 1],
                [0, 1]])
    """
    options = CountOptions.checked(
        "confusion_matrix", num_classes, task, threshold, ignore_index, out_of_range
    )
    return count_matrix(options, preds, target, mask, per_sample, validate)


def count_matrix(
    options: CountOptions,
    preds: Tensor,
    target: Tensor,
    mask: Tensor | None,
    per_sample: bool,
    validate: bool,
) -> Tensor:
    """Count pairs with options that are checked already, in the name of their op."""
    preds = options.op_inputs(preds, target, mask, per_sample)
    matrix: Tensor
    matrix, invalid = _OP(
        preds, target, options.op_classes, mask, **options.op_options(per_sample)
    )
    matrix, invalid = whole_counts(matrix), whole_counts(invalid)
    if options.out_of_range == "error" and validate:
        raise_invalid(options, invalid, preds, target, mask)
    return matrix
