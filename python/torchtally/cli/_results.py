"""Results that `torchtally evaluate --json` wrote, read again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ._columns import columns_of
from ._problems import UsageError
from ._statistics import Floats

#: What may differ between two files of results that measure the same.
_OWN = {"predictions", "labels", "class_names", "on_error", "pairs", "pattern"}
_OWN |= {"strip_suffix", "suffix", "follow_links", "preds_key", "labels_key"}
_OWN |= {"preset", "preds_map", "preds_are", "class_axis", "axes", "reorient", "scores"}
_OWN |= {"averages", "round", "threshold", "logits", "top_k"}  # how it was predicted


@dataclass(frozen=True)
class Results:
    """The scores of every case of one file of results.

    Attributes:
        name: what the file is called in tables.
        path: of the file.
        cases: their names, sorted.
        scores: float64 ``[cases]`` by (score, entry), NaN where undefined. An entry is
            the name of a class or of an average.
        averaged: the classes that enter averages.
        averages: names of the averages.
        settings: what the counting and the scores depended on.
        pixels: of each case, how many were counted; None where the file does not say.
        left_out: how many cases could not be evaluated.
    """

    name: str
    path: Path
    cases: tuple[str, ...]
    scores: Mapping[tuple[str, str], Floats]
    averaged: tuple[str, ...]
    averages: tuple[str, ...]
    settings: Mapping[str, Any]
    pixels: tuple[int | None, ...]
    left_out: int


def read_results(path: Path, name: str) -> Results:
    """Read a file that `torchtally evaluate --json` wrote.

    Args:
        path: of the JSON file.
        name: what to call it.

    Raises:
        UsageError: The file cannot be read, holds something else, or has two cases of
            one name.
    """
    try:
        document = json.loads(path.read_bytes().decode("utf-8", "replace"))
    except (OSError, ValueError) as error:
        raise UsageError(f"cannot read {path}: {error}") from error
    try:
        return _results(document, path, name)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise UsageError(
            f"{path} must be a file that torchtally evaluate --json wrote, got "
            f"something else ({type(error).__name__}: {error})"
        ) from error


def _results(document: Any, path: Path, name: str) -> Results:
    files = sorted(document["files"], key=lambda file: str(file["name"]))
    cases = tuple(str(file["name"]) for file in files)
    repeated = [case for case, often in Counter(cases).items() if often > 1]
    if repeated:
        raise UsageError(
            f"{path}: a case must have a name of its own, got {repeated[0]!r} twice"
        )
    # A class that is called as an average is takes its place.
    columns = columns_of({**document, "files": files})
    scores = {(column.score, column.name): column.values for column in columns}
    pixels = tuple(file.get("pixels", {}).get("counted") for file in files)
    problems = document.get("problems", [])
    return Results(
        name=name,
        path=path,
        cases=cases,
        scores=scores,
        averaged=tuple(
            str(row["name"]) for row in document["classes"] if row.get("averaged", True)
        ),
        averages=tuple(document.get("averages", {})),
        settings=document.get("settings", {}),
        pixels=pixels,
        left_out=len(
            {one["file"] for one in problems if not one.get("counted", False)}
        ),
    )


def differences(results: list[Results], common: list[str]) -> list[str]:
    """Say what is not the same in files of results that are to be compared.

    Args:
        results: two or more.
        common: the cases that all of them have.
    """
    notes = []
    everything = set().union(*(one.cases for one in results))
    for one in results:
        missing = sorted(everything - set(one.cases))
        if missing:
            shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
            notes.append(
                f"{one.name} has no scores of {len(missing)} of {len(everything)} "
                f"cases, which are left out: {shown}"
            )
        if one.left_out:
            notes.append(
                f"{one.name} had {one.left_out} pairs that could not be evaluated"
            )
    first, *others = results
    for other in others:
        keys = (first.settings.keys() & other.settings.keys()) - _OWN
        notes += [
            f"{first.name} and {other.name} were evaluated with another {key}: "
            f"{first.settings[key]} and {other.settings[key]}"
            for key in sorted(keys)
            if first.settings[key] != other.settings[key]
        ]
        sizes = [
            dict(zip(one.cases, one.pixels, strict=True)) for one in (first, other)
        ]
        unlike = [
            case
            for case in common
            if None not in (sizes[0][case], sizes[1][case])
            and sizes[0][case] != sizes[1][case]
        ]
        if unlike:
            notes.append(
                f"{first.name} and {other.name} counted different numbers of pixels in "
                f"{len(unlike)} cases, such as {unlike[0]}: are the labels the same?"
            )
    return notes
