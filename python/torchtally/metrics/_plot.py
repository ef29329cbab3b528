"""Drawing a confusion matrix."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor

from torchtally._options import Normalize
from torchtally.functional._matrix import normalize_confusion_matrix

_VALUES_UP_TO = 20  # classes, beyond which numbers do not fit the cells
_SHORT_NAME = 3  # letters that fit below a column without turning them
_NO_PIXELS = "0.92"  # grey of cells that have no pixels to be a share of
_LEGENDS = {
    "true": "share of target",
    "pred": "share of prediction",
    "all": "share",
    None: "pixels",
}


def plot_matrix(
    matrix: Tensor,
    ax: Any,
    normalize: Normalize | None,
    class_names: Sequence[str] | None,
) -> Any:
    """Draw ``matrix`` ``[C, C]`` on matplotlib axes; see ``ConfusionMatrix.plot``."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "ConfusionMatrix.plot: matplotlib is missing, "
            "install it with pip install 'torchtally[plot]'"
        ) from error
    if normalize not in _LEGENDS:
        raise ValueError(
            "ConfusionMatrix.plot: normalize must be 'true', 'pred', 'all' or None, "
            f"got {normalize!r}"
        )
    classes = matrix.shape[0]
    given = range(classes) if class_names is None else class_names
    names = [str(name) for name in given]
    if len(names) != classes:
        raise ValueError(
            f"ConfusionMatrix.plot: class_names must hold {classes} names, "
            f"got {len(names)}"
        )
    values = matrix.cpu().double()
    if normalize is not None:
        values = normalize_confusion_matrix(values, normalize, dtype=values.dtype)
    if ax is None:
        side = figure_side(classes)
        _, ax = plt.subplots(figsize=(side + 1.5, side + 1), layout="constrained")
    top = 1.0 if normalize is not None else max(float(values.max()), 1.0)
    inches = ax.get_window_extent().height / ax.figure.dpi
    cell = 72 * inches / classes  # points
    letters = min(max(0.28 * cell, 8.0), 12.0)

    image = ax.imshow(values.numpy(), cmap="Blues", vmin=0.0, vmax=top)
    ax.set_facecolor(_NO_PIXELS)
    ax.spines[:].set_visible(False)
    _name_classes(ax, names, letters, step=math.ceil(1.2 * letters / cell))
    if classes <= _VALUES_UP_TO:
        _write_values(ax, values, top, letters, shares=normalize is not None)
    bar = ax.figure.colorbar(image, cax=ax.inset_axes((1.02, 0, 0.035, 1)))
    bar.set_label(_LEGENDS[normalize], fontsize=letters + 1)
    bar.ax.tick_params(labelsize=letters, length=0)
    bar.ax.spines[:].set_visible(False)
    return ax


def figure_side(classes: int) -> float:
    """Return the inches of a square that shows this many classes well."""
    return min(max(0.6 * classes, 3.6), 12.0)


def _name_classes(ax: Any, names: list[str], letters: float, step: int) -> None:
    ticks, shown = range(0, len(names), step), names[::step]
    turned = max(map(len, shown)) > _SHORT_NAME
    ax.set_xticks(
        ticks,
        shown,
        fontsize=letters,
        rotation=45 if turned else 0,
        rotation_mode="anchor",
        ha="right" if turned else "center",
        va="top",
    )
    ax.set_yticks(ticks, shown, fontsize=letters)
    ax.set_xlabel("prediction", fontsize=letters + 1)
    ax.set_ylabel("target", fontsize=letters + 1)
    ax.tick_params(length=0)


def _write_values(
    ax: Any, values: Tensor, top: float, letters: float, *, shares: bool
) -> None:
    edges = [index - 0.5 for index in range(len(values) + 1)]
    ax.set_xticks(edges, minor=True)
    ax.set_yticks(edges, minor=True)
    ax.grid(which="minor", color="white", linewidth=1.5)
    ax.tick_params(which="minor", length=0)
    for row, cells in enumerate(values.tolist()):
        for column, value in enumerate(cells):
            ax.text(
                column,
                row,
                _share(value) if shares else f"{value:.0f}",
                ha="center",
                va="center",
                fontsize=letters,
                color="white" if value > 0.5 * top else "0.25",
            )


def _share(value: float) -> str:
    """Two decimals, which say 0 or 1 only of a share that is exactly that."""
    if math.isnan(value):
        return "–"
    if value in (0, 1):
        return f"{value:.0f}"
    return "<.01" if value < 0.005 else f"{min(value, 0.99):.2f}"
