"""The report as JSON, CSV and a picture; a file appears whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import torchtally

from ._problems import UsageError
from ._scores import FileRow, Report
from ._targets import scratch_path


def write_outputs(report: Report) -> None:
    """Write the files that were asked for."""
    settings = report.settings
    if settings.json is not None:
        _write(settings.json, json_lines(report))
    if settings.csv is not None:
        _write(settings.csv, [csv_text(report)])
    if settings.plot is not None:
        from ._plot import heat_map  # imports matplotlib

        _write(settings.plot, [heat_map(report)])


def _write(path: Path, parts: Iterable[bytes]) -> None:
    scratch = scratch_path(path)
    try:
        with scratch.open("wb") as file:
            file.writelines(parts)
        scratch.replace(path.resolve())
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error}") from error
    finally:
        scratch.unlink(missing_ok=True)


def json_lines(report: Report) -> Iterator[bytes]:
    """Yield everything as JSON, an entry of a list on a line; undefined is null.

    A file name that is not UTF-8 has its bytes as escapes of single surrogates, which
    Python's ``os.fsencode`` turns back.
    """
    matrix = None if report.matrix is None else report.matrix.tolist()
    document: dict[str, Any] = {
        "torchtally": torchtally.__version__,
        "settings": report.settings.described(),
        "pixels": vars(report.pixels),
        "classes": [_flat(vars(row)) for row in report.classes],
        "averages": report.averages,
        "matrix": matrix,
        "files": map(_file, report.file_rows()),
        "problems": [vars(problem) for problem in report.problems],
        "not_evaluated": [vars(one) for one in report.not_evaluated],
    }
    comma = "{"
    for key, value in document.items():
        yield f'{comma}\n"{key}": '.encode()
        comma = ","
        if isinstance(value, (dict, str)) or value is None:
            yield _json(value)
            continue
        opening = b"[\n  "
        for entry in value:
            yield opening + _json(entry)
            opening = b",\n  "
        yield b"[]" if opening.startswith(b"[") else b"\n]"
    yield b"\n}\n"


def _json(value: Any) -> bytes:
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "backslashreplace")


def _file(row: FileRow) -> dict[str, Any]:
    notes = [vars(note) for note in row.notes]
    return {**vars(row), "pixels": vars(row.pixels), "notes": notes}


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
