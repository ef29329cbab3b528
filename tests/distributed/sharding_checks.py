"""What every rank of a group checks of DTensors, DDP and FSDP2."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
import torch.distributed as dist
from data import same
from torch import Tensor, nn

import torchtally as tt
from torchtally.metrics import ConfusionMatrix, DiceScore, ScoreSuite
from torchtally.ops import register_sharding

_generator = torch.Generator().manual_seed(3)
SCORES = torch.randn(5, 4, 6, 5, 4, generator=_generator)  # [N, C, D, H, W]
LABELS = torch.randint(0, 4, (5, 6, 5, 4), generator=_generator)
MASK = torch.rand(LABELS.shape, generator=_generator) < 0.7
OPS = ["confusion_matrix", "class_counts"]


def shards_give_partial_counts() -> None:
    from torch.distributed.tensor import Partial, Shard, init_device_mesh
    from torch.distributed.tensor import distribute_tensor as deal

    register_sharding()
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    labels = SCORES.argmax(1)
    for name, dim, per_sample in itertools.product(OPS, range(4), [False, True]):
        op = getattr(torch.ops.torchtally, name)
        for preds, of_preds in ((SCORES, dim + (dim > 0)), (labels, dim)):
            arguments = (
                deal(preds, mesh, [Shard(of_preds)]),
                deal(LABELS, mesh, [Shard(dim)]),
                4,
                deal(MASK, mesh, [Shard(dim)]),
            )
            found = op(*arguments, per_sample=per_sample)
            expected = op(preds, LABELS, 4, MASK, per_sample=per_sample)
            placement = Shard(0) if per_sample and dim == 0 else Partial("sum")
            for sharded, plain in zip(found, expected, strict=True):
                assert sharded.placements == (placement,)
                same(sharded.full_tensor(), plain)


def labels_and_others_keep_their_place() -> None:
    from torch.distributed.tensor import Partial, Shard, init_device_mesh
    from torch.distributed.tensor import distribute_tensor as deal

    register_sharding()
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    target = LABELS.clamp(max=1)
    for dim, per_sample, other in itertools.product(
        range(3), [False, True], [False, True]
    ):
        options = {"per_label": True, "per_sample": per_sample, "other": other}
        shards = [deal(t, mesh, [Shard(dim)]) for t in (LABELS, target)]
        found, _ = torch.ops.torchtally.confusion_matrix(*shards, 2, **options)
        expected, _ = torch.ops.torchtally.confusion_matrix(
            LABELS, target, 2, **options
        )
        placement: Any = Partial("sum")
        if dim == 0 and per_sample:
            placement = Shard(0)
        elif dim == 1:
            placement = Shard(int(per_sample))
        assert found.placements == (placement,)
        same(found.full_tensor(), expected)


def labels_of_shards_have_their_thresholds() -> None:
    from torch.distributed.tensor import Shard, init_device_mesh
    from torch.distributed.tensor import distribute_tensor as deal

    register_sharding()
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    target = SCORES > 0
    for dim, per_sample, threshold in itertools.product(
        range(4), [False, True], [None, [0.25], [0.1, 0.9, -0.5, 0.0], [0.25]]
    ):
        options = {"per_sample": per_sample, "threshold": threshold}
        shards = [deal(t, mesh, [Shard(dim)]) for t in (SCORES, target)]
        found = torch.ops.torchtally.confusion_matrix(
            *shards, 2, per_label=True, **options
        )
        expected = torch.ops.torchtally.confusion_matrix(
            SCORES, target, 2, per_label=True, **options
        )
        for sharded, plain in zip(found, expected, strict=True):
            same(sharded.full_tensor(), plain)
    shards = [deal(t, mesh, [Shard(0)]) for t in (SCORES, target)]
    assert tt.dice_score(*shards, 4, task="multilabel", logits=True) == 1
    soft = [shards[0], shards[1].float()]
    assert tt.dice_score(*soft, 4, task="multilabel", threshold=0.0) == 1
    with pytest.raises(ValueError, match=r"and scores lie in \[0, 1\], as probab"):
        tt.dice_score(*shards, 4, task="multilabel")


def functions_and_metrics_of_shards() -> None:
    from torch.distributed.tensor import Replicate, Shard, init_device_mesh
    from torch.distributed.tensor import distribute_tensor as deal

    size = dist.get_world_size()
    one = init_device_mesh("cpu", (size,))
    two = init_device_mesh("cpu", (2, size // 2))
    # Over the batch, in slabs, whole on every rank; and slabs of a copy for each half.
    for mesh, dims in ((one, [0]), (one, [1]), (one, [None]), (two, [None, 2])):
        preds, target = (
            deal(
                tensor,
                mesh,
                [
                    Replicate() if dim is None else Shard(dim + (dim > 0) * scores)
                    for dim in dims
                ],
            )
            for tensor, scores in ((SCORES, 1), (LABELS, 0))
        )
        same(
            tt.confusion_matrix(preds, target, 4),
            tt.confusion_matrix(SCORES, LABELS, 4),
        )
        with pytest.raises(ValueError, match=r"^iou_score: .* pair\(s\) hold another"):
            tt.iou_score(preds.argmax(1), target, 3)
        for aggregation, ignoring in itertools.product(
            ("global", "samplewise", "none"),
            ({"ignore_index": 0}, {"label_map": {0: None, 1: 2, 2: 1, 3: 3}}),
        ):
            options: Any = {"aggregation": aggregation, **ignoring}
            expected = tt.dice_score(SCORES, LABELS, 4, **options)
            same(tt.dice_score(preds, target, 4, **options), expected)
            metric = DiceScore(4, **options)
            metric.update(preds, target)
            found = metric.compute()
            # A rank counts its share; samples are dealt out to ranks in order.
            same(found.sort().values, expected.sort().values)
            metric.reset()
            metric(preds, target)
            same(metric.compute(), found)


class Segmenter(nn.Module):
    """A model that follows its own score, inside its forward pass or beside it."""

    def __init__(self, *, inside: bool = True, persistent: bool = False) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Conv3d(4, 4, 1)
        self.norm = nn.BatchNorm3d(4)
        self.dice = DiceScore(
            4, aggregation="samplewise", dtype=torch.float64, persistent=persistent
        )
        self.scores = ScoreSuite(4, persistent=persistent)
        self.inside = inside

    def forward(self, images: Tensor, target: Tensor) -> Tensor:
        logits: Tensor = self.norm(self.layer(images))
        if self.inside:
            self.count(images, target)
        return nn.functional.cross_entropy(logits, target)

    def count(self, images: Tensor, target: Tensor) -> None:
        self.dice.update(images, target)
        self.scores.update(images, target)


def _train(model: Any, inner: Segmenter) -> None:
    """Step twice with a batch for each rank; compare with one process."""
    rank, size = dist.get_rank(), dist.get_world_size()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(2):
        batch = SCORES[rank::size], LABELS[rank::size]
        optimizer.zero_grad()
        model(*batch).backward()
        if not inner.inside:
            inner.count(*batch)
        optimizer.step()
    alone = DiceScore(4, aggregation="samplewise", dtype=torch.float64)
    matrix = ConfusionMatrix(4)
    alone._sync_on_compute = matrix._sync_on_compute = False
    for _ in range(2):
        alone.update(SCORES, LABELS)
        matrix.update(SCORES, LABELS)
    same(inner.dice.compute(), alone.compute())
    same(inner.scores.compute()["iou"], tt.functional.iou_from_counts(matrix.counts))
    assert inner.scores.counts.dtype == torch.int64


KINDS: list[dict[str, Any]] = [
    {"inside": inside, "persistent": persistent}
    for inside in (True, False)
    for persistent in (True, False)
]


def metrics_inside_ddp() -> None:
    from torch.nn.parallel import DistributedDataParallel

    for kind in KINDS:
        inner = Segmenter(**kind)
        _train(DistributedDataParallel(inner), inner)
    inner = Segmenter()
    _train(DistributedDataParallel(inner, broadcast_buffers=False), inner)
    inner = Segmenter()
    model = torch.compile(DistributedDataParallel(inner), backend="aot_eager")
    _train(model, inner)


def metrics_inside_fsdp2() -> None:
    from torch.distributed.checkpoint.state_dict import (
        get_model_state_dict,
        set_model_state_dict,
    )
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor import init_device_mesh

    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    for kind in KINDS:
        inner, other = Segmenter(**kind), Segmenter(**kind)
        for model in (inner, other):
            fully_shard(model, mesh=mesh)
        _train(inner, inner)
        # What is saved is the share of this rank.
        set_model_state_dict(other, get_model_state_dict(inner))
        same(other.layer.weight.full_tensor(), inner.layer.weight.full_tensor())  # type: ignore[operator]
        counted = inner.scores.counts
        wanted = counted if kind["persistent"] else torch.zeros_like(counted)
        same(other.scores.counts, wanted)


def metrics_inside_fsdp2_that_start_on_meta() -> None:
    from torch.distributed.fsdp import fully_shard
    from torch.distributed.tensor import init_device_mesh

    with torch.device("meta"):
        inner = Segmenter()
    mesh = init_device_mesh("cpu", (dist.get_world_size(),))
    fully_shard(inner, mesh=mesh)
    inner.to_empty(device="cpu")
    for module in (inner.layer, inner.norm):
        module.reset_parameters()
    _train(inner, inner)


CHECKS = [shards_give_partial_counts, functions_and_metrics_of_shards]
CHECKS_OF_TWO = [
    *CHECKS,
    labels_and_others_keep_their_place,
    labels_of_shards_have_their_thresholds,
    metrics_inside_ddp,
    metrics_inside_fsdp2,
    metrics_inside_fsdp2_that_start_on_meta,
]
