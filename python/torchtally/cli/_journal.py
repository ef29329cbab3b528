"""What has been counted, line by line in a file, so that a run can go on after a kill.

The first line says what was asked for, every other is the result of a pair beside the
sizes and times of its files. A pair is taken from the journal where these have not
changed; the results are the same as if it had been counted again.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any, TextIO

import torchtally

from ._case import CaseResult, Counts, Pixels
from ._pairing import Pair
from ._problems import Note, Problem, UsageError
from ._settings import Settings


class Journal:
    """A journal that is written to; each line is there when the next pair is begun."""

    def __init__(self, path: Path, settings: Settings, rank: int, ranks: int) -> None:
        """Read the journals of all ranks, with ``settings.resume``.

        Raises:
            UsageError: if there is one and nobody said ``--resume``, or if it is of
                another run.
        """
        self._known: dict[str, tuple[Any, CaseResult]] = {}
        self._header = _header(settings)
        self._own = path if ranks == 1 else _of_rank(path, rank)
        found = _files(path)
        if found and not settings.resume:
            raise UsageError(
                f"--journal {found[0]} is there already; pass --resume to go on with "
                "it, or remove it"
            )
        for file in found:
            self._read(file)

    def open(self) -> None:
        """Go on with the journal of this rank, once every rank has read them all.

        Raises:
            UsageError: if it cannot be written.
        """
        try:
            _cut_torn_line(self._own)
            self._file: TextIO = self._own.open("a", encoding="utf-8")
            if not self._file.tell():
                self._write(self._header)
        except OSError as error:
            raise UsageError(f"--journal cannot be written: {error}") from error

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def known(self, pair: Pair) -> CaseResult | None:
        """Return the result of a pair whose files have not changed since."""
        stamp, result = self._known.get(pair.name, (None, None))
        return result if stamp == _stamp(pair) else None

    def add(self, pair: Pair, result: CaseResult) -> None:
        """Write a result down."""
        self._write({"stamp": _stamp(pair), **_as_json(result)})

    def _write(self, entry: dict[str, Any]) -> None:
        self._file.write(json.dumps(entry) + "\n")
        self._file.flush()

    def _read(self, path: Path) -> None:
        for number, entry in enumerate(_entries(path)):
            if number == 0:
                _check_header(path, entry, self._header)
            else:
                result = _from_json(entry)
                self._known[result.name] = entry["stamp"], result


def _header(settings: Settings) -> dict[str, Any]:
    header = {"torchtally": torchtally.__version__, "settings": settings.described()}
    plain: dict[str, Any] = json.loads(json.dumps(header))  # as it is read back
    return plain


def _check_header(path: Path, found: dict[str, Any], wanted: dict[str, Any]) -> None:
    if found == wanted:
        return
    before, now = found.get("settings", {}), wanted["settings"]
    names = [name for name in now if before.get(name) != now[name]]
    what = ", ".join(names) or f"torchtally {found.get('torchtally')}"
    raise UsageError(
        f"--resume: {path} was written by a run with other options ({what}); use its "
        "options, or remove it"
    )


def _files(path: Path) -> list[Path]:
    """Return the journals of a run, whatever number of ranks wrote them."""
    files = [path, *sorted(path.parent.glob(_of_rank(path, "*").name))]
    return [file for file in files if file.is_file()]


def _of_rank(path: Path, rank: int | str) -> Path:
    return path.with_name(f"{path.stem}.rank{rank}{path.suffix}")


def _cut_torn_line(path: Path) -> None:
    """Remove a last line that a kill has left without its end."""
    if not path.is_file():
        return
    with path.open("r+b") as file:
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)


def _entries(path: Path) -> Iterator[dict[str, Any]]:
    try:
        text = path.read_text(encoding="utf-8")
        lines: Iterable[str] = text.splitlines(keepends=True)
        for line in lines:
            if line.endswith("\n"):
                yield json.loads(line)
    except (OSError, ValueError) as error:
        raise UsageError(f"--resume: {path} is no journal: {error}") from error


def _stamp(pair: Pair) -> list[list[int] | None]:
    """Return size and time of change of both files; None where there is no file."""
    return [_stamp_of(path) for path in (pair.prediction, pair.label)]


def _stamp_of(path: Path | None) -> list[int] | None:
    try:
        status = path.stat() if path is not None else None
    except OSError:
        return None
    return None if status is None else [status.st_size, status.st_mtime_ns]


def _as_json(result: CaseResult) -> dict[str, Any]:
    entry = asdict(result)
    if result.counts is not None:
        entry["counts"] = [list(result.counts.places), list(result.counts.values)]
    return entry


def _from_json(entry: dict[str, Any]) -> CaseResult:
    counts = entry["counts"]
    if counts is not None:
        counts = Counts(*(array("q", numbers) for numbers in counts))
    problem = entry["problem"]
    return CaseResult(
        name=entry["name"],
        prediction=entry["prediction"],
        label=entry["label"],
        counts=counts,
        pixels=Pixels(**entry["pixels"]),
        dtypes=tuple(entry["dtypes"]),
        notes=tuple(Note(**note) for note in entry["notes"]),
        problem=None if problem is None else Problem(**problem),
    )
