"""Random labels: scores equal those of MONAI and of ignite."""

from __future__ import annotations

from typing import Any

import ignite.metrics
import monai.metrics
import torch
from hypothesis import given
from hypothesis import strategies as st
from peer_inputs import (
    LabelPairs,
    assert_equal,
    ignored_at_random,
    label_pairs,
    one_hot,
)

import torchtally as tt
from conformance.rates import RATES
from torchtally.functional._definitions import SCORES

OURS: dict[str, Any] = {"iou": tt.iou_score, "dice": tt.dice_score}


@given(
    pairs=label_pairs(),
    score=st.sampled_from(["dice", "iou"]),
    ignore_empty=st.booleans(),
    background=st.booleans(),
)
def test_monai_each_sample_and_class(
    pairs: LabelPairs, score: str, ignore_empty: bool, background: bool
) -> None:
    preds, target, classes = pairs
    compute = {"dice": monai.metrics.compute_dice, "iou": monai.metrics.compute_iou}
    wanted = compute[score](
        one_hot(preds, classes),
        one_hot(target, classes),
        include_background=background,
        ignore_empty=ignore_empty,
    )
    options: dict[str, Any] = {"include_background": background}
    if ignore_empty:
        options["undefined_when"] = "empty_target"
    else:
        options["zero_division"] = 1
    found = OURS[score](
        preds, target, classes, average="none", aggregation="none", **options
    )
    assert_equal(found, wanted)


@given(
    pairs=label_pairs(),
    reduction=st.sampled_from(["mean", "mean_batch", "mean_channel"]),
    score=st.sampled_from(["dice", "iou"]),
)
def test_monai_reductions(pairs: LabelPairs, reduction: str, score: str) -> None:
    preds, target, classes = pairs
    metric = {"dice": monai.metrics.DiceMetric, "iou": monai.metrics.MeanIoU}[score]
    peer = metric(include_background=True, reduction=reduction, ignore_empty=True)
    peer(one_hot(preds, classes), one_hot(target, classes))
    spelling: dict[str, dict[str, Any]] = {
        "mean": {"aggregation": "samplewise"},
        "mean_batch": {"aggregation": "samplewise", "average": "none"},
        "mean_channel": {"aggregation": "none"},
    }
    found = OURS[score](
        preds, target, classes, undefined_when="empty_target", **spelling[reduction]
    )
    assert_equal(found.nan_to_num(0.0), peer.aggregate())  # 0 there, NaN here


@given(
    pairs=label_pairs(),
    weight_type=st.sampled_from(["square", "simple", "uniform"]),
    background=st.booleans(),
)
def test_monai_generalized_dice(
    pairs: LabelPairs, weight_type: str, background: bool
) -> None:
    preds, target, classes = pairs
    wanted = monai.metrics.compute_generalized_dice(
        one_hot(preds, classes),
        one_hot(target, classes),
        include_background=background,
        weight_type=weight_type,
        sum_over_classes=True,
    )
    found = tt.generalized_dice_score(
        preds,
        target,
        classes,
        weight_type=weight_type.replace("uniform", "linear"),  # type: ignore[arg-type]
        include_background=background,
        aggregation="none",
        zero_division=1,
    )
    assert_equal(found, wanted)


MONAI_RATES = sorted(name for name, rate in RATES.items() if rate.monai)


@given(pairs=label_pairs(), name=st.sampled_from(MONAI_RATES))
def test_monai_rates(pairs: LabelPairs, name: str) -> None:
    preds, target, classes = pairs
    preds_hot, target_hot = one_hot(preds, classes), one_hot(target, classes)
    counts = monai.metrics.get_confusion_matrix(preds_hot, target_hot)
    wanted = monai.metrics.compute_confusion_matrix_metric(RATES[name].monai, counts)
    score = getattr(tt, SCORES[name].function)
    # A class of MONAI is a label that is set or not.
    found = score(
        preds_hot,
        target_hot,
        classes,
        task="multilabel",
        average="none",
        aggregation="none",
    )
    assert_equal(found, wanted)  # NaN there where the denominator is 0, as here


@given(
    pairs=label_pairs(),
    name=st.sampled_from(["IoU", "DiceCoefficient", "cmPrecision", "cmRecall"]),
    seed=st.integers(0, 2**31),
)
def test_ignite(pairs: LabelPairs, name: str, seed: int) -> None:
    preds, target, classes = pairs
    target = ignored_at_random(target, seed)
    matrix = ignite.metrics.ConfusionMatrix(classes)
    options = {"average": False} if name.startswith("cm") else {}
    metric = getattr(ignite.metrics.confusion_matrix, name)(matrix, **options)
    accuracy = ignite.metrics.confusion_matrix.cmAccuracy(matrix)
    scores = torch.nn.functional.one_hot(preds, classes).movedim(-1, 1).float()
    matrix.update((scores, target))
    ours = {
        "IoU": tt.iou_score,
        "DiceCoefficient": tt.dice_score,
        "cmPrecision": tt.precision_score,
        "cmRecall": tt.recall_score,
    }
    found = ours[name](
        preds, target, classes, average="none", zero_division=0, ignore_index=255
    )
    assert_equal(found, metric.compute())
    found = tt.accuracy_score(scores, target, classes, ignore_index=255)
    assert_equal(found, accuracy.compute())
    assert_equal(
        tt.confusion_matrix(scores, target, classes, ignore_index=255),
        matrix.compute(),
    )
