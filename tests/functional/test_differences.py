"""Where we differ from a peer on purpose: its number, ours, and why.

The numbers that agree are the table of ``tests/conformance``.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
import sklearn.metrics
import torch
import torchmetrics.classification
import torchmetrics.segmentation
from torch import Tensor

import torchtally as tt
from conformance.cases import CASES
from torchtally import functional

NAN = math.nan
SCORES = {"dice": tt.dice_score, "iou": tt.iou_score, "f1": tt.f1_score}
SAMPLEWISE: dict[str, Any] = {"aggregation": "samplewise"}
EACH: dict[str, Any] = {"average": "none"}


def assert_score(found: Tensor, expected: Any, digits: int = 4) -> None:
    wanted = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(
        found.double(), wanted, rtol=0, atol=0.51 * 10**-digits, equal_nan=True
    )


def score_of_case(name: str, case: str, **options: Any) -> Tensor:
    preds, target, ignore_index, _ = CASES[case]
    return SCORES[name](preds, target, 3, ignore_index=ignore_index, **options)


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
    preds, target, ignore_index, _ = CASES["f"]
    matrix = tt.confusion_matrix(preds, target, 3, ignore_index=ignore_index)
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


def test_without_support_a_weighted_mean_is_undefined() -> None:
    preds, target = torch.tensor([0, 0]), torch.tensor([0, 0])
    options: dict[str, Any] = {"average": "weighted", "classes": [1, 2]}
    assert tt.f1_score(preds, target, 3, **options).isnan()
    assert tt.f1_score(preds, target, 3, zero_division=0.5, **options) == 0.5
    wanted = sklearn.metrics.f1_score(  # the plain mean
        target, preds, labels=[1, 2], average="weighted", zero_division=1
    )
    assert wanted == 1.0


def test_a_binary_correlation_without_one_of_the_classes_is_undefined() -> None:
    preds, target = torch.tensor([1, 1, 1, 0]), torch.tensor([1, 1, 1, 1])
    assert tt.matthews_corrcoef(preds, target, 2).isnan()
    found = tt.matthews_corrcoef(preds, target, 2, zero_division=0)
    assert found == sklearn.metrics.matthews_corrcoef(target, preds) == 0
    perfect = tt.matthews_corrcoef(target, target, 2)
    peer = torchmetrics.classification.BinaryMatthewsCorrCoef()
    assert peer(target, target) == 1.0  # a limit; there is no correlation to speak of
    assert perfect.isnan()


def test_generalized_dice_of_a_sample_does_not_depend_on_its_batch() -> None:
    preds, target, _, _ = CASES["b"]
    options: dict[str, Any] = {"empty_weight": "zero", "aggregation": "none"}
    each = tt.generalized_dice_score(preds, target, 3, **options)

    def peer(part: slice) -> Tensor:
        metric = torchmetrics.segmentation.GeneralizedDiceScore(3, input_format="index")
        found: Tensor = metric(preds[part].unsqueeze(1), target[part].unsqueeze(1))
        return found

    alone = torch.stack([peer(slice(0, 1)), peer(slice(1, 2))])
    torch.testing.assert_close(each, alone)
    assert not torch.isclose(peer(slice(0, 2)), alone.mean())


def test_an_empty_row_has_no_shares() -> None:
    preds, target = torch.tensor([0, 1]), torch.tensor([0, 0])
    found = tt.confusion_matrix(preds, target, 2, normalize="true")
    assert_score(found, [[0.5, 0.5], [NAN, NAN]])
    wanted = sklearn.metrics.confusion_matrix(target, preds, normalize="true")
    assert wanted.tolist() == found.nan_to_num(0).tolist()
