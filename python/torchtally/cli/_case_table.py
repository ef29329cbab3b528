"""Scores case by case as one long table: a row for each file and entry."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Iterator, Mapping
from typing import Any

SUFFIXES = (".csv", ".parquet")


def case_table(document: Mapping[str, Any], suffix: str) -> bytes:
    """Return a row for each file and average, and each file and class.

    Columns: ``case``, ``prediction``, ``label``, ``entry`` (the name of an average or
    class), ``average`` (whether it is one), ``counted`` (pixels of the file), and one
    for each score; empty, or null, where it is undefined.

    Args:
        document: what ``--json`` writes, as a dict.
        suffix: ``".csv"``, or ``".parquet"``, which needs pyarrow.
    """
    rows = list(_rows(document))
    columns = list(dict.fromkeys(key for row in rows for key in row))
    if suffix == ".parquet":
        pyarrow: Any = importlib.import_module("pyarrow")
        parquet: Any = importlib.import_module("pyarrow.parquet")
        stream = io.BytesIO()
        values = {name: [row.get(name) for row in rows] for name in columns}
        parquet.write_table(pyarrow.table(values), stream)
        return stream.getvalue()
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "backslashreplace")


def _rows(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    names = [str(row["name"]) for row in document["classes"]]
    for file in document["files"]:
        case = {
            "case": file["name"],
            "prediction": file["prediction"],
            "label": file["label"],
        }
        counted = file["pixels"]["counted"]
        entries = [(name, True, scores) for name, scores in file["averages"].items()]
        entries += [
            (name, False, scores)
            for name, scores in zip(names, file["classes"], strict=False)
        ]  # no classes where there are too many to list
        for name, average, scores in entries:
            about = {"entry": name, "average": average, "counted": counted}
            yield {**case, **about, **scores}
