"""A row: a peer's number, and the call of ours that gives it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .cases import CASES, Case
from .peers import Call, ignored, written


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
        theirs: the peer's call where it cannot be run here.
    """

    peer: str
    call: str
    options: dict[str, Any]
    recorded: dict[str, Any] = field(default_factory=dict)
    live: Call | None = None
    also: Iterable[str] = ()
    differs: dict[str, str] = field(default_factory=dict)
    theirs: str = ""

    @property
    def cases(self) -> list[str]:
        """The cases of the row, in order."""
        return sorted({*self.recorded, *self.also})

    @property
    def spelling(self) -> str:
        """Our call as a user writes it, where nothing is ignored."""
        return self.ours(CASES["a"])

    def ours(self, case: Case) -> str:
        """Return our call as a user writes it."""
        options = written(self.options)
        if self.call.endswith("_from_counts"):
            counted = f"tt.confusion_matrix(preds, target, 3{ignored(case)})"
            return f"matrix = {counted}\ntt.functional.{self.call}(matrix{options})"
        return f"tt.{self.call}(preds, target, 3{ignored(case)}{options})"

    def peers(self, case: Case) -> str:
        """Return the peer's call, if there is a peer."""
        return self.theirs if self.live is None else self.live.text(case)
