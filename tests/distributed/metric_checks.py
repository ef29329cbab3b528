"""What every rank of a group checks of metrics; run by test_metrics_on_ranks."""

from __future__ import annotations

import re
from typing import Any
from unittest import mock

import pytest
import torch
import torch.distributed as dist
from data import CLASSES, METRICS, PREDS, TARGET, same, state_of, updated, wanted

from torchtally.metrics import ConfusionMatrix, DiceScore, IoUScore, ScoreSuite


def compute_is_that_of_one_process() -> None:
    for name, make in METRICS.items():
        metric = updated(make())
        before = state_of(metric)
        for _ in range(2):  # the local state stays, so nothing is added twice
            same(metric.compute(), wanted(make), name)
        same(state_of(metric), before)


def ranks_without_any_data() -> None:
    for make in METRICS.values():
        alone = make()
        alone._sync_on_compute = False
        same(make().compute(), alone.compute())


def sync_and_unsync() -> None:
    for make in METRICS.values():
        metric = updated(make())
        before = state_of(metric)
        metric.sync()
        same(metric.compute(), wanted(make))  # not added up again
        same(metric.compute(), wanted(make))
        for refused in (metric.sync, lambda: metric.update(PREDS, TARGET)):  # noqa: B023
            with pytest.raises(RuntimeError, match=r"the metric is synced"):
                refused()
        metric.unsync()
        same(state_of(metric), before)
        same(metric.compute(), wanted(make))
        metric.sync()
        metric.reset()
        assert int(metric.counts.sum()) == 0
        updated(metric)
        same(metric.compute(), wanted(make))


def sync_on_compute_can_be_left_out() -> None:
    metric = updated(ConfusionMatrix(CLASSES, ignore_index=-1, sync_on_compute=False))
    same(metric.compute(), metric.counts)
    metric.sync()
    same(metric.compute(), wanted(METRICS["matrix"]))


def one_all_reduce() -> None:
    for name, make in METRICS.items():
        metric = updated(make())
        calls: list[torch.Tensor] = []
        reduce, gather = dist.all_reduce, dist.all_gather

        def counted(tensor: torch.Tensor, **kwargs: Any) -> Any:
            calls.append(tensor)  # noqa: B023
            return reduce(tensor, **kwargs)  # noqa: B023

        with (
            mock.patch.object(dist, "all_reduce", counted),
            mock.patch.object(dist, "all_gather", side_effect=gather) as gathers,
        ):
            metric.compute()
        assert [tensor.dtype for tensor in calls] == [torch.int64], name
        of_samples = name in ("matrices", "each", "suite of samples")
        assert gathers.call_count == of_samples, name


def subgroups() -> None:
    rank, size = dist.get_rank(), dist.get_world_size()
    half = size // 2
    groups = [
        dist.new_group(list(range(half))),
        dist.new_group(list(range(half, size))),
    ]
    mine, other = (0, 1) if rank < half else (1, 0)
    for make in METRICS.values():
        metric = updated(make())
        metric.sync(groups[mine])
        alone = make()
        alone._sync_on_compute = False
        for member in range(mine * half, mine * half + half):
            updated(alone, member)
        same(metric.compute(), alone.compute())
        metric.unsync()
        before = state_of(metric)
        with pytest.raises(ValueError, match=r"this rank must be in process_group"):
            metric.sync(groups[other])
        same(state_of(metric), before)


def a_label_out_of_range_raises_everywhere() -> None:
    for aggregation in ("global", "samplewise", "none"):
        metric = updated(DiceScore(CLASSES, ignore_index=-1, aggregation=aggregation))
        if dist.get_rank() == dist.get_world_size() - 1:
            metric.update(torch.tensor([[7, 8]]), torch.tensor([[0, 1]]))
        with pytest.raises(ValueError, match=r"^DiceScore: .* but 2 pair\(s\) hold"):
            metric.compute()


def ranks_that_count_otherwise_are_told() -> None:
    odd = dist.get_rank() == 0
    pairs = [
        (DiceScore(3, ignore_index=0), DiceScore(3)),
        (DiceScore(3), IoUScore(3)),
        (
            DiceScore(3, aggregation="samplewise", zero_division=1.0),
            DiceScore(3, aggregation="samplewise"),
        ),
        (ConfusionMatrix(3, out_of_range="ignore"), ConfusionMatrix(3)),
        (DiceScore(3, label_map={0: 0, 1: 1}), DiceScore(3, label_map={0: 1, 1: 1})),
        (DiceScore(3, average="micro"), DiceScore(3)),
        (ConfusionMatrix(3, normalize="true"), ConfusionMatrix(3, normalize="pred")),
    ]
    for metric in (pair[not odd] for pair in pairs):
        metric.update(torch.tensor([[0, 1]]), torch.tensor([[1, 1]]))
        before = state_of(metric)
        message = (
            rf"^{type(metric).__name__}.compute: every rank must hold a metric of the "
            rf"same kind and options, but the {dist.get_world_size()} ranks differ; "
            rf"this one has {re.escape(repr(metric))}$"
        )
        with pytest.raises(RuntimeError, match=message):
            metric.compute()
        same(state_of(metric), before)


def ranks_may_write_the_same_differently() -> None:
    odd, means = dist.get_rank() == 0, {"aggregation": "samplewise"}
    own: Any = [("dice", {"average": "none", **means}), ("iou", means)]
    options: list[tuple[Any, Any, Any]] = [
        (DiceScore, {"ignore_index": [255, -1]}, {"ignore_index": (-1, 255)}),
        (DiceScore, {"ignore_index": -1}, {"average": None, "ignore_index": [-1]}),
        (
            DiceScore,
            {"ignore_index": -1, "classes": [1, 2], **means},
            {"ignore_index": -1, "classes": (1, 2), "average": "macro", **means},
        ),
        (
            ScoreSuite,
            {"ignore_index": -1, "scores": dict(own)},
            {"ignore_index": -1, "scores": dict(reversed(own))},
        ),
    ]
    for metric, first, second in options:
        written = first if odd else second
        found = updated(metric(CLASSES, **written)).compute()
        expected = wanted(lambda: metric(CLASSES, **written))  # noqa: B023
        same(found, expected)


def compute_inside_a_compiled_region() -> None:
    from torch._dynamo.testing import CompileCounterWithBackend

    for name in ("samplewise", "suite"):
        frames = CompileCounterWithBackend("aot_eager")
        metric = METRICS[name]()
        torch._dynamo.reset()

        @torch.compile(backend=frames, fullgraph=True, dynamic=True)
        def step(preds: torch.Tensor, target: torch.Tensor) -> Any:
            metric.update(preds, target)  # noqa: B023
            return metric.compute()  # noqa: B023

        rank, size = dist.get_rank(), dist.get_world_size()
        for _ in range(3):  # the same number of times on every rank
            found = step(PREDS[rank::size], TARGET[rank::size])
        alone = METRICS[name]()
        alone._sync_on_compute = False
        for _ in range(3):
            alone.update(PREDS, TARGET)
        expected = alone.compute()
        if name == "samplewise":  # a program adds the classes of a sample its own way
            torch.testing.assert_close(found, expected, rtol=1e-15, atol=0)
        else:
            same(found, expected)
        assert frames.frame_count == 1


CHECKS = [
    compute_is_that_of_one_process,
    ranks_without_any_data,
    sync_and_unsync,
    sync_on_compute_can_be_left_out,
    one_all_reduce,
    subgroups,
    a_label_out_of_range_raises_everywhere,
    ranks_that_count_otherwise_are_told,
    ranks_may_write_the_same_differently,
]
CHECKS_OF_TWO = [*CHECKS, compute_inside_a_compiled_region]
