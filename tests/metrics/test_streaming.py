"""Means over samples kept as integer sums: right, and blind to the order of samples."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import torchtally as tt
from torchtally.metrics import DiceScore, IoUScore, ScoreSuite

CLASSES = 4
GENERATOR = torch.Generator().manual_seed(5)
TARGET = torch.randint(0, CLASSES, (13, 6), generator=GENERATOR)
TARGET[::3] = TARGET[::3].clamp(max=1)  # classes are absent from some samples
PREDS = torch.randint(0, CLASSES, TARGET.shape, generator=GENERATOR)
PREDS[::2] = TARGET[::2]
PREDS[3], TARGET[3] = 2, 2

OPTIONS: list[dict[str, Any]] = [
    {"average": average, "sample_mean": sample_mean, **zero}
    for average in ("macro", "weighted", "micro", "none")
    for sample_mean in ("classes_first", "samples_first", "joint")
    for zero in (
        {},
        {"zero_division": 0.0},
        {"zero_division": 1.0, "undefined_when": "empty_target"},
        {"zero_division": -37.25},
        {"zero_division": "nan"},
    )
]
OPTIONS += [
    {"sample_mean": sample_mean, "class_weights": [1.0, 0.25, 3.0, 0.0], **more}
    for sample_mean in ("classes_first", "samples_first", "joint")
    for more in ({}, {"classes": [3, 1], "zero_division": 1}, {"ignore_index": 2})
]
OPTIONS += [
    {"average": "none", "include_background": False},
    {"average": "none", "ignore_index": [1], "zero_division": 0.5},
    {"average": "weighted", "sample_mean": "joint", "out_of_range": "miss"},
    {"zero_division": math.inf},
]


def double(**options: Any) -> dict[str, Any]:
    return {"aggregation": "samplewise", "dtype": torch.float64, **options}


def same(found: Tensor, wanted: Tensor) -> None:
    torch.testing.assert_close(found, wanted, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_the_mean_is_that_of_the_function(options: dict[str, Any]) -> None:
    metric = DiceScore(CLASSES, **double(**options))
    for n in range(0, len(PREDS), 3):
        metric.update(PREDS[n : n + 3], TARGET[n : n + 3])
    wanted = tt.dice_score(PREDS, TARGET, CLASSES, **double(**options))
    torch.testing.assert_close(
        metric.compute(), wanted, rtol=1e-14, atol=0, equal_nan=True
    )
    in_float32 = DiceScore(CLASSES, **{**double(**options), "dtype": torch.float32})
    assert in_float32(PREDS, TARGET).dtype == torch.float32


@given(
    order=st.permutations(range(13)),
    cuts=st.lists(st.integers(0, 13), max_size=5),
    options=st.sampled_from(OPTIONS),
)
def test_nobody_can_tell_the_order(
    order: list[int], cuts: list[int], options: dict[str, Any]
) -> None:
    whole = IoUScore(CLASSES, **double(**options))
    whole.update(PREDS, TARGET)
    parts = [IoUScore(CLASSES, **double(**options)) for _ in range(2)]
    edges = [0, *sorted(cuts), 13]
    for turn, (begin, end) in enumerate(itertools.pairwise(edges)):
        chosen = order[begin:end]
        parts[turn % 2].update(PREDS[chosen], TARGET[chosen])
    parts[0].merge(parts[1])
    same(parts[0].compute(), whole.compute())
    assert torch.equal(parts[0].sums, whole.sums)


def test_multilabel_samples() -> None:
    preds, target = PREDS > 1, TARGET > 1
    options = double(task="multilabel", average="samples")
    metric = tt.metrics.F1Score(6, **options)
    metric.update(preds, target)
    wanted = tt.f1_score(preds, target, 6, **options)
    torch.testing.assert_close(metric.compute(), wanted, rtol=1e-15, atol=0)


def test_a_perfect_mean_is_exactly_one() -> None:
    for average in ("macro", "micro", "weighted"):
        for sample_mean in ("classes_first", "samples_first", "joint"):
            metric = DiceScore(
                CLASSES, **double(average=average, sample_mean=sample_mean)
            )
            for _ in range(7):
                metric.update(TARGET, TARGET)
            assert metric.compute() == 1.0, (average, sample_mean)


def test_means_of_a_huge_number_of_samples() -> None:
    metric = DiceScore(2, **double(average="none"))
    metric.update(torch.tensor([[0, 1, 1]]), torch.tensor([[0, 1, 0]]))
    metric.compute()
    with torch.no_grad():  # as if this sample had been seen 2**31 times
        metric.sums *= 2**31
    assert metric.compute().tolist() == [2 / 3, 2 / 3]


def test_the_state_has_one_size_whatever_was_counted() -> None:
    metric = DiceScore(CLASSES, **double())
    sizes = {name: t.shape for name, t in metric._state().named().items()}
    for _ in range(200):  # also those that wait are used before long
        metric.update(PREDS, TARGET)
        assert len(metric._waiting._batches) <= 64
    assert {n: t.shape for n, t in metric._state().named().items()} == sizes
    assert sizes["sums"] == (1, 5)
    assert DiceScore(CLASSES, **double(average="none")).sums.shape == (CLASSES, 5)


def test_waiting_counts_of_many_classes_take_little_memory() -> None:
    metric = DiceScore(20_000, **double())
    labels = torch.arange(40).view(20, 2)
    for _ in range(3):
        metric.update(labels, labels)
        assert metric._waiting._cells <= 2**20
    assert metric.compute() == 1.0


def test_inference_mode_and_after() -> None:
    for aggregation in ("global", "samplewise", "none"):
        metric = DiceScore(CLASSES, aggregation=aggregation)
        with torch.inference_mode():
            metric.update(PREDS[:5], TARGET[:5])
            metric.compute()
        metric.update(PREDS[5:], TARGET[5:])
        wanted = tt.dice_score(PREDS, TARGET, CLASSES, aggregation=aggregation)
        torch.testing.assert_close(metric.compute(), wanted)
        metric.reset()
        metric.update(PREDS, TARGET)
        torch.testing.assert_close(metric.compute(), wanted)


def test_half_precision_scores_and_modules() -> None:
    scores = torch.randn(5, CLASSES, 6, generator=GENERATOR)
    target = TARGET[:5]
    for dtype in (torch.float16, torch.bfloat16):
        suite = ScoreSuite(CLASSES, {"dice": {}, "iou": double()}).to(dtype)
        suite.update(scores.to(dtype), target)
        labels = scores.to(dtype).argmax(1)
        found = suite.compute()
        assert torch.equal(found["dice"], tt.dice_score(labels, target, CLASSES))
        assert suite.sums.dtype == suite.counts.dtype == torch.int64


def test_sums_of_other_options_do_not_merge() -> None:
    metric = DiceScore(CLASSES, **double())
    with pytest.raises(ValueError, match=r"^DiceScore.merge: other must count with"):
        metric.merge(DiceScore(CLASSES, **double(zero_division=0.0)))
    # Counts merge whatever is read off them later.
    DiceScore(CLASSES).merge(DiceScore(CLASSES, zero_division=0.0))
