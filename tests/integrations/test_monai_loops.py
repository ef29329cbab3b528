"""Whole loops of MONAI: decollated lists, ignite engines, ranks, and scripts."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from typing import Any

import ignite.engine
import monai.handlers
import monai.metrics
import pytest
import torch
from monai.data import MetaTensor, decollate_batch
from monai.transforms import AsDiscrete, Compose, EnsureType
from monai_inputs import assert_same, labels_at_random
from monai_rank_checks import CHECKS_OF_MONAI
from torch import Tensor

from distributed.ranks import Outcomes, run_ranks
from torchtally.integrations import monai as ours


def batches(channels: int = 3) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield scores and labels ``[N, 1, ...]`` of a validation set, as MetaTensor."""
    for seed in range(3):
        preds, target = labels_at_random(seed, channels, shape=(8, 9, 5))
        scores = torch.nn.functional.one_hot(preds[:, 0], channels).movedim(-1, 1)
        yield MetaTensor(scores.float()), MetaTensor(target.float())


def decollated(channels: int = 3) -> Iterator[tuple[list[Tensor], list[Tensor]]]:
    """Yield what the transforms of MONAI's tutorials make of a batch."""
    of_scores = Compose([EnsureType(), AsDiscrete(argmax=True, to_onehot=channels)])
    of_labels = Compose([EnsureType(), AsDiscrete(to_onehot=channels)])
    for scores, labels in batches(channels):
        yield (
            [of_scores(one) for one in decollate_batch(scores)],
            [of_labels(one) for one in decollate_batch(labels)],
        )


def test_a_validation_loop() -> None:
    results = []
    for module in (monai.metrics, ours):
        kinds: Any = module
        metrics = {
            "dice": kinds.DiceMetric(include_background=False, reduction="mean"),
            "classes": kinds.DiceMetric(reduction="mean_batch", get_not_nans=True),
            "iou": kinds.MeanIoU(include_background=False),
            "generalized": kinds.GeneralizedDiceScore(),
            "rates": kinds.ConfusionMatrixMetric(metric_name=("tpr", "ppv", "mcc")),
            "f2": kinds.FBetaScore(beta=2.0),
        }
        epochs = []
        for _epoch in range(2):
            for y_pred, y in decollated():
                for metric in metrics.values():
                    metric(y_pred=y_pred, y=y)
            epochs.append({name: m.aggregate() for name, m in metrics.items()})
            for metric in metrics.values():
                metric.reset()
        results.append(epochs)
    wanted, found = results
    assert_same(found, wanted)


def engine_of(**handlers: Any) -> ignite.engine.Engine:
    engine = ignite.engine.Engine(lambda _engine, batch: batch)
    for name, handler in handlers.items():
        handler.attach(engine, name)
    engine.run(list(decollated()), max_epochs=2)
    return engine


def test_handlers_of_ignite() -> None:
    results = []
    for handlers, metrics in ((monai.handlers, monai.metrics), (ours, ours)):
        kinds, scores = handlers, metrics
        general = monai.handlers.IgniteMetricHandler
        engine = engine_of(
            dice=kinds.MeanDice(include_background=False, num_classes=3),
            classes=kinds.MeanDice(reduction="mean_batch", return_with_label=True),
            iou=kinds.MeanIoUHandler(include_background=False),
            recall=kinds.ConfusionMatrix(metric_name="recall", save_details=False),
            f1=general(metric_fn=scores.FBetaScore()),
            generalized=general(metric_fn=scores.GeneralizedDiceScore()),
        )
        results.append((engine.state.metrics, engine.state.metric_details))
    assert_same(results[1], results[0])
    assert set(results[1][1]) == {"dice", "classes", "iou", "f1", "generalized"}


def test_handlers_hold_the_metrics_of_the_integration() -> None:
    kinds = {
        "MeanDice": ours.DiceMetric,
        "MeanIoUHandler": ours.MeanIoU,
        "ConfusionMatrix": ours.ConfusionMatrixMetric,
    }
    for name, kind in kinds.items():
        handler = getattr(ours, name)()
        assert type(handler.metric_fn) is kind
        assert isinstance(handler, getattr(monai.handlers, name))


def test_a_metric_is_its_original_but_for_its_class() -> None:
    """So that what is pickled holds nothing more, and a class may be exchanged."""
    for name in ("DiceMetric", "MeanIoU", "GeneralizedDiceScore", "FBetaScore"):
        wanted = vars(getattr(monai.metrics, name)())
        found = vars(getattr(ours, name)())
        wanted.pop("dice_helper", None), found.pop("dice_helper", None)
        assert found == wanted
        assert type(pickle.loads(pickle.dumps(getattr(ours, name)()))).__module__ == (
            "torchtally.integrations.monai.metrics"
        )


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    """Run every check in one group of two ranks."""
    return run_ranks(2, CHECKS_OF_MONAI, patience=400.0)  # each imports MONAI


@pytest.mark.slow  # importing MONAI, by each rank
@pytest.mark.parametrize("check", [check.__name__ for check in CHECKS_OF_MONAI])
def test_two_ranks(check: str, outcomes: Outcomes) -> None:
    assert not outcomes[check], "\n".join(outcomes[check])
