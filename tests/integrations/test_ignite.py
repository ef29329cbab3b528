"""ignite's confusion matrix and what is made of it, beside the originals."""

from __future__ import annotations

import importlib
import pickle
import sys
from typing import Any

import ignite.metrics
import pytest
import torch
from ignite.engine import Engine
from ignite.exceptions import NotComputableError
from ignite.metrics.metric import BatchWise
from ignite_ranks import CHECKS_OF_IGNITE
from torch import Tensor

from distributed.ranks import Outcomes, run_ranks
from torchtally.integrations import ignite as ours
from torchtally.metrics import ConfusionMatrix, DiceScore, IoUScore, ScoreSuite

LAMBDAS = [
    ("IoU", {}),
    ("IoU", {"ignore_index": 1}),
    ("mIoU", {}),
    ("mIoU", {"ignore_index": 0}),
    ("DiceCoefficient", {}),
    ("DiceCoefficient", {"ignore_index": 2}),
    ("JaccardIndex", {"ignore_index": 2}),
    ("cmAccuracy", {}),
    ("cmPrecision", {"average": False}),
    ("cmPrecision", {}),
    ("cmRecall", {"average": False}),
    ("cmRecall", {}),
]


def batches(
    classes: int, seed: int, preds: torch.dtype, target: torch.dtype
) -> list[tuple[Tensor, Tensor]]:
    """Return three batches: one of no sample, and labels that count nowhere."""
    generator = torch.Generator().manual_seed(seed)
    made = []
    for samples in (3, 0, 2):
        labels = torch.randint(0, classes - 1, (samples, 4, 5), generator=generator)
        labels[torch.rand(labels.shape, generator=generator) < 0.2] = 255
        if target.is_signed:
            labels[torch.rand(labels.shape, generator=generator) < 0.1] = -1
        scores = torch.randint(0, 9, (samples, classes, 4, 5), generator=generator)
        made.append((scores.to(preds), labels.to(target)))
    return made


def same(found: Any, expected: Any) -> None:
    torch.testing.assert_close(found, expected, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("average", [None, "samples", "recall", "precision"])
@pytest.mark.parametrize("classes", [2, 3, 12])
@pytest.mark.parametrize(
    ("preds", "target"),
    [
        (torch.float32, torch.int64),
        (torch.float64, torch.int32),
        (torch.bfloat16, torch.int16),
        (torch.int64, torch.uint8),
    ],
)
def test_matrix(
    average: str | None,
    classes: int,
    preds: torch.dtype,
    target: torch.dtype,
    seed: int,
) -> None:
    theirs = ignite.metrics.ConfusionMatrix(classes, average)
    mine = ours.ConfusionMatrix(classes, average)
    for _ in range(2):
        for batch in batches(classes, seed, preds, target):
            theirs.update(batch)
            mine.update(batch)
        same(mine.compute(), theirs.compute())
        same(mine.confusion_matrix, theirs.confusion_matrix)
        mine.update(batch)  # after compute, which may have made floats of counts
        theirs.update(batch)
        same(mine.compute(), theirs.compute())
        mine.reset()
        theirs.reset()
    with pytest.raises(NotComputableError):
        mine.compute()


@pytest.mark.parametrize(("name", "options"), LAMBDAS, ids=str)
@pytest.mark.parametrize("average", [None, "samples"])
def test_what_is_made_of_a_matrix(
    name: str, options: dict[str, Any], average: str | None
) -> None:
    found = []
    for module in (ignite.metrics.confusion_matrix, ours):
        engine = Engine(lambda engine, batch: batch)
        matrix = module.ConfusionMatrix(
            num_classes=3,
            average=average,
            output_transform=lambda output: (output[1], output[0]),
            device="cpu",
        )
        metric = getattr(module, name)(matrix, **options)
        metric.attach(engine, "value")
        (1 - metric).attach(engine, "loss")
        data = [(y, x) for x, y in batches(3, 0, torch.float32, torch.int64)]
        found.append(engine.run(data, max_epochs=2).metrics)
    same(found[1], found[0])
    assert {"value", "loss"} == set(found[0])


def test_it_is_ignites_own() -> None:
    matrix = ours.ConfusionMatrix(3)
    assert isinstance(matrix, ignite.metrics.ConfusionMatrix)
    batch = batches(3, 0, torch.float32, torch.int64)[0]
    matrix.update(batch)
    saved, other = matrix.state_dict(), ignite.metrics.ConfusionMatrix(3)
    other.load_state_dict(saved)
    same(other.compute(), matrix.compute())
    normalized = ours.ConfusionMatrix.normalize(matrix.compute().float(), "recall")
    assert normalized.sum(1).allclose(torch.tensor([1.0, 1.0, 0.0]))
    assert matrix.compute().is_inference() is False
    loaded = pickle.loads(pickle.dumps(ours.ConfusionMatrix(3, None, _identity)))
    loaded.update(batch)
    same(loaded.compute(), matrix.compute())


def _identity(output: Any) -> Any:
    return output


def test_many_classes_of_uint8_do_not_wrap() -> None:
    target = torch.full((1, 6), 20, dtype=torch.uint8)
    scores = torch.zeros(1, 21, 6)
    scores[:, 20] = 1
    mine, theirs = ours.ConfusionMatrix(21), ignite.metrics.ConfusionMatrix(21)
    mine.update((scores, target))
    theirs.update((scores, target))
    assert mine.compute()[20, 20] == 6
    assert theirs.compute()[20, 20] == 0


def test_errors_of_ignite() -> None:
    with pytest.raises(ValueError, match="needs to be > 1"):
        ours.ConfusionMatrix(1)
    with pytest.raises(ValueError, match="average"):
        ours.ConfusionMatrix(3, "macro")
    matrix = ours.ConfusionMatrix(3)
    for scores, target in (
        (torch.zeros(4), torch.zeros(4)),
        (torch.zeros(4, 2), torch.zeros(4)),
        (torch.zeros(4, 3), torch.zeros(4, 3)),
        (torch.zeros(4, 3, 2), torch.zeros(4, 3)),
    ):
        with pytest.raises(ValueError, match="y_pred"):
            matrix.update((scores, target.long()))
    with pytest.raises(TypeError, match="target must be an integer"):
        matrix.update((torch.zeros(4, 3), torch.zeros(4)))
    with pytest.raises(ValueError, match="ignore_index"):
        ours.IoU(matrix, ignore_index=3)
    with pytest.raises(TypeError, match="ConfusionMatrix"):
        ours.mIoU(ConfusionMatrix(3))


# Metrics of torchtally on an engine

PAIRS = [
    (torch.randn(2, 3, 7), torch.randint(0, 3, (2, 7))),
    (torch.randn(1, 3, 7), torch.randint(0, 3, (1, 7))),
]


def engine() -> Engine:
    return Engine(lambda engine, batch: batch)


def test_any_metric_is_attached() -> None:
    whole = {
        "dice": DiceScore(3),
        "each": IoUScore(3, average="none"),
        "matrix": ConfusionMatrix(3),
        "suite": ScoreSuite(3, {"iou": {}, "recall": {"average": "none"}}),
    }
    evaluator = engine()
    for name, metric in whole.items():
        ours.attach(metric, evaluator, name)
    for _ in range(2):
        found = evaluator.run(PAIRS).metrics
        for metric in whole.values():
            metric.reset()
            for pair in PAIRS:
                metric.update(*pair)
        assert found["dice"] == whole["dice"].compute().item()
        assert type(found["dice"]) is float
        for name in ("each", "matrix"):
            same(found[name], whole[name].compute())
        assert type(found["iou"]) is float
        assert found["iou"] == found["suite"]["iou"]
        same(found["recall"], whole["suite"].compute()["recall"])


def test_what_ignite_metrics_do() -> None:
    evaluator = engine()
    metric = ours.TallyMetric(
        DiceScore(3), output_transform=lambda o: {"y_pred": o[0], "y": o[1]}
    )
    metric.attach(evaluator, "dice")
    (1 - metric).attach(evaluator, "loss")
    found = evaluator.run(PAIRS).metrics
    assert found["loss"] == pytest.approx(1 - found["dice"])
    metric.detach(evaluator)
    assert not metric.is_attached(evaluator)
    by_batch = ours.attach(DiceScore(3), evaluator, "batch", usage=BatchWise.usage_name)
    assert by_batch.is_attached(evaluator, BatchWise())
    found = evaluator.run(PAIRS).metrics
    last = DiceScore(3)
    last.update(*PAIRS[-1])
    assert found["batch"] == last.compute().item()


def test_masks_lists_and_saved_counts() -> None:
    metric = ours.TallyMetric(DiceScore(3, persistent=True))
    mask = torch.rand(2, 7) > 0.5
    metric.update((*PAIRS[0], mask))
    masked = DiceScore(3)
    masked.update(*PAIRS[0], mask)
    assert metric.compute() == masked.compute()
    other = ours.TallyMetric(DiceScore(3, persistent=True))
    other.load_state_dict(metric.state_dict())
    assert other.compute() == masked.compute()
    assert pickle.loads(pickle.dumps(metric)).compute() == masked.compute()
    evaluator = engine()
    ours.attach(
        DiceScore(3), evaluator, "dice", lambda o: ([*o[0]], [*o[1]])
    )  # a list of samples
    whole = DiceScore(3)
    whole.update(*PAIRS[0])
    assert evaluator.run(PAIRS[:1]).metrics["dice"] == whole.compute().item()


def test_refused() -> None:
    for wrong in (ignite.metrics.Accuracy(), torch.nn.Linear(1, 1)):
        with pytest.raises(TypeError, match=r"must be one of torchtally\.metrics, got"):
            ours.TallyMetric(wrong)
    with pytest.raises(TypeError, match="unrolling"):
        ours.TallyMetric(DiceScore(3), unrolling=True)


# Ranks


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    return run_ranks(2, CHECKS_OF_IGNITE)


@pytest.mark.parametrize("check", [check.__name__ for check in CHECKS_OF_IGNITE])
def test_on_two_ranks(check: str, outcomes: Outcomes) -> None:
    assert not outcomes[check], "\n".join(outcomes[check])


def test_without_ignite_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, ours.__name__)
    monkeypatch.setitem(sys.modules, "ignite", None)
    with pytest.raises(ImportError, match=r"pip install torchtally\[ignite\]"):
        importlib.import_module(ours.__name__)
