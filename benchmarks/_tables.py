"""Tables on the terminal: rich where it is installed, aligned text where not."""

from __future__ import annotations

import importlib
import shutil
import sys
import time
from collections.abc import Sequence
from typing import Any

WIDTH = 176  # columns, where the terminal is narrower or unknown


def print_table(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Print a table whose first column is text and whose others are numbers."""
    print()
    try:
        console: Any = importlib.import_module("rich.console")
        table: Any = importlib.import_module("rich.table")
        simple = importlib.import_module("rich.box").SIMPLE_HEAD
    except ImportError:
        print_plain(title, header, rows)
        return
    grid = table.Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=simple,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for index, name in enumerate(header):
        side = "right" if index else "left"
        grid.add_column(name, justify=side, no_wrap=True)
    for row in rows:
        grid.add_row(*(painted(cell) for cell in row))
    width = max(shutil.get_terminal_size((0, 0)).columns, WIDTH)
    console.Console(width=width, highlight=False).print(grid)


def print_plain(
    title: str, header: Sequence[str], rows: Sequence[Sequence[str]]
) -> None:
    """Print the table as aligned text."""
    header = [name.replace("\n", " ") for name in header]
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    print(title)
    for row in (header, *rows):
        first, *others = (
            f"{cell:<{widths[0]}}" if not index else f"{cell:>{widths[index]}}"
            for index, cell in enumerate(row)
        )
        print("  ".join([first, *others]))


def painted(cell: str) -> str:
    """Colour a verdict."""
    for mark, colour in ((" ok", "green"), (" over", "red")):
        if cell.endswith(mark):
            return f"[{colour}]{cell}[/{colour}]"
    return cell


def heading(name: str) -> str:
    """Break a contender's name so that its column stays narrow."""
    for mark, broken in ((".", ".\n"), (" ", "\n"), ("-", "-\n"), ("chm", "ch-\nm")):
        name = name.replace(mark, broken)
    return name


def number(value: float) -> str:
    """Write a ratio with three digits that matter."""
    return f"{value:.{2 if value < 10 else 1 if value < 100 else 0}f}"


def verdict(value: float, target: float | None) -> str:
    """Write a value and whether it is within its target."""
    if target is None:
        return number(value)
    return f"{number(value)} {'ok' if value <= target else 'over'}"


class Progress:
    """Say which step begins, how far the run is, and how long the rest may take."""

    def __init__(self, steps: int) -> None:
        self._steps, self._done, self._start = steps, 0, time.monotonic()

    def begin(self, name: str) -> None:
        """Begin the next step."""
        gone = time.monotonic() - self._start
        text = f"[{self._done + 1}/{self._steps}] {name}; {clock(gone)} gone"
        if self._done:
            left = gone / self._done * (self._steps - self._done)
            text += f", about {clock(left)} left"
        self._done += 1
        progress(text)


def clock(seconds: float) -> str:
    """Write minutes and seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def progress(text: str) -> None:
    """Say what is being measured, apart from the tables."""
    print(text, file=sys.stderr, flush=True)
