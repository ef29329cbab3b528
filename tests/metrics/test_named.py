"""Results under names: what a logger is given."""

from __future__ import annotations

import copy
import math
import pickle
from typing import Any

import pytest
import torch

import torchtally as tt
from torchtally.metrics import ConfusionMatrix, DiceScore, IoUScore, ScoreSuite

PREDS = torch.tensor([0, 1, 1, 2])
TARGET = torch.tensor([0, 1, 0, 2])
NAMES = ["sky", "road", "car"]


def updated(metric: Any) -> Any:
    metric.update(PREDS, TARGET)
    return metric


def test_a_score_has_its_name() -> None:
    metric = updated(IoUScore(3, class_names=NAMES))
    assert metric.named() == {"iou": metric.compute().item()}
    assert type(metric.named()["iou"]) is float
    assert metric.named(prefix="val/") == {"val/iou": metric.compute().item()}


def test_float64_stays_float64() -> None:
    metric = DiceScore(3, dtype=torch.float64)
    metric.update(torch.tensor([0, 1, 1, 2]), torch.tensor([0, 0, 0, 2]))
    assert metric.named() == {"dice": metric.compute().item()}
    assert metric.named() == {"dice": pytest.approx(0.5, abs=1e-15)}
    metric.update(torch.tensor([1]), torch.tensor([0]))
    assert metric.named() == {"dice": (2 / 5 + 0 + 1) / 3}


@pytest.mark.parametrize("names", [NAMES, tuple(NAMES), dict(enumerate(NAMES))])
def test_classes_have_theirs(names: Any) -> None:
    metric = updated(IoUScore(3, average="none", class_names=names))
    assert metric.named() == {"iou/sky": 0.5, "iou/road": 0.5, "iou/car": 1.0}
    first = metric.compute()
    metric.update(PREDS, PREDS)
    assert metric.named(first) == {"iou/sky": 0.5, "iou/road": 0.5, "iou/car": 1.0}
    for twin in (copy.deepcopy(metric), pickle.loads(pickle.dumps(metric))):
        assert twin.named() == metric.named()
    assert repr(metric) == (
        f"IoUScore(num_classes=3, class_names={names!r}, average='none')"
    )


def test_only_what_is_scored_is_named() -> None:
    options: Any = {"average": "none", "class_names": {1: "road"}}
    metric = updated(DiceScore(3, classes=[2, 1], **options))
    assert list(metric.named()) == ["dice/2", "dice/road"]
    metric = updated(DiceScore(3, include_background=False, **options))
    assert list(metric.named()) == ["dice/road", "dice/2"]
    metric = updated(DiceScore(3, aggregation="samplewise", **options))
    assert list(metric.named()) == ["dice/0", "dice/road", "dice/2"]


def test_regions_keep_their_names() -> None:
    regions = {"whole": [1, 2], "core": [2]}
    metric = updated(DiceScore(3, regions=regions, average="none"))
    assert list(metric.named()) == ["dice/whole", "dice/core"]
    metric = updated(
        DiceScore(3, regions=[[1, 2], [2]], average="none", class_names=NAMES)
    )
    assert list(metric.named()) == ["dice/road+car", "dice/car"]


def test_labels_have_names() -> None:
    metric = IoUScore(2, task="multilabel", average="none", class_names=["cat", "dog"])
    metric.update(torch.tensor([[1, 0]]), torch.tensor([[1, 0]]))
    named = metric.named()
    assert named["iou/cat"] == 1.0
    assert math.isnan(named["iou/dog"])


def test_a_suite_is_one_dict() -> None:
    scores: dict[str, dict[str, Any]] = {
        "dice": {},
        "iou": {"average": "none"},
        "of cases": {"score": "dice", "aggregation": "samplewise"},
    }
    suite = updated(ScoreSuite(3, scores, class_names=NAMES))
    value = suite.compute()
    assert suite.named(value, prefix="a/") == {
        "a/dice": value["dice"].item(),
        "a/iou/sky": 0.5,
        "a/iou/road": 0.5,
        "a/iou/car": 1.0,
        "a/of cases": value["of cases"].item(),
    }


def test_cells_of_a_matrix_are_named_by_truth_and_prediction() -> None:
    metric = updated(ConfusionMatrix(3, class_names=NAMES))
    matrix = metric.compute()
    named = metric.named(prefix="val/")
    assert named == {
        f"val/confusion_matrix/{true}/{taken_for}": int(matrix[i, j])
        for i, true in enumerate(NAMES)
        for j, taken_for in enumerate(NAMES)
    }
    assert named["val/confusion_matrix/sky/road"] == 1
    assert {type(count) for count in named.values()} == {int}
    shares = updated(ConfusionMatrix(3, normalize="true"))
    assert shares.named()["confusion_matrix/0/1"] == 0.5
    assert shares.named(shares.compute() * 2)["confusion_matrix/0/1"] == 1.0


def test_cells_of_labels_and_of_others_are_named() -> None:
    metric = ConfusionMatrix(2, task="multilabel", class_names=["cat", "dog"])
    metric.update(torch.tensor([[1, 0]]), torch.tensor([[1, 1]]))
    named = metric.named()
    assert len(named) == 8
    assert {name for name, count in named.items() if count} == {
        "confusion_matrix/cat/1/1",
        "confusion_matrix/dog/1/0",
    }
    other = ConfusionMatrix(2, out_of_range="miss", class_names=["other", "car"])
    other.update(torch.tensor([0, 7]), torch.tensor([0, 1]))
    named = other.named()
    assert len(named) == 9
    assert named["confusion_matrix/car/other (2)"] == 1


@pytest.mark.parametrize(
    ("error", "message", "metric", "val"),
    [
        (ValueError, "one matrix", ConfusionMatrix(3, per_sample=True), None),
        (ValueError, r"of shape \[3, 3\], got shape \[2, 2\]", None, torch.eye(2)),
        (TypeError, "what compute returns, got list", None, [[1]]),
    ],
)
def test_what_is_no_matrix_has_no_names(
    error: type[Exception], message: str, metric: Any, val: Any
) -> None:
    metric = metric or ConfusionMatrix(3)
    metric.update(PREDS[None], TARGET[None])
    with pytest.raises(
        error, match=rf"^ConfusionMatrix\.named: val must be .*{message}"
    ):
        metric.named(val)


def test_equal_names_stay_apart() -> None:
    metric = updated(DiceScore(3, average="none", class_names=["N/A", "car", "N/A"]))
    assert list(metric.named()) == ["dice/N/A (0)", "dice/car", "dice/N/A (2)"]


def test_names_are_no_difference_in_what_is_counted() -> None:
    metric = updated(DiceScore(3, class_names=NAMES))
    metric.merge(updated(DiceScore(3)))
    assert metric._mark == DiceScore(3)._mark


def test_what_the_caller_changes_later_changes_no_name() -> None:
    names = [*NAMES]
    for metric in (
        DiceScore(3, class_names=names),
        ConfusionMatrix(3, class_names=names),
    ):
        before = repr(metric)
        names[0] = "sea"
        assert (repr(metric), metric._names_of("")) == (before, tuple(NAMES))
        names[0] = "sky"


WRONG: list[tuple[type[Exception], str, Any]] = [
    (TypeError, "be a sequence of names, or a mapping .* got str", "abc"),
    (TypeError, "be a sequence of names, or a mapping .* got int", 3),
    (ValueError, "hold 3 names, got 2", ["a", "b"]),
    (ValueError, r"name classes in \[0, 3\), got 3", {3: "a"}),
    (ValueError, r"name classes in \[0, 3\), got 'a'", {"a": 0}),
]


@pytest.mark.parametrize(("error", "message", "names"), WRONG)
def test_what_is_refused(error: type[Exception], message: str, names: Any) -> None:
    for make in (DiceScore, ConfusionMatrix, ScoreSuite):
        with pytest.raises(
            error, match=f"^{make.__name__}: class_names must {message}"
        ):
            make(3, class_names=names)
    own: Any = {"dice": {"class_names": NAMES}}
    with pytest.raises(
        ValueError, match="class_names must be the same for every score"
    ):
        ScoreSuite(3, own)


def test_samples_have_no_names() -> None:
    metric = DiceScore(3, aggregation="none")
    metric.update(PREDS[None], TARGET[None])
    with pytest.raises(ValueError, match=r"^DiceScore\.named: the scores must all be"):
        metric.named()
    with pytest.raises(TypeError, match=r"^IoUScore\.named: val must be what compute"):
        IoUScore(3).named("iou")
    with pytest.raises(ValueError, match=r"val must be what compute returns, 3 scores"):
        IoUScore(3, average="none").named(torch.ones(2))


def test_functions_take_no_names() -> None:
    with pytest.raises(TypeError, match="unknown option 'class_names'"):
        tt.dice_score(PREDS, TARGET, 3, class_names=NAMES)  # type: ignore[call-overload]
