"""Metrics inside torchmetrics: collections, wrappers, files, ranks, and all of it."""

from __future__ import annotations

import copy
import inspect
import pickle
import random
import threading
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch
import torchmetrics
import torchmetrics_cases as cases
import torchmetrics_rank_checks as rank_checks
from torch import Tensor
from torchmetrics import Metric, MetricCollection
from torchmetrics.classification import BinaryAUROC, MulticlassF1Score
from torchmetrics.functional.classification import multiclass_f1_score
from torchmetrics.wrappers import (
    BootStrapper,
    ClasswiseWrapper,
    MetricTracker,
    MinMaxMetric,
    MultioutputWrapper,
    Running,
)

from distributed.ranks import Outcomes, run_ranks
from torchtally.integrations import torchmetrics as ours
from torchtally.integrations.torchmetrics import _counting

CLASSES = 3
Pair = tuple[Tensor, Tensor]


def labels(seed: int = 0) -> Pair:
    torch.manual_seed(seed)
    preds, target = torch.randint(0, CLASSES, (2, 4, 50))
    return preds, torch.where(torch.rand(4, 50) < 0.7, preds, target)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Pixels that torchtally counted, batch by batch."""
    found: list[int] = []
    count = _counting._count

    def spy(matrix: bool, preds: Tensor, target: Tensor, *rest: Any) -> Tensor | None:
        counts = count(matrix, preds, target, *rest)
        if counts is not None:
            found.append(target.numel())
        return counts

    monkeypatch.setattr(_counting, "_count", spy)
    return found


@pytest.fixture
def accelerated() -> Iterator[None]:
    """Accelerate torchmetrics as a whole."""
    ours.accelerate()
    yield
    ours.restore()


def clean_call(name: str) -> tuple[dict[str, Any], Pair]:
    """Return options and inputs that torchtally counts."""
    rng = random.Random(name)
    signature = inspect.signature(
        cases.theirs_of(name).__init__
        if name in cases.CLASSES
        else cases.function_of(name)
    )
    options = {
        key: value
        for key, value in {
            "task": "multiclass",
            "num_classes": CLASSES,
            "num_labels": CLASSES,
            "beta": 2.0,
            "input_format": "index",
        }.items()
        if key in signature.parameters
    }
    pair = cases.inputs_of(rng, options.get("task", name), options, faults=False)
    if "input_format" in options:
        pair = torch.randint(0, CLASSES, (2, 4, 9)).unbind()
    elif "exact" in name.lower():  # of samples that have as many pixels as classes
        shape = (4, CLASSES, 9) if "ultilabel" in name else (4, 9)
        pair = torch.randint(0, 2, (2, *shape)).unbind()
    return options, pair


# What counts.


@pytest.mark.parametrize("name", cases.CLASSES)
def test_classes_count_with_torchtally(name: str, counted: list[int]) -> None:
    options, pair = clean_call(name)
    getattr(ours, name)(**options).update(*pair)
    assert counted == [pair[1].numel()] * cases.counted_here(name)


@pytest.mark.parametrize("name", cases.FUNCTIONS)
def test_functions_count_with_torchtally(name: str, counted: list[int]) -> None:
    options, pair = clean_call(name)
    getattr(ours.functional, name)(*pair, **options)
    assert counted == [pair[1].numel()] * cases.counted_here(name)


@pytest.mark.parametrize("name", [*cases.CLASSES, *cases.FUNCTIONS])
def test_all_count_once_torchmetrics_is_accelerated(
    name: str, counted: list[int], accelerated: None
) -> None:
    options, pair = clean_call(name)
    if name in cases.CLASSES:
        cases.theirs_of(name)(**options).update(*pair)
    else:
        cases.function_of(name)(*pair, **options)
    assert counted == [pair[1].numel()] * cases.counted_here(name)


def test_every_class_and_function_of_the_families_is_here() -> None:
    for name in cases.WRAPPERS:
        for task in cases.TASKS:
            assert hasattr(cases.original, task + name) == hasattr(ours, task + name)
    for name in [n for n in cases.FUNCTIONS if not n.startswith(("binary_", "multi"))]:
        for task in ("binary_", "multiclass_", "multilabel_"):
            theirs = hasattr(cases.original_functions, task + name)
            assert theirs == hasattr(ours.functional, task + name)


@pytest.mark.parametrize("name", cases.CLASSES)
def test_classes_are_torchmetrics(name: str) -> None:
    mine, theirs = getattr(ours, name), cases.theirs_of(name)
    assert issubclass(mine, theirs)
    assert mine.__name__ == theirs.__name__
    assert inspect.signature(mine) == inspect.signature(theirs)
    assert inspect.signature(mine.update) == inspect.signature(theirs.update)
    assert mine.compute is theirs.compute


@pytest.mark.parametrize("name", cases.FUNCTIONS)
def test_functions_are_torchmetrics(name: str) -> None:
    mine, theirs = getattr(ours.functional, name), cases.function_of(name)
    assert inspect.signature(mine) == inspect.signature(theirs)
    assert theirs.__doc__.startswith(mine.__doc__.rstrip())
    assert pickle.loads(pickle.dumps(mine)) is mine


@pytest.mark.parametrize("task", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("name", cases.WRAPPERS)
def test_a_task_is_dispatched(name: str, task: str) -> None:
    kind = task.capitalize() + name
    if kind not in cases.CLASSES:
        pytest.skip("torchmetrics has no such task")
    options = {"task": task, "num_classes": CLASSES, "num_labels": CLASSES}
    accepted = inspect.signature(cases.theirs_of(name).__new__).parameters
    options = {key: value for key, value in options.items() if key in accepted}
    assert type(getattr(ours, name)(**options)) is getattr(ours, kind)


def test_tasks_that_do_not_exist_are_refused_alike() -> None:
    for options in ({"task": "regression"}, {"task": "multiclass"}):
        found = cases.outcome(ours.F1Score, **options)
        expected = cases.outcome(cases.original.F1Score, **options)
        assert found == expected
        assert found[0][0] is ValueError


# What torchmetrics does with its metrics.


@pytest.mark.parametrize("name", cases.CLASSES)
def test_objects_survive(name: str) -> None:
    options, pair = clean_call(name)
    metric, twice = getattr(ours, name)(**options), cases.theirs_of(name)(**options)
    metric.update(*pair)
    for _ in range(2):
        twice.update(*pair)
    for other in (
        pickle.loads(pickle.dumps(metric)),
        copy.deepcopy(metric),
        metric.clone(),
    ):
        assert type(other) is type(metric)
        assert cases.same(dict(other.metric_state), dict(metric.metric_state))
        other.update(*pair)
        assert cases.same(other.compute(), twice.compute())
    metric.persistent(True)
    loaded = cases.theirs_of(name)(**options)
    loaded.persistent(True)
    loaded.load_state_dict(metric.state_dict())
    loaded._update_count = 1
    assert cases.same(loaded.compute(), metric.compute())
    metric.reset()
    assert not metric.update_called


def test_merged_states() -> None:
    one, other = ours.MulticlassF1Score(CLASSES), MulticlassF1Score(CLASSES)
    whole = MulticlassF1Score(CLASSES)
    one.update(*labels(1))
    other.update(*labels(2))
    one.merge_state(dict(other.metric_state))
    whole.update(*labels(1))
    whole.update(*labels(2))
    assert cases.same(one.compute(), whole.compute())


def collection() -> MetricCollection:
    make = cases.original
    return MetricCollection(
        {
            "f1": make.MulticlassF1Score(CLASSES),
            "precision": make.MulticlassPrecision(CLASSES),
            "per class": make.MulticlassRecall(CLASSES, average="none"),
            "micro": make.MulticlassAccuracy(CLASSES, average="micro"),
            "matrix": make.MulticlassConfusionMatrix(CLASSES),
            "iou": make.MulticlassJaccardIndex(CLASSES),
            "kappa": make.MulticlassCohenKappa(CLASSES),
        }
    )


def test_compute_groups_are_shared(counted: list[int]) -> None:
    theirs, mine = collection(), ours.accelerate(collection())
    for metrics in (theirs, mine):
        metrics.update(*labels(1))  # which finds the groups
    assert len(counted) == 7
    assert mine.compute_groups == theirs.compute_groups
    assert len(mine.compute_groups) == 3
    counted.clear()
    for metrics in (theirs, mine):
        metrics.update(*labels(2))
    assert len(counted) == 3  # once a group
    assert cases.same(mine.compute(), theirs.compute())
    assert cases.same(mine(*labels(3)), theirs(*labels(3)))
    assert cases.same(mine.compute(), theirs.compute())


def test_a_collection_is_accelerated_on_its_way(counted: list[int]) -> None:
    theirs, mine = collection(), collection()
    for metrics in (theirs, mine):
        metrics.update(*labels(1))
    ours.accelerate(mine)
    for metrics in (theirs, mine):
        metrics.update(*labels(2))
    assert len(counted) == 3
    assert cases.same(mine.compute(), theirs.compute())
    ours.restore(mine)
    for metrics in (theirs, mine):
        metrics.update(*labels(3))
    assert len(counted) == 3
    assert cases.same(mine.compute(), theirs.compute())


WRAPPED: dict[str, Callable[[Metric], Metric]] = {
    "ClasswiseWrapper": lambda metric: ClasswiseWrapper(metric, ["a", "b", "c"]),
    "BootStrapper": lambda metric: BootStrapper(metric, num_bootstraps=3),
    "MinMaxMetric": lambda metric: MinMaxMetric(metric),
    "MetricTracker": lambda metric: MetricTracker(metric),
    "MultioutputWrapper": lambda metric: MultioutputWrapper(metric, 1),
    "Running": lambda metric: Running(metric, window=2),
    "sum": lambda metric: metric + 1.0,
}


@pytest.mark.parametrize("name", WRAPPED)
def test_wrappers(name: str, counted: list[int]) -> None:
    def wrapped() -> Metric:
        average = "none" if name == "ClasswiseWrapper" else "macro"
        return WRAPPED[name](MulticlassF1Score(CLASSES, average=average))

    results = []
    for metric in (wrapped(), ours.accelerate(wrapped())):
        torch.manual_seed(0)
        if name == "MetricTracker":
            metric.increment()
        for seed in range(3):
            preds, target = labels(seed)
            if name == "MultioutputWrapper":
                preds, target = preds.reshape(-1, 1), target.reshape(-1, 1)
            torch.manual_seed(seed)
            metric.update(preds, target)
        results.append(metric.compute())
    assert cases.same(*results)
    assert counted  # by the second


def test_plots() -> None:
    pytest.importorskip("matplotlib")
    metric = ours.MulticlassConfusionMatrix(CLASSES)
    metric.update(*labels())
    _, axes = metric.plot()
    assert axes.get_xlabel() == "Predicted class"


# Acceleration of what exists.


def test_accelerating_keeps_states_and_undoes() -> None:
    metric, other = MulticlassF1Score(CLASSES), MulticlassF1Score(CLASSES)
    for one in (metric, other):
        one.update(*labels(1))
    assert ours.accelerate(metric) is metric
    assert type(metric) is ours.MulticlassF1Score
    assert isinstance(metric, MulticlassF1Score)
    assert metric.update_count == 1
    for one in (metric, other):
        one.update(*labels(2))
    assert cases.same(metric.compute(), other.compute())
    assert ours.accelerate(metric) is metric  # again
    assert ours.restore(metric) is metric
    assert type(metric) is MulticlassF1Score
    assert cases.same(metric(*labels(3)), other(*labels(3)))
    assert cases.same(metric.compute(), other.compute())


class OfMyOwn(MulticlassF1Score):
    """A user's subclass."""

    def update(self, preds: Tensor, target: Tensor) -> None:
        super().update(preds % CLASSES, target % CLASSES)


def test_what_is_left_alone_is_named() -> None:
    metrics = {"f1": MulticlassF1Score(CLASSES), "own": OfMyOwn(CLASSES)}
    with pytest.warns(UserWarning, match=r"accelerate: BinaryAUROC, OfMyOwn left as "):
        ours.accelerate(torch.nn.ModuleDict({**metrics, "auroc": BinaryAUROC()}))
    assert type(metrics["own"]) is OfMyOwn
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours.accelerate(torch.nn.Sequential(metrics["f1"], torch.nn.Linear(2, 2)))


@pytest.mark.parametrize("call", [ours.accelerate, ours.restore])
def test_only_modules_are_converted(call: Callable[[Any], Any]) -> None:
    with pytest.raises(TypeError, match=r"metrics must be a metric.*, got list"):
        call([MulticlassF1Score(CLASSES)])


def test_names_imported_before_count_here(counted: list[int]) -> None:
    before, own = MulticlassF1Score(CLASSES), OfMyOwn(CLASSES)
    ours.accelerate()
    ours.accelerate()  # changes nothing
    try:
        for metric in (before, own, MulticlassF1Score(CLASSES)):
            metric.update(*labels())
        multiclass_f1_score(*labels(), num_classes=CLASSES)
        wrapper = torchmetrics.F1Score(task="multiclass", num_classes=CLASSES)
        wrapper.update(*labels())
        torchmetrics.functional.f1_score(
            *labels(), task="multiclass", num_classes=CLASSES
        )
        assert len(counted) == 6
        assert type(wrapper) is MulticlassF1Score  # a pickle needs no torchtally
    finally:
        ours.restore()
        ours.restore()
    before.update(*labels())
    multiclass_f1_score(*labels(), num_classes=CLASSES)
    assert len(counted) == 6
    ours.MulticlassF1Score(CLASSES).update(*labels())
    assert len(counted) == 7


def test_what_others_replaced_meanwhile_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    module = inspect.getmodule(cases.original_functions.multiclass_f1_score)
    name, mine = "_multiclass_stat_scores_update", object()
    was = getattr(module, name)
    ours.accelerate()
    setattr(module, name, mine)
    ours.restore()
    assert getattr(module, name) is mine
    setattr(module, name, was)


def test_metrics_that_share_helpers_are_the_same(accelerated: None) -> None:
    """Others format with the helpers that are replaced elsewhere."""
    functions = cases.original_functions
    scores, target = torch.rand(40), torch.randint(0, 2, (40,))
    several = torch.randn(40, CLASSES), torch.randint(0, CLASSES, (40,))
    groups = torch.randint(0, 2, (40,))

    def results() -> list[Any]:
        return [
            functions.binary_calibration_error(scores, target),
            functions.multiclass_calibration_error(*several, num_classes=CLASSES),
            functions.binary_hinge_loss(scores, target),
            functions.multiclass_hinge_loss(*several, num_classes=CLASSES),
            functions.binary_groups_stat_rates(scores, target, groups, 2),
            functions.multilabel_ranking_loss(
                torch.rand(9, 2), torch.randint(0, 2, (9, 2)), 2
            ),
            torchmetrics.functional.cramers_v(several[1], several[1].flip(0)),
        ]

    torch.manual_seed(0)
    with_ours = results()
    ours.restore()
    torch.manual_seed(0)
    assert cases.same(with_ours, results())


# Numbers and errors that are easily missed.


def test_errors_are_those_of_torchmetrics() -> None:
    bad = (torch.tensor([0, 1, 2]), torch.tensor([0, 5, 1]))
    calls: list[Callable[[Any], Any]] = [
        lambda of: of.BinaryF1Score().update(*bad),
        lambda of: of.MulticlassF1Score(2).update(*bad),
        lambda of: of.MulticlassF1Score(3).update(bad[0], bad[1][:2]),
        lambda of: of.MulticlassConfusionMatrix(3, ignore_index=0.5),
        lambda of: of.MultilabelF1Score(2).update(*(t.view(1, 3) for t in bad)),
        lambda of: of.MulticlassF1Score(3, top_k=4),
        lambda of: of.MulticlassF1Score(3).update([0, 1], [0, 1]),
        lambda of: of.MulticlassExactMatch(3).update([0, 1], [0, 1]),
        lambda of: of.MulticlassF1Score(3, validate_args=False).update(*bad),
    ]
    for call in calls:
        found = cases.outcome(call, ours)
        expected = cases.outcome(call, cases.original)
        assert found == expected
        assert issubclass(found[0][0], Exception)


def test_validation_of_one_call_is_not_taken_for_another() -> None:
    """A call that fails leaves nothing behind, whatever thread follows."""
    preds, target = torch.tensor([0, 1]), torch.tensor([0, 9])
    for _ in range(2):
        with pytest.raises(RuntimeError, match="Detected the following values"):
            ours.BinaryF1Score().update(preds, target)
        unchecked = ours.BinaryF1Score(validate_args=False)
        unchecked.update(preds, target)
        expected = cases.original.BinaryF1Score(validate_args=False)
        expected.update(preds, target)
        assert cases.same(dict(unchecked.metric_state), dict(expected.metric_state))


def test_threads_do_not_mix() -> None:
    wrong: list[str] = []

    def work(validate: bool) -> None:
        metric = ours.BinaryF1Score(validate_args=validate)
        for _ in range(200):
            pair = torch.tensor([0, 1]), torch.tensor([0, 9])
            value, _ = cases.outcome(metric.update, *pair)
            if (value is None) == validate:
                wrong.append(str(value))

    threads = [threading.Thread(target=work, args=(flag,)) for flag in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.parametrize("dtype", cases.SCORES)
@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
def test_scores_at_the_threshold(dtype: torch.dtype, threshold: float) -> None:
    near = torch.tensor(threshold, dtype=dtype)
    wide = torch.full_like(near, 2)
    scores = torch.stack(
        [near, torch.nextafter(near, wide), torch.nextafter(near, -wide)]
    )
    logits = torch.cat([scores.logit(), torch.tensor([3.0, 1e-8, 1e-4], dtype=dtype)])
    for preds in (scores, logits):
        target = torch.ones(len(preds), dtype=torch.int64)
        found = ours.functional.binary_stat_scores(preds, target, threshold)
        expected = cases.original_functions.binary_stat_scores(preds, target, threshold)
        assert cases.same(found, expected)


def test_unsigned_multilabel_labels_may_be_ignored() -> None:
    """Where torchmetrics fails: it marks ignored labels by negative ones."""
    preds, target = torch.randint(0, 2, (2, 30, CLASSES))
    target[::3] = 255
    options = {"num_labels": CLASSES, "ignore_index": 255}
    expected = cases.original.MultilabelConfusionMatrix(**options)(preds, target)
    pair = preds.to(torch.uint8), target.to(torch.uint8)
    with pytest.raises(RuntimeError, match="is invalid for input of size"):
        cases.original.MultilabelConfusionMatrix(**options).update(*pair)
    found = ours.MultilabelConfusionMatrix(**options)(*pair)
    assert cases.same(found, expected)


def test_many_classes_need_no_matrix() -> None:
    """A score of 50,000 classes counts 150,000 numbers, not 2.5 billion."""
    preds, target = torch.randint(0, 50_000, (2, 100))
    metric = ours.MulticlassF1Score(50_000)
    metric.update(preds, preds)
    metric.update(preds, target)
    assert int(metric.tp.sum()) >= 100


def test_empty_updates_are_torchmetrics() -> None:
    empty = torch.zeros(0, dtype=torch.int64)
    scores = torch.zeros(0, CLASSES)
    for pair in ((empty, empty), (scores, empty)):
        for name in ("MulticlassF1Score", "MulticlassConfusionMatrix"):
            found = cases.outcome(getattr(ours, name)(CLASSES), *pair)
            expected = cases.outcome(cases.theirs_of(name)(CLASSES), *pair)
            assert cases.same(found, expected)


def test_subclasses_of_tensor_are_torchmetrics(counted: list[int]) -> None:
    class Image(Tensor):
        pass

    preds, target = (t.as_subclass(Image) for t in labels())
    found = ours.functional.multiclass_f1_score(preds, target, CLASSES)
    expected = multiclass_f1_score(preds, target, CLASSES)
    assert type(found) is type(expected)
    assert float(found) == float(expected)
    assert not counted


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    return run_ranks(2, rank_checks.CHECKS)


@pytest.mark.parametrize("check", [check.__name__ for check in rank_checks.CHECKS])
def test_two_ranks(check: str, outcomes: Outcomes) -> None:
    assert not outcomes[check], "\n".join(outcomes[check])
