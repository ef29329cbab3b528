"""Are two sets of predictions of the same cases different, and does a ranking hold?

Every case is its own control: tests are of the differences, case by case. What scipy
has is scipy's. Cases come sorted by name, so the results do not depend on the order in
which they were evaluated.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ._columns import lower_is_better
from ._statistics import Floats, Interval, Summary, summarize

_DRAWN = 1 << 22  # numbers held at once: 32 MiB


@dataclass(frozen=True)
class PairTest:
    """Two sets of scores of the same cases.

    Attributes:
        score: which score.
        entry: of which class, region or average.
        first: name of the one set.
        second: name of the other.
        undefined: cases that are left out, because a score is undefined in either.
        difference: statistics of first - second over the cases.
        higher: cases in which first is higher.
        lower: cases in which it is lower; in the others the two are equal.
        wilcoxon: p of Wilcoxon's signed-rank test, two-sided; NaN without cases.
        permutation: p of the permutation test of the mean difference, two-sided.
        rank_biserial: (R+ - R-) / (R+ + R-), between -1 (second is higher wherever they
            differ) and 1.
        wilcoxon_holm: p of Wilcoxon's test, adjusted by Holm over all tests.
        permutation_holm: the same of the permutation test.
    """

    score: str
    entry: str
    first: str
    second: str
    undefined: int
    difference: Summary
    higher: int
    lower: int
    wilcoxon: float
    permutation: float
    rank_biserial: float
    wilcoxon_holm: float = math.nan
    permutation_holm: float = math.nan


@dataclass(frozen=True)
class Ranking:
    """The order of several sets by their mean over the cases that all define.

    Attributes:
        score: which score.
        entry: of which class, region or average.
        cases: how many cases entered.
        means: of each set.
        ranks: of each set, 1 is best; equal means share the mean of their ranks.
        shares: ``[sets, sets]``, the share of bootstrap samples of the cases in which a
            set had rank 1, 2, ...; sets that tie there share them.
        tau: mean over the bootstrap samples of Kendall's tau-b between the ranking of
            the sample and this one; NaN where nothing is ranked.
        tau_low: its 2.5% quantile.
        tau_high: its 97.5% quantile.
    """

    score: str
    entry: str
    cases: int
    means: tuple[float, ...]
    ranks: tuple[float, ...]
    shares: tuple[tuple[float, ...], ...]
    tau: float
    tau_low: float
    tau_high: float


def compare_pairs(
    names: Sequence[str],
    scores: Mapping[tuple[str, str], Floats],
    interval: Interval,
    permutations: int = 9999,
) -> list[PairTest]:
    """Test every two sets on every score, and adjust for how many tests there are.

    Args:
        names: of the sets.
        scores: float64 ``[sets, cases]`` by (score, entry), NaN where undefined.
        interval: of the mean difference; its seed is the permutation test's as well.
        permutations: how many are drawn where there are more than that.

    Returns:
        The tests, in the order of scores, then of pairs.
    """
    tests = [
        _pair_test(
            key, (names[i], names[j]), (values[i], values[j]), interval, permutations
        )
        for key, values in scores.items()
        for i, j in itertools.combinations(range(len(names)), 2)
    ]
    wilcoxon = holm([test.wilcoxon for test in tests])
    permutation = holm([test.permutation for test in tests])
    return [
        replace(test, wilcoxon_holm=w, permutation_holm=p)
        for test, w, p in zip(tests, wilcoxon, permutation, strict=True)
    ]


def _pair_test(
    key: tuple[str, str],
    names: tuple[str, str],
    scores: tuple[Floats, Floats],
    interval: Interval,
    permutations: int,
) -> PairTest:
    a, b = scores
    defined = ~(np.isnan(a) | np.isnan(b))
    a, b = a[defined], b[defined]
    difference = a - b
    (summary,) = summarize(difference[:, None], interval)
    return PairTest(
        *key,
        *names,
        int((~defined).sum()),
        summary,
        int((difference > 0).sum()),
        int((difference < 0).sum()),
        wilcoxon_p(difference),
        permutation_p(a, b, permutations, interval.seed),
        rank_biserial(difference),
    )


def wilcoxon_p(difference: Floats) -> float:
    """Return p of the signed-rank test, two-sided: scipy.stats.wilcoxon's defaults.

    Cases without a difference are left out, as Wilcoxon did. The distribution is exact
    for few cases without ties or zeros, else normal.

    Args:
        difference: float64 ``[cases]``, without NaN.

    Returns:
        1 if no case has a difference; NaN without cases.

    References:
        Wilcoxon (1945), Individual Comparisons by Ranking Methods.
    """
    from scipy import stats

    if len(difference) == 0:
        return math.nan
    if not difference.any():
        return 1.0
    return float(stats.wilcoxon(difference).pvalue)


def permutation_p(a: Floats, b: Floats, permutations: int, seed: int) -> float:
    """Return p of the mean difference if the two scores of a case may be exchanged.

    Two-sided, by scipy.stats.permutation_test: all 2^n exchanges where there are no
    more than ``permutations``, else as many drawn ones, with 1 added above and below.

    Args:
        a: float64 ``[cases]``, without NaN.
        b: the same cases.
        permutations: how many exchanges are drawn at most.
        seed: of the draws.

    Returns:
        1 if no case has a difference; NaN without cases.

    References:
        Fisher (1935), The Design of Experiments, section 21. Phipson and Smyth (2010),
        Permutation P-values Should Never Be Zero.
    """
    from scipy import stats

    if len(a) == 0:
        return math.nan
    differs = a != b
    a, b = a[differs], b[differs]  # exchanging equal scores changes nothing
    if len(a) < 2:
        return 1.0  # of one case both exchanges are as far from 0

    def statistic(x: Floats, y: Floats, axis: int) -> Floats:
        return np.asarray(np.mean(x - y, axis=axis))

    found = stats.permutation_test(
        (a, b),
        statistic,
        permutation_type="samples",
        vectorized=True,
        n_resamples=permutations,
        batch=max(1, _DRAWN // len(a)),
        rng=np.random.default_rng(seed),
    )
    return float(found.pvalue)


def rank_biserial(difference: Floats) -> float:
    """Return (R+ - R-) / (R+ + R-), the effect size of the signed-rank test.

    R+ and R- are the sums of the ranks of abs(difference) where it is positive and
    negative; cases without a difference are left out, ties share their mean rank.

    Args:
        difference: float64 ``[cases]``, without NaN.

    Returns:
        Between -1 and 1; 0 if no case has a difference, NaN without cases.

    References:
        Kerby (2014), The Simple Difference Formula.
    """
    from scipy import stats

    if len(difference) == 0:
        return math.nan
    kept = difference[difference != 0]
    if len(kept) == 0:
        return 0.0
    ranks = stats.rankdata(np.abs(kept))
    return float((ranks * np.sign(kept)).sum() / ranks.sum())


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p values so that the chance of any false finding is at most the level.

    The i-th smallest of m becomes the largest of (m - j + 1) p(j) over j <= i, at most
    1. A NaN is no test and stays NaN.

    Args:
        p_values: of all tests that are looked at.

    References:
        Holm (1979), A Simple Sequentially Rejective Multiple Test Procedure.
    """
    adjusted = [math.nan] * len(p_values)
    tested = [index for index, p in enumerate(p_values) if not math.isnan(p)]
    highest = 0.0
    for place, index in enumerate(sorted(tested, key=lambda index: p_values[index])):
        highest = max(highest, min(1.0, (len(tested) - place) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def rank(
    score: str, entry: str, scores: Floats, resamples: int = 2000, seed: int = 0
) -> Ranking:
    """Rank sets by their mean, and rank them again on bootstrap samples of the cases.

    Args:
        score: which score; its name says whether more of it is better.
        entry: of what.
        scores: float64 ``[sets, cases]``; a case that is undefined in one is left out.
        resamples: number of bootstrap samples; a case is drawn for all sets at once.
        seed: of the draws.

    References:
        Wiesenfarth et al. (2021), Methods and open-source toolkit for analyzing and
        visualizing challenge results. Kendall's tau-b is scipy.stats.kendalltau.
    """
    from scipy import stats

    values = scores[:, ~np.isnan(scores).any(0)]
    sets, cases = values.shape
    if cases == 0:
        nothing = (math.nan,) * sets
        empty = (nothing,) * sets
        return Ranking(score, entry, 0, nothing, nothing, empty, *(math.nan,) * 3)
    sign = 1.0 if lower_is_better(score) else -1.0
    means = np.array([math.fsum(row) / cases for row in values])
    ranks = stats.rankdata(sign * means)

    generator = np.random.default_rng(seed)
    drawn = []
    step = max(1, _DRAWN // (sets * cases))
    for start in range(0, resamples, step):
        index = generator.integers(0, cases, (min(step, resamples - start), cases))
        drawn.append(stats.rankdata(sign * values[:, index].mean(-1).T, axis=-1))
    different, times = np.unique(np.concatenate(drawn), axis=0, return_counts=True)
    shares = np.zeros((sets, sets))
    for row, often in zip(different, times, strict=True):
        for rank_of in np.unique(row):
            tied = np.flatnonzero(row == rank_of)
            # Ranks 2 and 3 of a tie are written as 2.5: each has half of both.
            first = round(rank_of - (len(tied) + 1) / 2)
            shares[np.ix_(tied, first + np.arange(len(tied)))] += often / len(tied)
    taus = np.array([kendall(ranks, row) for row in different])
    defined = ~np.isnan(taus)
    tau = low = high = math.nan
    if defined.any():
        every = np.repeat(taus[defined], times[defined])
        tau = float(every.mean())
        low, high = (float(bound) for bound in np.quantile(every, (0.025, 0.975)))
    return Ranking(
        score,
        entry,
        cases,
        tuple(means.tolist()),
        tuple(ranks.tolist()),
        tuple(tuple(row) for row in (shares / resamples).tolist()),
        tau,
        low,
        high,
    )


def kendall(first: Sequence[float] | Floats, second: Sequence[float] | Floats) -> float:
    """Return Kendall's tau-b between two rankings; NaN if one has ties only."""
    from scipy import stats

    return float(stats.kendalltau(first, second).statistic)
