"""Metric objects: what they keep, when they raise, and how they travel."""

from __future__ import annotations

import copy
import io
import itertools
import math
import pickle
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import torchtally as tt
from torchtally.metrics import ConfusionMatrix, DiceScore, F1Score, IoUScore

GENERATOR = torch.Generator().manual_seed(0)
BATCHES = [
    (
        torch.randint(0, 3, (size, 5), generator=GENERATOR),
        torch.randint(0, 3, (size, 5), generator=GENERATOR),
    )
    for size in (2, 1, 4)
]
PREDS, TARGET = (torch.cat([batch[i] for batch in BATCHES]) for i in range(2))

Make = Callable[[], Any]
METRICS: dict[str, tuple[Make, Callable[[Tensor, Tensor], Tensor]]] = {
    "ConfusionMatrix": (
        lambda: ConfusionMatrix(3),
        lambda p, t: tt.confusion_matrix(p, t, 3),
    ),
    "ConfusionMatrix per_sample": (
        lambda: ConfusionMatrix(3, per_sample=True),
        lambda p, t: tt.confusion_matrix(p, t, 3, per_sample=True),
    ),
    "ConfusionMatrix miss": (
        lambda: ConfusionMatrix(2, out_of_range="miss"),
        lambda p, t: tt.confusion_matrix(p, t, 2, out_of_range="miss"),
    ),
    "DiceScore": (lambda: DiceScore(3), lambda p, t: tt.dice_score(p, t, 3)),
    "DiceScore float64": (
        lambda: DiceScore(3, average="none", dtype=torch.float64),
        lambda p, t: tt.dice_score(p, t, 3, average="none", dtype=torch.float64),
    ),
    "IoUScore samplewise": (
        lambda: IoUScore(3, aggregation="samplewise", zero_division=1),
        lambda p, t: tt.iou_score(p, t, 3, aggregation="samplewise", zero_division=1),
    ),
    "IoUScore of each sample": (
        lambda: IoUScore(3, aggregation="none", average="none"),
        lambda p, t: tt.iou_score(p, t, 3, aggregation="none", average="none"),
    ),
    "F1Score ignore": (
        lambda: F1Score(3, ignore_index=[0, 255], average="micro"),
        lambda p, t: tt.f1_score(p, t, 3, ignore_index=[0, 255], average="micro"),
    ),
    "F1Score multilabel samples": (
        lambda: F1Score(5, task="multilabel", average="samples", out_of_range="ignore"),
        lambda p, t: tt.f1_score(
            p, t, 5, task="multilabel", average="samples", out_of_range="ignore"
        ),
    ),
    "DiceScore multilabel": (
        lambda: DiceScore(5, task="multilabel", out_of_range="miss"),
        lambda p, t: tt.dice_score(p, t, 5, task="multilabel", out_of_range="miss"),
    ),
}


@pytest.fixture(params=METRICS)
def case(request: pytest.FixtureRequest) -> tuple[Make, Any]:
    return METRICS[request.param]


def kept(make: Make) -> Any:
    """Make a metric whose counts are in its state_dict."""
    metric = make()
    metric._persistent = True
    return metric


def updated(metric: Any, batches: Any = BATCHES) -> Any:
    for preds, target in batches:
        metric.update(preds, target)
    return metric


def same(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=0, atol=0, equal_nan=True)


def test_batches_are_the_whole(case: tuple[Make, Any]) -> None:
    make, function = case
    metric = updated(make())
    same(metric.compute(), function(PREDS, TARGET))
    same(metric.compute(), function(PREDS, TARGET))  # computing changes nothing
    # An update after a compute goes on from there.
    metric.update(*BATCHES[0])
    preds, target = BATCHES[0]
    same(
        metric.compute(),
        function(torch.cat([PREDS, preds]), torch.cat([TARGET, target])),
    )


def test_reset_forgets(case: tuple[Make, Any]) -> None:
    make, function = case
    metric = updated(make())
    metric.reset()
    same(metric.compute(), function(PREDS[:0], TARGET[:0]))
    updated(metric, BATCHES[1:])
    same(metric.compute(), function(PREDS[2:], TARGET[2:]))


def test_forward_is_the_batch_and_the_state_goes_on(case: tuple[Make, Any]) -> None:
    make, function = case
    metric = make()
    for preds, target in BATCHES:
        same(metric(preds, target), function(preds, target))
    same(metric.compute(), function(PREDS, TARGET))


def test_merge(case: tuple[Make, Any]) -> None:
    make, function = case
    first, second = updated(make(), BATCHES[:1]), updated(make(), BATCHES[1:])
    before = second.compute().clone()
    first.merge(second)
    same(first.compute(), function(PREDS, TARGET))
    same(second.compute(), before)
    # The states share no memory.
    first.update(*BATCHES[0])
    same(second.compute(), before)


def test_merge_of_a_metric_that_saw_nothing(case: tuple[Make, Any]) -> None:
    make, function = case
    metric = updated(make())
    metric.merge(make())
    same(metric.compute(), function(PREDS, TARGET))
    fresh = make()
    fresh.merge(metric)
    same(fresh.compute(), function(PREDS, TARGET))


def test_state_dict_round_trip_in_mid_epoch(case: tuple[Make, Any]) -> None:
    make, function = case
    metric = updated(kept(make), BATCHES[:2])
    file = io.BytesIO()
    torch.save(metric.state_dict(), file)
    file.seek(0)
    resumed = updated(kept(make), BATCHES[2:])  # what it holds is replaced
    resumed.load_state_dict(torch.load(file, weights_only=True))
    updated(resumed, BATCHES[2:])
    same(resumed.compute(), function(PREDS, TARGET))
    sums = set() if metric.sums is None else {"sums"}
    saved = metric.state_dict()
    assert saved.pop("_extra_state").dtype == torch.uint8
    assert saved.keys() == {"counts", "invalid"} | sums
    assert all(tensor.dtype == torch.int64 for tensor in saved.values())


def test_state_dict_inside_a_model(case: tuple[Make, Any]) -> None:
    make, function = case
    model = nn.ModuleDict({"metric": kept(make), "layer": nn.Linear(2, 2)})
    updated(model["metric"])
    other = nn.ModuleDict({"metric": kept(make), "layer": nn.Linear(2, 2)})
    other.load_state_dict(model.state_dict())
    same(other["metric"].compute(), function(PREDS, TARGET))  # type: ignore[operator]


def test_a_saved_state_is_not_changed_by_loading_and_updating(
    case: tuple[Make, Any],
) -> None:
    make, _ = case
    state = updated(kept(make), BATCHES[:1]).state_dict()
    before = {key: value.clone() for key, value in state.items()}
    resumed = kept(make)
    resumed.load_state_dict(state)
    updated(resumed)
    assert all(torch.equal(state[key], before[key]) for key in before)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))]
)
def test_copies(case: tuple[Make, Any], copied: Any) -> None:
    make, function = case
    metric = updated(make(), BATCHES[:2])
    twin = copied(metric)
    same(twin.compute(), metric.compute())
    updated(twin, BATCHES[2:])
    same(twin.compute(), function(PREDS, TARGET))
    same(metric.compute(), function(PREDS[:3], TARGET[:3]))


def test_a_change_of_dtype_leaves_counts_alone(case: tuple[Make, Any]) -> None:
    make, function = case
    metric = updated(make(), BATCHES[:2])
    for change in (nn.Module.half, nn.Module.double, lambda m: m.to(torch.bfloat16)):
        change(metric)
        assert metric.counts.dtype == metric.invalid.dtype == torch.int64
    updated(metric, BATCHES[2:])
    same(metric.compute(), function(PREDS, TARGET))


def test_counts_are_no_parameters_and_no_buffers(case: tuple[Make, Any]) -> None:
    metric = updated(case[0]())
    assert not list(metric.parameters())
    assert not list(metric.buffers())
    assert not metric.state_dict()


@pytest.mark.parametrize(
    ("metric", "text"),
    [
        (DiceScore(3), "DiceScore(num_classes=3)"),
        (
            F1Score(4, task="multilabel", ignore_index=-1, out_of_range="miss"),
            "F1Score(num_classes=4, task='multilabel', ignore_index=-1, "
            "out_of_range='miss')",
        ),
        (
            ConfusionMatrix(task="binary"),
            "ConfusionMatrix(num_classes=2, task='binary')",
        ),
    ],
    ids=str,
)
def test_repr(metric: Any, text: str) -> None:
    assert repr(metric) == text


@given(
    cuts=st.lists(st.integers(0, 12), max_size=4),
    order=st.permutations(range(12)),
    aggregation=st.sampled_from(["samplewise", "none", "global"]),
)
def test_the_result_does_not_depend_on_batching(
    cuts: list[int], order: list[int], aggregation: Any
) -> None:
    generator = torch.Generator().manual_seed(1)
    preds = torch.randint(0, 4, (12, 7), generator=generator)
    target = torch.randint(0, 4, (12, 7), generator=generator)
    options: dict[str, Any] = {"aggregation": aggregation, "dtype": torch.float64}
    whole = tt.iou_score(preds, target, 4, **options)
    metric = IoUScore(4, **options)
    edges = [0, *sorted(cuts), 12]
    for begin, end in itertools.pairwise(edges):
        metric.update(preds[begin:end], target[begin:end])
    same(metric.compute(), whole)
    if aggregation == "none":
        return
    # Nor, to the last bits of a float64 sum, on the order of samples.
    shuffled = IoUScore(4, **options)
    for n in order:
        shuffled.update(preds[n : n + 1], target[n : n + 1])
    torch.testing.assert_close(shuffled.compute(), whole, rtol=1e-14, atol=0)


# Masks and ignoring


def test_masks() -> None:
    mask = torch.rand(PREDS.shape, generator=GENERATOR) < 0.5
    for make in (
        lambda: ConfusionMatrix(3),
        lambda: ConfusionMatrix(3, per_sample=True),
    ):
        metric = make()
        metric.update(PREDS, TARGET, mask)
        per_sample = metric.compute().dim() == 3
        wanted = tt.confusion_matrix(PREDS, TARGET, 3, mask=mask, per_sample=per_sample)
        same(metric.compute(), wanted)
        same(metric(PREDS, TARGET, mask=mask), wanted)


def test_a_metric_of_nothing_is_nan() -> None:
    assert math.isnan(DiceScore(3).compute())
    assert math.isnan(DiceScore(3, aggregation="samplewise").compute())
    assert DiceScore(3, zero_division=1).compute() == 1.0
    assert DiceScore(3, aggregation="none").compute().shape == (0,)
    assert ConfusionMatrix(3).compute().sum() == 0


# State


def test_state_keeps_its_place_where_it_has_a_fixed_size() -> None:
    metric = ConfusionMatrix(3)
    place = metric.counts.data_ptr()
    updated(metric)
    metric.compute()
    metric.reset()
    updated(metric)
    assert metric.counts.data_ptr() == place


def test_what_compute_returned_is_not_changed_later() -> None:
    for per_sample in (False, True):
        metric = updated(ConfusionMatrix(3, per_sample=per_sample))
        matrix = metric.compute()
        before = matrix.clone()
        updated(metric)
        metric.reset()
        assert torch.equal(matrix, before)
        # Nor the state by writing to it.
        metric = updated(ConfusionMatrix(3, per_sample=per_sample))
        metric.compute().zero_()
        assert torch.equal(metric.compute(), before)


def test_reset_gives_the_memory_of_samples_back() -> None:
    metric = updated(DiceScore(3, aggregation="none"))
    metric.compute()
    metric.reset()
    assert metric.counts.untyped_storage().nbytes() == 0


def test_class_scores_cost_memory_in_the_number_of_classes() -> None:
    metric = DiceScore(32_000)
    assert metric.counts.numel() == 3 * 32_000
    labels = torch.arange(32_000)
    metric.update(labels, labels)
    assert metric.compute() == 1.0


def test_scores_count_more_than_float32_holds() -> None:
    metric = DiceScore(2, average="none", dtype=torch.float64)
    with torch.no_grad():
        metric.counts[0] += 10**8 + 1
    metric.update(torch.tensor([1]), torch.tensor([0]))
    twice = 2 * (10**8 + 1)
    assert metric.compute().tolist() == [twice / (twice + 1)] * 2


def test_metrics_move_to_meta_and_back_shapes_only() -> None:
    metric = updated(DiceScore(3, aggregation="none")).to("meta")
    assert metric.counts.shape == (7, 3, 3)


def test_merge_with_itself_doubles() -> None:
    for per_sample in (False, True):
        metric = updated(ConfusionMatrix(3, per_sample=per_sample))
        total = metric.compute().sum()
        metric.merge(metric)
        assert metric.compute().sum() == 2 * total
