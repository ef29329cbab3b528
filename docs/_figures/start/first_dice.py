"""The label map and the prediction of the first tutorial, errors framed."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

LABELS = np.array(
    [
        [0, 0, 1, 1, 1, 0],
        [0, 1, 1, 1, 1, 0],
        [0, 1, 1, 2, 1, 0],
        [0, 0, 1, 1, 0, 255],
    ]
)
PREDICTION = np.where(LABELS == 255, 0, LABELS)
PREDICTION[0, 2] = 0
PREDICTION[2, 4] = 2


def grid(axes: Axes, title: str, shown: npt.NDArray[np.int_]) -> None:
    """Draw an image of classes as coloured cells with their numbers."""
    colours = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    ink = mpl.rcParams["text.color"]
    height, width = shown.shape
    axes.set_xlim(-0.05, width + 0.05)
    axes.set_ylim(height + 0.05, -0.05)
    axes.set_aspect("equal")
    axes.axis("off")
    axes.set_title(title, size=15)
    for (y, x), value in np.ndenumerate(shown):
        fill = {1: colours[4], 2: colours[1]}.get(int(value), "none")
        hatch = "////" if value == 255 else None
        wrong = PREDICTION[y, x] != LABELS[y, x] and LABELS[y, x] != 255
        cell = Rectangle((x, y), 1, 1, facecolor=fill, edgecolor=ink, hatch=hatch)
        cell.set_linewidth(0.8)
        axes.add_patch(cell)
        if wrong:
            edge = Rectangle((x + 0.08, y + 0.08), 0.84, 0.84, fill=False)
            edge.set_edgecolor("black" if fill != "none" else ink)
            edge.set_linewidth(2.6)
            axes.add_patch(edge)
        if value != 255:
            dark = "black" if fill != "none" else ink
            axes.text(
                x + 0.5, y + 0.52, str(value), ha="center", va="center", c=dark, size=15
            )


def draw() -> Figure:
    """Return the figure."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(6.4, 2.5))
    grid(left, "labels", LABELS)
    grid(right, "prediction", PREDICTION)
    return figure
