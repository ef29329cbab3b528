"""Counts that a caller took before are looked at, and added up without loss."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor

import torchtally as tt
from torchtally import functional
from torchtally.functional import ClassCounts
from torchtally.functional._definitions import SCORES as DEFINITIONS

NARROW = {
    torch.uint8: [[200, 100], [100, 200]],
    torch.int8: [[100, 50], [50, 100]],
    torch.int16: [[30_000, 15_000], [15_000, 30_000]],
    torch.int32: [[2**30, 2**29], [2**29, 2**30]],
    torch.uint16: [[60_000, 30_000], [30_000, 60_000]],
    torch.uint32: [[2**31, 2**30], [2**30, 2**31]],
    torch.uint64: [[2**40, 2**39], [2**39, 2**40]],
}


@pytest.mark.parametrize("dtype", NARROW, ids=str)
@pytest.mark.parametrize("stem", DEFINITIONS)
def test_narrow_integers_do_not_wrap(stem: str, dtype: torch.dtype) -> None:
    score = getattr(functional, DEFINITIONS[stem].counts_function)
    wide = torch.tensor([NARROW[dtype]])  # of one sample
    narrow = wide.to(dtype)
    assert torch.equal(score(narrow), score(wide))
    counts = ClassCounts.from_matrix(wide)
    of_classes = ClassCounts(*(t.to(dtype) for t in counts))
    if all(torch.equal(a.long(), b) for a, b in zip(of_classes, counts, strict=True)):
        assert torch.equal(score(of_classes), score(counts))


def test_the_published_numbers() -> None:
    for dtype, matrix in NARROW.items():
        found = functional.dice_from_counts(torch.tensor(matrix).to(dtype))
        assert found == torch.tensor(2 / 3)
    narrow = torch.tensor(NARROW[torch.uint8], dtype=torch.uint8)
    shares = functional.normalize_confusion_matrix(narrow, "true")
    assert torch.equal(shares, torch.tensor([[2, 1], [1, 2]]) / 3)
    cases = narrow.expand(4, 2, 2)
    found = tt.bootstrap_ci(cases, functional.dice_from_counts, resamples=5)
    assert found.estimate == found.low == torch.tensor(2 / 3)
    # A score of the caller's own is given what does not wrap either.
    seen = set()

    def pixels(matrices: Tensor, dtype: torch.dtype) -> Tensor:
        seen.add(matrices.dtype)
        return matrices.sum((-3, -2, -1)).to(dtype)

    assert tt.bootstrap_ci(cases, pixels, resamples=5).low == 2400
    assert seen == {torch.int64}


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_weighted_counts_are_computed_in_float64(dtype: torch.dtype) -> None:
    matrix = torch.tensor([[0.7, 0.1], [0.2, 0.9]]).to(dtype)
    for given in (matrix, torch.stack([matrix] * 300)):
        found = functional.iou_from_counts(given, dtype=torch.float64)
        assert found == functional.iou_from_counts(given.double(), dtype=torch.float64)
        # Differences may be off by their rounding, and then be negative.
        classes = ClassCounts.from_matrix(given)
        functional.specificity_from_counts(classes)


REFUSED: list[tuple[Tensor, type[Exception], str]] = [
    (torch.ones(2, 2, dtype=torch.bool), TypeError, "must hold integers, or floating"),
    (torch.ones(2, 2, dtype=torch.complex64), TypeError, "got torch.complex64"),
    (torch.tensor([[3, -1], [0, 2]]), ValueError, "finite and not negative, got -1"),
    (torch.tensor([[3, -1], [0, 2]]).float(), ValueError, r"not negative, got -1\.0"),
    (torch.tensor([[3, math.nan], [0, 2]]), ValueError, "not negative, got nan"),
    (torch.tensor([[3, math.inf], [0, 2]]), ValueError, "not negative, got inf"),
    (torch.tensor([[3, -math.inf], [0, 2]]), ValueError, "not negative, got -inf"),
    (
        torch.tensor([[2**63, 0], [0, 2]], dtype=torch.uint64),
        ValueError,
        "fit int64, got 9223372036854775808",
    ),
]


@pytest.mark.parametrize(("matrix", "error", "words"), REFUSED)
def test_what_no_count_is_refused(
    matrix: Tensor, error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=f"^dice_from_counts: counts .*{words}"):
        functional.dice_from_counts(matrix)
    good = torch.tensor([1, 2])
    for field in ("tp", "fp", "fn", "tn"):
        of_classes = ClassCounts(good, good, good, good)._replace(**{field: matrix[0]})
        with pytest.raises(
            error, match=rf"^iou_from_counts: counts\.{field} .*{words}"
        ):
            functional.iou_from_counts(of_classes)
    with pytest.raises(error, match=f"^normalize_confusion_matrix: matrix .*{words}"):
        functional.normalize_confusion_matrix(matrix, "all")
    with pytest.raises(error, match=f"^bootstrap_ci: per_sample_counts .*{words}"):
        tt.bootstrap_ci(matrix.unsqueeze(0), functional.dice_from_counts)


def test_class_counts_belong_together() -> None:
    good = torch.tensor([1, 2])
    message = r"^dice_from_counts: counts\.fn must "
    wrong: list[tuple[Any, type[Exception], str]] = [
        ([1, 2], TypeError, "be a tensor or an array, got list"),
        (good[:1], ValueError, r"have the shape \[2\] of the other counts, got \[1\]"),
        (
            good.to("meta"),
            ValueError,
            "be on the device of the other counts, cpu, got meta",
        ),
    ]
    for given, error, words in wrong:
        with pytest.raises(error, match=message + words):
            functional.dice_from_counts(ClassCounts(good, good, given, good))


def test_values_are_not_looked_at_in_a_program() -> None:
    negative = torch.tensor([[3, -1], [0, 2]])
    score = functional.dice_from_counts
    compiled: Any = torch.compile(score, fullgraph=True, backend="eager")
    assert compiled(negative).isfinite()
    assert torch.vmap(score)(negative.unsqueeze(0)).isfinite().all()
    assert score(negative.to("meta")).is_meta
