"""Peers' numbers on six small cases, each with our spelling of the peer's rule.

Where a peer differs on purpose, the difference is a test of its own.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

import torchtally as tt
from torchtally import functional

NAN = math.nan
SCORES = {"dice": tt.dice_score, "iou": tt.iou_score, "f1": tt.f1_score}


def assert_score(found: Tensor, expected: Any, digits: int = 4) -> None:
    wanted = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(
        found.double(), wanted, rtol=0, atol=0.51 * 10**-digits, equal_nan=True
    )


# Every case is (preds, target, ignore_index), three classes.

CASES: dict[str, tuple[Any, Any, int | None]] = {
    "a": ([[0, 1, 1, 1]], [[0, 0, 1, 1]], None),
    "b": ([[0, 1, 2, 1], [0, 2, 1, 1]], [[0, 1, 2, 2], [0, 0, 1, 1]], None),
    "d": ([[0, 1, 2, 1], [0, 1, 1, 1]], [[0, 1, 2, 2], [0, 0, 1, 1]], None),
    "c": ([[0, 1, 2, 0]], [[255] * 4], 255),
    "e": ([[0, 2, 1, 1]], [[0, 0, 1, 1]], None),
    "f": ([[0, 1, 2, 0]], [[0, 1, 2, 1]], 0),
}
SAMPLEWISE = {"aggregation": "samplewise"}
EACH = {"average": "none"}

#: (peer, score, our spelling, {case: number})
PEERS: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
    (
        "Dice of each class",
        "dice",
        EACH,
        {"a": [2 / 3, 0.8, NAN], "b": [0.8, 0.8571, 0.5], "d": [0.8, 0.75, 0.6667]},
    ),
    (
        "IoU of each class",
        "iou",
        EACH,
        {"a": [0.5, 2 / 3, NAN], "b": [0.6667, 0.75, 0.3333], "d": [0.6667, 0.6, 0.5]},
    ),
    ("micro Dice", "dice", {"average": "micro"}, {"a": 0.75, "b": 0.75, "d": 0.75}),
    ("micro IoU", "iou", {"average": "micro"}, {"a": 0.6, "b": 0.6, "d": 0.6}),
    (
        "torchmetrics F1 macro global",
        "f1",
        {},
        {"a": 0.7333, "b": 0.7190, "d": 0.7389, "e": 0.5556},
    ),
    (
        "torchmetrics F1 macro samplewise",
        "f1",
        {"aggregation": "none"},
        {"a": [0.7333], "b": [0.7778, 0.5556], "d": [0.7778, 0.7333]},
    ),
    (
        "torchmetrics Jaccard macro",
        "iou",
        {},
        {"a": 0.5833, "b": 0.5833, "d": 0.5889, "c": NAN, "e": 0.5, "f": 0.75},
    ),
    (
        "torchmetrics F1 weighted",
        "f1",
        {"average": "weighted"},
        {"a": 0.7333, "b": 0.7464, "d": 0.7479},
    ),
    (
        "torchmetrics 1.6 Dice macro global",
        "dice",
        {},
        {"a": 0.7333, "b": 0.7190, "d": 0.7389},
    ),
    (
        "torchmetrics 1.6 Dice macro samplewise, zero_division=0",
        "dice",
        {**SAMPLEWISE, "zero_division": 0},
        {"a": 0.4889, "b": 0.6667, "d": 0.6333},
    ),
    (
        "torchmetrics 1.6 Dice macro samplewise, zero_division=1",
        "dice",
        {**SAMPLEWISE, "zero_division": 1},
        {"a": 0.8222, "b": 0.6667, "d": 0.8},
    ),
    (
        "torchmetrics DiceScore macro samplewise",
        "dice",
        SAMPLEWISE,
        {"a": 0.7333, "b": 0.6667, "d": 0.7556, "c": NAN},
    ),
    (
        "torchmetrics DiceScore macro global",
        "dice",
        {},
        {"a": 0.7333, "b": 0.7190, "d": 0.7389, "c": NAN},
    ),
    (
        "torchmetrics DiceScore none samplewise",
        "dice",
        {**SAMPLEWISE, **EACH},
        {
            "a": [0.6667, 0.8, NAN],
            "b": [0.8333, 0.8333, 0.3333],
            "d": [0.8333, 0.7333, 0.6667],
        },
    ),
    (
        "torchmetrics DiceScore weighted samplewise",
        "dice",
        {**SAMPLEWISE, "average": "weighted"},
        {"a": 0.7333, "b": 0.7917, "d": 0.7417},
    ),
    (
        "torchmetrics DiceScore weighted global",
        "dice",
        {"average": "weighted"},
        {"a": 0.7333, "b": 0.7464, "d": 0.7479},
    ),
    (
        "torchmetrics MeanIoU",
        "iou",
        {**SAMPLEWISE, "sample_mean": "joint"},
        {"a": 0.5833, "b": 0.5833, "d": 0.6333},
    ),
    (
        "torchmetrics MeanIoU per_class",
        "iou",
        {**SAMPLEWISE, **EACH},
        {"b": [0.75, 0.75, 0.25], "d": [0.75, 0.5833, 0.5]},
    ),
    (
        "MONAI Dice ignore_empty=True mean",
        "dice",
        {**SAMPLEWISE, "undefined_when": "empty_target"},
        {"a": 0.7333, "b": 0.8056, "d": 0.7556},
    ),
    (
        "MONAI Dice ignore_empty=True mean_batch",
        "dice",
        {**SAMPLEWISE, **EACH, "undefined_when": "empty_target"},
        {"b": [0.8333, 0.8333, 0.6667], "d": [0.8333, 0.7333, 0.6667]},
    ),
    (
        "MONAI Dice ignore_empty=False mean",
        "dice",
        {**SAMPLEWISE, "zero_division": 1},
        {"a": 0.8222, "b": 0.6667, "d": 0.8, "c": 1.0},
    ),
    (
        "MONAI MeanIoU ignore_empty=True",
        "iou",
        {**SAMPLEWISE, "undefined_when": "empty_target"},
        {"a": 0.5833, "b": 0.7083, "d": 0.625},
    ),
    (
        "MONAI MeanIoU ignore_empty=False",
        "iou",
        {**SAMPLEWISE, "zero_division": 1},
        {"a": 0.7222, "b": 0.5833, "d": 0.6944},
    ),
    (
        "smp f1 macro, zero_division=1",
        "f1",
        {"zero_division": 1},
        {"a": 0.8222, "b": 0.7190, "d": 0.7389, "c": 1.0},
    ),
    (
        "smp f1 macro, zero_division=0",
        "f1",
        {"zero_division": 0},
        {"a": 0.4889, "b": 0.7190, "d": 0.7389, "c": 0.0},
    ),
    (
        "smp f1 macro, zero_division=nan",
        "f1",
        {"zero_division": NAN},
        {"a": NAN, "b": 0.7190, "d": 0.7389, "c": NAN},
    ),
    (
        "smp f1 macro-imagewise, zero_division=1",
        "f1",
        {**SAMPLEWISE, "zero_division": 1},
        {"a": 0.8222, "b": 0.6667, "d": 0.8, "c": 1.0},
    ),
    (
        "smp f1 macro-imagewise, zero_division=0",
        "f1",
        {**SAMPLEWISE, "zero_division": 0},
        {"a": 0.4889, "b": 0.6667, "d": 0.6333, "c": 0.0},
    ),
    (
        "smp f1 macro-imagewise, zero_division=nan",
        "f1",
        {**SAMPLEWISE, "zero_division": NAN},
        {"a": NAN, "b": 0.6667, "d": NAN, "c": NAN},
    ),
    (
        "scikit-learn f1 macro, zero_division=0",
        "f1",
        {"zero_division": 0},
        {"a": 0.4889, "b": 0.7190, "d": 0.7389, "e": 0.5556},
    ),
    (
        "scikit-learn f1 macro, zero_division=1",
        "f1",
        {"zero_division": 1},
        {"a": 0.8222, "b": 0.7190, "d": 0.7389, "e": 0.5556},
    ),
    (
        "scikit-learn f1 macro, zero_division=nan",
        "f1",
        {"zero_division": "skip"},
        {"a": 0.7333, "b": 0.7190, "d": 0.7389, "e": 0.5556},
    ),
    (
        "ignite mIoU",
        "iou",
        {"zero_division": 0},
        {"a": 0.3889, "b": 0.5833, "d": 0.5889, "c": 0.0},
    ),
    ("mmseg mIoU", "iou", {}, {"a": 0.5833, "b": 0.5833, "c": NAN}),
    ("mmseg mDice", "dice", {}, {"a": 0.7333, "b": 0.7190, "c": NAN}),
    (
        "nnU-Net foreground_mean Dice",
        "dice",
        {**SAMPLEWISE, "sample_mean": "samples_first", "include_background": False},
        {"b": 0.5833, "d": 0.7},
    ),
    (
        "detectron2 mIoU",
        "iou",
        {"undefined_when": "empty_target"},
        {"a": 0.5833, "b": 0.5833, "d": 0.5889, "e": 0.75},
    ),
]


def score_of_case(name: str, case: str, **options: Any) -> Tensor:
    preds, target, ignore_index = CASES[case]
    return SCORES[name](
        torch.tensor(preds),
        torch.tensor(target),
        3,
        ignore_index=ignore_index,
        **options,
    )


@pytest.mark.parametrize(
    ("name", "options", "case", "expected"),
    [
        pytest.param(name, options, case, number, id=f"{peer}, case {case}")
        for peer, name, options, numbers in PEERS
        for case, number in numbers.items()
    ],
)
def test_the_number_of_a_peer(
    name: str, options: dict[str, Any], case: str, expected: Any
) -> None:
    assert_score(score_of_case(name, case, **options), expected)


@pytest.mark.parametrize(
    "options",
    [
        {},  # torchmetrics F1: 0.0
        {"average": "weighted"},  # torchmetrics F1: 0.0
        {**SAMPLEWISE, "undefined_when": "empty_target"},  # MONAI: 0.0
        {**SAMPLEWISE, "sample_mean": "joint"},  # torchmetrics MeanIoU: -1
    ],
    ids=str,
)
@pytest.mark.parametrize("name", SCORES)
def test_nothing_left_is_nan_where_a_peer_has_zero_or_minus_one(
    name: str, options: dict[str, Any]
) -> None:
    assert_score(score_of_case(name, "c", **options), NAN)


def test_a_class_absent_everywhere_is_nan_where_a_peer_has_zero_or_minus_one() -> None:
    # torchmetrics MeanIoU per_class: [.5, .6667, -1]
    found = score_of_case("iou", "a", **SAMPLEWISE, **EACH)
    assert_score(found, [0.5, 0.6667, NAN])
    # MONAI mean_batch: [.6667, .8, 0]
    found = score_of_case(
        "dice", "a", undefined_when="empty_target", **SAMPLEWISE, **EACH
    )
    assert_score(found, [0.6667, 0.8, NAN])


def test_a_class_absent_everywhere_is_skipped_where_nnunet_has_nan() -> None:
    options: dict[str, Any] = {**SAMPLEWISE, "include_background": False}
    found = score_of_case("dice", "a", sample_mean="samples_first", **options)
    assert_score(found, 0.8)
    # nnU-Net's own number is the plain mean of what each class has.
    each = score_of_case("dice", "a", average="none", **options)
    assert_score(each, [0.8, NAN])
    assert_score(each.mean(), NAN)


def test_an_ignored_class_is_not_scored_where_torchmetrics_f1_scores_it() -> None:
    assert_score(score_of_case("f1", "f"), 0.8333)
    # torchmetrics: .5556. Its rule is that of a matrix that says nothing of ignoring.
    preds, target, ignore_index = CASES["f"]
    matrix = tt.confusion_matrix(
        torch.tensor(preds), torch.tensor(target), 3, ignore_index=ignore_index
    )
    assert_score(functional.f1_from_counts(matrix), 0.5556)


def test_a_false_positive_in_an_empty_target_is_forgiven_only_when_asked() -> None:
    # Case b: MONAI's rule lets the second sample's class 2 go, ours counts it.
    assert_score(score_of_case("dice", "b", **SAMPLEWISE), 0.6667)
    found = score_of_case("dice", "b", undefined_when="empty_target", **SAMPLEWISE)
    assert_score(found, 0.8056)


def test_equal_weights_change_nothing() -> None:
    # smp divides a weighted macro score by the number of classes once more.
    for case in ("b", "d"):
        plain = score_of_case("f1", case)
        assert torch.equal(score_of_case("f1", case, class_weights=[1, 1, 1]), plain)
