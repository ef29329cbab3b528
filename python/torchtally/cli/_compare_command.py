"""`torchtally compare`: tests and rankings of files of results."""

from __future__ import annotations

import argparse
import dataclasses
import itertools
import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import torchtally

from ._columns import lower_is_better
from ._compare import (
    PairTest,
    Ranking,
    compare_pairs,
    kendall,
    rank,
)
from ._outputs import write_file
from ._problems import UsageError
from ._results import Results, differences, read_results
from ._statistics import Floats, Interval, few_cases

if TYPE_CHECKING:
    from rich.console import Console


def run_compare(arguments: argparse.Namespace) -> str:
    """Compare, write and print; return why nothing could be printed, or "".

    Raises:
        UsageError: Something that was asked for cannot be done.
    """
    from ._table import print_on  # imports rich

    try:
        interval = Interval(
            arguments.interval,
            arguments.confidence,
            arguments.resamples,
            arguments.seed,
        )
    except ValueError as error:
        raise UsageError(str(error).replace("Interval: ", "--")) from None
    if arguments.permutations < 1:
        raise UsageError(
            f"--permutations must be at least 1, got {arguments.permutations}"
        )
    inputs = {path.resolve() for path in arguments.results}
    if arguments.json is not None and arguments.json.resolve() in inputs:
        raise UsageError(f"--json must not overwrite an input, got {arguments.json}")
    results = _read(arguments.results, arguments.names)
    document = compare(
        results, arguments.scores, arguments.entries, interval, arguments.permutations
    )
    if arguments.json is not None:
        write_file(arguments.json, [_json_text(document, results)])
    return print_on(sys.stdout, lambda console: show(console, document))


@dataclasses.dataclass(frozen=True)
class Comparison:
    """Everything that is printed or written.

    Attributes:
        names: of the sets.
        cases: how many all of them have.
        interval: of the mean differences.
        permutations: how many are drawn at most.
        tests: of every two sets, on every score.
        rankings: of every score.
        notes: what is not the same in the sets, and what else to know.
    """

    names: tuple[str, ...]
    cases: int
    interval: Interval
    permutations: int
    tests: list[PairTest]
    rankings: list[Ranking]
    notes: list[str]


def compare(
    results: list[Results],
    scores: Sequence[str] | None,
    entries: Sequence[str] | None,
    interval: Interval,
    permutations: int,
) -> Comparison:
    """Match cases and scores, test and rank.

    Args:
        results: two or more.
        scores: which; None for the first, ``["all"]`` for all that the files share.
        entries: which classes and averages; None for the first average and its classes.
        interval: of the mean differences.
        permutations: how many are drawn at most.

    Raises:
        UsageError: The files have no case or score in common, or not what was asked
            for.
    """
    common = sorted(set(results[0].cases).intersection(*(one.cases for one in results)))
    if not common:
        raise UsageError(
            "the files must have cases in common, matched by name, got for example "
            + " and ".join(
                f"{one.cases[0]!r} in {one.path}"
                if one.cases
                else f"none in {one.path}"
                for one in results
            )
        )
    notes = differences(results, common)
    keys = _chosen(results, scores, entries, notes)
    columns: dict[tuple[str, str], Floats] = {}
    places = [
        [{case: n for n, case in enumerate(one.cases)}[case] for case in common]
        for one in results
    ]
    for key in keys:
        columns[key] = np.stack(
            [one.scores[key][at] for one, at in zip(results, places, strict=True)]
        )
    names = tuple(one.name for one in results)
    tests = compare_pairs(names, columns, interval, permutations)
    warning = few_cases(
        [f"{test.score} {test.entry}" for test in tests],
        [test.difference for test in tests],
    )
    if warning:
        notes.append(warning)
    rankings = [
        rank(*key, values, interval.resamples, interval.seed)
        for key, values in columns.items()
    ]
    return Comparison(
        names, len(common), interval, permutations, tests, rankings, notes
    )


def _read(paths: Sequence[Path], names: Sequence[str] | None) -> list[Results]:
    if len(paths) < 2:
        raise UsageError(f"compare needs two files or more, got {len(paths)}")
    if names is None:
        names = [path.stem for path in paths]
        if len(set(names)) < len(names):
            names = [str(path) for path in paths]
    if len(names) != len(paths):
        raise UsageError(
            f"--names must give one name for each of {len(paths)} files, "
            f"got {len(names)}"
        )
    if len(set(names)) < len(names):
        raise UsageError(f"the files must differ, got {', '.join(names)}")
    return [read_results(path, name) for path, name in zip(paths, names, strict=True)]


def _chosen(
    results: list[Results],
    scores: Sequence[str] | None,
    entries: Sequence[str] | None,
    notes: list[str],
) -> list[tuple[str, str]]:
    """Return which (score, entry) to compare, and note what only some files have."""
    first, *others = results
    shared = [key for key in first.scores if all(key in one.scores for one in others)]
    known = list(dict.fromkeys(score for score, _ in shared))
    if not known:
        raise UsageError(
            "the files must have scores of the same classes or averages, got "
            + " and ".join(
                f"{', '.join(dict.fromkeys(e for _, e in one.scores)) or 'none'} in "
                f"{one.path}"
                for one in results
            )
        )
    if scores is None:
        scores = known[:1]
    elif list(scores) == ["all"]:
        scores = known
    _check_known("--scores", scores, known)

    names = list(dict.fromkeys(entry for _, entry in shared))
    everything = dict.fromkeys(
        entry for one in results for entry in (*one.averages, *one.averaged)
    )
    absent = [entry for entry in everything if entry not in names]
    if absent and entries is None:
        notes.append(f"not in all files, left out: {', '.join(absent)}")
    if entries is None:
        average = [name for name in first.averages if name in names][:1]
        entries = average + [name for name in first.averaged if name in names]
    elif list(entries) == ["all"]:
        entries = names
    _check_known("--entries", entries, names)
    chosen = [
        (score, entry)
        for score in scores
        for entry in dict.fromkeys(entries)
        if (score, entry) in shared
    ]
    if not chosen:
        raise UsageError(
            f"--entries {', '.join(entries)} have no score of --scores "
            f"{', '.join(scores)}"
        )
    return chosen


def _check_known(option: str, given: Sequence[str], known: Sequence[str]) -> None:
    for name in given:
        if name not in known:
            raise UsageError(
                f"{option} must name what all files have, {', '.join(known)}, "
                f"got {name!r}"
            )


# JSON


def _json_text(comparison: Comparison, results: list[Results]) -> bytes:
    interval = comparison.interval
    document = {
        "torchtally": torchtally.__version__,
        "files": {one.name: str(one.path) for one in results},
        "cases": comparison.cases,
        "settings": {
            "interval": interval.method,
            "confidence": interval.confidence,
            "resamples": interval.resamples,
            "permutations": comparison.permutations,
            "seed": interval.seed,
        },
        "tests": [_test_json(test) for test in comparison.tests],
        "rankings": [_plain(vars(ranking)) for ranking in comparison.rankings],
        "kendall": [
            {
                "first": {"score": a.score, "entry": a.entry},
                "second": {"score": b.score, "entry": b.entry},
                "tau": _plain(kendall(a.ranks, b.ranks)),
            }
            for a, b in itertools.combinations(comparison.rankings, 2)
        ],
        "notes": comparison.notes,
    }
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    return f"{text}\n".encode("utf-8", "backslashreplace")


def _test_json(test: PairTest) -> dict[str, Any]:
    return _plain({**vars(test), "difference": test.difference.as_json()})  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    """Make None of NaN."""
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


# The terminal


def show(console: Console, comparison: Comparison) -> None:
    """Print the tables and how to read them."""
    from rich.text import Text

    for score in dict.fromkeys(test.score for test in comparison.tests):
        better = "less" if lower_is_better(score) else "more"
        title = Text(f"{score} ({better} is better)", style="bold")
        console.print(title, soft_wrap=True)
        console.print(_tests_table(comparison, score))
        console.print()
        console.print(_ranks_table(comparison, score))
        console.print()
    for line in _lines(comparison):
        console.print(Text(line), soft_wrap=True, highlight=False)


def _lines(comparison: Comparison) -> Iterable[str]:
    number = len(comparison.tests)
    yield f"{comparison.cases:,} cases in all files, {number} tests of each kind"
    yield (
        f"difference: mean of first - second, {comparison.interval.described}; +/=/-: "
        "cases in which first is higher, equal, lower"
    )
    yield (
        "p: two-sided, Holm over all tests of its kind; permutation of the mean "
        f"difference, at most {comparison.permutations:,} drawn; effect: "
        "rank-biserial, 1 where first is higher in all cases that differ"
    )
    yield (
        "ranking by mean; stability: share of bootstrap samples of the cases that give "
        "the same rank, and Kendall's tau with their rankings, mean and 95% range"
    )
    if len(comparison.names) > 2 and len(comparison.rankings) > 1:
        first, *others = comparison.rankings
        taus = [
            f"{other.score} {other.entry} {_number(kendall(first.ranks, other.ranks))}"
            for other in others[:8]
        ]
        yield (
            f"Kendall's tau with the ranking by {first.score} {first.entry}: "
            + ", ".join(taus)
        )
    if 2 * number > 0.05 * (comparison.permutations + 1):
        yield (
            f"{comparison.permutations:,} permutations cannot give p below 0.05 after "
            f"Holm over {number} tests: raise --permutations or test less"
        )
    undefined = [test for test in comparison.tests if test.undefined]
    if undefined:
        most = max(undefined, key=lambda test: test.undefined)
        yield (
            f"scores undefined in either file leave a case out of a test, up to "
            f"{most.undefined} ({most.score} {most.entry}, {most.first} and "
            f"{most.second})"
        )
    yield from (f"note: {note}" for note in comparison.notes)


def _tests_table(comparison: Comparison, score: str) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    pairs = len(comparison.names) > 2
    for heading in ("of", *(["first", "second"] if pairs else [])):
        table.add_column(heading, overflow="fold")
    for heading in (
        "cases",
        _difference_heading(comparison),
        "+/=/-",
        "Wilcoxon p",
        "permutation p",
        "effect",
    ):
        table.add_column(Text(heading), justify="right", no_wrap=True)
    for test in comparison.tests:
        if test.score != score:
            continue
        difference = test.difference
        cells = [test.entry]
        cells += [test.first, test.second] if pairs else []
        equal = difference.cases - test.higher - test.lower
        found = min(test.wilcoxon_holm, test.permutation_holm) <= 0.05
        table.add_row(
            *(Text(cell) for cell in cells),
            str(difference.cases),
            f"{_signed(difference.mean)} [{_signed(difference.low)}, "
            f"{_signed(difference.high)}]",
            f"{test.higher}/{equal}/{test.lower}",
            _p(test.wilcoxon_holm),
            _p(test.permutation_holm),
            _signed(test.rank_biserial, 2),
            style="bold" if found else None,
        )
    return table


def _difference_heading(comparison: Comparison) -> str:
    if len(comparison.names) > 2:
        return "difference"
    return " - ".join(comparison.names)


def _ranks_table(comparison: Comparison, score: str) -> Any:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for heading in ("of", "ranking: mean (stability)"):
        table.add_column(heading, overflow="fold")
    table.add_column("tau", justify="right", no_wrap=True)
    for ranking in comparison.rankings:
        if ranking.score != score:
            continue
        places = sorted(
            range(len(comparison.names)), key=lambda index: ranking.ranks[index]
        )
        shown = [
            f"{ranking.ranks[index]:g}. {comparison.names[index]} "
            f"{_number(ranking.means[index], 4)} ({_stability(ranking, index)})"
            for index in places
        ]
        tau = "–"
        if ranking.tau == ranking.tau:
            tau = f"{ranking.tau:.2f} [{ranking.tau_low:.2f}, {ranking.tau_high:.2f}]"
        table.add_row(
            Text(ranking.entry),
            Text("  ".join(shown) if ranking.cases else "–"),
            tau,
        )
    return table


def _stability(ranking: Ranking, index: int) -> str:
    """Return in how many samples a set has the rank, or one of a tie, that it has."""
    own = ranking.ranks[index]
    if math.isnan(own):
        return "–"
    tied = [place for place, other in enumerate(ranking.ranks) if other == own]
    first = round(own - (len(tied) + 1) / 2)
    share = sum(ranking.shares[index][first : first + len(tied)])
    return f"{100 * share:.0f}%"


def _number(value: float, digits: int = 2) -> str:
    return "–" if math.isnan(value) else f"{value:.{digits}f}"


def _signed(value: float, digits: int = 4) -> str:
    return "–" if math.isnan(value) else f"{value:+.{digits}f}"


def _p(value: float) -> str:
    if math.isnan(value):
        return "–"
    return "<0.0001" if value < 0.0001 else f"{value:.4f}"
