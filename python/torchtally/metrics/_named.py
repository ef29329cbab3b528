"""Scores under names, as people log and plot them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

import torch
from torch import Tensor

from torchtally._options import ClassNames
from torchtally.functional._checks import is_number
from torchtally.functional._scoring import BoundScore
from torchtally.ops._arguments import number, plain

from ._axes import value_and_axes
from ._base import CountingMetric
from ._names import checked_names, entry_names
from ._plot_scores import plot_bars, plot_lines

Value = TypeVar("Value")


class NamedScores(CountingMetric[Value]):
    """What a user does with scores beside computing them."""

    _scores: dict[str, BoundScore]
    _asked: Mapping[str, Any]

    def named(self, val: Any = None, *, prefix: str = "") -> dict[str, float]:
        """Return results as floats under names of their own, ready for a logger.

        A score of all classes has its name, ``iou``, or that of its result in a suite;
        a score of each class or region the name of that too, ``iou/cat``. NaN where
        undefined.

        Args:
            val: what ``compute`` or ``forward`` returned; what ``compute`` returns, if
                not given.
            prefix: put before each name, such as ``"val/"``.

        Raises:
            ValueError: for a score for each sample, which has no name.

        Example:
            >>> from torchtally.metrics import IoUScore
            >>> metric = IoUScore(2, average="none", class_names=["cat", "dog"])
            >>> metric.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
            >>> metric.named(prefix="val/")
            {'val/iou/cat': 0.5, 'val/iou/dog': 0.5}
        """
        op = f"{type(self).__name__}.named"
        val = self._value_of(self._computed()) if val is None else val
        found: dict[str, float] = {}
        for result, value in self._results_of(op, val).items():
            if value.dim() == 0:
                found[f"{prefix}{result}"] = value.item()
                continue
            names = self._entry_names(op, result, value)
            for name, score in zip(names, value.tolist(), strict=True):
                found[f"{prefix}{result}/{name}"] = score
        return found

    def plot(
        self, val: Any = None, ax: Any = None, *, class_names: ClassNames = None
    ) -> Any:
        """Draw scores as bars with matplotlib, one for each class where there are any.

        Args:
            val: what ``compute`` or ``forward`` returned, or a list of it for a line
                over steps; what ``compute`` returns, if not given. Axes may come first.
            ax: matplotlib axes to draw on; a new figure without.
            class_names: other names than those of the metric, for all classes or for
                the bars.

        Returns:
            The axes.

        Raises:
            ImportError: if matplotlib is not installed.
            TypeError: for class_names that are none.
            ValueError: for the wrong number of names, scores for each sample, or scores
                of single classes beside others.
        """
        op = f"{type(self).__name__}.plot"
        val, ax = value_and_axes(op, val, ax)
        val = self._value_of(self._computed()) if val is None else val
        several = isinstance(val, (list, tuple)) and len(val) > 0
        steps = [self._results_of(op, step) for step in (val if several else [val])]
        names, *others = (self._bar_names(op, step, class_names) for step in steps)
        if any(other != names for other in others):
            raise ValueError(f"{op}: val must hold scores of one shape at every step")
        values = {
            title: [step[result].reshape(-1).tolist() for step in steps]
            for result, title in self._titles().items()
        }
        if several:
            lines = {}
            for title, rows in values.items():
                for place, row in enumerate(zip(*rows, strict=True)):
                    parts = [] if names is None else [names[place]]
                    if names is None or len(values) > 1:
                        parts.insert(0, title)
                    lines[" ".join(parts)] = row
            return plot_lines(op, lines, ax)
        bars = {title: rows[0] for title, rows in values.items()}
        if names is not None:
            return plot_bars(op, bars, names, ax)
        return plot_bars(op, {"": [bar for (bar,) in bars.values()]}, list(bars), ax)

    def _titles(self) -> dict[str, str]:
        """Return what a plot calls each result."""
        return {result: result for result in self._scores}

    def _results_of(self, op: str, val: Any) -> dict[str, Tensor]:
        """Return the score of each result in a value that was computed."""
        if not isinstance(val, Mapping):
            val = dict.fromkeys(self._scores, val)
        values: dict[str, Tensor] = {}
        for result in self._scores:
            value = plain(number(val.get(result)))
            if not isinstance(value, Tensor) and not is_number(value):
                raise TypeError(
                    f"{op}: val must be what compute returns, "
                    f"got {type(value).__name__} for {result!r}"
                )
            if not isinstance(value, Tensor):
                value = torch.tensor(value, dtype=torch.float64)
            values[result] = value.detach()
        return values

    def _entry_names(
        self, op: str, result: str, value: Tensor, other: ClassNames = None
    ) -> list[str]:
        """Return the names of the classes, or regions, that a result has scores of."""
        policy = self._scores[result].policy
        if value.dim() != 1 or policy.aggregation == "none":
            raise ValueError(
                f"{op}: the scores must all be scalars, or all of one number of "
                f"classes, not of single samples, got shape {list(value.shape)}"
            )
        regions = self._asked[result].policy.get("regions")
        names = entry_names(policy, regions, self._names_of(op, other))
        if len(names) != len(value):
            raise ValueError(
                f"{op}: val must be what compute returns, {len(names)} scores, "
                f"got {len(value)}"
            )
        return names

    def _bar_names(
        self, op: str, values: Mapping[str, Tensor], given: ClassNames
    ) -> list[str] | None:
        """Return the names of classes in a plot, or None where scores are scalars."""
        shapes = {tuple(value.shape) for value in values.values()}
        if len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
            raise ValueError(
                f"{op}: the scores must all be scalars, or all of one number of "
                f"classes, got shapes {sorted(map(list, shapes))}"
            )
        (shape,) = shapes
        bars = shape[0] if shape else 0
        of_bars = isinstance(given, Sequence) and not isinstance(given, str)
        if of_bars and (not shape or len(given) == bars):  # type: ignore[arg-type]
            return [*checked_names(op, given, bars)] or None
        if not shape:
            return None
        first, *others = (
            self._entry_names(op, result, value, given)
            for result, value in values.items()
        )
        if any(names != first for names in others):
            raise ValueError(
                f"{op}: the scores must be of the same classes, got {first} and "
                f"{next(names for names in others if names != first)}"
            )
        return first
