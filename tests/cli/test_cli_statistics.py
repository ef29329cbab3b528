"""Statistics over cases, beside scipy and formulas by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from torchtally.cli._statistics import (
    FEW_CASES,
    Interval,
    Summary,
    few_cases,
    mean_interval,
    median_interval,
    summarize,
    worst_cases,
)


@pytest.fixture
def scores() -> np.ndarray:
    """Dice-like scores [60, 3]; of the second some are undefined, of the third all."""
    values = np.random.default_rng(3).beta(8, 2, (60, 3))
    values[::4, 1] = np.nan
    values[:, 2] = np.nan
    return values


def test_spread(scores: np.ndarray) -> None:
    first, second, third = summarize(scores)
    assert (first.cases, second.cases, third.cases) == (60, 45, 0)
    for summary, column in ((first, scores[:, 0]), (second, scores[:, 1])):
        assert summary.mean == pytest.approx(np.nanmean(column), rel=1e-14)
        assert summary.sd == pytest.approx(np.nanstd(column, ddof=1), rel=1e-14)
        assert summary.median == np.nanmedian(column)
        assert summary.minimum == np.nanmin(column)
        assert summary.maximum == np.nanmax(column)
        assert math.isnan(summary.low)
    undefined = third.as_json()
    assert undefined.pop("cases") == 0
    assert undefined
    assert set(undefined.values()) == {None}


def test_by_hand() -> None:
    (summary,) = summarize([[0.5], [0.75], [1.0], [np.nan]], Interval("t"))
    assert summary.mean == 0.75
    assert summary.sd == 0.25
    margin = 4.302652729911275 * 0.25 / math.sqrt(3)  # t(0.975; 2) of any table
    assert summary.low == pytest.approx(0.75 - margin, rel=1e-9)
    assert summary.high == pytest.approx(0.75 + margin, rel=1e-9)


def test_t_is_scipys(scores: np.ndarray) -> None:
    column = scores[:, 0]
    found = mean_interval(column, Interval("t", confidence=0.9))
    expected = stats.ttest_1samp(column, 0).confidence_interval(0.9)
    assert found == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("method", ["percentile", "bca"])
def test_bootstrap_is_scipys(scores: np.ndarray, method: str) -> None:
    column = scores[:, 0]
    found = mean_interval(column, Interval(method, resamples=500, seed=7))
    expected = stats.bootstrap(
        (np.sort(column),), np.mean, n_resamples=500, method=method, rng=7
    ).confidence_interval
    assert found == pytest.approx(expected, rel=1e-12)
    assert found[0] < column.mean() < found[1]


def test_bca_by_hand(scores: np.ndarray) -> None:
    column = np.sort(scores[:, 0])
    number, resamples = len(column), 999
    draws = np.random.default_rng(1).integers(0, number, (resamples, number))
    means = column[draws].mean(1)
    below = (means < column.mean()).mean() + (means == column.mean()).mean() / 2
    bias = stats.norm.ppf(below)
    left = (column.sum() - column) / (number - 1)
    moved = left.mean() - left
    acceleration = (moved**3).sum() / (6 * (moved**2).sum() ** 1.5)
    z = bias + stats.norm.ppf([0.025, 0.975])
    levels = stats.norm.cdf(bias + z / (1 - acceleration * z))
    expected = np.quantile(means, levels)
    found = mean_interval(column, Interval("bca", resamples=resamples, seed=1))
    # As many draws, but other ones if scipy draws them in another way.
    assert found == pytest.approx(expected, abs=0.004)


@pytest.mark.parametrize("method", ["percentile", "bca", "t"])
def test_order_and_neighbours_change_no_bit(scores: np.ndarray, method: str) -> None:
    interval = Interval(method, resamples=300, seed=5, of_median=True)
    expected = summarize(scores, interval)
    shuffled = np.random.default_rng(0).permutation(scores)
    assert repr(summarize(shuffled, interval)) == repr(expected)
    assert repr(summarize(scores[:, 1:2], interval)[0]) == repr(expected[1])
    other = summarize(scores, Interval(method, resamples=300, seed=6))
    assert (other[0].low == expected[0].low) == (method == "t")


def test_coverage() -> None:
    """Nine in ten of the 90% intervals hold the mean of the population."""
    generator = np.random.default_rng(11)
    for method in ("percentile", "bca", "t"):
        interval = Interval(method, confidence=0.9, resamples=400)
        inside = 0
        for _ in range(200):
            low, high = mean_interval(generator.beta(8, 2, 80), interval)
            inside += low < 0.8 < high
        assert 165 <= inside <= 195, method


@pytest.mark.parametrize("method", ["percentile", "bca", "t"])
def test_degenerate(method: str) -> None:
    interval = Interval(method, resamples=50, of_median=True)
    nothing, one, same = summarize(
        [[np.nan, 0.5, 0.25], [np.nan, np.nan, 0.25]], interval
    )
    assert nothing.cases == 0
    assert (one.cases, one.mean, one.maximum) == (1, 0.5, 0.5)
    assert math.isnan(one.sd)
    assert math.isnan(one.low)
    assert (same.low, same.high, same.sd) == (0.25, 0.25, 0.0)
    assert math.isnan(same.median_low)


def test_median_interval() -> None:
    # The 10 ordered scores: 1 - 2 * 11 / 1024 of intervals from the second to the ninth
    # hold the median (binomial, p = 1/2).
    values = np.arange(10) / 10
    assert median_interval(values, 0.95) == (0.1, 0.8)
    assert all(map(math.isnan, median_interval(values[:5], 0.95)))


def test_few_cases() -> None:
    enough, few, fewer = Summary(FEW_CASES), Summary(FEW_CASES - 1), Summary(3)
    assert few_cases(["a", "b"], [enough, Summary(0)]) is None
    assert few_cases(["a", "b"], [enough, few]) == (
        "intervals from fewer than 50 cases (b), here 49, are rough: they cover the "
        "mean less often than they say"
    )
    message = few_cases(["a", "b"], [fewer, few])
    assert message is not None
    assert "50 cases, here 3 to 49, are" in message


def test_worst_cases() -> None:
    values = [0.5, np.nan, 0.25, 0.5, 1.0]
    names = ["d", "a", "c", "b", "e"]
    assert worst_cases(values, names, 3) == [(2, 0.25), (3, 0.5), (0, 0.5)]
    assert len(worst_cases(values, names, 10)) == 4
    with pytest.raises(ValueError, match="one for each of 5 scores, got 1"):
        worst_cases(values, ["a"], 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "normal"}, "method must be one of percentile, bca, t"),
        ({"confidence": 1.0}, "confidence must lie in"),
        ({"resamples": 0}, "resamples must be at least 1"),
    ],
)
def test_intervals_are_checked(arguments: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Interval(**arguments)


def test_scores_are_checked() -> None:
    with pytest.raises(ValueError, match=r"\[cases, entries\], got shape \(2,\)"):
        summarize([0.5, 0.5])
    with pytest.raises(ValueError, match="finite"):
        summarize([[math.inf]])
