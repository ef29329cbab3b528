"""What can go wrong: with one file (counting goes on) or with the command itself."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

DISTRIBUTIONS = {
    "matplotlib": "matplotlib",
    "numpy": "numpy",
    "nibabel": "nibabel",
    "PIL": "pillow",
    "rich": "rich",
    "scipy": "scipy",
}


class UsageError(Exception):
    """The command cannot be carried out as it was given (exit status 2)."""


class LabelFileError(Exception):
    """One file does not hold a readable label image."""


@dataclass(frozen=True)
class Problem:
    """A pair that was left out, and why."""

    kind: str
    file: str
    message: str


def require(module: str, purpose: str) -> None:
    """Raise a UsageError with the remedy unless an optional module is installed."""
    if importlib.util.find_spec(module) is None:
        raise UsageError(
            f"{purpose} needs {DISTRIBUTIONS[module]}, which is not installed: "
            "pip install 'torchtally[cli]'"
        )
