"""The Dice of each image and class, and the two orders of the means."""

from __future__ import annotations

import matplotlib.pyplot as plt
from understand import pair


def draw() -> plt.Figure:
    """Return the figure."""
    entries = pair.dice(aggregation="none", average="none")
    by_image = pair.dice(aggregation="none")
    by_class = pair.dice(aggregation="samplewise", average="none")
    figure, axes = plt.subplots(figsize=(4.9, 3.1))
    for row in range(2):
        for column in range(4):
            value = float(entries[row, column])
            found = bool((pair.TARGET[row] == column).any())
            text = f"{value:.3f}" if value == value else "0 / 0"
            cell = plt.Rectangle((column, row), 1, 1)
            cell.set(facecolor="none", edgecolor=pair.muted(), linewidth=0.8)
            if not found:
                cell.set(hatch="///", edgecolor="#d98a00")
            axes.add_patch(cell)
            back = {"facecolor": "#fdd58c", "edgecolor": "none", "pad": 2}
            middle = (column + 0.5, row + 0.5)
            if found:
                axes.text(*middle, text, ha="center", va="center")
            else:
                look = {"bbox": back, "color": pair.ON_FILL}
                axes.text(*middle, text, ha="center", va="center", **look)
    means = {"ha": "center", "va": "center", "weight": "bold"}
    for row, value in enumerate(by_image.tolist()):
        axes.text(4.55, row + 0.5, f"{value:.3f}", **means)
    for column, value in enumerate(by_class.tolist()):
        axes.text(column + 0.5, 2.35, f"{value:.3f}", **means)
    first = pair.dice(aggregation="samplewise")
    other = pair.dice(aggregation="samplewise", sample_mean="samples_first")
    joint = pair.dice(aggregation="samplewise", sample_mean="joint")
    axes.text(4.55, -0.3, "mean", ha="center", size=10)
    axes.text(-0.12, 2.35, "mean", ha="right", va="center", size=10)
    lines = [
        f"mean of the right column: {first:.3f}",
        f"mean of the bottom row: {other:.3f}",
        f"mean of the seven entries: {joint:.3f}",
    ]
    for line, text in enumerate(lines):
        axes.text(0, 3.0 + 0.38 * line, text, va="center", size=10.5)
    axes.set(xlim=(-0.6, 5), ylim=(4.0, -0.6))
    for column, name in enumerate(pair.NAMES):
        axes.text(column + 0.5, -0.3, name, ha="center", size=10)
    for row, name in enumerate("AB"):
        axes.text(-0.12, row + 0.5, name, ha="right", va="center")
    axes.axis("off")
    return figure
