"""Drawing a confusion matrix."""

from __future__ import annotations

import io
import itertools
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


def test_what_compute_returns_is_drawn_unless_told() -> None:
    metric = ConfusionMatrix(2, normalize="all")
    metric.merge(counted())
    assert cells(metric.plot()) == [0.5, 0.25, 0.25, 0]
    assert cells(metric.plot(normalize=None)) == [2, 1, 1, 0]
    assert cells(metric.plot(normalize="true")) == [0.67, 0.33, 1, 0]
    axes = ConfusionMatrix(2, normalize="pred").plot()
    assert axes.child_axes[0].get_ylabel() == "share of prediction"


def test_a_value_is_drawn_as_it_is() -> None:
    metric = counted()
    value = metric.compute()
    metric.update(torch.tensor([1, 1]), torch.tensor([1, 1]))
    assert cells(metric.plot(value, normalize=None)) == [2, 1, 1, 0]
    assert cells(metric.plot(val=value)) == [0.67, 0.33, 1, 0]
    shares = ConfusionMatrix(2, normalize="all")
    shares.merge(metric)
    value = shares.compute()
    assert cells(shares.plot(value)) == cells(shares.plot()) == [0.33, 0.17, 0.17, 0.33]
    with pytest.raises(ValueError, match=r"val must hold counts for normalize=None"):
        shares.plot(value, normalize=None)
    with pytest.raises(ValueError, match=r"must hold one matrix, .* got shape \[\]"):
        metric.plot(torch.tensor(0.5))
    _, own = pyplot.subplots()
    for axes in (metric.plot(value.new_ones(2, 2).long(), own), metric.plot(ax=own)):
        assert axes is own
    with pytest.raises(
        TypeError, match=r"ConfusionMatrix\.plot: ax must be given once"
    ):
        metric.plot(own, own)


@pytest.mark.parametrize("names", [["sky", "road"], {1: "road", 0: "sky"}])
def test_axes_are_named(names: Any) -> None:
    own = ConfusionMatrix(2, class_names=names)
    own.merge(counted())
    for axes in (counted().plot(class_names=names), own.plot()):
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


def test_many_classes_carry_numbers_on_request() -> None:
    assert not ConfusionMatrix(40).plot(normalize=None).texts
    axes = ConfusionMatrix(40).plot(normalize=None, numbers=True)
    assert cells(axes) == [0] * 1600
    assert not counted().plot(numbers=False).texts


def test_labels_are_a_grid() -> None:
    metric = ConfusionMatrix(3, task="multilabel", class_names=["a", "b", "c" * 60])
    preds = torch.tensor([[0, 1, 1], [1, 1, 0]])
    metric.update(preds, torch.tensor([[0, 1, 0], [1, 0, 0]]))
    grid = metric.plot(normalize=None)
    assert [one.get_title() for one in grid][:2] == ["a", "b"]
    assert [cells(one) for one in grid] == metric.compute().flatten(1).tolist()
    assert sum(axes.get_visible() for axes in grid[0].figure.axes) == 3
    _, own = pyplot.subplots(1, 3)
    given = metric.plot(own)
    assert all(one is axes for one, axes in zip(given, own, strict=True))
    with pytest.raises(
        ValueError, match="ax must hold axes for each of 3 labels, got 1"
    ):
        metric.plot(own[0])


def overlapping(axes: Any, texts: Any) -> list[tuple[str, str]]:
    """Return pairs of texts whose boxes, turned as they are, overlap."""
    axes.figure.canvas.draw()
    shown = [text for text in texts if text.get_text()]
    found = []
    for first, second in itertools.pairwise(shown):
        angle = math.radians(first.get_rotation())
        (x0, y0), (x1, y1) = (
            axes.transData.transform(text.get_position()) for text in (first, second)
        )
        apart = abs((x1 - x0) * math.sin(angle) - (y1 - y0) * math.cos(angle))
        if first.get_rotation() == 0:
            boxes = [text.get_window_extent() for text in (first, second)]
            apart = math.inf if not boxes[0].overlaps(boxes[1]) else 0.0
        height = first.get_fontsize() * axes.figure.dpi / 72
        if apart < height:
            found.append((first.get_text(), second.get_text()))
    return found


@pytest.mark.parametrize("classes", [5, 30, 150])
def test_long_names_do_not_collide(classes: int) -> None:
    names = [f"a rather long name of class {index}" for index in range(classes)]
    matrix = ConfusionMatrix(classes, class_names=names, out_of_range="ignore")
    score = DiceScore(classes, average="none", class_names=names)
    _, own = pyplot.subplots()
    for axes in (matrix.plot(), matrix.plot(own), score.plot()):
        assert not overlapping(axes, axes.get_xticklabels())
        assert not overlapping(axes, axes.get_yticklabels())


def test_nothing_is_cut_off() -> None:
    names = ["left ventricular myocardium", "pulmonary artery (main trunk)", "aorta"]
    matrix = ConfusionMatrix(3, class_names=names)
    score = DiceScore(3, average="none", class_names=names)
    suite = ScoreSuite(3, ["dice", "iou", "recall"], average="none", class_names=names)
    for axes in (matrix.plot(), score.plot(), suite.plot()):
        figure = axes.figure
        figure.canvas.draw()
        drawn, whole = figure.get_tightbbox(), figure.bbox_inches
        assert drawn.x0 > -0.02
        assert drawn.y0 > -0.02
        assert drawn.x1 < whole.x1 + 0.02
        assert drawn.y1 < whole.y1 + 0.02


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
    labels = ConfusionMatrix(2, task="multilabel", per_sample=True)
    with pytest.raises(ValueError, match=rf"{name}the metric must hold one matrix"):
        labels.plot()
    with pytest.raises(TypeError, match=f"{name}class_names must be a sequence .* str"):
        metric.plot(class_names="ab")


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


def test_regions_keep_their_names() -> None:
    regions = {"whole": [1, 2], "core": [2]}
    metric = DiceScore(3, average="none", regions=regions)
    metric.update(torch.tensor([0, 1, 2]), torch.tensor([0, 1, 1]))
    axes = metric.plot()
    assert [t.get_text() for t in axes.get_xticklabels()] == ["whole", "core"]


def test_scored_classes_keep_their_names() -> None:
    metric = DiceScore(3, average="none", include_background=False)
    metric.update(torch.tensor([0, 1, 2]), torch.tensor([0, 1, 1]))
    names = ["sky", "road", "car"]
    for given, wanted in (
        (names, names[1:]),
        (["a", "b"], ["a", "b"]),
        ({1: "road"}, ["road", "2"]),
        (None, ["1", "2"]),
    ):
        axes = metric.plot(class_names=given)
        assert [t.get_text() for t in axes.get_xticklabels()] == wanted


def test_values_and_steps_are_drawn() -> None:
    batch = torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0])
    metric = DiceScore(2)
    first = metric(*batch)
    metric.update(batch[0], batch[0])
    assert bars(metric.plot(first)) == ["0.667"]
    assert bars(metric.plot(0.25)) == ["0.250"]
    axes = metric.plot([first, metric.compute()])
    (line,) = axes.get_lines()
    assert list(line.get_ydata()) == [first.item(), metric.compute().item()]
    suite = ScoreSuite(2, ["dice", "iou"], average="none", class_names=["a", "b"])
    steps = [suite(*batch), suite(batch[0], batch[0])]
    assert bars(suite.plot(steps[1])) == ["1.000"] * 4
    axes = suite.plot(steps)
    labels = [line.get_label() for line in axes.get_lines()]
    assert labels == ["dice a", "dice b", "iou a", "iou b"]
    with pytest.raises(TypeError, match=r"val must be what compute returns, got str"):
        metric.plot("dice")
    with pytest.raises(ValueError, match=r"scores of one shape at every step"):
        DiceScore(2, average="none").plot([first, torch.ones(2)])


def test_every_value_is_inside_and_the_legend_hides_none() -> None:
    suite = ScoreSuite(3, ["positive_likelihood_ratio", "dice"], average="none")
    preds = torch.arange(3).repeat(30)
    suite.update(preds, preds.clone().index_fill_(0, torch.tensor([1]), 0))
    _, own = pyplot.subplots()
    for axes in (suite.plot(), suite.plot(own)):
        axes.figure.canvas.draw()
        assert max(bar.get_height() for bar in axes.patches) < axes.get_ylim()[1]
        legend = axes.get_legend().get_window_extent()
        tops = [bar.get_window_extent().y1 for bar in axes.patches]
        assert legend.y0 >= max(tops)
        assert legend.y1 <= axes.figure.bbox.y1
        assert max(axes.get_yticks()) < 2 * max(
            1, *(b.get_height() for b in axes.patches)
        )


def test_many_lines_are_told_apart() -> None:
    metric = DiceScore(12, average="none")
    steps = [metric(torch.arange(12), torch.arange(12)) for _ in range(3)]
    _, own = pyplot.subplots()
    for axes in (metric.plot(steps), metric.plot(steps, own)):
        assert len({line.get_color() for line in axes.get_lines()}) == 12
        axes.figure.canvas.draw()
        legend = axes.get_legend().get_window_extent()
        assert legend.y0 >= axes.transData.transform((0, 1.0))[1]
        assert legend.y1 <= axes.figure.bbox.y1


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
    each = DiceScore(2, aggregation="none")
    each.update(labels, labels)
    with pytest.raises(ValueError, match=r"not of single samples, got shape \[1\]"):
        each.plot()
    own: Any = {"dice": {"classes": [0, 1]}, "iou": {"classes": [1, 2]}}
    suite = ScoreSuite(3, own, average="none")
    suite.update(labels, labels)
    with pytest.raises(
        ValueError, match=r"must be of the same classes, got \['0', '1'"
    ):
        suite.plot()
