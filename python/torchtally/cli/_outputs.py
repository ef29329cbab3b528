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
from ._scores import Report
from ._settings import scratch_path

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
    """Return everything as JSON; an undefined score is null.

    A file name that is not UTF-8 has its bytes as escapes of single surrogates, which
    Python's ``os.fsencode`` turns back.
    """
    document = {
        "torchtally": torchtally.__version__,
        "settings": report.settings.described(),
        "pixels": dataclasses.asdict(report.pixels),
        "classes": [_flat(dataclasses.asdict(row)) for row in report.classes],
        "averages": report.averages,
        "matrix": None if report.matrix is None else report.matrix.tolist(),
        "files": [dataclasses.asdict(row) for row in report.files],
        "problems": [dataclasses.asdict(problem) for problem in report.problems],
        "not_evaluated": [dataclasses.asdict(one) for one in report.not_evaluated],
    }
    text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
    text = NUMBERS.sub(lambda row: " ".join(row[0].split()), text)
    return f"{text}\n".encode("utf-8", "backslashreplace")


def csv_text(report: Report) -> bytes:
    """Return the table as CSV; an undefined score is an empty field."""
    keys = [column.key for column in report.settings.scores]
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(["class", "name", "support", *keys])
    for row in report.classes:
        scores = [row.scores.get(key) for key in keys]
        writer.writerow([row.index, row.name, row.support, *scores])
    for average, values in report.averages.items():
        writer.writerow([average, "", "", *(values.get(key) for key in keys)])
    return stream.getvalue().encode("utf-8", "backslashreplace")


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    return {**{k: v for k, v in row.items() if k != "scores"}, **row["scores"]}
