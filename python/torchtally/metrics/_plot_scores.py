"""Drawing scores as bars."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor

_GROUP = 0.8  # of the distance between classes that their bars take
_NUMBERS_UP_TO = 24  # bars, beyond which numbers do not fit


def plot_scores(
    op: str,
    scores: Mapping[str, Tensor],
    ax: Any,
    class_names: Sequence[str] | None,
) -> Any:
    """Draw scalars as a bar each, or vectors ``[C]`` as groups of bars by class."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            f"{op}: matplotlib is missing, "
            "install it with pip install 'torchtally[plot]'"
        ) from error
    values = {name: score.detach().cpu() for name, score in scores.items()}
    shapes = {tuple(value.shape) for value in values.values()}
    if len(shapes) > 1 or any(len(shape) > 1 for shape in shapes):
        raise ValueError(
            f"{op}: the scores must all be scalars, or all of one number of classes, "
            f"got shapes {sorted(map(list, shapes))}"
        )
    (shape,) = shapes
    by_class = len(shape) == 1
    if class_names is not None and len(class_names) != (shape[0] if by_class else 0):
        raise ValueError(
            f"{op}: class_names must hold {shape[0] if by_class else 0} names, "
            f"got {len(class_names)}"
        )
    if by_class:
        names = list(map(str, range(shape[0]) if class_names is None else class_names))
        groups = {name: value.tolist() for name, value in values.items()}
    else:
        names = list(values)
        groups = {"": [value.item() for value in values.values()]}
    if ax is None:
        width = min(max(0.5 * len(names) * len(groups) + 1.5, 3.6), 14.0)
        _, ax = plt.subplots(figsize=(width, 3.6), layout="constrained")
    _draw(ax, groups, names)
    return ax


def _draw(ax: Any, groups: Mapping[str, list[float]], names: list[str]) -> None:
    width = _GROUP / len(groups)
    for place, (label, heights) in enumerate(groups.items()):
        shift = (place - (len(groups) - 1) / 2) * width
        bars = ax.bar(
            [index + shift for index in range(len(names))],
            [0.0 if math.isnan(height) else height for height in heights],
            0.92 * width,
            label=label,
        )
        if len(names) * len(groups) <= _NUMBERS_UP_TO:
            texts = ["–" if math.isnan(h) else f"{h:.3f}" for h in heights]
            ax.bar_label(bars, texts, padding=2, fontsize=9, color="0.25")
    ax.set_xticks(range(len(names)), names)
    lowest = min((h for heights in groups.values() for h in heights), default=0.0)
    ax.set_ylim(-1.08 if lowest < 0 else 0.0, 1.08)
    ax.spines[["top", "right"]].set_visible(False)
    ax.tick_params(length=0)
    if len(groups) > 1:
        ax.legend(frameon=False)
