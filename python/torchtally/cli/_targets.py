"""What a run needs before it counts: modules that read, and places to write to."""

from __future__ import annotations

import os
from pathlib import Path

from ._formats import FORMATS, label_suffix
from ._pairing import Pairing
from ._problems import UsageError, require
from ._settings import Settings


def check_modules(settings: Settings, pairing: Pairing) -> None:
    """Raise a UsageError if a module that this run needs is not installed."""
    require("numpy", "reading label images")
    require("rich", "the table")
    if settings.plot:
        require("matplotlib", "--plot")
    if settings.interval != "none":
        require("scipy", f"--interval {settings.interval} (none does without)")
    if settings.cases and settings.cases.suffix == ".parquet":
        require("pyarrow", "--cases with .parquet")
    if settings.html:
        require("matplotlib", "--html")
        require("PIL", "--html")
    for suffix in sorted({label_suffix(file) for file in pairing.input_files()}):
        require(FORMATS[suffix].module, f"reading {suffix}")


def check_outputs(settings: Settings, pairing: Pairing) -> None:
    """Raise a UsageError if an output cannot be written where it is wanted."""
    outputs = {
        "--json": settings.json,
        "--csv": settings.csv,
        "--cases": settings.cases,
        "--plot": settings.plot,
        "--html": settings.html,
        "--journal": settings.journal,
    }
    inputs = {file.resolve() for file in pairing.input_files()}
    folders = {
        "PREDICTIONS": settings.predictions.resolve(),
        "LABELS": settings.labels.resolve(),
    }
    if settings.rules.masks is not None:
        folders["the folder of --mask"] = settings.rules.masks.resolve()
    taken: dict[Path, str] = {}
    for option, path in outputs.items():
        if path is None:
            continue
        target = path.resolve()
        if target in inputs:
            raise UsageError(f"{option} must not overwrite an input, got {path}")
        for name, folder in folders.items():
            if folder.is_dir() and target.is_relative_to(folder):
                raise UsageError(
                    f"{option} must not lie below {name}, where the next run would "
                    f"find it, got {path}"
                )
        if target in taken:
            raise UsageError(
                f"{option} and {taken[target]} must differ, both are {path}"
            )
        taken[target] = option
        _check_writable(option, path)


def _check_writable(option: str, path: Path) -> None:
    if path.exists() and not path.is_file():
        raise UsageError(f"{option} must name a regular file, got {path}")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"{option} must name a file in an existing folder, got {path}")
    probe = scratch_path(path)
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise UsageError(f"{option} cannot be written: {error}") from error


def scratch_path(path: Path) -> Path:
    """Return a hidden neighbour of an output, written first and then renamed."""
    target = path.resolve()
    return target.with_name(f".{target.name}.{os.getpid()}.part")
