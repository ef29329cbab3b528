"""What can go wrong: with one file (counting goes on) or with the command itself."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass

#: What is installed under another name than it is imported by.
DISTRIBUTIONS = {
    "PIL": "pillow",
    "SimpleITK": "SimpleITK",
    "yaml": "PyYAML",
}
#: The extra that brings a module; [cli] brings the others.
EXTRAS = {"SimpleITK": "medical", "zarr": "zarr"}
#: What no extra brings.
BY_ITSELF = {"pyarrow", "safetensors", "yaml"}


class UsageError(Exception):
    """The command cannot be carried out as it was given (exit status 2)."""


class LabelFileError(Exception):
    """One file does not hold a readable label image."""


class PairError(Exception):
    """Two readable files that cannot be compared."""

    def __init__(self, kind: str, message: str, *, of_label: bool = False) -> None:
        """Keep the kind, and whether the label is at fault, beside the message."""
        super().__init__(message)
        self.kind = kind
        self.of_label = of_label


@dataclass(frozen=True)
class Problem:
    """A pair that was left out, or counted as an empty prediction, and why."""

    kind: str
    file: str
    message: str
    counted: bool = False  # as an empty prediction


@dataclass(frozen=True)
class Note:
    """Something odd about a pair that was counted all the same."""

    kind: str
    message: str


def require(module: str, purpose: str) -> None:
    """Raise a UsageError with the remedy unless an optional module is installed."""
    if importlib.util.find_spec(module) is None:
        name = DISTRIBUTIONS.get(module, module)
        wanted = name
        if module not in BY_ITSELF:
            wanted = f"'torchtally[{EXTRAS.get(module, 'cli')}]'"
        raise UsageError(
            f"{purpose} needs {name}, which is not installed: pip install {wanted}"
        )
