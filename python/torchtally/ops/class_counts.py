"""``torchtally::class_counts``: the counts of each class, in O(C) memory."""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from ._arguments import CountOptions, IgnoreIndex, OutOfRange, Task, raise_invalid
from ._registration import register_counting_op
from ._sharding import whole_counts

_OP = register_counting_op("class_counts", lambda classes: (3, classes))


class ClassCounts(NamedTuple):
    """True and false positives and negatives of each class, int64 ``[C]``.

    With a sample dimension the shapes are ``[N, C]``. For a multilabel task the
    "classes" are the L labels, and the counts are those of a set label.
    """

    tp: Tensor
    fp: Tensor
    fn: Tensor
    tn: Tensor

    @classmethod
    def from_matrix(cls, matrix: Tensor) -> ClassCounts:
        """Read the counts off confusion matrices ``[..., C, C]``.

        Example:
            >>> ClassCounts.from_matrix(torch.tensor([[3, 1], [0, 2]])).fn
            tensor([1, 0])
        """
        tp = matrix.diagonal(dim1=-2, dim2=-1)
        fp, fn = matrix.sum(-2) - tp, matrix.sum(-1) - tp
        return cls(tp, fp, fn, matrix.sum((-2, -1)).unsqueeze(-1) - tp - fp - fn)

    @classmethod
    def from_op(cls, rows: Tensor, task: Task) -> ClassCounts:
        """Unpack what the op counts: ``[..., 3, C]``, or ``[..., L, 3, 2]``."""
        # Every pair has one target class, so tp + fn over the classes is their number.
        total = (rows[..., 0, :] + rows[..., 2, :]).sum(-1)
        if task == "multilabel":
            tp, fp, fn = rows[..., 1].unbind(-1)
        else:
            tp, fp, fn = rows.unbind(-2)
            total = total.unsqueeze(-1)
        return cls(tp, fp, fn, total - tp - fp - fn)


def class_counts(
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
) -> ClassCounts:
    """Count true and false positives and negatives of each class.

    Needs O(C) memory, so that C may be large where a confusion matrix would not fit.
    The arguments are those of :func:`confusion_matrix`.

    Returns:
        ``ClassCounts(tp, fp, fn, tn)``, int64 ``[C]`` each, or ``[N, C]`` per
        sample. ``out_of_range="miss"`` appends the class "other". For
        ``task="multilabel"`` C is the number of labels.

    Raises:
        TypeError: for an argument of the wrong kind or dtype.
        ValueError: for a wrong shape or value, or a label out of range.

    Example:
        >>> class_counts(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2).tp
        tensor([1, 1])
    """
    options = CountOptions.checked(
        "class_counts", num_classes, task, threshold, ignore_index, out_of_range
    )
    return count_classes(options, preds, target, mask, per_sample, validate)


def count_classes(
    options: CountOptions,
    preds: Tensor,
    target: Tensor,
    mask: Tensor | None,
    per_sample: bool,
    validate: bool,
) -> ClassCounts:
    """Count classes with options that are checked already, in the name of their op."""
    preds = options.op_inputs(preds, target, mask, per_sample)
    rows, invalid = _OP(
        preds, target, options.op_classes, mask, **options.op_options(per_sample)
    )
    rows, invalid = whole_counts(rows), whole_counts(invalid)
    if options.out_of_range == "error" and validate:
        raise_invalid(options, invalid, preds, target, mask)
    return ClassCounts.from_op(rows, options.task)
