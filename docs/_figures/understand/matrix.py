"""The confusion matrix of the two images, and the counts of one class in it."""

from __future__ import annotations

import matplotlib.pyplot as plt
from understand import pair

import torchtally as tt

CLASS = 2


def draw() -> plt.Figure:
    """Return the figure."""
    matrix = tt.confusion_matrix(pair.PREDS, pair.TARGET, 4)
    figure, axes = plt.subplots(figsize=(4.8, 3.9))
    for row in range(4):
        for column in range(4):
            part, fill = "", "none"
            if (row, column) == (CLASS, CLASS):
                part, fill = "tp", "#8fd1b6"
            elif row == CLASS:
                part, fill = "fn", "#fdd58c"
            elif column == CLASS:
                part, fill = "fp", "#9ecae9"
            cell = plt.Rectangle((column, row), 1, 1, facecolor=fill)
            cell.set(edgecolor=pair.muted(), linewidth=0.8)
            axes.add_patch(cell)
            color = pair.ON_FILL if part else pair.ink()
            number = str(int(matrix[row, column]))
            middle = (column + 0.5, row + 0.5)
            axes.text(*middle, number, ha="center", va="center", color=color, size=13)
            corner = (column + 0.93, row + 0.26)
            axes.text(*corner, part, ha="right", color=color, size=9)
    ticks = [place + 0.5 for place in range(4)]
    axes.set(xlim=(0, 4), ylim=(4, 0), xticks=ticks, yticks=ticks)
    axes.set_xticklabels(pair.NAMES, fontsize=10)
    axes.set_yticklabels(pair.NAMES, fontsize=10)
    axes.set(xlabel="predicted as", ylabel="labelled as")
    axes.xaxis.set_label_position("top")
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    for side in axes.spines.values():
        side.set_visible(False)
    return figure
