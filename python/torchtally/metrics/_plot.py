"""Drawing confusion matrices."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from torch import Tensor

from torchtally._options import Normalize
from torchtally.functional._matrix import normalize_confusion_matrix

from ._axes import inches_of, pyplot, width_of

_VALUES_UP_TO = 20  # classes, beyond which numbers fit the cells of large figures only
_SHORT_NAME = 3  # letters that fit below a column without turning them
_NO_PIXELS = "0.92"  # grey of cells that have no pixels to be a share of
_LEGENDS = {
    "true": "share of target",
    "pred": "share of prediction",
    "all": "share",
    None: "pixels",
}
_OP = "ConfusionMatrix.plot"


def plot_matrix(
    matrix: Tensor,
    ax: Any,
    normalize: Normalize | None,
    names: Sequence[str],
    numbers: bool | None = None,
) -> Any:
    """Draw ``[C, C]``, counts or shares, on matplotlib axes; see the plot method."""
    classes = len(names)
    if numbers is None:
        numbers = classes <= _VALUES_UP_TO
    if ax is None:
        side = figure_side(classes, numbers)
        room = width_of(max(names, key=len), _letters(72 * side / classes)) / 72
        size = (side + room + 1.5, side + 0.7 * room + 0.8)
        _, ax = pyplot(_OP).subplots(figsize=size, layout="compressed")
    values = _values(matrix, normalize)
    image, letters = _draw(ax, values, normalize, names, numbers)
    ax.set_xlabel("prediction", fontsize=letters + 1)
    ax.set_ylabel("target", fontsize=letters + 1)
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1.02, 0, 0.035, 1)))
    bar.set_label(_LEGENDS[normalize], fontsize=letters + 1)
    bar.ax.tick_params(labelsize=letters, length=0)
    bar.ax.spines[:].set_visible(False)
    return ax


def plot_matrices(
    matrices: Tensor,
    ax: Any,
    normalize: Normalize | None,
    titles: Sequence[str],
    names: Sequence[str],
    numbers: bool | None = None,
) -> Any:
    """Draw ``[L, K, K]`` as a grid, a matrix for each label; return its axes."""
    labels = len(titles)
    if ax is None:
        columns = math.ceil(math.sqrt(labels))
        rows = math.ceil(labels / columns)
        figure, grid = pyplot(_OP).subplots(
            rows,
            columns,
            figsize=(2.1 * columns + 0.5, 2.2 * rows + 0.5),
            layout="constrained",
            squeeze=False,
        )
        for unused in grid.flat[labels:]:
            unused.set_visible(False)
        figure.supxlabel("prediction", fontsize=10)
        figure.supylabel("target", fontsize=10)
        axes = [*grid.flat[:labels]]
    else:
        axes = [*getattr(ax, "flat", ax if isinstance(ax, Iterable) else [ax])]
        if len(axes) != labels:
            raise ValueError(
                f"{_OP}: ax must hold axes for each of {labels} labels, got {len(axes)}"
            )
    for one, matrix, title in zip(axes, matrices, titles, strict=True):
        _draw(one, _values(matrix, normalize), normalize, names, numbers is not False)
        one.set_title(_wrapped(title), fontsize=10)
        if ax is not None:
            place = one.get_subplotspec()
            if place is None or place.is_last_row():
                one.set_xlabel("prediction")
            if place is None or place.is_first_col():
                one.set_ylabel("target")
    return axes


def figure_side(classes: int, numbers: bool = False) -> float:
    """Return the inches of a square that shows this many classes well."""
    most = 0.4 * classes if numbers else 0.0
    return max(min(max(0.6 * classes, 3.6), 12.0), most)


def _values(matrix: Tensor, normalize: Normalize | None) -> Tensor:
    """Return what the cells hold, float64; shares are taken as they are."""
    values = matrix.detach().cpu().double()
    if normalize is None or matrix.is_floating_point():
        return values
    return normalize_confusion_matrix(values, normalize, dtype=values.dtype)


def _draw(
    ax: Any,
    values: Tensor,
    normalize: Normalize | None,
    names: Sequence[str],
    numbers: bool,
) -> tuple[Any, float]:
    """Draw cells and names; return the image and the size of letters in points."""
    top = 1.0 if normalize is not None else max(float(values.max()), 1.0)
    cell = 72 * min(inches_of(ax)) / len(names)  # points
    letters = _letters(cell)
    image = ax.imshow(values.numpy(), cmap="Blues", vmin=0.0, vmax=top)
    ax.set_facecolor(_NO_PIXELS)
    ax.spines[:].set_visible(False)
    _name_classes(ax, names, letters, cell)
    if numbers:
        _write_values(ax, values, top, letters, cell, shares=normalize is not None)
    return image, letters


def _letters(cell: float) -> float:
    """Return the size of letters beside a cell, in points."""
    return min(max(0.28 * cell, 8.0), 12.0)


def _name_classes(ax: Any, names: Sequence[str], letters: float, cell: float) -> None:
    """Write as many names as do not collide."""
    longest = max(names, key=len)
    turned = len(longest) > _SHORT_NAME
    wide = 1.6 * letters if turned else width_of(longest, letters) + 0.4 * letters
    for axis, room in ((ax.xaxis, wide), (ax.yaxis, 1.2 * letters)):
        step = math.ceil(room / cell)
        axis.set_ticks(range(0, len(names), step), names[::step], fontsize=letters)
    ax.tick_params(length=0)
    for label in ax.get_xticklabels():
        label.set(
            rotation=45 if turned else 0,
            rotation_mode="anchor",
            ha="right" if turned else "center",
            va="top",
        )


def _write_values(
    ax: Any, values: Tensor, top: float, letters: float, cell: float, *, shares: bool
) -> None:
    edges = [index - 0.5 for index in range(len(values) + 1)]
    ax.set_xticks(edges, minor=True)
    ax.set_yticks(edges, minor=True)
    ax.grid(which="minor", color="white", linewidth=min(1.5, 0.05 * cell))
    ax.tick_params(which="minor", length=0)
    written = _share if shares else "{:.0f}".format
    texts = [[written(value) for value in row] for row in values.tolist()]
    longest = max((text for row in texts for text in row), key=len)
    size = letters * min(1.0, 0.92 * cell / width_of(longest, letters))
    for row, cells in enumerate(values.tolist()):
        for column, value in enumerate(cells):
            ax.text(
                column,
                row,
                texts[row][column],
                ha="center",
                va="center",
                fontsize=size,
                color="white" if value > 0.5 * top else "0.25",
            )


def _share(value: float) -> str:
    """Two decimals, which say 0 or 1 only of a share that is exactly that."""
    if math.isnan(value):
        return "–"
    if value in (0, 1):
        return f"{value:.0f}"
    return "<.01" if value < 0.005 else f"{min(value, 0.99):.2f}"


def _wrapped(title: str, letters: int = 24) -> str:
    """Break a title that is wider than the axes that it stands above."""
    import textwrap

    return "\n".join(textwrap.wrap(title, letters)) or title
