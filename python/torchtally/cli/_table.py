"""The report on the terminal: a table, how to read it, and what was left out.

Results are in their files before anything is printed. A terminal that cannot show a
letter shows another in its place; one that is gone costs what would have been printed
and nothing else.
"""

from __future__ import annotations

import io
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TextIO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ._scores import ClassRow, Report
from ._settings import MATRIX_CLASSES

UNDEFINED = "–"
PIPE_WIDTH = 120
SHOWN_NAMES = 8
SHOWN_CLASSES = MATRIX_CLASSES


def print_report(report: Report, statistics: Mapping[str, Any]) -> str:
    """Print tables and notes on standard output; return why it failed, or "".

    Args:
        report: what was counted.
        statistics: of its document, over files.
    """

    def content(console: Console) -> None:
        console.print(_table(report))
        console.print()
        if len(report.results) > 1 and statistics["worst_by"]:
            console.print(_over_files(statistics, len(report.results)))
            console.print()
            for line in _interval_notes(statistics):
                console.print(Text(line), soft_wrap=True, highlight=False)
        for line in _notes(report):
            console.print(Text(line), soft_wrap=True, highlight=False)
        if report.settings.html is not None:
            line = f"report: {report.settings.html}"
            console.print(Text(line), soft_wrap=True, highlight=False)

    return print_on(sys.stdout, content)


def print_problems(report: Report) -> str:
    """Print what was left out, on standard error; return why it failed, or ""."""

    def content(console: Console) -> None:
        for line in _problem_lines(report):
            console.print(line, soft_wrap=True, highlight=False)

    return print_on(sys.stderr, content)


def print_on(stream: TextIO | None, content: Callable[[Console], None]) -> str:
    """Print at once what is drawn in memory, with letters that the stream has."""
    if stream is None:  # closed before the program began
        return "it is closed"
    try:
        drawing = _Drawing(stream)
        # A pipe has no width; rich would take 80 columns and cut long class names.
        width = None if drawing.isatty() else PIPE_WIDTH
        content(Console(file=drawing, width=width))
        stream.write(_letters(drawing.getvalue(), drawing.encoding))
        stream.flush()
    except (OSError, ValueError) as error:  # ValueError: a stream that was closed
        _abandon(stream)
        if isinstance(error, BrokenPipeError):
            return ""  # whoever read it has read enough
        return str(error)
    return ""


class _Drawing(io.StringIO):
    """Memory that rich draws to as it would to a stream."""

    encoding = "utf-8"

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self.encoding = stream.encoding or "utf-8"
        self._terminal = stream.isatty()

    def isatty(self) -> bool:
        return self._terminal


def _letters(text: str, encoding: str) -> str:
    if not encoding.lower().startswith("utf"):
        text = text.replace(UNDEFINED, "-")
    return text.encode(encoding, "replace").decode(encoding)


def _abandon(stream: TextIO) -> None:
    """Let Python's last flush of a stream that fails go nowhere."""
    try:
        number = stream.fileno()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, number)
        os.close(nowhere)
    except (OSError, ValueError):  # a stream without a file
        pass


def _table(report: Report) -> Table:
    settings = report.settings
    columns = settings.scores
    names = [row.name for row in report.classes]
    named = names != [str(row.index) for row in report.classes]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    noun = "region" if settings.policy["regions"] is not None else "class"
    noun = "label" if settings.task == "multilabel" else noun
    table.add_column(noun, justify="left" if named else "right", no_wrap=True)
    if named:
        table.add_column("name", overflow="ellipsis", no_wrap=True)
    for heading in ("support", *(column.heading for column in columns)):
        table.add_column(heading, justify="right", no_wrap=True)

    shown = report.classes[:SHOWN_CLASSES]
    for row in shown:
        cells = [str(row.index), Text(row.name)] if named else [str(row.index)]
        table.add_row(
            *cells,
            f"{row.support:,}",
            *(_score(row.scores, column.key) for column in columns),
            style=None if row.averaged else "dim",
            end_section=row is shown[-1],
        )
    for average, scores in report.averages.items():
        cells = [average, ""] if named else [average]
        table.add_row(
            *cells,
            "",
            *(_score(scores, column.key) for column in columns),
            style="bold",
        )
    return table


def _over_files(statistics: Mapping[str, Any], files: int) -> Table:
    """Return how the first score spreads over files."""
    score = statistics["worst_by"]["score"]
    columns = [column for column in statistics["columns"] if column["score"] == score]
    shown = [column for column in columns if column["average"]]
    classes = [column for column in columns if not column["average"]]
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column(f"{score}, {files:,} files", no_wrap=True)
    interval = statistics["interval"]
    bounds = [f"{interval['confidence']:.3g} interval"] if interval else []
    for heading in ("files", "mean", "SD", *bounds, "median", "least", "most"):
        table.add_column(heading, justify="right", no_wrap=True)
    for column in [*classes[:SHOWN_CLASSES], *shown]:
        numbers = [_number(column[k]) for k in ("mean", "sd")]
        if interval:
            low, high = (_number(column[k]) for k in ("low", "high"))
            numbers.append(f"{low} to {high}")
        numbers += [_number(column[k]) for k in ("median", "minimum", "maximum")]
        style = "bold" if column["average"] else None
        table.add_row(
            Text(column["name"]), f"{column['cases']:,}", *numbers, style=style
        )
    return table


def _interval_notes(statistics: Mapping[str, Any]) -> Iterable[str]:
    worst = [f"{one['name']} {one['score']:.4f}" for one in statistics["worst"]]
    if worst:
        by = statistics["worst_by"]
        yield f"worst {by['score']}, {by['name']}: {', '.join(worst)}"
    if statistics["interval"]:
        yield statistics["interval"]["described"]
    yield from statistics["notes"]


def _number(value: float | None) -> str:
    return UNDEFINED if value is None else f"{value:.4f}"


def _score(scores: dict[str, float | None], key: str) -> str:
    if key not in scores:
        return ""
    value = scores[key]
    if value is None:
        return UNDEFINED
    text = f"{value:.4f}"
    return "0.9999" if text == "1.0000" and value < 1 else text


def _notes(report: Report) -> Iterable[str]:
    settings, pixels = report.settings, report.pixels
    parts = [_plural(len(report.results), "pair"), f"{pixels.counted:,} pixels counted"]
    if pixels.missed:
        parts.append(f"{pixels.missed:,} of them out of range, as misses")
    if pixels.ignored:
        labels = settings.counting["ignore_index"] or ()
        values = ", ".join(str(value) for value in labels)
        which = f" (label {values})" if values else ""
        parts.append(f"{pixels.ignored:,} ignored{which}")
    if pixels.skipped:
        parts.append(f"{pixels.skipped:,} out of range left out")
    yield ", ".join(parts)
    if settings.preset == "cityscapes" and 2 * pixels.missed > pixels.counted:
        yield "most predictions have no id of a class; train ids need --preds-map none"
    policy = settings.policy
    yield (
        f"policy: aggregation {policy['aggregation']}, "
        f"zero division {policy['zero_division']}, "
        f"undefined when {policy['undefined_when']}, "
        f"out of range {settings.counting['out_of_range']}"
    )
    if len(report.classes) > SHOWN_CLASSES:
        more = len(report.classes) - SHOWN_CLASSES
        yield f"{more:,} more classes are in --json and --csv"
    if not policy["include_background"]:
        which = " and ".join(settings.averages)
        verb = "leaves" if len(settings.averages) == 1 else "leave"
        yield f"{which} {verb} out the background, {settings.class_names[0]}"
    yield from _undefined_notes(report)
    kinds = Counter(note.kind for file in report.results for note in file.notes)
    for kind, number in sorted(kinds.items()):
        name, message = next(
            (file.name, note.message)
            for file in report.results
            for note in file.notes
            if note.kind == kind
        )
        yield f"{kind}: {message} ({_plural(number, 'pair')}, first {name})"
    for side, role in enumerate(("predictions", "labels")):
        dtypes = Counter(file.dtypes[side] for file in report.results)
        dtypes.pop("", None)
        if len(dtypes) > 1:
            shown = ", ".join(f"{n:,} of {dtype}" for dtype, n in dtypes.most_common())
            yield f"{role} are not all stored alike: {shown}"


def _undefined_notes(report: Report) -> Iterable[str]:
    settings = report.settings
    reasons: dict[str, list[ClassRow]] = {}
    for row in report.classes:
        reason = _why_undefined(row, settings.policy["zero_division"])
        if reason:
            reasons.setdefault(reason, []).append(row)
    for reason, rows in reasons.items():
        names = [row.name for row in rows[:SHOWN_NAMES]]
        if len(rows) > SHOWN_NAMES:
            names.append(f"{len(rows) - SHOWN_NAMES} more")
        yield f"{reason}: {', '.join(names)}"
    if any(None in scores.values() for scores in report.averages.values()):
        why = "every score is undefined"
        if settings.policy["zero_division"] == "nan":
            why = "--zero-division nan passes an undefined score on"
        yield f"{UNDEFINED} undefined average, {why}"
    macro, micro = (report.averages.get(name, {}) for name in ("macro", "micro"))
    if any(micro.get(k) is not None and macro[k] is None for k in macro):
        yield "micro pools all pixels and says nothing about the undefined classes"
        if settings.with_other and report.pixels.missed:
            yield (
                f"micro counts the {report.pixels.missed:,} pixels out of range as one "
                "more class, which macro leaves out"
            )


def _why_undefined(row: ClassRow, zero_division: object) -> str:
    if row.ignored:
        return f"{UNDEFINED} not scored, its label is ignored"
    absent = row.support + row.predicted == 0
    values = list(row.scores.values())
    if None in values:
        what = f"{UNDEFINED} undefined" + ("" if set(values) == {None} else " in part")
        if absent:
            return f"{what}, neither labelled nor predicted"
        if row.support == 0:
            return f"{what}, in no label"
        if row.predicted == 0:
            return f"{what}, never predicted"
        return f"{what}, in at least one pair"
    if absent:
        return f"{zero_division}, neither labelled nor predicted"
    return ""


def _problem_lines(report: Report) -> Iterable[Text]:
    for counted in (False, True):
        problems = [one for one in report.problems if one.counted is counted]
        if not problems:
            continue
        files = {problem.file for problem in problems}
        what = "counted as empty predictions" if counted else "left out"
        yield Text(f"\n{_plural(len(files), 'pair')} {what}:", style="bold")
        for problem in problems:
            line = Text(f"  {problem.file}  ")
            line.append(problem.kind, style="red")
            line.append(f": {problem.message}")
            yield line
    if report.not_evaluated:
        yield Text("\nnot evaluated:", style="bold")
        for one in report.not_evaluated:
            shown = ", ".join(one.examples)
            if one.number > len(one.examples):
                shown += f" and {one.number - len(one.examples):,} more"
            line = Text(f"  {one.number:,} beside the {one.role}s, ")
            line.append(one.kind, style="red" if one.problem else "")
            line.append(f": {shown}")
            yield line


def _plural(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")
