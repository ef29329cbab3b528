"""The report on the terminal: a table, how to read it, and the problems."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ._problems import Problem
from ._scores import ClassRow, Report
from ._settings import Settings

HEADINGS = {"dice": "Dice", "iou": "IoU", "f1": "F1"}
UNDEFINED = "–"
PIPE_WIDTH = 120
SHOWN_NAMES = 8


def print_report(report: Report) -> None:
    """Print the table and its notes on standard output."""
    console = _console(sys.stdout)
    console.print(_table(report))
    console.print()
    for line in _notes(report):
        console.print(Text(line), soft_wrap=True, highlight=False)


def print_problems(problems: list[Problem]) -> None:
    """Print a line for each pair that was left out, on standard error."""
    if not problems:
        return
    files = {problem.file for problem in problems}
    console = _console(sys.stderr)
    console.print(
        Text(f"\n{_plural(len(files), 'pair')} left out:", style="bold"),
        soft_wrap=True,
    )
    for problem in problems:
        line = Text(f"  {problem.file}  ")
        line.append(problem.kind, style="red")
        line.append(f": {problem.message}")
        console.print(line, soft_wrap=True, highlight=False)


def _console(file: TextIO) -> Console:
    # A pipe has no width; rich would take 80 columns and cut long class names.
    return Console(file=file, width=None if file.isatty() else PIPE_WIDTH)


def _table(report: Report) -> Table:
    names = [row.name for row in report.classes]
    named = names != [str(row.index) for row in report.classes]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("class", justify="left" if named else "right", no_wrap=True)
    if named:
        table.add_column("name", overflow="ellipsis", no_wrap=True)
    for heading in ("support", *HEADINGS.values()):
        table.add_column(heading, justify="right", no_wrap=True)

    last = len(report.classes) - 1
    for row in report.classes:
        cells = [str(row.index), Text(row.name)] if named else [str(row.index)]
        table.add_row(
            *cells,
            f"{row.support:,}",
            *(_score(row.scores[key]) for key in HEADINGS),
            style=None if row.averaged else "dim",
            end_section=row.index == last,
        )
    for average, scores in report.averages.items():
        cells = [average, ""] if named else [average]
        table.add_row(
            *cells, "", *(_score(scores[key]) for key in HEADINGS), style="bold"
        )
    return table


def _score(value: float | None) -> str:
    if value is None:
        return UNDEFINED
    text = f"{value:.4f}"
    return "0.9999" if text == "1.0000" and value < 1 else text


def _notes(report: Report) -> Iterable[str]:
    settings, pixels = report.settings, report.pixels
    parts = [_plural(len(report.files), "pair"), f"{pixels.counted:,} pixels counted"]
    if pixels.missed:
        parts.append(f"{pixels.missed:,} of them out of range, as misses")
    if settings.ignore_index:
        values = ", ".join(str(value) for value in settings.ignore_index)
        parts.append(f"{pixels.ignored:,} ignored (label {values})")
    if pixels.skipped:
        parts.append(f"{pixels.skipped:,} out of range left out")
    yield ", ".join(parts)
    yield (
        f"policy: aggregation {settings.aggregation}, "
        f"zero division {settings.zero_division}, "
        f"undefined when {settings.undefined_when}, "
        f"out of range {settings.out_of_range}"
    )
    if not settings.include_background:
        yield f"macro and micro leave out the background, {report.classes[0].name}"
    yield from _undefined_notes(report)


def _undefined_notes(report: Report) -> Iterable[str]:
    settings = report.settings
    reasons: dict[str, list[ClassRow]] = {}
    for row in report.classes:
        reason = _why_undefined(row, settings)
        if reason:
            reasons.setdefault(reason, []).append(row)
    for reason, rows in reasons.items():
        names = [row.name for row in rows[:SHOWN_NAMES]]
        if len(rows) > SHOWN_NAMES:
            names.append(f"{len(rows) - SHOWN_NAMES} more")
        yield f"{reason}: {', '.join(names)}"
    if any(None in scores.values() for scores in report.averages.values()):
        why = "every score is undefined"
        if settings.zero_division == "nan":
            why = "--zero-division nan passes an undefined score on"
        yield f"{UNDEFINED} undefined average, {why}"


def _why_undefined(row: ClassRow, settings: Settings) -> str:
    if row.ignored:
        return f"{UNDEFINED} not scored, its label is ignored"
    absent = row.support + row.predicted == 0
    if None in row.scores.values():
        if absent:
            return f"{UNDEFINED} undefined, neither labelled nor predicted"
        if row.support == 0:
            return f"{UNDEFINED} undefined, in no label"
        return f"{UNDEFINED} undefined in at least one pair"
    if absent:
        return f"{settings.zero_division}, neither labelled nor predicted"
    return ""


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
