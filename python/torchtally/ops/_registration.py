"""What PyTorch must know about every counting op: shapes for tracing, and vmap."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchtally import _library  # noqa: F401  (loads the ops)

from ._arguments import check_devices


def register_counting_op(name: str, shape: Callable[[int], tuple[int, int]]) -> None:
    """Register fake and vmap implementations of an op and its in-place twin.

    Args:
        name: of the functional op, in the namespace torchtally.
        shape: from K to the shape of one group's counts.
    """
    op = getattr(torch.ops.torchtally, name).default

    def fake(
        preds: Tensor,
        target: Tensor,
        num_classes: int,
        mask: Tensor | None = None,
        *,
        per_sample: bool = False,
        per_label: bool = False,
        other: bool = False,
        **_options: Any,
    ) -> tuple[Tensor, Tensor]:
        check_devices(name, target, preds=preds, mask=mask)
        groups = [target.shape[0]] if per_sample else []
        groups += [target.shape[1]] if per_label else []
        inner = shape(num_classes + other)
        counts = target.new_empty([*groups, *inner], dtype=torch.int64)
        return counts, target.new_empty(groups, dtype=torch.int64)

    def fake_in_place(
        counts: Tensor,
        invalid: Tensor,
        preds: Tensor,
        target: Tensor,
        mask: Tensor | None = None,
        **_options: Any,
    ) -> None:
        given = {"counts": counts, "invalid": invalid, "preds": preds, "mask": mask}
        check_devices(f"{name}_", target, **given)

    torch.library.register_fake(f"torchtally::{name}", fake)
    torch.library.register_fake(f"torchtally::{name}_", fake_in_place)
    torch.library.register_vmap(f"torchtally::{name}", partial(_vmapped, op))
    torch.library.register_vmap(f"torchtally::{name}_", partial(_vmapped_in_place, op))


def _vmapped(
    op: Any,
    info: Any,
    in_dims: tuple[int | None, ...],
    preds: Tensor,
    target: Tensor,
    num_classes: int,
    mask: Tensor | None = None,
    **options: Any,
) -> tuple[tuple[Tensor, Tensor], tuple[int, int]]:
    """Count every example of a vmapped batch in one call of ``op``.

    The vmapped dimension becomes the sample dimension of the op: it does not matter
    to a pair of labels which dimension it comes from.
    """
    size = info.batch_size
    preds = _front(preds, in_dims[0], size)
    target = _front(target, in_dims[1], size)
    if mask is not None:
        mask = _front(mask, in_dims[3] if len(in_dims) > 3 else None, size)
    if options.get("per_sample", False):  # [B, N, ...] -> [B * N, ...]
        mask = None if mask is None else mask.flatten(0, 1)
        outputs = op(
            preds.flatten(0, 1), target.flatten(0, 1), num_classes, mask, **options
        )
        counts, invalid = (output.unflatten(0, (size, -1)) for output in outputs)
        return (counts, invalid), (0, 0)
    options["per_sample"] = True
    if preds.dim() > target.dim():  # class scores: [B, N, C, ...] -> [B, C, N, ...]
        preds = preds.movedim(2, 1)
    elif options.get("per_label", False):  # [B, N, L, ...] -> [B, L, N, ...]
        preds, target = preds.movedim(2, 1), target.movedim(2, 1)
        mask = None if mask is None else mask.movedim(2, 1)
    return op(preds, target, num_classes, mask, **options), (0, 0)


def _vmapped_in_place(
    op: Any,
    info: Any,
    in_dims: tuple[int | None, ...],
    counts: Tensor,
    invalid: Tensor,
    *inputs: Any,
    **options: Any,
) -> tuple[None, None]:
    """Count a vmapped batch with the functional ``op`` and add it to batched counts."""
    if in_dims[0] is None or in_dims[1] is None:
        raise RuntimeError(
            f"{op._opname}_: under vmap, counts and invalid must be vmapped as preds "
            "and target are: one count for each example"
        )
    preds, target, *rest = inputs
    num_classes = counts.movedim(in_dims[0], 0).shape[-1] - options.get("other", False)
    mask = rest[0] if rest else None
    (new_counts, new_invalid), _ = _vmapped(
        op,
        info,
        (in_dims[2], in_dims[3], None, in_dims[4] if len(in_dims) > 4 else None),
        preds,
        target,
        num_classes,
        mask,
        **options,
    )
    counts.movedim(in_dims[0], 0).add_(new_counts)
    invalid.movedim(in_dims[1], 0).add_(new_invalid)
    return None, None


def _front(tensor: Tensor, dim: int | None, size: int) -> Tensor:
    """Move the vmapped dimension to the front, adding it where there is none."""
    if dim is None:
        return tensor.expand(size, *tensor.shape)
    return tensor.movedim(dim, 0)
