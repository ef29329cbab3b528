"""What DTensor must know about every counting op: which shards give partial counts."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeAlias, cast

import torch
from torch import Tensor

from torchtally import _library  # noqa: F401  (loads the ops)

_OPS = (
    torch.ops.torchtally.confusion_matrix.default,
    torch.ops.torchtally.class_counts.default,
)
_MODULE = "torch.distributed.tensor"

#: Placements of the outputs, and of the arguments.
Rule: TypeAlias = tuple[list[Any], list[Any]]

_registered: list[bool] = []


def is_dtensor(tensor: object) -> bool:
    """Whether a tensor is a DTensor, asked without importing what defines it."""
    if type(tensor) is Tensor or _MODULE not in sys.modules:
        return False
    return isinstance(tensor, sys.modules[_MODULE].DTensor)


def register_sharding() -> None:
    """Tell DTensor how to count shards.

    The functions and metrics do it when they meet the first DTensor. To pass DTensors
    to ``torch.ops.torchtally`` itself, call it first: importing what defines DTensor
    takes too long to be done for everyone.

    Example:
        >>> register_sharding()  # again changes nothing
    """
    if _registered:
        return
    from torch.distributed.tensor import DTensor, experimental

    experimental.register_sharding(list(_OPS))(_shardings)
    # What is cached for a call must not serve one that counts other groups: of the
    # keywords, register_sharding tells apart those of type int alone.
    rules = DTensor._op_dispatcher.sharding_propagator.op_to_schema_info
    for op in _OPS:
        rules[op] = replace(
            rules[op],
            static_kwargkey=["threshold", "per_sample", "per_label", "other"],
        )
    _registered.append(True)


def whole_counts(counts: Tensor) -> Tensor:
    """Return counts as a plain tensor, those of a DTensor added up over its mesh."""
    return cast(Any, counts).full_tensor() if is_dtensor(counts) else counts


def local_counts(counts: Tensor, *, per_sample: bool) -> Tensor:
    """Return the share of this rank in counts: over all ranks, shares add up.

    Args:
        counts: what an op returned for DTensors.
        per_sample: whether dimension 0 is samples; they are then dealt out, so that
            each is on one rank alone.
    """
    if not is_dtensor(counts):
        return counts
    from torch.distributed.tensor import Shard

    sharded = cast(Any, counts)
    if per_sample:
        shards = [Shard(0)] * sharded.device_mesh.ndim
        return cast(Tensor, sharded.redistribute(placements=shards).to_local())
    places = sharded.device_mesh.get_coordinate()
    copies = any(
        place != 0 and not placement.is_partial()
        for place, placement in zip(places, sharded.placements, strict=True)
    )
    local: Tensor = sharded.to_local()
    return torch.zeros_like(local) if copies else local


def _shardings(
    preds: Any,
    target: Any,
    _num_classes: int,
    mask: Any = None,
    *,
    threshold: Sequence[float] | None = None,
    per_sample: bool = False,
    per_label: bool = False,
    **_options: Any,
) -> list[Rule]:
    """Return pairs of placements: of (counts, invalid), and of the arguments.

    A pixel counts once wherever it is, so the counts of shards add up, unless the
    dimension that is sharded is one of the counts too.
    """
    from torch.distributed.tensor import Partial, Replicate, Shard

    def rule(
        outputs: Any, of_preds: Any, of_target: Any
    ) -> tuple[list[Any], list[Any]]:
        of_mask = None if mask is None else of_target
        return [outputs, outputs], [of_preds, of_target, None, of_mask]

    rules = [rule(Replicate(), Replicate(), Replicate())]
    scores = preds.ndim > target.ndim  # [N, C, ...] for a target [N, ...]
    for dim in range(target.ndim):
        if threshold is not None and len(threshold) > 1 and dim == 1:
            continue  # each label has a threshold, and each rank would have some labels
        counts: Any = Partial("sum")
        if per_sample and dim == 0:
            counts = Shard(0)
        elif per_label and dim == 1:
            counts = Shard(int(per_sample))
        rules.append(rule(counts, Shard(dim + (scores and dim > 0)), Shard(dim)))
    return rules
