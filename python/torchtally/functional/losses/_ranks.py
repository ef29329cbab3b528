"""Sums over the ranks of a process group, with their gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from torchtally.ops.overlap_sums import OverlapSums

_CLASS_ROWS = 6  # the fields of OverlapSums that are [N, C]


class _AllReduceSum(torch.autograd.Function):
    """y = sum of x over ranks; the gradient of x is the sum of those of y.

    Every rank makes its own loss of the same y. Averaged over ranks, as
    DistributedDataParallel does, the gradients are those of one process that holds
    all samples.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, group: Any) -> Tensor:
        ctx.group = group
        y = x.clone()
        dist.all_reduce(y, group=group)
        return y

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        grad = grads[0].contiguous().clone()
        dist.all_reduce(grad, group=ctx.group)
        return grad, None


def sum_over_ranks(op: str, sums: OverlapSums, group: Any) -> OverlapSums:
    """Add all samples of all ranks up: fields ``[1, C]`` and ``[1]``.

    One all_reduce of 6 C + 3 float64 numbers, and one of their gradient in backward.
    The number of samples may differ between ranks.

    Raises:
        RuntimeError: if torch.distributed is not initialised.
        ValueError: if this rank is not in the group.
    """
    if not (dist.is_available() and dist.is_initialized()):
        raise RuntimeError(
            f"{op}: torch.distributed is not initialised; call "
            "torch.distributed.init_process_group before a loss with process_group"
        )
    if dist.get_world_size(group) < 1:
        raise ValueError(
            f"{op}: this rank must be in process_group, got rank {dist.get_rank()}, "
            "which is not"
        )
    classes = sums.target.shape[-1]
    rows = torch.stack(sums[:_CLASS_ROWS]).sum(1).flatten()
    rest = torch.stack([field.sum().double() for field in sums[_CLASS_ROWS:]])
    reduce: Callable[[Tensor, Any], Tensor] = _AllReduceSum.apply
    packed = reduce(torch.cat((rows, rest)), group)
    fields = packed[:-3].view(_CLASS_ROWS, 1, classes).unbind()
    entropy, count, invalid = packed[-3:].view(3, 1).unbind()
    return OverlapSums._make((*fields, entropy, count.long(), invalid.long()))
