"""The report as JSON, CSV and a picture; a file appears whole or not at all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

import torchtally

from ._case import read_case
from ._case_table import case_table
from ._columns import statistics_of_document, worst_of_document
from ._overlay import Picture, draw_overlay
from ._pairing import Pair
from ._problems import PairError, UsageError
from ._scores import FileRow, Report
from ._settings import Settings
from ._statistics import Interval, IntervalMethod
from ._targets import scratch_path


def write_outputs(report: Report) -> dict[str, Any]:
    """Write the files that were asked for; return what our JSON holds."""
    settings = report.settings
    document = document_of(report)
    if settings.json is not None:
        write_file(settings.json, _json_of(report, document))
    if settings.csv is not None:
        write_file(settings.csv, [csv_text(report)])
    if settings.cases is not None:
        write_file(settings.cases, [case_table(document, settings.cases.suffix)])
    if settings.plot is not None:
        from ._plot import heat_map  # imports matplotlib

        write_file(settings.plot, [heat_map(report)])
    if settings.html is not None:
        write_file(settings.html, [_html(report, document)])
    return document


def _json_of(report: Report, document: dict[str, Any]) -> Iterable[bytes]:
    if report.settings.format == "torchtally":
        return json_lines(document)
    cases = (
        (one.label, one.prediction or "", counts.numpy())
        for one, counts in report.case_counts()
    )
    if report.settings.format == "nnunet":
        from ._nnunet_format import nnunet_json, nnunet_summary

        return [nnunet_json(nnunet_summary(cases, nnunet_labels(report.settings)))]
    from ._cityscapes_format import cityscapes_json, cityscapes_result

    assert report.matrix is not None
    images = ((prediction, matrix) for _, prediction, matrix in cases)
    result = cityscapes_result(report.matrix.numpy(), per_image=images)
    return [cityscapes_json(result)]


def nnunet_labels(settings: Settings) -> list[int | tuple[int, ...]]:
    """Return what nnU-Net's summary has: regions, or every class but the background."""
    regions = settings.policy["regions"]
    if regions is not None:
        return [tuple(labels) for labels in regions.values()]
    return list(range(1, settings.num_classes))


def _html(report: Report, document: dict[str, Any]) -> bytes:
    from ._report import html_report
    from ._report_document import report_of_document

    settings = report.settings
    pictures = pictures_of_worst(report, document)
    colours = {
        name: settings.class_colors.get(
            name, settings.class_colors.get(str(number), "")
        )
        for number, name in enumerate(settings.class_names)
    }
    page = report_of_document(
        document,
        interval_of(settings),
        worst=settings.worst,
        pictures=pictures,
        colours=colours,
    )
    return html_report(page)


def pictures_of_worst(report: Report, document: dict[str, Any]) -> dict[str, Picture]:
    """Draw the worst cases, where what files hold are the classes that were counted."""
    settings = report.settings
    maps = [settings.counting[name] for name in ("label_map", "preds_map")]
    if settings.task != "multiclass" or settings.reading.scores or any(maps):
        return {}
    pictures = {}
    for index, _ in worst_of_document(document, settings.worst):
        result = report.results[index]
        if result.prediction is None or result.problem is not None:
            continue
        pair = Pair(result.name, Path(result.prediction), Path(result.label))
        try:
            preds, target, upright = read_case(pair, settings)
            ignored = np.isin(target, list(settings.counting["ignore_index"] or ()))
            pictures[result.name] = draw_overlay(
                preds, target, ignored=ignored, upright=upright
            )
        except (PairError, OSError):  # changed since it was counted
            continue
    return pictures


def interval_of(settings: Settings) -> Interval | None:
    """Return how intervals are found; None for none."""
    if settings.interval == "none":
        return None
    method = cast(IntervalMethod, settings.interval)
    return Interval(method, settings.confidence, of_median=settings.of_median)


def write_file(path: Path, parts: Iterable[bytes]) -> None:
    """Write a file, whole or not at all.

    Raises:
        UsageError: it cannot be written.
    """
    scratch = scratch_path(path)
    try:
        with scratch.open("wb") as file:
            file.writelines(parts)
        scratch.replace(path.resolve())
    except OSError as error:
        raise UsageError(f"cannot write {path}: {error}") from error
    finally:
        scratch.unlink(missing_ok=True)


def document_of(report: Report) -> dict[str, Any]:
    """Return everything as JSON can hold it; undefined is None."""
    matrix = None if report.matrix is None else report.matrix.tolist()
    document: dict[str, Any] = {
        "torchtally": torchtally.__version__,
        "settings": report.settings.described(),
        "pixels": vars(report.pixels),
        "classes": [_flat(vars(row)) for row in report.classes],
        "averages": report.averages,
        "matrix": matrix,
        "files": list(map(_file, report.file_rows())),
        "problems": [vars(problem) for problem in report.problems],
        "not_evaluated": [vars(one) for one in report.not_evaluated],
    }
    document["statistics"] = statistics_of_document(
        document, interval_of(report.settings), report.settings.worst
    )
    return document


def json_lines(document: dict[str, Any]) -> Iterator[bytes]:
    """Yield a document as JSON, an entry of a list on a line.

    A file name that is not UTF-8 has its bytes as escapes of single surrogates, which
    Python's ``os.fsencode`` turns back.
    """
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
