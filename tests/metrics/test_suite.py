"""ScoreSuite: any set of scores from one accumulation."""

from __future__ import annotations

import copy
import pickle
from typing import Any
from unittest import mock

import pytest
import torch

import torchtally as tt
from torchtally._options import CHOICES
from torchtally.functional._definitions import SCORES as DEFINITIONS
from torchtally.metrics import DiceScore, ScoreSuite, _counters

GENERATOR = torch.Generator().manual_seed(2)
PREDS = torch.randint(0, 5, (9, 8), generator=GENERATOR)
TARGET = torch.randint(0, 5, (9, 8), generator=GENERATOR)
SCORES: dict[str, dict[str, Any]] = {
    "dice": {},
    "iou": {"average": "none", "include_background": False},
    "mean over samples": {"score": "dice", "aggregation": "samplewise"},
    "mean over classes": {
        "score": "iou",
        "aggregation": "samplewise",
        "sample_mean": "samples_first",
    },
    "f1": {"average": "micro"},
}
EACH = {"each": {"score": "dice", "aggregation": "none"}}
FUNCTIONS = {"dice": tt.dice_score, "iou": tt.iou_score, "f1": tt.f1_score}


def same(found: Any, wanted: Any, rtol: float = 0) -> None:
    torch.testing.assert_close(found, wanted, rtol=rtol, atol=0, equal_nan=True)


@pytest.mark.parametrize("scores", [SCORES, SCORES | EACH], ids=["sums", "samples"])
def test_every_score_is_that_of_its_function(scores: dict[str, Any]) -> None:
    common: Any = {"ignore_index": 2, "dtype": torch.float64}
    suite = ScoreSuite(5, scores, zero_division=0.0, **common)
    for n in range(0, 9, 4):
        suite.update(PREDS[n : n + 4], TARGET[n : n + 4])
    found = suite.compute()
    assert list(found) == list(scores)
    for result, own in scores.items():
        options = {**common, "zero_division": 0.0, **own}
        function = FUNCTIONS[options.pop("score", result)]
        wanted = function(PREDS, TARGET, 5, **options)
        torch.testing.assert_close(
            found[result], wanted, rtol=1e-14, atol=0, equal_nan=True
        )
    batch = suite(PREDS, TARGET)
    same(batch, found)


def test_names_alone_and_by_default() -> None:
    suite = ScoreSuite(5)
    assert list(suite(PREDS, TARGET)) == ["dice", "iou", "f1"]
    assert list(ScoreSuite(5, ["iou"])(PREDS, TARGET)) == ["iou"]
    assert list(suite._state().named()) == ["counts", "invalid"]


@pytest.mark.parametrize("scores", [SCORES, SCORES | EACH], ids=["sums", "samples"])
def test_a_batch_is_counted_once(scores: dict[str, Any]) -> None:
    counted = mock.Mock(side_effect=_counters.COUNT[0])
    suite = ScoreSuite(5, scores)
    with mock.patch.object(_counters, "COUNT", (counted, None)):
        suite.update(PREDS, TARGET)
        suite.compute()
        assert counted.call_count == 1
        suite(PREDS, TARGET)
        assert counted.call_count == 2


@pytest.mark.parametrize("scores", [SCORES, SCORES | EACH], ids=["sums", "samples"])
def test_copies_and_saved_states(scores: dict[str, Any]) -> None:
    suite = ScoreSuite(5, scores, class_weights=None, persistent=True)
    suite.update(PREDS[:4], TARGET[:4])
    fresh = ScoreSuite(5, scores, persistent=True)
    fresh.load_state_dict(suite.state_dict())
    twins = [copy.deepcopy(suite), pickle.loads(pickle.dumps(suite)), fresh]
    for twin in (suite, *twins):
        twin.update(PREDS[4:], TARGET[4:])
    for twin in twins:
        torch.testing.assert_close(
            twin.compute(), suite.compute(), rtol=0, atol=0, equal_nan=True
        )


def test_weights_may_be_a_tensor() -> None:
    weights = torch.tensor([1.0, 2, 3, 4, 5])
    for aggregation in ("global", "samplewise"):
        options: Any = {"aggregation": aggregation, "dtype": torch.float64}
        suite = ScoreSuite(5, ["dice"], class_weights=weights, **options)
        other = DiceScore(5, class_weights=weights.tolist(), **options)
        pair = [pickle.loads(pickle.dumps(metric)) for metric in (suite, other)]
        found, wanted = (metric(PREDS, TARGET) for metric in pair)
        assert found["dice"] == wanted
        suite.merge(pair[0])


WRONG: list[tuple[type[Exception], str, Any, dict[str, Any]]] = [
    (TypeError, "scores must be a sequence .* or a dict .* got str", "dice", {}),
    (TypeError, "scores must be a sequence of names .* got int", 3, {}),
    (TypeError, "scores must map names .* got 'dice': 1", {"dice": 1}, {}),
    (TypeError, r"scores must map names .* got 1: \{\}", [1], {}),
    (ValueError, "scores must name at least one score, got none", (), {}),
    (ValueError, "score must be one of 'dice', .* got 'dise'", ["dise"], {}),
    (
        ValueError,
        r"task must be the same for every score; .* of scores\['dice'\]",
        {"dice": {"task": "binary"}},
        {},
    ),
    (TypeError, "unknown option 'averag'", {"dice": {"averag": "none"}}, {}),
    (TypeError, "unknown option 'averag'", ["dice"], {"averag": "none"}),
    (ValueError, "average must be .* got 'mean'", ["dice"], {"average": "mean"}),
    (
        ValueError,
        "class_weights must have one weight for each of 5 classes, got 2",
        ["dice"],
        {"class_weights": [1, 2]},
    ),
    (
        ValueError,
        "class_weights must have one weight for each of 5 classes, got 2",
        ["dice"],
        {"class_weights": [1, 2], "aggregation": "samplewise"},
    ),
    (ValueError, r"classes must lie in \[0, 5\), got 5", ["dice"], {"classes": [5]}),
    (ValueError, "num_classes must be 2 for task='b", ["dice"], {"task": "binary"}),
    (
        TypeError,
        "sync_on_compute must be a bool, got int",
        ["dice"],
        {"sync_on_compute": 1},
    ),
    (ValueError, "dtype must be torch.float32 or", ["dice"], {"dtype": torch.half}),
]


@pytest.mark.parametrize(("error", "message", "arguments", "options"), WRONG)
def test_what_is_refused(
    error: type[Exception], message: str, arguments: Any, options: dict[str, Any]
) -> None:
    with pytest.raises(error, match=f"^ScoreSuite: {message}"):
        ScoreSuite(5, arguments, **options)


def test_metrics_refuse_options_that_do_not_exist() -> None:
    with pytest.raises(TypeError, match=r"^DiceScore: unknown option 'beta'; "):
        DiceScore(3, beta=2)  # type: ignore[arg-type]


def test_what_the_caller_changes_later_changes_no_metric() -> None:
    regions, weights = [[1, 2], [3]], torch.tensor([1.0, 3.0])
    metric = DiceScore(5, regions=regions, class_weights=weights)
    before = repr(metric), metric(PREDS, TARGET)
    regions[0].append(4)
    weights.zero_()
    metric = pickle.loads(pickle.dumps(metric))
    assert (repr(metric), metric.compute()) == before


def test_repr_shows_what_is_not_a_default() -> None:
    metric = DiceScore(5, average="macro", class_weights=torch.ones(5), top_k=1)
    weights = [1.0] * 5
    shown = f"DiceScore(num_classes=5, average='macro', class_weights={weights})"
    assert repr(metric) == shown
    assert eval(repr(metric), vars(tt.metrics)).merge(metric) is None
    suite = ScoreSuite(2, ["dice", "fbeta"], beta=2.0, sync_on_compute=False)
    assert repr(suite) == (
        "ScoreSuite(num_classes=2, sync_on_compute=False, "
        "scores=['dice', 'fbeta'], beta=2.0)"
    )


METRICS = [
    getattr(tt.metrics, name)
    for name in tt.metrics.__all__
    if hasattr(getattr(tt.metrics, name), "_score")
]
EXTRA: dict[str, list[dict[str, Any]]] = {
    "fbeta": [{"beta": 2.0}],
    "tversky": [{"alpha": 0.3, "beta": 0.7}],
    "cohen_kappa": [{"weights": "quadratic"}],
    "generalized_dice": [{"weight_type": "simple"}],
    "dice": [{"regions": [[1, 2], [3]]}, {"regions": [[1], [1, 2]], "average": "none"}],
}


@pytest.mark.parametrize("aggregation", ["global", "samplewise", "none"])
@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.__name__)
def test_every_metric_is_its_function(metric: Any, aggregation: str) -> None:
    function = getattr(tt, metric._score.function)
    for extra in [{}, *EXTRA.get(metric._score.name, [])]:
        options = {"aggregation": aggregation, "dtype": torch.float64, **extra}
        if aggregation not in CHOICES[metric._score.kept["aggregation"].type]:
            with pytest.raises(ValueError, match="aggregation must be one of"):
                metric(5, **options)
            continue
        found = metric(5, **options)
        found.update(PREDS[:4], TARGET[:4])
        found = pickle.loads(pickle.dumps(found))
        found.update(PREDS[4:], TARGET[4:])
        same(found.compute(), function(PREDS, TARGET, 5, **options), rtol=1e-13)


def test_every_score_has_a_metric_and_a_place_in_suites() -> None:
    assert {metric._score.name for metric in METRICS} == set(DEFINITIONS)
    # An option that a score does not take is for the others.
    suite = ScoreSuite(5, tuple(DEFINITIONS), average="none")
    found = suite(PREDS, TARGET)
    assert found["dice"].shape == (5,)
    assert found["cohen_kappa"].shape == ()


def test_scores_of_matrices_and_of_counts_share_one_matrix() -> None:
    scores: dict[str, Any] = {
        "cohen_kappa": {"weights": "linear"},
        "dice": {},
        "mean": {"score": "iou", "aggregation": "samplewise"},
    }
    suite = ScoreSuite(5, scores)
    assert suite.counts.shape == (5, 5)
    found = suite(PREDS, TARGET)
    same(found["dice"], tt.dice_score(PREDS, TARGET, 5))
    same(found["cohen_kappa"], tt.cohen_kappa_score(PREDS, TARGET, 5, weights="linear"))
    wanted = tt.iou_score(PREDS, TARGET, 5, aggregation="samplewise")
    same(found["mean"], wanted, rtol=1e-6)
