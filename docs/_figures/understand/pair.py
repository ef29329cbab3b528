"""Two small images, their labels and predictions, that the pictures are about."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt
import torch
from torch import Tensor

import torchtally as tt

NAMES = ["background", "organ", "vessel", "lesion"]
#: Fills of the classes, and the ink that is read on them; both themes have the same.
FILLS = ["#f2f2f2", "#9ecae9", "#fdd58c", "#8fd1b6"]
ON_FILL = "#222832"
WRONG = "#c1440e"


def labels_of(rows: str) -> Tensor:
    """Return the label image that rows of digits spell."""
    return torch.tensor([[int(digit) for digit in row] for row in rows.split()])


TARGET = torch.stack(
    [
        labels_of("000000 011110 011110 011220 000220 000000"),
        labels_of("000000 011110 013310 011310 011110 000000"),
    ]
)
PREDS = torch.stack(
    [
        labels_of("000000 011100 011110 011120 000220 000000"),
        labels_of("000000 011110 011310 011310 011120 000020"),
    ]
)


def dice(**options: Any) -> Tensor:
    """Return the Dice of the pair."""
    return tt.dice_score(PREDS, TARGET, 4, **options)


def ink() -> str:
    """Return the colour of text on the page."""
    return str(mpl.rcParams["text.color"])


def muted() -> str:
    """Return the colour of what matters less, readable on the page in force."""
    dark = mpl.colors.to_rgb(mpl.rcParams["text.color"])[0] > 0.5
    return "#a3acb7" if dark else "#5d6672"


def draw_labels(
    axes: plt.Axes, image: Tensor, wrong: Tensor | None = None, size: float = 10
) -> None:
    """Draw a label image as numbered cells; wrong pixels get a frame."""
    height, width = image.shape
    for y in range(height):
        for x in range(width):
            label = int(image[y, x])
            fill = FILLS[label] if label < len(FILLS) else "#c8c8c8"
            cell = plt.Rectangle((x, y), 1, 1, facecolor=fill, edgecolor="white")
            axes.add_patch(cell)
            axes.text(
                *(x + 0.5, y + 0.52, str(label)),
                ha="center",
                va="center",
                color=ON_FILL,
                fontsize=size,
                alpha=0.35 if label == 0 else 1,
            )
    for y, x in [] if wrong is None else wrong.nonzero().tolist():
        frame = plt.Rectangle((x + 0.06, y + 0.06), 0.88, 0.88, fill=False)
        frame.set(edgecolor=WRONG, linewidth=2.2)
        axes.add_patch(frame)
    axes.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    axes.axis("off")


def draw_numbers(
    axes: plt.Axes, rows: list[tuple[str, str, float]], low: float, high: float
) -> None:
    """Draw numbers as dots on one scale, each beside its name and its spelling."""
    left = low - (high - low) * 1.05
    for place, (name, spelling, value) in enumerate(rows):
        axes.plot([low, high], [place, place], color=muted(), lw=0.6, alpha=0.6)
        axes.text(left, place - 0.04, name, fontsize=10.5, va="bottom")
        font = {"family": "monospace", "fontsize": 9, "color": muted()}
        axes.text(left, place + 0.04, spelling, va="top", **font)
        if value == value:
            axes.plot(value, place, "o", ms=8, color="C0", clip_on=False)
            label = f"{value:.3f}"
            axes.text(value, place - 0.16, label, ha="center", va="bottom")
        else:
            axes.text((low + high) / 2, place - 0.16, "NaN", ha="center", va="bottom")
    axes.set(xlim=(left, high), ylim=(len(rows) - 0.4, -0.7), yticks=[])
    axes.spines["left"].set_visible(False)
    axes.spines["bottom"].set_bounds(low, high)
