"""A lesion of ten pixels in ten thousand: two predictions, and their scores."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from understand import pair

import torchtally as tt

TARGET = torch.zeros(1, 100, 100, dtype=torch.uint8)
TARGET[0, 40:42, 60:65] = 1
NOTHING = torch.zeros_like(TARGET)
SHIFTED = TARGET.roll(2, dims=2)
ROWS = [
    ("accuracy", lambda p: tt.accuracy_score(p, TARGET, 2)),
    ("specificity", lambda p: tt.specificity_score(p, TARGET, task="binary")),
    ("Dice, weighted", lambda p: tt.dice_score(p, TARGET, 2, average="weighted")),
    ("Dice, both classes", lambda p: tt.dice_score(p, TARGET, 2)),
    ("balanced accuracy", lambda p: tt.balanced_accuracy_score(p, TARGET, 2)),
    ("Dice of the lesion", lambda p: tt.dice_score(p, TARGET, task="binary")),
    ("IoU of the lesion", lambda p: tt.iou_score(p, TARGET, task="binary")),
    ("recall of the lesion", lambda p: tt.recall_score(p, TARGET, task="binary")),
]


def draw() -> plt.Figure:
    """Return the figure."""
    figure, axes = plt.subplots(figsize=(4.9, 4.8))
    for place, (name, score) in enumerate(ROWS):
        nothing, shifted = float(score(NOTHING)), float(score(SHIFTED))
        ends = [nothing, shifted]
        axes.plot([0, 1], [place, place], color=pair.muted(), lw=0.6, alpha=0.5)
        axes.plot(ends, [place, place], color=pair.muted(), lw=2)
        axes.plot(shifted, place, "s", color="C0", ms=9, clip_on=False)
        axes.plot(nothing, place, "o", color="C1", ms=7, clip_on=False)
        axes.text(-0.06, place, name, ha="right", va="center", size=10.5)
        text = f"{nothing:.3f}"
        if abs(nothing - shifted) > 0.002:
            text = f"{nothing:.3f} and {shifted:.3f}"
        axes.text(1.06, place, text, ha="left", va="center", size=9.5)
    axes.text(0.1, 8.1, "nothing found", ha="right", va="top", size=10)
    axes.text(0.45, 8.1, "found, 2 pixels off", ha="left", va="top", size=10)
    axes.annotate("", (0, 7.2), (0, 8.1), arrowprops={"arrowstyle": "-", "color": "C1"})
    line = {"arrowstyle": "-", "color": "C0"}
    axes.annotate("", (0.6, 7.3), (0.6, 8.1), arrowprops=line)
    axes.set(xlim=(-0.02, 1.02), ylim=(8.6, -0.6), yticks=[], xticks=[0, 0.5, 1])
    axes.xaxis.tick_top()
    for side in axes.spines.values():
        side.set_visible(False)
    return figure
