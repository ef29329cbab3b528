"""Formulas run on symbols, which write down what is done to them."""

from __future__ import annotations

from typing import Any, NamedTuple

from torchtally.functional._definitions import Score


class Symbol:
    """An expression of counts, as text for people and as C++ on ``at::Tensor``."""

    def __init__(self, text: str, cpp: str, loose: bool = False) -> None:
        self.text, self.cpp, self.loose = text, cpp, loose

    def _inside(self, cpp: bool) -> str:
        text = self.cpp if cpp else self.text
        return f"({text})" if self.loose else text

    def __add__(self, other: Symbol) -> Symbol:
        return Symbol(
            f"{self.text} + {other.text}", f"{self.cpp} + {other.cpp}", loose=True
        )

    def __sub__(self, other: Symbol) -> Symbol:
        return Symbol(
            f"{self.text} - {other._inside(False)}",
            f"{self.cpp} - {other._inside(True)}",
            loose=True,
        )

    def __mul__(self, other: Symbol) -> Symbol:
        return Symbol(
            f"{self._inside(False)} {other._inside(False)}",
            f"{self._inside(True)} * {other._inside(True)}",
        )

    def __rmul__(self, number: int) -> Symbol:
        return Symbol(
            f"{number} {self._inside(False)}", f"{number} * {self._inside(True)}"
        )


class Counts(NamedTuple):
    """The counts of a class, as symbols."""

    tp: Symbol
    fp: Symbol
    fn: Symbol
    tn: Symbol


def ratio(score: Score) -> tuple[Symbol, Symbol]:
    """Return numerator and denominator of a score that is a ratio."""
    assert score.ratio is not None
    formula: Any = score.ratio
    numerator, denominator = formula(
        Counts(*(Symbol(n, f"n.{n}") for n in Counts._fields))
    )
    return numerator, denominator


def text(score: Score) -> str:
    """Return the formula of a score that is a ratio, such as ``tp / (tp + fp)``."""
    numerator, denominator = ratio(score)
    below = denominator.text
    if denominator.loose or " " in below:
        below = f"({below})"
    return f"{numerator._inside(False)} / {below}"
