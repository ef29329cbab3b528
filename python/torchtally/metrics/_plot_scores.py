"""Drawing scores: as bars, or as lines over several steps."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ._axes import (
    LETTERS,
    add_legend,
    colours,
    inches_of,
    legend_size,
    pyplot,
    width_of,
)

_GROUP = 0.8  # of the distance between classes that their bars take
_BAR = 0.92  # of its place that a bar takes
_NUMBERS_UP_TO = 24  # bars, beyond which numbers do not fit
_NUMBERS = 9.0  # points
_ROOM = 1.08  # above the highest value
_ROOM_UPRIGHT = 1.25  # where the number above it is turned


def plot_bars(
    op: str, groups: Mapping[str, Sequence[float]], names: Sequence[str], ax: Any
) -> Any:
    """Draw a bar for each name, beside those of other groups."""
    bars, own = len(names) * len(groups), ax is None
    legend = groups if len(groups) > 1 else ()
    inches = min(max(0.5 * bars, 3), 13) if own else inches_of(ax)[0]
    slot = 72 * inches / len(names)  # points
    turned = width_of(max(names, key=len), LETTERS) > 0.95 * slot
    if own:
        ax = _axes(op, inches, names if turned else (), legend)
    width = _GROUP / len(groups)
    written = {label: [_number(v) for v in values] for label, values in groups.items()}
    longest = max((text for texts in written.values() for text in texts), key=len)
    upright = width_of(longest, _NUMBERS) > width * slot
    colour = colours(len(groups))
    for place, (label, values) in enumerate(groups.items()):
        shift = (place - (len(groups) - 1) / 2) * width
        drawn = ax.bar(
            [index + shift for index in range(len(names))],
            [value if math.isfinite(value) else 0.0 for value in values],
            _BAR * width,
            label=label,
            color=colour[place],
        )
        if bars <= _NUMBERS_UP_TO:
            ax.bar_label(
                drawn,
                written[label],
                padding=2,
                fontsize=_NUMBERS,
                color="0.25",
                rotation=90 if upright else 0,
            )
    step = math.ceil(1.2 * LETTERS / slot)
    ax.set_xticks(range(0, len(names), step), names[::step], fontsize=LETTERS)
    if turned:
        _turn_names(ax, slot)
    every = [value for values in groups.values() for value in values]
    _limit(ax, every, _ROOM_UPRIGHT if upright and bars <= _NUMBERS_UP_TO else _ROOM)
    if legend:
        add_legend(ax, legend, inside=not own)
    return ax


def plot_lines(op: str, lines: Mapping[str, Sequence[float]], ax: Any) -> Any:
    """Draw a line over steps for each name."""
    own = ax is None
    if own:
        ax = _axes(op, 5.6, (), lines)
    for (label, values), colour in zip(lines.items(), colours(len(lines)), strict=True):
        steps = range(1, len(values) + 1)
        ax.plot(steps, values, marker=".", label=label, color=colour)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel("step")
    _limit(ax, [value for values in lines.values() for value in values], _ROOM)
    add_legend(ax, lines, inside=not own)
    return ax


def _axes(
    op: str, inches: float, turned: Sequence[str], legend: Collection[str]
) -> Any:
    """Return axes of a new figure, with room for turned names and a legend."""
    height = 3.6
    if turned:
        height += 0.7 * width_of(max(turned, key=len), LETTERS) / 72
    if legend:
        height += legend_size(legend, inches)[1]
    size = (inches + 0.7, height)
    return pyplot(op).subplots(figsize=size, layout="constrained")[1]


def _number(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.3f}"


def _turn_names(ax: Any, slot: float) -> None:
    """Turn names that would collide, upright where bars are close."""
    upright = slot < 1.5 * LETTERS
    for label in ax.get_xticklabels():
        label.set(
            rotation=90 if upright else 45,
            rotation_mode="anchor",
            ha="right",
            va="center" if upright else "top",
        )


def _limit(ax: Any, values: Sequence[float], room: float) -> None:
    """Show every value; scores within [0, 1] on the same scale."""
    finite = [value for value in values if math.isfinite(value)]
    lowest, highest = min(finite, default=0.0), max(finite, default=1.0)
    top = room * max(1.0, highest)
    ax.set_ylim(-room * max(1.0, -lowest) if lowest < 0 else 0.0, top)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(length=0)
