"""Scores of all classes together, by hand, by brute force and by their definitions."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

import torchtally as tt
from torchtally import functional

MATRIX = torch.tensor([[5, 1, 0], [2, 3, 1], [0, 0, 4]])
EXACT: dict[str, Any] = {"dtype": torch.float64}


def assert_score(found: Tensor, expected: Any) -> None:
    wanted = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12, equal_nan=True)


@st.composite
def matrices(draw: st.DrawFn) -> Tensor:
    classes = draw(st.integers(2, 4))
    cell = st.integers(0, 3) | st.integers(0, 10**6)
    cells = draw(st.lists(cell, min_size=classes**2, max_size=classes**2))
    return torch.tensor(cells).view(classes, classes)


def fraction_of(score: str, matrix: Tensor, **options: Any) -> float:
    """Return a score by its textbook definition, in exact fractions."""
    cells = matrix.tolist()
    every = range(len(cells))
    total = sum(map(sum, cells))
    target = [sum(row) for row in cells]
    preds = [sum(row[j] for row in cells) for j in every]
    hits = sum(cells[k][k] for k in every)
    chance = sum(t * p for t, p in zip(target, preds, strict=True))
    if score == "matthews":
        spread = (total**2 - sum(p * p for p in preds)) * (
            total**2 - sum(t * t for t in target)
        )
        if spread == 0:
            return math.nan
        return (hits * total - chance) / math.sqrt(spread)
    if score == "kappa":
        power = {"none": 0, "linear": 1, "quadratic": 2}[options["weights"]]
        weight = [
            [(abs(i - j) ** power if i != j else 0) for j in every] for i in every
        ]
        cost = sum(weight[i][j] * cells[i][j] for i in every for j in every)
        expected = sum(
            weight[i][j] * target[i] * preds[j] for i in every for j in every
        )
        if expected == 0:
            return math.nan
        return float(1 - Fraction(cost * total, expected))
    if score == "generalized":
        power = {"square": 2, "simple": 1, "linear": 0}[options["weight_type"]]
        weights: list[Fraction] = [
            Fraction(1, t**power) if t or not power else Fraction(0) for t in target
        ]
        if options["empty_weight"] == "largest":
            top = max(weights) or Fraction(1)
            weights = [
                w if t or not power else top
                for w, t in zip(weights, target, strict=True)
            ]
        size = sum(weights[k] * (target[k] + preds[k]) for k in every)
        if size == 0:
            return math.nan
        return float(2 * sum(weights[k] * cells[k][k] for k in every) / size)
    raise AssertionError(score)


@given(matrix=matrices())
def test_correlation_and_kappa_are_their_definitions(matrix: Tensor) -> None:
    found = functional.matthews_corrcoef_from_counts(matrix, **EXACT)
    assert_score(found, fraction_of("matthews", matrix))
    for weights in ("none", "linear", "quadratic"):
        found = functional.cohen_kappa_from_counts(
            matrix,
            weights=weights,  # type: ignore[arg-type]
            **EXACT,
        )
        assert_score(found, fraction_of("kappa", matrix, weights=weights))


@given(
    matrix=matrices(),
    weight_type=st.sampled_from(["square", "simple", "linear"]),
    empty_weight=st.sampled_from(["largest", "zero"]),
)
def test_generalized_dice_is_its_definition(
    matrix: Tensor, weight_type: Any, empty_weight: Any
) -> None:
    options = {"weight_type": weight_type, "empty_weight": empty_weight}
    if weight_type == "linear" and empty_weight == "zero":
        with pytest.raises(ValueError, match="empty_weight='zero' has no effect with "):
            functional.generalized_dice_from_counts(matrix, **options, **EXACT)
        return
    found = functional.generalized_dice_from_counts(matrix, **options, **EXACT)
    assert_score(found, fraction_of("generalized", matrix, **options))


def test_a_miss_among_many_hits_is_not_lost() -> None:
    hits = 10**8 + 1
    matrix = torch.tensor([[hits, 1], [0, hits]])
    exact = fraction_of("kappa", matrix, weights="none")
    found = functional.cohen_kappa_from_counts(matrix, **EXACT)
    assert found < 1
    assert 1 - found.item() == pytest.approx(1 - exact, rel=1e-7)
    found = functional.matthews_corrcoef_from_counts(matrix, **EXACT)
    assert found < 1
    assert 1 - found.item() == pytest.approx(1 / (hits + 1), rel=1e-7)


def test_whole_scores_of_samples() -> None:
    samples = torch.stack([MATRIX, 2 * MATRIX, torch.zeros_like(MATRIX), MATRIX.T])
    for name in ("matthews_corrcoef", "cohen_kappa", "generalized_dice"):
        function = getattr(functional, f"{name}_from_counts")
        alone = [function(matrix, **EXACT) for matrix in samples]
        each, valid = function(samples, aggregation="none", return_valid=True, **EXACT)
        torch.testing.assert_close(each, torch.stack(alone), equal_nan=True)
        assert each.isnan().tolist() == [False, False, True, False]
        assert valid.tolist() == [1, 1, 0, 1]
        mean, valid = function(
            samples, aggregation="samplewise", return_valid=True, **EXACT
        )
        torch.testing.assert_close(mean, each.nanmean())
        assert valid == 3
        worth = function(samples, aggregation="samplewise", zero_division=0, **EXACT)
        torch.testing.assert_close(worth, each.nan_to_num(0).mean())
        together = function(samples, **EXACT)
        torch.testing.assert_close(together, function(samples.sum(0), **EXACT))
        assert function(samples, zero_division="nan", aggregation="samplewise").isnan()


def test_weighted_kappa_of_samples_and_leading_dimensions() -> None:
    samples = torch.stack([MATRIX, MATRIX.T, MATRIX + 1])
    options: dict[str, Any] = {"weights": "linear", **EXACT}
    alone = torch.stack(
        [functional.cohen_kappa_from_counts(matrix, **options) for matrix in samples]
    )
    found = functional.cohen_kappa_from_counts(samples, aggregation="none", **options)
    torch.testing.assert_close(found, alone)
    draws = torch.stack([samples, samples.flip(0), 3 * samples])
    found = functional.cohen_kappa_from_counts(draws, **options)
    whole = functional.cohen_kappa_from_counts(samples, **options)
    torch.testing.assert_close(found, whole.expand(3))


def test_generalized_dice_scores_the_classes_that_are_chosen() -> None:
    options: dict[str, Any] = {"include_background": False, **EXACT}
    found = functional.generalized_dice_from_counts(MATRIX, **options)
    # classes 1 and 2: t 6 and 4, p 4 and 5, tp 3 and 4
    wanted = 2 * (3 / 36 + 4 / 16) / (10 / 36 + 9 / 16)
    assert_score(found, wanted)
    found = functional.generalized_dice_from_counts(MATRIX, classes=[2, 1], **EXACT)
    assert_score(found, wanted)
    found = functional.generalized_dice_from_counts(MATRIX, ignore_index=0, **EXACT)
    assert_score(found, wanted)
    regions = functional.generalized_dice_from_counts(
        MATRIX, regions=[[1], [2]], **EXACT
    )
    assert_score(regions, wanted)


def test_generalized_dice_of_no_class_is_undefined() -> None:
    for options in ({"ignore_index": [0, 1, 2]}, {"classes": [1], "ignore_index": 1}):
        assert functional.generalized_dice_from_counts(MATRIX, **options).isnan()


def test_whole_scores_see_an_ignored_class_and_the_class_other() -> None:
    preds, target = torch.tensor([0, 1, 2, 1, 9]), torch.tensor([0, 1, 2, 0, 1])
    matrix = tt.confusion_matrix(preds, target, 3, out_of_range="miss", ignore_index=0)
    assert matrix.shape == (4, 4)
    for name in ("matthews_corrcoef", "cohen_kappa_score"):
        found = getattr(tt, name)(
            preds, target, 3, out_of_range="miss", ignore_index=0, **EXACT
        )
        kind = "matthews" if name == "matthews_corrcoef" else "kappa"
        assert_score(found, fraction_of(kind, matrix, weights="none"))


@pytest.mark.parametrize("name", ["matthews_corrcoef", "cohen_kappa_score"])
def test_labels_are_pooled_into_two_classes(name: str) -> None:
    generator = torch.Generator().manual_seed(0)
    preds, target = torch.randint(0, 2, (2, 5, 3, 7), generator=generator)
    found = getattr(tt, name)(preds, target, 3, task="multilabel", **EXACT)
    wanted = getattr(tt, name)(preds.flatten(), target.flatten(), 2, **EXACT)
    torch.testing.assert_close(found, wanted)
    stem = name.removesuffix("_score")
    matrices = tt.confusion_matrix(preds, target, 3, task="multilabel", per_sample=True)
    again = getattr(functional, f"{stem}_from_counts")(
        matrices, task="multilabel", aggregation="none", **EXACT
    )
    each = getattr(tt, name)(
        preds, target, 3, task="multilabel", aggregation="none", **EXACT
    )
    torch.testing.assert_close(again, each)
    assert each.shape == (5,)


def test_class_means_with_a_name() -> None:
    recall = torch.tensor([5 / 6, 3 / 6, 1.0], dtype=torch.float64)
    found = functional.balanced_accuracy_from_counts(MATRIX, **EXACT)
    torch.testing.assert_close(found, recall.mean())
    found = functional.accuracy_from_counts(MATRIX, average="macro", **EXACT)
    torch.testing.assert_close(found, recall.mean())
    assert_score(functional.accuracy_from_counts(MATRIX, **EXACT), 12 / 16)
    found = functional.accuracy_from_counts(MATRIX, average="none", **EXACT)
    torch.testing.assert_close(found, recall)
    iou = functional.iou_from_counts(MATRIX, average="none", **EXACT)
    share = torch.tensor([6, 6, 4], dtype=torch.float64) / 16
    found = functional.frequency_weighted_iou_from_counts(MATRIX, **EXACT)
    torch.testing.assert_close(found, (iou * share).sum())


def test_accuracy_of_binary_pixels_and_of_labels() -> None:
    scores = torch.tensor([[0.9, 0.2, 0.1, 0.4]])
    target = torch.tensor([[1, 1, 0, 0]])
    assert tt.accuracy_score(scores, target, task="binary") == 0.75
    assert tt.balanced_accuracy_score(scores, target, task="binary") == 0.75
    labels = tt.accuracy_score(
        scores, target, 4, task="multilabel", average="none", **EXACT
    )
    assert_score(labels, [1.0, 0.0, 1.0, 1.0])
    assert tt.accuracy_score(scores, target, 4, task="multilabel") == 0.75


def test_fbeta_from_precision_to_recall() -> None:
    options: dict[str, Any] = {"average": "none", **EXACT}
    found = functional.fbeta_from_counts(MATRIX, beta=0.0, **options)
    torch.testing.assert_close(
        found, functional.precision_from_counts(MATRIX, **options)
    )
    found = functional.fbeta_from_counts(MATRIX, beta=math.inf, **options)
    torch.testing.assert_close(found, functional.recall_from_counts(MATRIX, **options))
    found = functional.fbeta_from_counts(MATRIX, **options)
    torch.testing.assert_close(found, functional.f1_from_counts(MATRIX, **options))


def test_tversky_holds_dice_and_iou() -> None:
    options: dict[str, Any] = {"average": "none", **EXACT}
    found = functional.tversky_from_counts(MATRIX, **options)
    torch.testing.assert_close(found, functional.dice_from_counts(MATRIX, **options))
    found = functional.tversky_from_counts(MATRIX, alpha=1, beta=1, **options)
    torch.testing.assert_close(found, functional.iou_from_counts(MATRIX, **options))


# Exact match


@given(
    seed=st.integers(0, 2**31),
    multilabel=st.booleans(),
    ignored=st.sampled_from([None, 0, [1, 2], 255]),
)
def test_exact_match_is_the_share_of_samples_without_an_error(
    seed: int, multilabel: bool, ignored: Any
) -> None:
    generator = torch.Generator().manual_seed(seed)
    classes = 2 if multilabel else 3
    target = torch.randint(0, classes, (7, 2, 3), generator=generator)
    wrong = torch.rand(target.shape, generator=generator) < 0.1
    preds = torch.where(wrong, (target + 1) % classes, target)
    mask = torch.rand(target.shape, generator=generator) < 0.8
    values = (
        [] if ignored is None else [ignored] if isinstance(ignored, int) else ignored
    )
    rights = []
    for sample in range(7):
        pixels = [
            p == t
            for p, t, m in zip(
                preds[sample].flatten().tolist(),
                target[sample].flatten().tolist(),
                mask[sample].flatten().tolist(),
                strict=True,
            )
            if m and t not in values
        ]
        rights.append(float(all(pixels)) if pixels else math.nan)
    options: dict[str, Any] = {
        "task": "multilabel" if multilabel else "multiclass",
        "ignore_index": ignored,
        **EXACT,
    }
    number = 2 if multilabel else 3
    each = tt.exact_match_score(
        preds, target, number, mask=mask, aggregation="none", **options
    )
    assert_score(each, rights)
    known = [right for right in rights if not math.isnan(right)]
    mean = sum(known) / len(known) if known else math.nan
    found = tt.exact_match_score(preds, target, number, mask=mask, **options)
    assert_score(found, mean)
    metric = tt.metrics.ExactMatchScore(number, **options)
    for part in (slice(0, 3), slice(3, 7)):
        metric.update(preds[part], target[part], mask[part])
    assert_score(metric.compute(), mean)


def test_exact_match_is_subset_accuracy_of_sklearn() -> None:
    sklearn = pytest.importorskip("sklearn.metrics")
    generator = torch.Generator().manual_seed(3)
    target = torch.randint(0, 2, (40, 3), generator=generator)
    preds = torch.where(
        torch.rand(40, 3, generator=generator) < 0.2, 1 - target, target
    )
    wanted = sklearn.accuracy_score(target.numpy(), preds.numpy())
    found = tt.exact_match_score(preds, target, 3, task="multilabel", **EXACT)
    assert_score(found, wanted)


def test_exact_match_needs_samples() -> None:
    matrix = torch.eye(3, dtype=torch.int64)
    with pytest.raises(ValueError, match="needs counts with a sample dimension"):
        functional.exact_match_from_counts(matrix)
    with pytest.raises(ValueError, match="aggregation must be one of 'samplewise', 'n"):
        functional.exact_match_from_counts(
            matrix,
            aggregation="global",  # type: ignore[arg-type]
        )


# A score without a greatest value


def test_a_mean_of_unbounded_scores_keeps_samples() -> None:
    """Sums of fixed point have a range; a likelihood ratio has none."""
    target = torch.zeros(3, 4000, dtype=torch.int64)
    target[:, :2000] = 1
    preds = target.clone()
    preds[:, 2000] = 1  # one of 2,000: 2000 for class 1
    options: dict[str, Any] = {
        "average": "binary",
        "aggregation": "samplewise",
        **EXACT,
    }
    wanted = tt.positive_likelihood_ratio(preds, target, 2, **options)
    assert_score(wanted, 2000.0)
    metric = tt.metrics.PositiveLikelihoodRatio(2, **options)
    metric.update(preds[:1], target[:1])
    metric.update(preds[1:], target[1:])
    assert metric.counts.shape == (0, 3, 2)  # batches wait
    assert_score(metric.compute(), 2000.0)
    assert metric.counts.shape == (3, 3, 2)
