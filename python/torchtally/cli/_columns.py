"""Scores case by case, from the document that `torchtally evaluate --json` writes.

Keys that are not known are passed over, and those that are missing stand for nothing,
so that files of other versions can be read.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ._statistics import (
    Floats,
    Interval,
    few_cases,
    summarize,
    worst_cases,
)

#: Scores of which less is better, by the name in front of their own options.
LOWER_IS_BETTER = {
    "false_positive_rate",
    "false_negative_rate",
    "false_discovery_rate",
    "false_omission_rate",
}
#: Classes up to which each has an interval; to draw samples for more takes long.
MOST_INTERVALS = 64
#: What the rows of classes hold beside scores.
_NO_SCORES = {"index", "name", "support", "predicted", "ignored", "averaged"}


@dataclass(frozen=True)
class Column:
    """One score of a class, a region or an average.

    Attributes:
        score: its key, such as "dice" or "fbeta:beta=2".
        name: of the class, region or average.
        average: whether it is an average.
        averaged: whether it enters averages; true of an average.
        pooled: the score of all files, as the command prints it; NaN is undefined.
        values: float64 ``[cases]``, NaN where undefined.
    """

    score: str
    name: str
    average: bool
    averaged: bool
    pooled: float
    values: Floats


def lower_is_better(score: str) -> bool:
    """Return whether less of a score is better."""
    return score.partition(":")[0] in LOWER_IS_BETTER


def columns_of(document: Mapping[str, Any]) -> list[Column]:
    """Return every score of everything, in the order of scores; averages first.

    Args:
        document: what ``--json`` writes, as a dict.

    Raises:
        KeyError: it has no classes or no files.
    """
    classes, files = document["classes"], document["files"]
    averages = document.get("averages", {})
    rows = [*classes, *averages.values()]
    scores = list(dict.fromkeys(key for row in rows for key in row))
    columns = []
    for score in scores:
        if score in _NO_SCORES:
            continue
        for name, row in averages.items():
            if score in row:
                of_files = [file.get("averages", {}).get(name, {}) for file in files]
                columns.append(_column(score, name, row, of_files, average=True))
        for number, row in enumerate(classes):
            if score in row:
                of_files = [_class_of(file, number) for file in files]
                columns.append(_column(score, str(row["name"]), row, of_files))
    return columns


def _class_of(file: Mapping[str, Any], number: int) -> Mapping[str, Any]:
    classes = file.get("classes", ())  # empty where there are too many to list
    return classes[number] if number < len(classes) else {}


def _column(
    score: str,
    name: str,
    row: Mapping[str, Any],
    of_files: Sequence[Mapping[str, Any]],
    *,
    average: bool = False,
) -> Column:
    values = np.array([_float(file.get(score)) for file in of_files], np.float64)
    averaged = average or bool(row.get("averaged", True))
    return Column(score, name, average, averaged, _float(row[score]), values)


def _float(value: Any) -> float:
    return math.nan if value is None or isinstance(value, list) else float(value)


def case_names(document: Mapping[str, Any]) -> list[str]:
    """Return the names of the cases, in the order of the values of columns."""
    return [str(file["name"]) for file in document["files"]]


def leading_column(columns: Sequence[Column]) -> Column | None:
    """Return what cases are ordered by: the first score of the first average.

    It is that of the first class that is scored where no average is defined for a case;
    None where nothing is.
    """
    return next(
        (one for one in columns if one.averaged and not np.isnan(one.values).all()),
        None,
    )


def worst_of_document(
    document: Mapping[str, Any], number: int
) -> list[tuple[int, float]]:
    """Return the cases with the worst value of the leading column, the worst first.

    Args:
        document: what ``--json`` writes, as a dict.
        number: how many cases.

    Returns:
        Their places in the files of the document, and their scores.
    """
    column = leading_column(columns_of(document))
    if column is None:
        return []
    sign = -1.0 if lower_is_better(column.score) else 1.0
    found = worst_cases(sign * column.values, case_names(document), number)
    return [(index, sign * value) for index, value in found]


def statistics_of_document(
    document: Mapping[str, Any], interval: Interval | None, worst: int = 10
) -> dict[str, Any]:
    """Return the statistics over cases, as JSON can hold them; None is undefined.

    Args:
        document: what ``--json`` writes, as a dict.
        interval: how intervals are estimated; None for none.
        worst: how many of the worst cases are named.

    Returns:
        ``interval``, how intervals were found; ``columns``, a list with score, name,
        whether it is an average, and the numbers of :class:`Summary`; ``worst``, cases
        with their score; ``notes``, warnings.
    """
    columns = columns_of(document)
    few = len(document["classes"]) <= MOST_INTERVALS
    summaries = [
        summarize(c.values[:, None], interval if few or c.average else None)[0]
        for c in columns
    ]
    warning = None
    if interval is not None:
        warning = few_cases([f"{c.score} {c.name}" for c in columns], summaries)
    cases = case_names(document)
    leading = leading_column(columns)
    return {
        "interval": interval and {**vars(interval), "described": interval.described},
        "columns": [
            {
                "score": column.score,
                "name": column.name,
                "average": column.average,
                **summary.as_json(),
            }
            for column, summary in zip(columns, summaries, strict=True)
        ],
        "worst_by": leading and {"score": leading.score, "name": leading.name},
        "worst": [
            {"name": cases[index], "score": value}
            for index, value in worst_of_document(document, worst)
        ],
        "notes": [warning] if warning else [],
    }
