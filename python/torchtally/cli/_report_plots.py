"""Plots of the HTML report: strips of cases as SVG, and the confusion matrix.

Positions are percentages of the width, so that a plot fits a telephone without its
letters and points shrinking with it.
"""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
import numpy.typing as npt

from ._report_style import VIRIDIS
from ._statistics import Floats, Summary

#: Up to this many cases each is a point; beyond, those outside the whiskers.
ALL_POINTS = 200
FURTHEST_POINTS = 40  # on either side
FEW_CLASSES = 5  # up to which there is room for names, and for numbers on a telephone
SHORT_CLASSES = 20  # up to which their numbers need not be turned
NUMBERED_CLASSES = 12  # beyond which cells have no numbers and classes no turned names
TABLE_CLASSES = 40  # beyond which the matrix is a picture
_MIDDLE, _BOX, _MEAN = 15, 9, 31  # y of the strip, half the height of its box, y
_GOLDEN = 0.6180339887498949


@dataclass(frozen=True)
class Scale:
    """From scores to percentages of the width."""

    low: float
    high: float

    @classmethod
    def of(cls, columns: Sequence[Floats]) -> Scale:
        """Choose 0 to 1, a part of it that holds all scores, or what they need."""
        values = np.concatenate([column[~np.isnan(column)] for column in columns])
        low, high = float(values.min()), float(values.max())
        if low >= 0 and high <= 1:
            return cls(0.0 if low < 0.5 else math.floor(low * 10 - 1e-9) / 10, 1.0)
        if low >= -1 and high <= 1:
            return cls(-1.0, 1.0)
        step = 10.0 ** math.floor(math.log10(max(high - low, 1e-9)))
        return cls(math.floor(low / step) * step, math.ceil(high / step) * step)

    def percent(self, value: float) -> str:
        """Return a position as SVG has it."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return f"{100 * share:.2f}%"

    @property
    def ticks(self) -> list[float]:
        """Even positions, with two decimals if a few can have them; ends among them."""
        width = self.high - self.low
        even = (n for n in (4, 3, 5) if abs(100 * width / n % 1 - 0.5) > 0.5 - 1e-6)
        ticks = np.linspace(self.low, self.high, next(even, 4) + 1)
        return [float(tick) for tick in ticks]


def axis(scale: Scale) -> str:
    """Return the numbers below the strips."""
    marks = "".join(
        f'<text x="{scale.percent(tick)}" y="14" text-anchor="middle">{tick:.4g}</text>'
        for tick in scale.ticks
    )
    return f'<svg height="20">{marks}</svg>'


def strip(
    name: str, cases: Sequence[str], values: Floats, summary: Summary, scale: Scale
) -> str:
    """Return a box plot of one entry, with its points, mean and interval.

    Args:
        name: of the entry.
        cases: names of the cases.
        values: float64 ``[cases]``, at least one of them defined.
        summary: of the values.
        scale: of all strips.
    """
    defined = np.flatnonzero(~np.isnan(values))
    order = defined[np.argsort(values[defined], kind="stable")]
    ordered = values[order]
    quartiles = [float(q) for q in np.quantile(ordered, (0.25, 0.5, 0.75))]
    reach = 1.5 * (quartiles[2] - quartiles[0])
    inside = ordered[
        (ordered >= quartiles[0] - reach) & (ordered <= quartiles[2] + reach)
    ]
    whiskers = float(inside[0]), float(inside[-1])
    at = scale.percent
    drawn = [
        f'<line class="grid" x1="{at(tick)}" x2="{at(tick)}" y1="0" y2="36"/>'
        for tick in scale.ticks
    ]
    drawn.append(_line(at(whiskers[0]), at(whiskers[1]), _MIDDLE, _MIDDLE, "line"))
    left, right = at(quartiles[0]), at(quartiles[2])
    width = f"{float(right[:-1]) - float(left[:-1]):.2f}%"
    drawn.append(
        f'<rect class="box" x="{left}" width="{width}" y="{_MIDDLE - _BOX}" '
        f'height="{2 * _BOX}"/>'
    )
    drawn.append(
        _line(
            at(quartiles[1]), at(quartiles[1]), _MIDDLE - _BOX, _MIDDLE + _BOX, "line"
        )
    )
    for number, index in enumerate(order):
        value = float(values[index])
        beyond = value < whiskers[0] or value > whiskers[1]
        near_an_end = min(number, len(order) - 1 - number) < FURTHEST_POINTS
        if len(cases) > ALL_POINTS and not (beyond and near_an_end):
            continue
        y = _MIDDLE + 1.6 * _BOX * ((number * _GOLDEN) % 1 - 0.5)
        drawn.append(
            f'<circle class="point" cx="{at(value)}" cy="{y:.1f}" r="2.5"><title>'
            f"{escape(cases[index])}: {value:.4f}</title></circle>"
        )
    if not math.isnan(summary.low):
        low, high = (
            at(min(max(bound, scale.low), scale.high))
            for bound in (summary.low, summary.high)
        )
        drawn.append(_line(low, high, _MEAN, _MEAN, "mean"))
    drawn.append(f'<circle class="mean" cx="{at(summary.mean)}" cy="{_MEAN}" r="2.5"/>')
    words = (
        f"{name}: {summary.cases} cases, mean {summary.mean:.3f}, "
        f"median {quartiles[1]:.3f}, quartiles {quartiles[0]:.3f} and "
        f"{quartiles[2]:.3f}, from {summary.minimum:.3f} to {summary.maximum:.3f}"
    )
    start = f'<svg height="36" role="img" aria-label="{escape(words)}">'
    return f"{start}{''.join(drawn)}</svg>"


def _line(x1: str, x2: str, y1: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1}" x2="{x2}" y1="{y1}" y2="{y2}"/>'


def heat_map(matrix: npt.NDArray[np.int64], names: Sequence[str]) -> str:
    """Return the shares of each row as a table of colours, or a picture of many.

    Args:
        matrix: int64 ``[C, C]``, rows are labels.
        names: of the C classes.
    """
    totals = matrix.sum(1, keepdims=True)
    with np.errstate(invalid="ignore"):
        shares = matrix / totals  # NaN in rows without pixels
    stops = ", ".join(VIRIDIS)
    scale = (
        f'<div class="scale" style="background:linear-gradient(90deg, {stops})" '
        'aria-hidden="true"></div><div class="ends quiet"><span>0</span><span>share '
        "of the label's pixels</span><span>1</span></div>"
    )
    if len(names) > TABLE_CLASSES:
        return _picture(shares) + scale + _numbered(names)
    return _cells(shares, names) + scale


def _cells(shares: Floats, names: Sequence[str]) -> str:
    many = len(names) > NUMBERED_CLASSES
    columns = [str(number) for number in range(len(names))] if many else list(names)
    head = "".join(
        f'<th scope="col" title="{escape(name)}"><span class="turned">{escape(column)}'
        "</span></th>"
        for name, column in zip(names, columns, strict=True)
    )
    rows = []
    for name, label, row in zip(names, columns, shares, strict=True):
        cells = "".join(
            _cell(float(share), name, other, not many)
            for share, other in zip(row, names, strict=True)
        )
        rows.append(
            f'<tr><th scope="row" title="{escape(name)}">{escape(label)}</th>'
            f"{cells}</tr>"
        )
    kind = "heat few"
    if many:
        kind = "heat many short" if len(names) <= SHORT_CLASSES else "heat many"
    elif len(names) > FEW_CLASSES:
        kind = "heat dense"
    table = (
        f'<table class="{kind}"><caption>row: label, column: prediction</caption>'
        f'<thead><tr><th class="corner"></th>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table>"
    )
    return table + (_numbered(names) if many else "")


def _cell(share: float, label: str, prediction: str, numbered: bool) -> str:
    words = escape(f"{label} predicted as {prediction}: {_share(share)}")
    if math.isnan(share):
        return f'<td class="none" title="{words}"><span class="number">–</span></td>'
    colour, letters = _colour(share)
    text = f'<span class="number">{escape(_share(share))}</span>' if numbered else ""
    return (
        f'<td style="background:{colour};color:{letters}" title="{words}">{text}</td>'
    )


def _share(share: float) -> str:
    """Two decimals, which say 0 or 1 only of a share that is exactly that."""
    if math.isnan(share):
        return "–"
    if share in (0, 1):
        return f"{share:.0f}"
    return "<.01" if share < 0.005 else f"{min(share, 0.99):.2f}"


def _colour(share: float) -> tuple[str, str]:
    """Return a colour of viridis, and that of letters on it."""
    red, green, blue = map(round, _viridis(np.array([share]))[0].tolist())
    bright = 0.299 * red + 0.587 * green + 0.114 * blue > 128
    return f"#{red:02x}{green:02x}{blue:02x}", "#000" if bright else "#fff"


def _viridis(shares: Floats) -> Floats:
    """Return colours [..., 3] of 0 to 255."""
    stops = np.array(
        [[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in VIRIDIS], np.float64
    )
    at = np.linspace(0, 1, len(stops))
    parts = [np.interp(shares, at, stops[:, part]) for part in range(3)]
    return np.stack(parts, -1)


def _picture(shares: Floats) -> str:
    from PIL import Image

    pixels = _viridis(np.nan_to_num(shares)).round().astype(np.uint8)
    pixels[np.isnan(shares)] = 128
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, format="PNG", optimize=True)
    source = base64.b64encode(stream.getvalue()).decode()
    number = len(shares)
    recall = np.diagonal(shares)
    words = f"Confusion of {number} classes; "
    words += f"the share of right pixels is {np.nanmedian(recall):.2f} in the median"
    if np.isnan(recall).all():
        words = f"Confusion of {number} classes, none of which has pixels"
    return (
        f'<img class="picture" src="data:image/png;base64,{source}" width="{number}" '
        f'height="{number}" alt="{escape(words)}">'
    )


def _numbered(names: Sequence[str]) -> str:
    if all(name == str(number) for number, name in enumerate(names)):
        return ""
    listed = "".join(
        f"<li>{number} {escape(name)}</li>" for number, name in enumerate(names)
    )
    listed = f'<ul class="keys quiet">{listed}</ul>'
    if len(names) > TABLE_CLASSES:
        return f"<details><summary>Names of the classes</summary>{listed}</details>"
    return listed
