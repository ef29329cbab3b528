"""Statistics over cases: spread, intervals of the mean, and the worst cases.

Every number is a function of the set of scores, not of their order: values are sorted
before anything is added up or drawn, so that the same cases give the same bytes however
the work was divided. A NaN is a score that is not defined, and enters nothing.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
IntervalMethod: TypeAlias = Literal["percentile", "bca", "t"]

METHODS: tuple[IntervalMethod, ...] = get_args(IntervalMethod)
METHOD_NAMES = {
    "percentile": "percentile bootstrap",
    "bca": "bias-corrected and accelerated (BCa) bootstrap",
    "t": "Student's t",
}
#: Fewer cases than this give a warning beside their interval.
FEW_CASES = 50
_DRAWN = 1 << 22  # scores of bootstrap samples held at once: 32 MiB


@dataclass(frozen=True)
class Interval:
    """How intervals are estimated.

    Attributes:
        method: ``"percentile"`` and ``"bca"`` draw cases with replacement, ``"t"``
            takes Student's distribution.
        confidence: inside (0, 1).
        resamples: number of bootstrap samples.
        seed: of the draws.
        of_median: whether the median has an interval too; by the order of scores,
            whatever the method of the mean.
    """

    method: IntervalMethod = "percentile"
    confidence: float = 0.95
    resamples: int = 2000
    seed: int = 0
    of_median: bool = False

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: a value is not allowed.
        """
        if self.method not in METHODS:
            raise ValueError(
                f"Interval: method must be one of {', '.join(METHODS)}, "
                f"got {self.method!r}"
            )
        if not 0 < self.confidence < 1:
            raise ValueError(
                f"Interval: confidence must lie in (0, 1), got {self.confidence}"
            )
        if self.resamples < 1:
            raise ValueError(
                f"Interval: resamples must be at least 1, got {self.resamples}"
            )

    @property
    def described(self) -> str:
        """How the interval of the mean was found, in words."""
        text = f"{100 * self.confidence:g}% interval of the mean: "
        text += METHOD_NAMES[self.method]
        if self.method == "t":
            return text
        return f"{text}, {self.resamples:,} resamples of cases, seed {self.seed}"


@dataclass(frozen=True)
class Summary:
    """One column of scores, over the cases where it is defined; NaN is undefined.

    Attributes:
        cases: how many cases are defined and entered.
        mean: their sum divided by their number.
        sd: sqrt(sum((x - mean)²) / (n - 1)); undefined for one case.
        median: the middle score, or the mean of the middle two.
        minimum: the lowest score.
        maximum: the highest score.
        low: lower bound of the mean.
        high: upper bound of the mean.
        median_low: lower bound of the median, where it was asked for.
        median_high: upper bound of the median.
    """

    cases: int
    mean: float = math.nan
    sd: float = math.nan
    median: float = math.nan
    minimum: float = math.nan
    maximum: float = math.nan
    low: float = math.nan
    high: float = math.nan
    median_low: float = math.nan
    median_high: float = math.nan

    def as_json(self) -> dict[str, float | int | None]:
        """Return the numbers by name; None is undefined."""
        return {
            name: None if isinstance(value, float) and math.isnan(value) else value
            for name, value in vars(self).items()
        }


def summarize(scores: npt.ArrayLike, interval: Interval | None = None) -> list[Summary]:
    """Return the statistics of each column.

    Args:
        scores: float64 ``[cases, entries]``, NaN where a score is not defined.
        interval: how intervals are estimated; None for no intervals.

    Returns:
        A Summary for each entry. An entry's numbers depend on its own defined scores
        alone, not on their order nor on what other entries there are.

    Raises:
        ValueError: scores do not have two dimensions, or hold an infinity.
    """
    values = np.asarray(scores, np.float64)
    if values.ndim != 2:
        raise ValueError(
            f"summarize: scores must be [cases, entries], got shape {values.shape}"
        )
    if np.isinf(values).any():
        raise ValueError("summarize: scores must be finite or NaN, got an infinity")
    return [_summary(column, interval) for column in values.T]


def _summary(column: Floats, interval: Interval | None) -> Summary:
    values = np.sort(column[~np.isnan(column)])
    number = len(values)
    if number == 0:
        return Summary(0)
    mean = math.fsum(values) / number
    sd = math.nan
    if number > 1:
        sd = math.sqrt(math.fsum((values - mean) ** 2) / (number - 1))
    bounds = median_bounds = (math.nan, math.nan)
    if interval is not None:
        bounds = mean_interval(values, interval)
        if interval.of_median:
            median_bounds = median_interval(values, interval.confidence)
    return Summary(
        number,
        mean,
        sd,
        float(np.median(values)),
        float(values[0]),
        float(values[-1]),
        *bounds,
        *median_bounds,
    )


def mean_interval(scores: npt.ArrayLike, interval: Interval) -> tuple[float, float]:
    """Return bounds of the mean of the population that the cases were drawn from.

    Percentile: the (1 - c) / 2 and (1 + c) / 2 quantiles of the means of bootstrap
    samples, each as many cases drawn with replacement as there are. BCa: quantiles that
    are moved by the median bias of those means and by the skewness of the jackknife.
    t: mean ± t((1 + c) / 2; n - 1) sd / sqrt(n), which may leave the score's range.

    Args:
        scores: float64 ``[cases]``; NaN is left out.
        interval: method, confidence, resamples and seed.

    Returns:
        The bounds; NaN for fewer than two scores. Scores that are all the same have
        both bounds there.

    References:
        Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapters 13
        (percentile) and 14 (BCa); both by scipy.stats.bootstrap. Student (1908), The
        probable error of a mean.
    """
    from scipy import stats

    values = np.asarray(scores, np.float64)
    values = np.sort(values[~np.isnan(values)])
    number = len(values)
    if number < 2:
        return math.nan, math.nan
    if values[0] == values[-1]:
        return float(values[0]), float(values[0])
    if interval.method == "t":
        mean = math.fsum(values) / number
        error = math.sqrt(math.fsum((values - mean) ** 2) / (number - 1) / number)
        margin = float(stats.t.ppf((1 + interval.confidence) / 2, number - 1)) * error
        return mean - margin, mean + margin
    with warnings.catch_warnings():
        # Of bounds that are not defined, which are NaN.
        warnings.simplefilter("ignore", stats.DegenerateDataWarning)
        found = stats.bootstrap(
            (values,),
            np.mean,
            n_resamples=interval.resamples,
            batch=max(1, _DRAWN // number),
            vectorized=True,
            confidence_level=interval.confidence,
            method="BCa" if interval.method == "bca" else "percentile",
            rng=np.random.default_rng(interval.seed),
        )
    bounds = found.confidence_interval
    return float(bounds.low), float(bounds.high)


def median_interval(scores: npt.ArrayLike, confidence: float) -> tuple[float, float]:
    """Return bounds of the median, scores between which it lies with a confidence.

    The number of cases below the median is binomial with p = 1/2 whatever the
    distribution, so the bounds are two of the ordered scores; they cover it with at
    least the confidence. Nothing is drawn.

    Args:
        scores: float64 ``[cases]``; NaN is left out.
        confidence: inside (0, 1).

    Returns:
        The bounds; NaN where there are too few cases for this confidence (5 or fewer
        at 0.95).

    References:
        Conover (1999), Practical Nonparametric Statistics, section 3.2; by
        scipy.stats.quantile_test.
    """
    from scipy import stats

    values = np.asarray(scores, np.float64)
    values = np.sort(values[~np.isnan(values)])
    if len(values) == 0:
        return math.nan, math.nan
    test = stats.quantile_test(values, q=float(np.median(values)), p=0.5)
    bounds = test.confidence_interval(confidence_level=confidence)
    return float(bounds.low), float(bounds.high)


def few_cases(names: Sequence[str], summaries: Sequence[Summary]) -> str | None:
    """Return a warning that names the entries with few cases, or None.

    Bootstrap and t intervals of few cases cover less often than they say: a percentile
    interval is too narrow by about sqrt((n - 1) / n) and by the normal quantile in
    place of Student's, and skewed scores, such as Dice near 1, make it worse.

    Args:
        names: of the entries.
        summaries: of the same entries.

    References:
        Hesterberg (2015), What Teachers Should Know about the Bootstrap.
    """
    numbers_of = [
        (name, summary.cases)
        for name, summary in zip(names, summaries, strict=True)
        if summary.cases > 0
    ]
    few = [(name, number) for name, number in numbers_of if number < FEW_CASES]
    if not few:
        return None
    numbers = sorted({number for _, number in few})
    cases = str(numbers[0])
    if len(numbers) > 1:
        cases += f" to {numbers[-1]}"
    whose = "" if len(few) == len(numbers_of) else f" ({_listed([n for n, _ in few])})"
    return (
        f"intervals from fewer than {FEW_CASES} cases{whose}, here {cases}, are rough: "
        "they cover the mean less often than they say"
    )


def _listed(names: Sequence[str], most: int = 8) -> str:
    names = list(dict.fromkeys(names))
    shown = names[:most]
    if len(names) > most:
        shown.append(f"{len(names) - most} more")
    return ", ".join(shown)


def worst_cases(
    scores: npt.ArrayLike, names: Sequence[str], number: int
) -> list[tuple[int, float]]:
    """Return the cases with the lowest scores, the worst first.

    Args:
        scores: float64 ``[cases]``; a NaN is no score and never among them.
        names: of the cases; equal scores are in the order of the names.
        number: how many.

    Returns:
        The place of each case in ``scores``, and its score.

    Raises:
        ValueError: there is not one name for each score.
    """
    values: Any = np.asarray(scores, np.float64).tolist()
    if len(values) != len(names):
        raise ValueError(
            f"worst_cases: names must be one for each of {len(values)} scores, "
            f"got {len(names)}"
        )
    defined = [index for index, value in enumerate(values) if not math.isnan(value)]
    defined.sort(key=lambda index: (values[index], names[index]))
    return [(index, values[index]) for index in defined[:number]]
