"""The HTML report of what `torchtally evaluate --json` writes."""

from __future__ import annotations

import math
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch

import torchtally
from torchtally.functional._definitions import SCORES

from ._columns import (
    Column,
    case_names,
    columns_of,
    leading_column,
    lower_is_better,
    worst_of_document,
)
from ._overlay import Picture
from ._report import Entry, HtmlReport, LeftOut, ScoreTable, WorstCase
from ._statistics import Interval, summarize

SHOWN_CLASSES = 6  # of a worst case


def report_of_document(
    document: Mapping[str, Any],
    interval: Interval | None = None,
    *,
    title: str = "Segmentation report",
    worst: int = 6,
    pictures: Mapping[str, Picture] | None = None,
    colours: Mapping[str, str] | None = None,
) -> HtmlReport:
    """Gather what the report shows.

    Args:
        document: what ``--json`` writes, as a dict; what it lacks is left out.
        interval: how intervals are estimated; None for none.
        title: of the page.
        worst: how many of the worst cases are shown.
        colours: of classes by name, such as "#e69f00".
        pictures: of some cases by name, such as those of :func:`worst_of_document`.
    """
    columns = columns_of(document)
    scores = _scores(columns, interval)
    leading = leading_column(columns)
    cases = case_names(document)
    rows = document["classes"]
    settings = document.get("settings", {})
    matrix = document.get("matrix")
    classes = [str(name) for name in settings.get("class_names", ())]
    classes = classes or [str(row["name"]) for row in rows]
    if matrix is not None and len(matrix) == len(classes) + 1:
        classes.append("out of range")
    first = scores[0] if scores else None
    found = []
    for index, value in worst_of_document(document, worst):
        details = {leading.name: value} if leading else {}
        details |= _lowest(first, index) if first else {}
        picture = (pictures or {}).get(cases[index])
        found.append(WorstCase(cases[index], details, picture))
    of_cases = settings.get("aggregation") == "samplewise"
    return HtmlReport(
        title=title,
        cases=cases,
        scores=scores,
        pooled="table" if of_cases else "pooled",
        interval=interval,
        matrix=None if matrix is None else np.asarray(matrix, np.int64),
        classes=classes,
        worst_by=f"{heading(leading.score)} ({leading.name})" if leading else "",
        worst=found,
        left_out=_left_out(document),
        notes=_notes(document),
        options={key.replace("_", " "): _shown(v) for key, v in settings.items()},
        colours=colours or {},
        versions={
            "torchtally": torchtally.__version__,
            "torch": str(torch.__version__),
            "python": platform.python_version(),
        },
    )


def _lowest(table: ScoreTable, case: int) -> dict[str, float]:
    """Return the scores of the classes of a case, of many the worst few."""
    classes = [one for one in table.entries if one.scored and not one.average]
    if len(classes) > SHOWN_CLASSES:
        defined = [one for one in classes if not math.isnan(one.values[case])]
        defined.sort(key=lambda one: one.values[case])
        if lower_is_better(table.key):
            defined.reverse()
        classes = defined[:SHOWN_CLASSES]
    return {one.name: float(one.values[case]) for one in classes}


def heading(key: str) -> str:
    """Return what tables call a score, given its key with its options."""
    name, _, own = key.partition(":")
    title = SCORES[name].metric.removesuffix("Score") if name in SCORES else name
    return f"{title} {own.replace(':', ' ')}" if own else title


def _scores(columns: Sequence[Column], interval: Interval | None) -> list[ScoreTable]:
    tables: dict[str, list[Entry]] = {}
    for column in columns:
        (summary,) = summarize(column.values[:, None], interval)
        entry = Entry(
            column.name,
            column.values,
            summary,
            column.pooled,
            column.average,
            column.averaged,
        )
        tables.setdefault(column.score, []).append(entry)
    return [
        ScoreTable(heading(score), entries, score) for score, entries in tables.items()
    ]


def _left_out(document: Mapping[str, Any]) -> list[LeftOut]:
    found = []
    for problem in document.get("problems", ()):
        kind = str(problem["kind"])
        if problem.get("counted", False):
            kind += ", counted as an empty prediction"
        found.append(LeftOut(str(problem["file"]), kind, str(problem["message"])))
    for one in document.get("not_evaluated", ()):
        examples = list(one.get("examples", ()))
        shown = ", ".join(map(str, examples))
        if one["number"] > len(examples):
            shown += f" and {one['number'] - len(examples):,} more"
        name = f"{one['number']:,} beside the {one['role']}s"
        found.append(LeftOut(name, str(one["kind"]), shown))
    return found


def _notes(document: Mapping[str, Any]) -> list[str]:
    """Return each kind of note once, with how many cases have it."""
    often: Counter[str] = Counter()
    example: dict[str, str] = {}
    for file in document["files"]:
        for kind in dict.fromkeys(note["kind"] for note in file.get("notes", ())):
            often[kind] += 1
        for note in file.get("notes", ()):
            example.setdefault(note["kind"], note["message"])
    return [
        f"{kind}, in {number:,} of {len(document['files']):,} cases: {example[kind]}"
        for kind, number in often.items()
    ]


def _shown(value: Any) -> str:
    if value is None or value in ([], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_shown(one)}" for key, one in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(map(_shown, value))
    return str(value)
