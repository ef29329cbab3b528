"""Options that mean the same are the same, and nothing counted is told."""

from __future__ import annotations

import math
import pickle
import warnings
from typing import Any

import pytest
import torch

from torchtally.metrics import ConfusionMatrix, DiceScore, FBetaScore, ScoreSuite

PREDS = torch.tensor([[0, 1, 2, 2], [1, 1, 0, 2]])
TARGET = torch.tensor([[0, 1, 1, 2], [1, 2, 0, 0]])
MEANS: dict[str, Any] = {"aggregation": "samplewise"}

EQUAL: dict[str, tuple[Any, Any]] = {
    "an explicit default": (
        DiceScore(3, **MEANS),
        DiceScore(3, average="macro", **MEANS),
    ),
    "the default of a task": (
        DiceScore(task="binary", **MEANS),
        DiceScore(2, task="binary", average="binary", threshold=None, **MEANS),
    ),
    "list or tuple": (
        DiceScore(3, classes=[0, 2], class_weights=[1, 2, 3], **MEANS),
        DiceScore(3, classes=(0, 2), class_weights=(1.0, 2.0, 3.0), **MEANS),
    ),
    "a tensor": (
        DiceScore(3, class_weights=[1, 2, 3], **MEANS),
        DiceScore(3, class_weights=torch.tensor([1.0, 2.0, 3.0]), **MEANS),
    ),
    "names and order of regions": (
        DiceScore(3, regions=[[1, 2], [2]], **MEANS),
        DiceScore(3, regions={"whole": (2, 1), "core": (2,)}, **MEANS),
    ),
    "the order of ignored values": (
        ConfusionMatrix(3, ignore_index=[255, -1, 255]),
        ConfusionMatrix(3, ignore_index=(-1, 255)),
    ),
    "int or float": (
        FBetaScore(3, beta=2, zero_division=1, **MEANS),
        FBetaScore(3, beta=2.0, zero_division=1.0, **MEANS),
    ),
    "nan": (
        DiceScore(3, zero_division="nan", **MEANS),
        DiceScore(3, zero_division=math.nan, **MEANS),
    ),
    "the order of a map": (
        DiceScore(3, label_map={0: 1, 1: 0, 2: 2}),
        DiceScore(3, label_map={2: 2, 1: 0, 0: 1}),
    ),
    "the order of scores and their options": (
        ScoreSuite(
            3,
            {
                "b": {"score": "dice", "average": "none", **MEANS},
                "a": {"score": "iou", **MEANS},
            },
        ),
        ScoreSuite(
            3,
            {
                "a": {**MEANS, "score": "iou"},
                "b": {**MEANS, "score": "dice", "average": "none"},
            },
        ),
    ),
}


def same(found: Any, wanted: Any) -> None:
    torch.testing.assert_close(found, wanted, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", EQUAL)
def test_equal_options_are_equal(name: str) -> None:
    metric, other = pickle.loads(pickle.dumps(EQUAL[name]))
    preds, target = PREDS, TARGET
    if metric._options.num_classes == 2:
        preds, target = preds.clamp(max=1), target.clamp(max=1)
    for each in (metric, other):
        each.update(preds, target)
    assert metric._mark == other._mark  # what ranks compare
    alone = metric.compute()
    same(other.compute(), alone)
    metric.merge(other)
    for each in (metric, other):
        each._persistent = True
    other.load_state_dict(metric.state_dict())
    same(other.compute(), metric.compute())
    if not isinstance(metric, ConfusionMatrix):
        same(metric.compute(), alone)  # everything twice


DIFFERENT: list[tuple[Any, Any, bool]] = [  # and whether they merge
    (DiceScore(3), DiceScore(3, average="micro"), True),
    (DiceScore(3), DiceScore(3, dtype=torch.float64), True),
    (DiceScore(3, **MEANS), DiceScore(3, dtype=torch.float64, **MEANS), True),
    (DiceScore(3, **MEANS), DiceScore(3, average="none", **MEANS), False),
    (FBetaScore(3, beta=2.0), FBetaScore(3, beta=1.0), True),
    (FBetaScore(3, beta=2.0, **MEANS), FBetaScore(3, beta=1.0, **MEANS), False),
    (ConfusionMatrix(3), ConfusionMatrix(3, normalize="true"), True),
    (ScoreSuite(3, ["dice"]), ScoreSuite(3, ["iou"]), True),
    (DiceScore(3), DiceScore(3, ignore_index=0), False),
]


@pytest.mark.parametrize(("metric", "other", "merges"), DIFFERENT)
def test_other_options_are_told_apart(metric: Any, other: Any, merges: bool) -> None:
    """Counts merge whatever is read off them; ranks must read the same."""
    assert metric._mark != other._mark
    if merges:
        metric.merge(other)
        return
    with pytest.raises(
        ValueError, match=r"\.merge: other must count with the same"
    ) as e:
        metric.merge(other)
    assert f"options, {metric!r}, got {other!r}" in str(e.value)


def test_a_number_of_entries_is_refused_at_once() -> None:
    own: Any = {"dice": {"return_valid": True}}
    makes: list[Any] = [
        lambda: DiceScore(3, return_valid=True),  # type: ignore[arg-type]
        lambda: ScoreSuite(3, return_valid=True),  # type: ignore[arg-type]
        lambda: ScoreSuite(3, own),
    ]
    for make in makes:
        with pytest.raises(TypeError, match=r"return_valid is an option of functions"):
            make()


@pytest.mark.parametrize("aggregation", ["global", "samplewise", "none"])
def test_nothing_counted_warns_once(aggregation: Any) -> None:
    for metric in (
        DiceScore(3, aggregation=aggregation, ignore_index=0),
        ScoreSuite(3, aggregation=aggregation, ignore_index=0, out_of_range="ignore"),
    ):
        name = type(metric).__name__
        message = rf"^{name}\.compute: nothing is counted, because update\(\) was not"
        with pytest.warns(UserWarning, match=message) as told:
            metric.compute()
        assert told[0].filename == __file__
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            metric.compute()


def test_what_is_counted_does_not_warn() -> None:
    metric, loaded = (DiceScore(3, persistent=True) for _ in range(2))
    metric.update(PREDS, TARGET)
    loaded.load_state_dict(metric.state_dict())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        metric.compute()
        loaded.compute()
        metric.reset()
        metric.compute()  # it has been updated, and told nothing


def test_shapes_alone_warn_of_nothing() -> None:
    metric = ConfusionMatrix(3, out_of_range="ignore").to("meta")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert metric.compute().shape == (3, 3)
