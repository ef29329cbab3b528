"""A row: a peer's number, and the call of ours that gives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .peers import Live


@dataclass(frozen=True)
class Row:
    """A number that a peer computes.

    Attributes:
        peer: package, function and options.
        call: our function, of pixels or ``*_from_counts``.
        options: how we spell the peer's rule.
        recorded: what the peer's release gave, by case, four digits.
        live: the installed peer, called on a case; None where it has no answer.
        also: cases that are computed beside the recorded ones.
        differs: cases in which we differ on purpose, and why.
    """

    peer: str
    call: str
    options: dict[str, Any]
    recorded: dict[str, Any] = field(default_factory=dict)
    live: Live | None = None
    also: Iterable[str] = ()
    differs: dict[str, str] = field(default_factory=dict)

    @property
    def cases(self) -> list[str]:
        """The cases of the row, in order."""
        return sorted({*self.recorded, *self.also})

    @property
    def spelling(self) -> str:
        """Our call as a user writes it."""
        inputs = "matrix" if self.call.endswith("_from_counts") else "preds, target, 3"
        options = "".join(f", {key}={value!r}" for key, value in self.options.items())
        return f"{self.call}({inputs}{options})"
