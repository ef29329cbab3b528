"""Intervals: the draws are those of a loop, and the bounds those of scipy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

import torchtally as tt
from torchtally import functional
from torchtally.functional import bootstrap

GENERATOR = torch.Generator().manual_seed(0)
MATRICES = torch.randint(0, 9, (12, 3, 3), generator=GENERATOR)
MATRICES[4] = 0  # a case of which nothing was counted
COUNTS = functional.ClassCounts.from_matrix(MATRICES)


def draws(cases: int, resamples: int, seed: int) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(cases, (resamples, cases), generator=generator)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"average": "none"},
        {"average": "micro"},
        {"aggregation": "samplewise"},
        {"aggregation": "samplewise", "sample_mean": "samples_first"},
        {"aggregation": "samplewise", "average": "none", "zero_division": 1},
        {"regions": [[0, 1], [1, 2]]},
        {"classes": "present", "zero_division": 0, "return_valid": True},
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["dice", "iou", "specificity"])
def test_bounds_are_percentiles_of_a_loop(name: str, options: dict[str, Any]) -> None:
    score = getattr(functional, f"{name}_from_counts")
    found = tt.bootstrap_ci(
        MATRICES, score, confidence=0.9, resamples=200, seed=3, **options
    )
    alone = {key: value for key, value in options.items() if key != "return_valid"}
    alone["dtype"] = torch.float64
    each = torch.stack([score(MATRICES[i], **alone) for i in draws(12, 200, 3)])
    for bound, level in ((found.low, 0.05), (found.high, 0.95)):
        wanted = torch.nanquantile(each, level, dim=0).float()
        torch.testing.assert_close(bound, wanted)
    torch.testing.assert_close(found.estimate, score(MATRICES, **alone).float())
    assert torch.equal(found.resamples, (~each.isnan()).sum(0))
    assert found.confidence == 0.9
    assert ((found.low <= found.estimate) & (found.estimate <= found.high)).all()


@pytest.mark.parametrize(
    "name", ["matthews_corrcoef", "cohen_kappa", "generalized_dice", "accuracy"]
)
def test_scores_of_the_whole(name: str) -> None:
    score = getattr(functional, f"{name}_from_counts")
    found = tt.bootstrap_ci(MATRICES, score, resamples=100)
    each = torch.stack([score(MATRICES[i]) for i in draws(12, 100, 0)])
    torch.testing.assert_close(found.low, torch.quantile(each, 0.025))
    again = tt.bootstrap_ci(COUNTS, score, resamples=100)
    assert torch.equal(again.low, found.low)
    assert torch.equal(again.high, found.high)


def test_scipy_agrees() -> None:
    score = functional.dice_from_counts
    options: dict[str, Any] = {"average": "micro", "aggregation": "samplewise"}
    each = score(MATRICES, average="micro", aggregation="none", dtype=torch.float64)
    wanted = scipy.stats.bootstrap(
        (each.numpy(),),
        np.nanmean,
        n_resamples=20_000,
        method="percentile",
        rng=np.random.default_rng(0),
    ).confidence_interval
    found = tt.bootstrap_ci(MATRICES, score, resamples=20_000, **options)
    assert found.low.item() == pytest.approx(wanted.low, abs=0.005)
    assert found.high.item() == pytest.approx(wanted.high, abs=0.005)


def test_the_draws_do_not_depend_on_how_many_fit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    score = functional.iou_from_counts
    whole = tt.bootstrap_ci(MATRICES, score, resamples=50, average="none")
    for cells in (1, 700, 5000):
        monkeypatch.setattr(bootstrap, "_CELLS", cells)
        found = tt.bootstrap_ci(MATRICES, score, resamples=50, average="none")
        for one, other in zip(found, whole, strict=True):
            assert torch.equal(torch.as_tensor(one), torch.as_tensor(other))


def test_the_seed_decides() -> None:
    score = functional.dice_from_counts
    first, again, other = (
        tt.bootstrap_ci(MATRICES, score, seed=seed, resamples=50) for seed in (1, 1, 2)
    )
    assert first.low == again.low
    assert first.low != other.low


def test_labels_and_single_cases() -> None:
    scores = torch.rand(6, 4, 5, generator=torch.Generator().manual_seed(0))
    matrices = tt.confusion_matrix(
        scores, scores > 0.6, 4, task="multilabel", per_sample=True
    )
    for average in ("macro", "samples", "none"):
        found = tt.bootstrap_ci(
            matrices,
            functional.f1_from_counts,
            task="multilabel",
            average=average,
            resamples=20,
        )
        assert found.low.shape == ((4,) if average == "none" else ())
    alone = tt.bootstrap_ci(MATRICES[:1], functional.dice_from_counts, resamples=10)
    assert alone.low == alone.estimate == alone.high


def test_nothing_defined_is_nan() -> None:
    nothing = torch.zeros(3, 2, 2, dtype=torch.int64)
    found = tt.bootstrap_ci(nothing, functional.dice_from_counts, resamples=10)
    assert found.estimate.isnan()
    assert found.low.isnan()
    assert found.resamples == 0


def test_counts_are_left_as_they_are() -> None:
    before = MATRICES.clone()
    tt.bootstrap_ci(MATRICES, functional.dice_from_counts, resamples=10)
    assert torch.equal(MATRICES, before)


@pytest.mark.parametrize(
    ("counts", "options", "error", "message"),
    [
        (
            [[1]],
            {},
            TypeError,
            "per_sample_counts must be a tensor or an array or .*, got list",
        ),
        (MATRICES[0], {}, ValueError, r"must be \[N, C, C\] with .*, got shape \[3, 3"),
        (MATRICES[:0], {}, ValueError, "with at least one sample, got shape"),
        (
            functional.ClassCounts.from_matrix(MATRICES[0]),
            {},
            ValueError,
            r"per_sample_counts must be \[N, C\] .*, got shape \[3\]",
        ),
        (MATRICES, {"task": "multilabel"}, ValueError, r"must be \[N, L, 2, 2\]"),
        (MATRICES, {"confidence": 95}, ValueError, r"lie in \(0, 1\), got 95"),
        (MATRICES, {"confidence": "95%"}, TypeError, "must be a number, got str"),
        (MATRICES, {"resamples": 0}, ValueError, "resamples must be at least 1, got 0"),
        (
            MATRICES,
            {"resamples": 1e3},
            TypeError,
            "resamples must be an int, got float",
        ),
        (MATRICES, {"seed": None}, TypeError, "seed must be an int, got NoneType"),
        (
            MATRICES,
            {"aggregation": "none"},
            ValueError,
            "aggregation must be 'global' or 'samplewise', .*, got 'none'",
        ),
    ],
    ids=str,
)
def test_refused(
    counts: Any, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=f"^bootstrap_ci: .*{message}"):
        tt.bootstrap_ci(counts, functional.dice_from_counts, **options)


def test_the_score_refuses_in_its_own_name() -> None:
    with pytest.raises(TypeError, match=r"^dice_from_counts: unknown option 'colour'"):
        tt.bootstrap_ci(MATRICES, functional.dice_from_counts, colour=1)
