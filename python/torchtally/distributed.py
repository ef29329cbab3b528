"""Adding integer counts up over the ranks of a process group.

Everything that metrics reduce goes through :func:`all_reduce_counts`: one collective of
int64, which is exact whatever the number of ranks and the order in which they add.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
import torch.distributed as dist
from torch import Tensor

#: A ``torch.distributed.ProcessGroup``; None is the default group.
Group: TypeAlias = Any

# 24 bits, so that the squares of 32,768 ranks add up within int64.
_FINGERPRINT_BITS = 24


def fingerprint(*parts: object) -> int:
    """Return a number that tells objects apart whose ``repr`` does."""
    return zlib.crc32(repr(parts).encode()) % (1 << _FINGERPRINT_BITS)


def is_distributed() -> bool:
    """Whether ``torch.distributed`` is initialised and has more than one rank."""
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def group_size(op: str, group: Group) -> int:
    """Return the number of ranks in a group.

    Raises:
        RuntimeError: if there is no process group.
        ValueError: if this rank is not in the group.
    """
    if not (dist.is_available() and dist.is_initialized()):
        raise RuntimeError(
            f"{op}: torch.distributed is not initialised; call "
            "torch.distributed.init_process_group first"
        )
    size = dist.get_world_size(group)
    if size < 1:
        raise ValueError(
            f"{op}: this rank must be in process_group, got rank {dist.get_rank()}, "
            "which is not"
        )
    return size


def all_reduce_counts(
    op: str, tensors: Sequence[Tensor], *, holder: object, mark: int, group: Group
) -> list[Tensor]:
    """Add int64 tensors up over the ranks of a group, all in one all_reduce.

    Two more numbers travel with them, a fingerprint and its square, whose sums are
    those of equal fingerprints only where all are equal.

    Args:
        op: name of the operation, for messages.
        tensors: int64, of the same shapes on every rank. Never changed.
        holder: whose tensors they are, for messages.
        mark: the fingerprint of what must be the same on every rank for the sums to
            mean something.
        group: the process group; None for the default one.

    Returns:
        The sums, in new tensors. Inside a compiled region nothing is checked.

    Raises:
        RuntimeError: if a rank failed, left, or did not answer in time; or if ranks
            reduce something else. ``tensors`` are as they were in either case.
        ValueError: if this rank is not in the group.
    """
    size = group_size(op, group)
    header = torch.tensor([mark, mark * mark], device=tensors[0].device)
    packed = torch.cat([header, *(tensor.reshape(-1) for tensor in tensors)])
    if torch.compiler.is_compiling():
        dist.all_reduce(packed, group=group)
    else:
        _attempt(op, size, lambda: dist.all_reduce(packed, group=group))
        marks, squares = packed[:2].tolist()
        if marks != size * mark or squares != size * mark * mark:
            raise RuntimeError(
                f"{op}: every rank must hold a metric of the same kind and options, "
                f"but the {size} ranks differ; this one has {holder!r}"
            )
    parts = packed[2:].split([tensor.numel() for tensor in tensors])
    return [
        part.view(tensor.shape) for part, tensor in zip(parts, tensors, strict=True)
    ]


def all_gather_counts(
    op: str,
    rows: Tensor,
    tensors: Sequence[Tensor],
    *,
    holder: object,
    mark: int,
    group: Group,
) -> tuple[Tensor, list[Tensor]]:
    """Line the rows of all ranks up, by rank, and add other tensors up.

    One all_reduce as :func:`all_reduce_counts` does it, in which the numbers of rows
    travel too, and one all_gather of rows padded to the longest rank.

    Args:
        op: name of the operation, for messages.
        rows: int64 ``[n, ...]``, where n may differ between ranks.
        tensors: what is added up.
        holder: whose tensors they are.
        mark: the fingerprint of what must be the same on every rank.
        group: the process group; None for the default one.

    Returns:
        ``([sum of n, ...], sums)``.

    Raises:
        RuntimeError: as all_reduce_counts.
        ValueError: if this rank is not in the group.
    """
    lengths = rows.new_zeros(group_size(op, group))
    lengths[dist.get_rank(group)] = len(rows)
    lengths, *sums = all_reduce_counts(
        op, [lengths, *tensors], holder=holder, mark=mark, group=group
    )
    of_ranks = lengths.tolist()
    longest = max(of_ranks)
    if longest == 0:
        return rows.clone(), sums
    padded = rows.new_zeros((longest, *rows.shape[1:]))
    padded[: len(rows)] = rows
    gathered = [torch.empty_like(padded) for _ in of_ranks]
    _attempt(op, len(of_ranks), lambda: dist.all_gather(gathered, padded, group=group))
    blocks = zip(gathered, of_ranks, strict=True)
    return torch.cat([block[:length] for block, length in blocks]), sums


def _attempt(op: str, size: int, collective: Callable[[], object]) -> None:
    try:
        collective()
    except RuntimeError as error:  # what every backend raises is one
        raise RuntimeError(
            f"{op}: the reduction over {size} ranks failed, because a rank failed, "
            "left, did not answer in time, or reduces another number of counts; the "
            f"local state is unchanged ({error})"
        ) from error
