"""Regions: the counts of unions of classes, read off the matrix of the classes."""

from __future__ import annotations

import torch
from torch import Tensor

from torchtally.ops import ClassCounts


def region_counts(
    op: str, matrix: Tensor, regions: tuple[tuple[int, ...], ...], num_classes: int
) -> ClassCounts:
    """Count each union of classes as one class against everything else.

    Args:
        op: name of the operation, for messages.
        matrix: int64 ``[..., K, K]``, rows target; what lies beyond ``num_classes`` is
            "other", outside of every region.
        regions: classes of each region; regions may overlap.
        num_classes: C.

    Returns:
        Counts ``[..., R]``, which stand in for those of classes.

    Raises:
        ValueError: for a class out of range.
    """
    for index in (index for region in regions for index in region):
        if not 0 <= index < num_classes:
            raise ValueError(
                f"{op}: regions must hold classes in [0, {num_classes}), got {index}"
            )
    total = matrix.sum((-2, -1))
    each = []
    for region in map(list, regions):
        target, preds = matrix[..., region, :], matrix[..., region]
        tp = target[..., region].sum((-2, -1))
        fn, fp = target.sum((-2, -1)) - tp, preds.sum((-2, -1)) - tp
        each.append(ClassCounts(tp, fp, fn, total - tp - fp - fn))
    return ClassCounts(*(torch.stack(t, -1) for t in zip(*each, strict=True)))
