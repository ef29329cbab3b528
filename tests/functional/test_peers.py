"""Random labels: scores and matrices equal those of the packages people use."""

from __future__ import annotations

import math
import warnings
from typing import Any

import monai.metrics
import numpy as np
import pytest
import sklearn.metrics
import torch
import torchmetrics.classification
import torchmetrics.segmentation
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import torchtally as tt

OURS = {"f1": tt.f1_score, "iou": tt.iou_score, "dice": tt.dice_score}
SKLEARN = {"f1": sklearn.metrics.f1_score, "iou": sklearn.metrics.jaccard_score}

LabelPairs = tuple[Tensor, Tensor, int]


@st.composite
def label_pairs(draw: st.DrawFn, min_classes: int = 2) -> LabelPairs:
    """Batches of labels in which classes are often absent."""
    classes = draw(st.integers(min_classes, 6))
    shape = draw(st.tuples(st.integers(1, 4), st.integers(1, 12)))
    used = draw(st.lists(st.integers(0, classes - 1), min_size=1, unique=True))
    size = shape[0] * shape[1]
    label = st.sampled_from(used)
    preds, target = (
        torch.tensor(draw(st.lists(label, min_size=size, max_size=size))).view(shape)
        for _ in range(2)
    )
    if draw(st.booleans()):
        some = st.lists(
            st.integers(0, classes - 1), min_size=shape[1], max_size=shape[1]
        )
        target[0] = torch.tensor(draw(some))
    return preds, target, classes


def assert_equal(found: Tensor, wanted: Any, tolerance: float = 1e-6) -> None:
    torch.testing.assert_close(
        found.double(),
        torch.as_tensor(np.asarray(wanted), dtype=torch.float64).reshape(found.shape),
        rtol=tolerance,
        atol=tolerance,
        equal_nan=True,
    )


# scikit-learn. Its zero_division=nan leaves undefined entries out, as our "skip".
ZERO_DIVISION = {"skip": math.nan, 0: 0.0, 1: 1.0}


@given(pairs=label_pairs())
def test_sklearn_confusion_matrix(pairs: LabelPairs) -> None:
    preds, target, classes = pairs
    wanted = sklearn.metrics.confusion_matrix(
        target.flatten(), preds.flatten(), labels=range(classes)
    )
    assert tt.confusion_matrix(preds, target, classes).tolist() == wanted.tolist()
    labels = sklearn.metrics.multilabel_confusion_matrix(
        target.flatten(), preds.flatten(), labels=range(classes)
    )
    counts = tt.class_counts(preds, target, classes)
    for cell, found in (
        ((0, 0), counts.tn),
        ((0, 1), counts.fp),
        ((1, 0), counts.fn),
        ((1, 1), counts.tp),
    ):
        assert found.tolist() == labels[:, cell[0], cell[1]].tolist()


@given(
    pairs=label_pairs(),
    name=st.sampled_from(["f1", "iou"]),
    average=st.sampled_from(["micro", "macro", "weighted", "none"]),
    worth=st.sampled_from(["skip", 0, 1]),
    data=st.data(),
)
def test_sklearn_scores(
    pairs: LabelPairs,
    name: str,
    average: Any,
    worth: Any,
    data: st.DataObject,
) -> None:
    preds, target, classes = pairs
    order = data.draw(st.permutations(range(classes)))
    labels = order[: data.draw(st.integers(1, classes))]
    if name == "iou" and worth == "skip":
        worth = 0  # jaccard_score knows 0 and 1
    if average == "weighted" and not torch.isin(target, torch.tensor(labels)).any():
        return  # without support: the plain mean there, undefined here
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = SKLEARN[name](
            target.flatten().numpy(),
            preds.flatten().numpy(),
            labels=list(labels),
            average=None if average == "none" else average,
            zero_division=ZERO_DIVISION[worth],
        )
    found = OURS[name](
        preds, target, classes, average=average, zero_division=worth, classes=labels
    )
    assert_equal(found, wanted)


@given(
    size=st.tuples(st.integers(1, 6), st.integers(2, 4)),  # one column is binary there
    seed=st.integers(0, 2**31),
    average=st.sampled_from(["samples", "micro", "macro", "weighted", "none"]),
    worth=st.sampled_from(["skip", 0, 1]),
    name=st.sampled_from(["f1", "iou"]),
)
def test_sklearn_multilabel(
    size: tuple[int, int], seed: int, average: Any, worth: Any, name: str
) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(size, generator=generator)
    target = torch.rand(size, generator=generator) < 0.3
    if average == "weighted" and not target.any():
        return  # without support: the plain mean there, undefined here
    if name == "iou" and worth == "skip":
        worth = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = SKLEARN[name](
            target.numpy(),
            (scores > 0.6).numpy(),
            average=None if average == "none" else average,
            zero_division=ZERO_DIVISION[worth],
        )
    found = OURS[name](
        scores,
        target,
        size[1],
        task="multilabel",
        threshold=0.6,
        average=average,
        zero_division=worth,
    )
    assert_equal(found, wanted)


@given(pairs=label_pairs(), ignored=st.integers(0, 5))
def test_sklearn_labels_are_our_ignored_class(pairs: LabelPairs, ignored: int) -> None:
    preds, target, classes = pairs
    ignored %= classes
    kept = target != ignored
    if not kept.any():
        return
    labels = [c for c in range(classes) if c != ignored]
    for average in ("micro", "macro"):
        wanted = sklearn.metrics.f1_score(
            target[kept], preds[kept], labels=labels, average=average, zero_division=1
        )
        found = tt.f1_score(
            preds,
            target,
            classes,
            ignore_index=ignored,
            average=average,  # type: ignore[arg-type]
            zero_division=1,
        )
        assert_equal(found, wanted)


# torchmetrics


@given(
    pairs=label_pairs(),
    average=st.sampled_from(["micro", "macro", "weighted", "none"]),
    samplewise=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_torchmetrics_f1(
    pairs: LabelPairs, average: Any, samplewise: bool, seed: int
) -> None:
    preds, target, classes = pairs
    ignored = torch.rand(target.shape, generator=torch.Generator().manual_seed(seed))
    target = target.masked_fill(ignored < 0.2, 255)
    if (target == 255).all(1).any():
        return  # 0 there, NaN here
    peer = torchmetrics.classification.MulticlassF1Score(
        classes,
        average=average,
        multidim_average="samplewise" if samplewise else "global",
        ignore_index=255,
    )
    found = tt.f1_score(
        preds,
        target,
        classes,
        average=average,
        aggregation="none" if samplewise else "global",
        ignore_index=255,
        # "none" shows 0 for an absent class there.
        zero_division=0 if average == "none" else "skip",
    )
    assert_equal(found, peer(preds, target))


@given(pairs=label_pairs(), average=st.sampled_from(["micro", "macro", "weighted"]))
def test_torchmetrics_jaccard(pairs: LabelPairs, average: Any) -> None:
    preds, target, classes = pairs
    peer = torchmetrics.classification.MulticlassJaccardIndex(
        classes, average=average, ignore_index=255
    )
    target[0, 0] = 255
    if (target == 255).all():
        return
    found = tt.iou_score(preds, target, classes, average=average, ignore_index=255)
    assert_equal(found, peer(preds, target))


@given(
    pairs=label_pairs(),
    average=st.sampled_from(["micro", "macro", "none"]),
    background=st.booleans(),
)
def test_torchmetrics_dice_score(
    pairs: LabelPairs, average: Any, background: bool
) -> None:
    preds, target, classes = pairs
    peer = torchmetrics.segmentation.DiceScore(
        classes,
        include_background=background,
        average=average,
        aggregation_level="samplewise",
        input_format="index",
    )
    found = tt.dice_score(
        preds,
        target,
        classes,
        include_background=background,
        average=average,
        aggregation="samplewise",
    )
    assert_equal(found, peer(preds.unsqueeze(1), target.unsqueeze(1)))


@given(pairs=label_pairs(), each=st.booleans())
def test_torchmetrics_mean_iou(pairs: LabelPairs, each: bool) -> None:
    preds, target, classes = pairs
    peer = torchmetrics.segmentation.MeanIoU(
        classes, per_class=each, input_format="index"
    )
    wanted = peer(preds.unsqueeze(1), target.unsqueeze(1))
    found = tt.iou_score(
        preds,
        target,
        classes,
        aggregation="samplewise",
        sample_mean="joint",
        average="none" if each else "macro",
    )
    assert_equal(found.nan_to_num(-1.0), wanted)  # -1 there, NaN here


# MONAI


def one_hot(labels: Tensor, classes: int) -> Tensor:
    hot = torch.nn.functional.one_hot(labels.long(), classes).movedim(-1, 1)
    return hot.unsqueeze(-1)  # [N, C, pixels, 1]


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


# What goes wrong elsewhere, and must not here.


def test_labels_of_one_byte_with_many_classes_do_not_wrap() -> None:
    generator = torch.Generator().manual_seed(0)
    for classes in (16, 17, 100, 256):
        wide = torch.randint(0, classes, (2, 5000), generator=generator)
        bytes_ = wide.to(torch.uint8)
        matrix = tt.confusion_matrix(bytes_[0], bytes_[1], classes)
        assert torch.equal(matrix, tt.confusion_matrix(wide[0], wide[1], classes))
        wanted = sklearn.metrics.confusion_matrix(
            wide[1], wide[0], labels=range(classes)
        )
        assert matrix.tolist() == wanted.tolist()


def test_a_prediction_of_c_does_not_become_another_cell() -> None:
    preds, target = torch.tensor([3, 0]), torch.tensor([0, 0])
    with pytest.raises(ValueError, match="preds has 3"):
        tt.confusion_matrix(preds, target, 3)
    matrix = tt.confusion_matrix(preds, target, 3, out_of_range="ignore")
    assert matrix.sum() == matrix[0, 0] == 1
    matrix = tt.confusion_matrix(preds, target, 3, out_of_range="miss")
    assert matrix[0, 3] == 1


def test_bool_masks_are_hits() -> None:
    target = torch.tensor([[True, True, False, False]])
    preds = torch.tensor([[True, False, False, True]])
    assert tt.dice_score(preds, target, task="binary") == 0.5
    assert tt.confusion_matrix(preds, target, 2).tolist() == [[1, 1], [1, 1]]


def test_counting_past_what_float32_can_hold() -> None:
    pixels = 2**24 + 1
    zeros = torch.zeros(1, dtype=torch.uint8).expand(pixels)
    metric = tt.metrics.F1Score(2, average="none", dtype=torch.float64)
    for _ in range(3):
        metric.update(zeros, zeros)
    metric.update(torch.ones(1, dtype=torch.uint8), zeros[:1])
    tp = 3 * pixels
    assert metric.compute().tolist() == [2 * tp / (2 * tp + 1), 0.0]
    assert tt.confusion_matrix(zeros, zeros, 2)[0, 0] == 16_777_217
