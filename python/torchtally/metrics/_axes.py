"""What is drawn on: axes that are given, or a figure of their own, and its letters."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from torch import Tensor

LETTERS = 10.0  # points
_WIDTH = 0.62  # of a letter, in its height


def pyplot(op: str) -> Any:
    """Return ``matplotlib.pyplot``, or raise ImportError that says how to get it."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{op}: matplotlib is missing, "
            "install it with pip install 'torchtally[plot]'"
        ) from error
    return plt


def value_and_axes(op: str, val: Any, ax: Any) -> tuple[Any, Any]:
    """Tell a value from axes, of which either may come first."""
    plt = pyplot(op)
    first = val
    if not isinstance(val, (Mapping, str, Tensor)) and isinstance(val, Iterable):
        first = next(iter(val), None)
    if not isinstance(first, plt.Axes):
        return val, ax
    if ax is not None:
        raise TypeError(f"{op}: ax must be given once, got two")
    return None, val


def width_of(text: str, letters: float) -> float:
    """Return about how many points wide a text is."""
    return _WIDTH * letters * len(text)


def inches_of(ax: Any) -> tuple[float, float]:
    """Return width and height of axes in inches."""
    box, dpi = ax.get_window_extent(), ax.figure.dpi
    return box.width / dpi, box.height / dpi


def legend_columns(names: Collection[str], width: float) -> int:
    """Return how many entries of a legend stand side by side in so many inches."""
    entry = width_of(max(names, key=len), LETTERS) + 4.5 * LETTERS
    return max(1, min(len(names), int(72 * width / entry)))


def legend_above(ax: Any, columns: int) -> None:
    """Put a legend where it hides nothing."""
    ax.legend(
        frameon=False,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        fontsize=LETTERS,
    )
