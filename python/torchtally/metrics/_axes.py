"""What is drawn on: axes that are given, or a figure of their own, and its letters."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from torch import Tensor

from torchtally.ops._arguments import plain

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
    first = val = plain(val)
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


def colours(number: int) -> list[Any]:
    """Return so many colours, which differ up to 20; None is the axes' next one."""
    if number <= 10:
        return [None] * number
    from matplotlib import colormaps

    several: Any = colormaps["tab20"]
    return [several.colors[index % 20] for index in range(number)]


def legend_size(names: Collection[str], width: float) -> tuple[int, float]:
    """Return the columns of a legend in so many inches, and how high it is."""
    entry = width_of(max(names, key=len), LETTERS) + 4.5 * LETTERS
    columns = max(1, min(len(names), int(72 * width / entry)))
    return columns, 1.6 * LETTERS * math.ceil(len(names) / columns) / 72


def add_legend(ax: Any, names: Collection[str], *, inside: bool) -> None:
    """Put a legend where it hides nothing: above axes, or above what they show.

    Only a figure of our own has room above.
    """
    width, height = inches_of(ax)
    columns, high = legend_size(names, width)
    if inside:
        bottom, top = ax.get_ylim()
        ax.set_yticks([tick for tick in ax.get_yticks() if bottom <= tick <= top])
        share = min((high + 0.1) / height, 0.7)
        ax.set_ylim(bottom, bottom + (top - bottom) / (1 - share))
    ax.legend(
        frameon=False,
        loc="upper left" if inside else "lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns,
        borderaxespad=0.2,
        fontsize=LETTERS,
    )
