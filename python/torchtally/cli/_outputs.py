"""The report as JSON, CSV and a picture; a file appears whole or not at all."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import re
from pathlib import Path
from typing import Any

import torchtally

from ._problems import UsageError
from ._scores import SCORES, Report
from ._settings import Settings, scratch_path

# A list of integers over several lines, to be put on one. A line break cannot occur
# inside a JSON string, so names are safe.
NUMBERS = re.compile(r"\[\n[\s\d,-]+\]")


def write_outputs(report: Report) -> None:
    """Write the files that were asked for."""
    settings = report.settings
    if settings.json is not None:
        _write(settings.json, json_text(report))
    if settings.csv is not None:
        _write(settings.csv, csv_text(report))
    if settings.plot is not None:
        from ._plot import heat_map  # imports matplotlib

        _write(settings.plot, heat_map(report))


def _write(path: Path, content: bytes) -> None:
    scratch = scratch_path(path)
    try:
        scratch.write_bytes(content)
        scratch.replace(path.resolve())
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error}") from error
    finally:
        scratch.unlink(missing_ok=True)


def json_text(report: Report) -> bytes:
    """Return everything as JSON; an undefined score is null."""
    document = {
        "torchtally": torchtally.__version__,
        "settings": _settings(report.settings),
        "pixels": dataclasses.asdict(report.pixels),
        "classes": [_flat(dataclasses.asdict(row)) for row in report.classes],
        "averages": report.averages,
        "matrix": None if report.matrix is None else report.matrix.tolist(),
        "files": [dataclasses.asdict(row) for row in report.files],
        "problems": [dataclasses.asdict(problem) for problem in report.problems],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    text = NUMBERS.sub(lambda row: " ".join(row[0].split()), text)
    return f"{text}\n".encode()


def csv_text(report: Report) -> bytes:
    """Return the table as CSV; an undefined score is an empty field."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["class", "name", "support", *SCORES])
    for row in report.classes:
        scores = [row.scores[key] for key in SCORES]
        writer.writerow([row.index, row.name, row.support, *scores])
    for average, values in report.averages.items():
        writer.writerow([average, "", "", *(values[key] for key in SCORES)])
    return stream.getvalue().encode()


def _settings(settings: Settings) -> dict[str, Any]:
    return {
        "predictions": str(settings.predictions),
        "labels": str(settings.labels),
        "num_classes": settings.num_classes,
        "class_names": list(settings.class_names),
        "ignore_index": list(settings.ignore_index),
        "include_background": settings.include_background,
        "zero_division": settings.zero_division,
        "undefined_when": settings.undefined_when,
        "aggregation": settings.aggregation,
        "out_of_range": settings.out_of_range,
        "ignore_geometry": settings.ignore_geometry,
    }


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {**{k: v for k, v in row.items() if k != "scores"}, **row["scores"]}
