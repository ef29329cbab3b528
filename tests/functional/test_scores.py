"""Scores: every policy by hand, and any combination against written-out loops."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from torch import Tensor

import torchtally as tt
from torchtally import functional

SCORES = {
    "dice": (tt.dice_score, functional.dice_from_counts),
    "f1": (tt.f1_score, functional.f1_from_counts),
    "iou": (tt.iou_score, functional.iou_from_counts),
}
NAN = math.nan


def assert_score(found: Tensor, expected: Any, **options: Any) -> None:
    wanted = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(
        found.double(),
        wanted,
        equal_nan=True,
        **{"rtol": 1e-6, "atol": 1e-7, **options},
    )


# Three samples of three classes. Class 0: one hit each time. Class 1: predicted without
# a target in the second. Class 2: absent from the first two, half found in the third.
PREDS = torch.tensor([[0, 1, 1, 0], [0, 1, 0, 0], [0, 2, 0, 1]])
TARGET = torch.tensor([[0, 1, 0, 0], [0, 0, 0, 0], [0, 2, 2, 1]])
IOU = [[2 / 3, 1 / 2, NAN], [3 / 4, 0.0, NAN], [1 / 2, 1.0, 1 / 2]]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"average": "none"}, [6 / 9, 2 / 4, 1 / 2]),
        ({"average": "micro"}, 9 / 15),
        ({}, (6 / 9 + 2 / 4 + 1 / 2) / 3),
        ({"average": "weighted"}, (8 * 6 / 9 + 2 * 2 / 4 + 2 * 1 / 2) / 12),
        ({"class_weights": [0, 1, 3]}, 0.5),
        ({"class_weights": torch.tensor([2.0, 1, 1])}, (12 / 9 + 1) / 4),
        ({"classes": [2, 0], "average": "none"}, [1 / 2, 6 / 9]),
        ({"include_background": False}, 1 / 2),
        ({"include_background": False, "classes": [0, 2]}, 1 / 2),
        ({"average": "micro", "classes": [1, 2]}, 3 / 6),
        ({"average": "none", "aggregation": "none"}, IOU),
        ({"average": "macro", "aggregation": "none"}, [7 / 12, 3 / 8, 2 / 3]),
        ({"average": "micro", "aggregation": "none"}, [3 / 5, 3 / 5, 3 / 5]),
        (
            {"average": "none", "aggregation": "none", "zero_division": 1},
            [[2 / 3, 1 / 2, 1], [3 / 4, 0, 1], [1 / 2, 1, 1 / 2]],
        ),
        (
            {"average": "none", "aggregation": "samplewise"},
            [(2 / 3 + 3 / 4 + 1 / 2) / 3, 1 / 2, 1 / 2],
        ),
        ({"aggregation": "samplewise"}, (7 / 12 + 3 / 8 + 2 / 3) / 3),
        (
            {"aggregation": "samplewise", "sample_mean": "samples_first"},
            ((2 / 3 + 3 / 4 + 1 / 2) / 3 + 1 / 2 + 1 / 2) / 3,
        ),
        (
            {"aggregation": "samplewise", "sample_mean": "joint"},
            (2 / 3 + 1 / 2 + 3 / 4 + 0 + 1 / 2 + 1 + 1 / 2) / 7,
        ),
        (
            {"aggregation": "samplewise", "undefined_when": "empty_target"},
            (7 / 12 + 3 / 4 + 2 / 3) / 3,
        ),
        (
            {
                "aggregation": "samplewise",
                "undefined_when": "empty_target",
                "zero_division": 1.0,
            },
            ((7 / 6 + 1) / 3 + (3 / 4 + 2) / 3 + 2 / 3) / 3,
        ),
        (
            {"aggregation": "samplewise", "zero_division": 0.0},
            (7 / 18 + 1 / 4 + 2 / 3) / 3,
        ),
        ({"aggregation": "samplewise", "zero_division": "nan"}, NAN),
        ({"aggregation": "samplewise", "zero_division": NAN}, NAN),
        (
            {"aggregation": "none", "zero_division": "nan"},
            [NAN, NAN, 2 / 3],
        ),
        ({"aggregation": "samplewise", "average": "micro"}, 3 / 5),
    ],
    ids=str,
)
def test_every_policy_by_hand(options: dict[str, Any], expected: Any) -> None:
    options = {"dtype": torch.float64, **options}
    assert_score(tt.iou_score(PREDS, TARGET, 3, **options), expected, rtol=1e-14)
    matrices = tt.confusion_matrix(PREDS, TARGET, 3, per_sample=True)
    assert_score(functional.iou_from_counts(matrices, **options), expected, rtol=1e-14)


def test_samples_mean_of_pooled_labels() -> None:
    preds = torch.tensor([[1, 1, 0], [0, 0, 0], [1, 0, 0]])
    target = torch.tensor([[1, 0, 0], [0, 0, 0], [0, 1, 0]])
    options: dict[str, Any] = {"task": "multilabel", "average": "samples"}
    assert_score(tt.f1_score(preds, target, 3, **options), (2 / 3 + 0) / 2)
    for worth, expected in ((0, 2 / 9), (1, 5 / 9), ("nan", NAN)):
        found = tt.f1_score(preds, target, 3, zero_division=worth, **options)
        assert_score(found, expected)


def test_multilabel_scores_each_label() -> None:
    scores = torch.tensor([[0.9, 0.2, 0.5], [0.6, 0.7, 0.1], [0.1, 0.8, 0.2]])
    target = torch.tensor([[1, 0, 1], [0, 1, 0], [1, 1, 0]], dtype=torch.bool)
    options: dict[str, Any] = {"task": "multilabel"}
    found = tt.dice_score(scores, target, 3, average="none", **options)
    assert_score(found, [1 / 2, 1.0, 0.0])  # 0.5 is not above the threshold
    assert_score(tt.dice_score(scores, target, 3, average="micro", **options), 2 / 3)
    found = tt.dice_score(scores, target, 3, threshold=0.4, average="none", **options)
    assert_score(found, [1 / 2, 1.0, 1.0])
    # An ignored value is a target value, not a label: every label is still scored.
    found = tt.dice_score(
        scores, target.long(), 3, average="none", ignore_index=0, **options
    )
    assert_score(found, [2 / 3, 1.0, 0.0])


def test_binary_scores_class_one() -> None:
    scores = torch.tensor([[0.9, 0.4], [0.7, 0.1]])
    target = torch.tensor([[1, 1], [0, 0]])
    assert_score(tt.dice_score(scores, target, task="binary"), 1 / 2)
    assert_score(tt.dice_score(scores.unsqueeze(1), target, task="binary"), 1 / 2)
    assert_score(tt.iou_score(scores, target, 2, task="binary", threshold=0.3), 2 / 3)
    assert_score(tt.f1_score(scores > 0.5, target.bool(), task="binary"), 1 / 2)
    assert_score(
        tt.dice_score(scores, target, task="binary", average="none"), [1 / 2, 1 / 2]
    )
    found = tt.dice_score(scores, target, task="binary", aggregation="none")
    assert_score(found, [2 / 3, 0.0])


def test_an_ignored_class_in_range_is_not_scored() -> None:
    preds = torch.tensor([0, 1, 2, 0, 1])
    target = torch.tensor([0, 1, 2, 1, 2])
    options: dict[str, Any] = {"ignore_index": 0, "dtype": torch.float64}
    each = tt.iou_score(preds, target, 3, average="none", **options)
    assert_score(each, [NAN, 1 / 3, 1 / 2])
    assert_score(tt.iou_score(preds, target, 3, **options), 5 / 12)
    assert_score(tt.iou_score(preds, target, 3, average="micro", **options), 2 / 5)
    worth = tt.iou_score(preds, target, 3, average="none", zero_division=1, **options)
    assert_score(worth, [NAN, 1 / 3, 1 / 2])
    # Only named, as counts that are already there.
    matrix = tt.confusion_matrix(preds, target, 3, ignore_index=0)
    assert_score(functional.iou_from_counts(matrix, **options), 5 / 12)


def test_nothing_left_is_nan_and_says_so() -> None:
    preds, target = torch.tensor([[0, 1]]), torch.tensor([[255, 255]])
    for average, aggregation in itertools.product(
        ("micro", "macro", "weighted"), ("global", "samplewise")
    ):
        score, valid = tt.dice_score(
            preds,
            target,
            3,
            ignore_index=255,
            average=average,
            aggregation=aggregation,
            return_valid=True,
        )
        assert_score(score, NAN)
        assert valid.dtype == torch.int64
        assert valid == 0


def test_an_empty_batch_is_nan() -> None:
    empty = torch.zeros(0, 4, dtype=torch.int64)
    assert_score(tt.dice_score(empty, empty, 3), NAN)
    assert_score(tt.dice_score(empty, empty, 3, zero_division=1), 1.0)
    assert_score(tt.dice_score(empty, empty, 3, aggregation="samplewise"), NAN)
    assert tt.dice_score(empty, empty, 3, aggregation="none").shape == (0,)


def test_the_number_of_entries_that_entered_the_average() -> None:
    def valid(**options: Any) -> Any:
        found = tt.iou_score(PREDS, TARGET, 3, return_valid=True, **options)
        assert isinstance(found, functional.Scored)
        return found.valid.tolist()

    assert valid() == 3
    assert valid(average="none") == [1, 1, 1]
    assert valid(average="micro") == 1
    assert valid(aggregation="samplewise") == 3
    assert valid(aggregation="samplewise", sample_mean="joint") == 7
    assert valid(aggregation="samplewise", average="none") == [3, 3, 1]
    assert valid(aggregation="none") == [2, 2, 3]
    assert valid(aggregation="none", undefined_when="empty_target") == [2, 1, 3]
    assert valid(aggregation="none", zero_division=0) == [3, 3, 3]


def test_one_miss_in_a_hundred_million_is_not_perfect() -> None:
    matrix = torch.tensor([[10**8 + 1, 1], [0, 10**8 + 1]])
    for score, (_, from_counts) in SCORES.items():
        found = from_counts(matrix, average="none", dtype=torch.float64)
        tp, wrong = 10**8 + 1, 1
        top = tp if score == "iou" else 2 * tp
        assert found.tolist() == [top / (top + wrong)] * 2
        assert (found < 1).all()


def test_counts_that_float32_and_float64_cannot_hold() -> None:
    tp = 2**60 + 1
    counts = functional.ClassCounts(*(torch.tensor([v]) for v in (tp, 2**60, 1, 0)))
    found = functional.iou_from_counts(counts, dtype=torch.float64)
    assert found.item() == pytest.approx(tp / (2 * tp), rel=1e-15)


def test_counts_are_left_as_they_are() -> None:
    matrix = tt.confusion_matrix(PREDS, TARGET, 3, per_sample=True)
    counts = functional.ClassCounts.from_matrix(matrix)
    given = [matrix, *counts]
    before = [t.clone() for t in given]
    for _, from_counts in SCORES.values():
        for aggregation in ("global", "samplewise", "none"):
            for average in ("micro", "macro", "none", "weighted"):
                for counted in (matrix, counts):
                    from_counts(
                        counted,
                        average=average,
                        aggregation=aggregation,
                        zero_division=0,
                        ignore_index=0,
                    )
    assert all(torch.equal(a, b) for a, b in zip(given, before, strict=True))


def test_results_are_float32_unless_asked() -> None:
    assert tt.dice_score(PREDS, TARGET, 3).dtype == torch.float32
    found = tt.dice_score(PREDS, TARGET, 3, dtype=torch.float64)
    assert found.dtype == torch.float64
    assert tt.dice_score(PREDS, TARGET, 3) == found.float()


def test_class_counts_read_off_the_matrix_are_those_of_the_op() -> None:
    preds = torch.tensor([[0, 1, 5, 2], [2, 2, 1, 0]])
    target = torch.tensor([[0, 2, 1, 7], [2, 0, 1, 1]])
    for per_sample in (False, True):
        for out_of_range in ("ignore", "miss"):
            options: dict[str, Any] = {
                "per_sample": per_sample,
                "out_of_range": out_of_range,
            }
            matrix = tt.confusion_matrix(preds, target, 3, **options)
            counted = tt.class_counts(preds, target, 3, **options)
            read = functional.ClassCounts.from_matrix(matrix)
            for found, wanted in zip(counted, read, strict=True):
                assert torch.equal(found, wanted)
            assert (sum(counted) == matrix.sum((-2, -1)).unsqueeze(-1)).all()


@pytest.mark.parametrize("average", ["micro", "macro", "weighted", "none"])
def test_a_score_of_each_sample_has_no_mean_over_samples(average: Any) -> None:
    options: dict[str, Any] = {"average": average, "dtype": torch.float64}
    alone = [
        tt.iou_score(PREDS[n : n + 1], TARGET[n : n + 1], 3, **options)
        for n in range(3)
    ]
    found = tt.iou_score(PREDS, TARGET, 3, aggregation="none", **options)
    torch.testing.assert_close(found, torch.stack(alone), equal_nan=True)
    for sample_mean in ("samples_first", "joint"):
        message = f"sample_mean='{sample_mean}' has no effect with aggregation='none'"
        with pytest.raises(ValueError, match=message):
            tt.iou_score(
                PREDS,
                TARGET,
                3,
                aggregation="none",
                sample_mean=sample_mean,  # type: ignore[arg-type]
                **options,
            )


def test_a_sample_without_support_is_left_out_of_the_mean() -> None:
    # Sample 0 holds no target of the class scored, so that every weight in it is 0.
    preds, target = torch.tensor([[1, 0], [1, 1]]), torch.tensor([[0, 0], [1, 0]])
    options: dict[str, Any] = {"average": "weighted", "classes": [1]}
    found = tt.iou_score(preds, target, 2, aggregation="none", **options)
    assert_score(found, [NAN, 1 / 2])
    found, valid = tt.iou_score(
        preds, target, 2, aggregation="samplewise", return_valid=True, **options
    )
    assert_score(found, 1 / 2)
    assert valid == 1


@pytest.mark.parametrize("out_of_range", ["error", "ignore", "miss"])
def test_class_counts_of_labels_are_those_of_their_matrices(out_of_range: str) -> None:
    wrong = 0 if out_of_range == "error" else 9
    preds = torch.tensor([[0, 1, 1], [wrong, 0, 1]])
    target = torch.tensor([[0, 1, 0], [0, 1, wrong]])
    options: dict[str, Any] = {"task": "multilabel", "out_of_range": out_of_range}
    matrix = tt.confusion_matrix(preds, target, 3, **options)
    read = functional.ClassCounts.from_matrix(matrix)
    counted = tt.class_counts(preds, target, 3, **options)
    for found, each in zip(counted, read, strict=True):
        assert torch.equal(found, each[..., 1])
