"""Examples that were published with their numbers."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

import torchtally as tt

NAN = math.nan
SCORES = {"dice": tt.dice_score, "iou": tt.iou_score, "f1": tt.f1_score}


def assert_score(found: Tensor, expected: Any, digits: int = 4) -> None:
    wanted = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(
        found.double(), wanted, rtol=0, atol=0.51 * 10**-digits, equal_nan=True
    )


# A target value of 255 in a micro F1 of six classes.


def test_f1_micro_with_an_ignored_value() -> None:
    preds = torch.tensor([1, 1, 1, 2, 2, 2, 3])
    target = torch.tensor([1, 1, 1, 2, 2, 2, 255])
    options: dict[str, Any] = {"average": "micro"}
    assert tt.f1_score(preds, target, 6, ignore_index=255, **options) == 1.0
    found = tt.f1_score(preds, target, 6, out_of_range="miss", **options)
    assert_score(found, 0.857, digits=3)
    assert tt.f1_score(preds, target, 6, out_of_range="ignore", **options) == 1.0
    message = r"f1_score: labels must lie in \[0, 6\) .* 1 pair.*target has 255"
    with pytest.raises(ValueError, match=message):
        tt.f1_score(preds, target, 6, **options)


# Three classes, one of them absent from target and prediction.

ABSENT = torch.tensor([[0, 1], [1, 0]])


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"average": "none"}, [1, 1, NAN]),
        ({"average": "none", "zero_division": 0}, [1, 1, 0]),
        ({"average": "none", "zero_division": 1.0}, [1, 1, 1]),
        ({}, 1.0),
        ({"undefined_when": "empty_target"}, 1.0),
        ({"undefined_when": "both_empty"}, 1.0),
        ({"zero_division": 0.0}, 2 / 3),
        ({"zero_division": 1.0}, 1.0),
        ({"zero_division": 0.5}, 2.5 / 3),
        ({"zero_division": "nan"}, NAN),
        ({"average": "micro"}, 1.0),
        ({"average": "weighted"}, 1.0),
        ({"aggregation": "samplewise"}, 1.0),
        ({"classes": [0, 1], "zero_division": "nan"}, 1.0),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", SCORES)
def test_an_absent_class_under_every_policy(
    name: str, options: dict[str, Any], expected: Any
) -> None:
    assert_score(SCORES[name](ABSENT, ABSENT, 3, **options), expected)


# Three samples, each perfect, of which only the last holds class 2.


def test_perfect_samples_with_absent_classes() -> None:
    labels = torch.tensor([[0, 1], [1, 0], [2, 2]])
    options: dict[str, Any] = {"average": "none"}
    assert_score(tt.iou_score(labels, labels, 3, **options), [1, 1, 1])
    options["aggregation"] = "samplewise"
    assert_score(tt.iou_score(labels, labels, 3, **options), [1, 1, 1])
    found = tt.iou_score(labels, labels, 3, zero_division=0, **options)
    assert_score(found, [0.6667, 0.6667, 0.3333])
    found = tt.iou_score(labels, labels, 3, zero_division=1, **options)
    assert_score(found, [1, 1, 1])
    options["zero_division"] = "nan"
    assert_score(tt.iou_score(labels, labels, 3, **options), [NAN, NAN, NAN])


# A tumour of 0.1 % that is missed altogether.


def test_a_missed_tumour_is_accurate_and_worthless() -> None:
    target = torch.zeros(1, 100, 100, dtype=torch.uint8)
    target[0, :2, :5] = 1
    preds = torch.zeros_like(target)
    matrix = tt.confusion_matrix(preds, target, 2)
    assert matrix.tolist() == [[9990, 0], [10, 0]]
    assert matrix.trace() / matrix.sum() == pytest.approx(0.999)
    assert_score(tt.dice_score(preds, target, 2, average="none"), [0.9995, 0.0])
    assert tt.dice_score(preds, target, task="binary") == 0.0
    assert tt.dice_score(preds, target, 2, include_background=False) == 0.0
