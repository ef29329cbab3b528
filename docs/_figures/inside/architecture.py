"""The three stages of every number: pixels, integers, a score; and who does what."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

WIDTH, HEIGHT = 6.4, 6.6


def box(axes: Axes, y: float, title: str, words: str, colour: str) -> None:
    """Draw a stage in the left column."""
    axes.add_patch(
        FancyBboxPatch(
            (0.1, y),
            3.3,
            1.0,
            boxstyle="round,pad=0.02,rounding_size=0.12",
            facecolor="none",
            edgecolor=colour,
            linewidth=2.2,
        )
    )
    axes.text(1.75, y + 0.66, title, ha="center", va="center", weight="bold")
    axes.text(1.75, y + 0.29, words, ha="center", va="center", size=10.5)


def arrow(axes: Axes, top: float, bottom: float, title: str, words: str) -> None:
    """Draw what leads from one stage to the next, and say where it is done."""
    ink = mpl.rcParams["text.color"]
    axes.add_patch(
        FancyArrowPatch(
            (1.75, top),
            (1.75, bottom),
            arrowstyle="-|>",
            mutation_scale=18,
            color=ink,
            linewidth=1.6,
        )
    )
    middle = (top + bottom) / 2
    axes.text(2.0, middle + 0.17, title, va="center", weight="bold")
    axes.text(2.0, middle - 0.17, words, va="center", size=10.5)


def draw() -> Figure:
    """Return the figure."""
    colours = mpl.rcParams["axes.prop_cycle"].by_key()["color"]
    figure, axes = plt.subplots(figsize=(WIDTH, HEIGHT))
    axes.set_xlim(0, WIDTH)
    axes.set_ylim(0, HEIGHT)
    axes.axis("off")
    box(axes, 5.5, "pixels", "preds, target, mask: as they are", colours[0])
    arrow(axes, 5.45, 4.35, "an op, one pass", "csrc/ops: C++ and CUDA, on LibTorch")
    box(axes, 3.3, "integers [..., C]", "matrix, or tp, fp, fn: int64", colours[1])
    arrow(axes, 3.25, 2.15, "a policy", "functional/: Python on tiny tensors")
    box(axes, 1.1, "numbers", "Dice, IoU, F1, ...: float64 inside", colours[2])
    axes.text(
        3.65,
        3.8,
        "add up: batches,\nranks, parts of a volume\n(metrics/, distributed.py)",
        va="center",
        size=10.5,
    )
    axes.text(
        0.1,
        0.45,
        "Losses take the same way with sums of probabilities instead of\n"
        "counts (overlap_sums), and autograd goes back through both arrows.",
        va="center",
        size=10.5,
    )
    return figure
