"""What one process of a test run builds and all of them use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from filelock import FileLock  # torch needs it


class SharedBuilds:
    """Folders that are filled once a run, whichever of its processes asks first."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folder(self, name: str, make: Callable[[Path], object]) -> Path:
        """Return the folder of a name, filled by ``make``.

        What ``make`` raises is raised in every process that asks, as RuntimeError.
        """
        folder = self._root / name
        folder.mkdir(parents=True, exist_ok=True)
        outcome = self._root / f"{name}.outcome"
        with FileLock(self._root / f"{name}.lock"):
            if not outcome.exists():
                try:
                    make(folder)
                except Exception as error:
                    outcome.write_text(f"{error}", encoding="utf-8")
                    raise
                outcome.touch()
        problem = outcome.read_text(encoding="utf-8")
        if problem:
            raise RuntimeError(problem)
        return folder
