"""Drawing a confusion matrix."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
import torch

from torchtally.metrics import ConfusionMatrix, DiceScore, ScoreSuite

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
pyplot = pytest.importorskip("matplotlib.pyplot")


@pytest.fixture(autouse=True)
def _closed_figures() -> Any:
    yield
    pyplot.close("all")


def cells(axes: Any) -> list[float]:
    """Return the numbers written in the cells, row by row; a dash is NaN."""
    texts = (text.get_text() for text in axes.texts)
    return [math.nan if text == "–" else float(text) for text in texts]


def counted() -> ConfusionMatrix:
    metric = ConfusionMatrix(2)
    metric.update(torch.tensor([0, 0, 1, 0]), torch.tensor([0, 0, 0, 1]))
    return metric


@pytest.mark.parametrize(
    ("normalize", "numbers"),
    [
        (None, [2, 1, 1, 0]),
        ("true", [0.67, 0.33, 1, 0]),
        ("pred", [0.67, 1, 0.33, 0]),
        ("all", [0.5, 0.25, 0.25, 0]),
    ],
)
def test_cells_hold_counts_or_shares(normalize: Any, numbers: list[float]) -> None:
    assert cells(counted().plot(normalize=normalize)) == numbers


def test_what_is_drawn_does_not_depend_on_what_compute_returns() -> None:
    metric = ConfusionMatrix(2, normalize="all")
    metric.merge(counted())
    assert cells(metric.plot(normalize=None)) == [2, 1, 1, 0]
    assert cells(metric.plot()) == [0.67, 0.33, 1, 0]


def test_axes_are_named() -> None:
    axes = counted().plot(class_names=["sky", "road"])
    assert [t.get_text() for t in axes.get_xticklabels()] == ["sky", "road"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["sky", "road"]
    assert axes.get_xlabel() == "prediction"
    assert axes.get_ylabel() == "target"


def test_it_draws_on_given_axes_and_renders() -> None:
    figure, own = pyplot.subplots()
    metric = counted()
    before = metric.compute()
    assert metric.plot(own) is own
    file = io.BytesIO()
    figure.savefig(file, format="png")
    assert file.getvalue().startswith(b"\x89PNG")
    assert torch.equal(metric.compute(), before)


def test_absent_classes_have_no_rate_and_other_a_name() -> None:
    metric = ConfusionMatrix(2, out_of_range="miss")
    metric.update(torch.tensor([0, 9]), torch.tensor([0, 0]))
    axes = metric.plot(class_names=["sky", "road"])
    assert [t.get_text() for t in axes.get_yticklabels()] == ["sky", "road", "other"]
    assert cells(axes)[:3] == [0.5, 0, 0.5]
    assert all(math.isnan(number) for number in cells(axes)[3:])


def test_nothing_counted_can_be_drawn() -> None:
    assert cells(ConfusionMatrix(2).plot(normalize=None)) == [0, 0, 0, 0]
    assert all(math.isnan(number) for number in cells(ConfusionMatrix(2).plot()))


def test_many_classes_carry_no_numbers() -> None:
    assert not ConfusionMatrix(40).plot(normalize=None).texts


def test_what_is_refused() -> None:
    metric, name = counted(), r"^ConfusionMatrix\.plot: "
    with pytest.raises(ValueError, match=f"{name}normalize must be .*, got 'rows'"):
        metric.plot(normalize="rows")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=f"{name}class_names must hold 2 names, got 0"):
        metric.plot(class_names=[])
    with pytest.raises(ValueError, match=f"{name}class_names must hold 2 names, got 1"):
        metric.plot(class_names=["sky"])
    samples = ConfusionMatrix(2, per_sample=True)
    with pytest.raises(ValueError, match=rf"{name}the metric must hold one matrix"):
        samples.plot()
    labels = ConfusionMatrix(2, task="multilabel")
    with pytest.raises(ValueError, match=rf"{name}the metric must hold one matrix"):
        labels.plot()


# Scores


def bars(axes: Any) -> list[str]:
    """Return the numbers above the bars, group by group."""
    return [text.get_text() for text in axes.texts]


def test_a_score_is_a_bar() -> None:
    metric = DiceScore(2)
    metric.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
    axes = metric.plot()
    assert bars(axes) == ["0.667"]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["DiceScore"]


def test_classes_are_bars_with_names() -> None:
    metric = DiceScore(3, average="none")
    metric.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
    _, own = pyplot.subplots()
    assert metric.plot(own, class_names=["sky", "road", "car"]) is own
    assert bars(own) == ["0.667", "0.667", "–"]
    assert [t.get_text() for t in own.get_xticklabels()] == ["sky", "road", "car"]


def test_a_suite_is_a_bar_for_each_score_or_class() -> None:
    preds, target = torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0])
    suite = ScoreSuite(2, ("dice", "iou"))
    suite.update(preds, target)
    assert bars(suite.plot()) == ["0.667", "0.500"]
    suite = ScoreSuite(2, ("dice", "iou"), average="none")
    suite.update(preds, target)
    axes = suite.plot(class_names=["sky", "road"])
    assert bars(axes) == ["0.667", "0.667", "0.500", "0.500"]
    named = [text.get_text() for text in axes.get_legend().get_texts()]
    assert named == ["dice", "iou"]


def test_what_bars_refuse() -> None:
    labels = torch.tensor([[0, 1]])
    suite = ScoreSuite(2, {"dice": {}, "iou": {"average": "none"}})
    suite.update(labels, labels)
    message = r"^ScoreSuite\.plot: the scores must all be .* got shapes \[\[\], \[2\]\]"
    with pytest.raises(ValueError, match=message):
        suite.plot()
    metric = DiceScore(2)
    metric.update(labels, labels)
    message = r"^DiceScore\.plot: class_names must hold 0 names, got 2"
    with pytest.raises(ValueError, match=message):
        metric.plot(class_names=["a", "b"])
    each = DiceScore(2, aggregation="none", average="none")
    each.update(labels, labels)
    with pytest.raises(ValueError, match=r"got shapes \[\[1, 2\]\]"):
        each.plot()
