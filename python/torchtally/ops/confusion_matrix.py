"""``torchtally::confusion_matrix``: the joint histogram of (target, prediction)."""

from __future__ import annotations

from torch import Tensor

from ._arguments import CountOptions, raise_invalid
from ._registration import register_counting_op
from ._sharding import whole_counts

_OP = register_counting_op("confusion_matrix", lambda classes: (classes, classes))


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
