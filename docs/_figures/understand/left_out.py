"""One image of which not every pixel counts: ignored, masked, out of range."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from understand import pair

import torchtally as tt

TARGET = pair.TARGET[0].clone()
IGNORED = TARGET.clone()
IGNORED[:, 5] = 255
MASK = torch.ones(6, 6, dtype=torch.bool)
MASK[:2] = False
STRAY = pair.PREDS[0].clone()
STRAY[3, 3] = 7


def draw() -> plt.Figure:
    """Return the figure."""
    preds = pair.PREDS[0]
    ignored = tt.confusion_matrix(preds, IGNORED, 4, ignore_index=255)
    masked = tt.confusion_matrix(preds, TARGET, 4, mask=MASK)
    stray = tt.confusion_matrix(STRAY, TARGET, 4, out_of_range="ignore")
    missed = tt.confusion_matrix(STRAY, TARGET, 4, out_of_range="miss")
    panels = [
        ("labels", IGNORED, IGNORED == 255, "ignore_index=255", ignored),
        ("labels", TARGET, ~MASK, "mask=mask", masked),
        ("prediction", STRAY, STRAY > 3, 'out_of_range="ignore"', stray),
    ]
    figure, grid = plt.subplots(2, 2, figsize=(4.8, 5.7))
    for axes, (title, image, out, spelling, counts) in zip(
        grid.flat, panels, strict=False
    ):
        pair.draw_labels(axes, image, size=9)
        for y, x in out.nonzero().tolist():
            cover = plt.Rectangle((x, y), 1, 1, fill=False, hatch="///")
            cover.set(edgecolor=pair.WRONG, linewidth=0.8)
            axes.add_patch(cover)
        axes.set_title(title, fontsize=11)
        axes.text(3, 6.45, spelling, ha="center", va="center", fontsize=9.5)
        counted = f"{int(counts.sum())} of 36 count"
        axes.text(3, 7.15, counted, ha="center", va="center", fontsize=10.5)
        axes.set_ylim(7.6, 0)
    text = grid[1, 1]
    text.axis("off")
    lines = [
        "What is 7, of 4 classes?",
        '"error": ValueError',
        f'"ignore": {int(stray.sum())} of 36 count',
        f'"miss": {int(missed.sum())} of 36 count,',
        f"in a {missed.shape[0]} x {missed.shape[1]} matrix",
    ]
    for line, words in enumerate(lines):
        at = 0.85 - 0.15 * line
        text.text(0, at, words, transform=text.transAxes, fontsize=10.5)
    return figure
