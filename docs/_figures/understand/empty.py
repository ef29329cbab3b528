"""The Dice loss of an image without the class, by how much of it is predicted."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch

import torchtally as tt

PREDICTED = torch.logspace(-7, 3, 80)
SMOOTH = [(1e-5, "C0", "-"), (1.0, "C1", "--"), (100.0, "C2", ":")]


def loss_of(smooth: float) -> list[float]:
    """Return the loss for each sum of predicted probabilities, over 4,096 pixels."""
    dice = tt.losses.DiceLoss(activation="none", smooth_nr=smooth, smooth_dr=smooth)
    target = torch.zeros(1, 4096, dtype=torch.long)
    share = (PREDICTED / 4096).tolist()
    return [float(dice(torch.full((1, 1, 4096), one), target)) for one in share]


def draw() -> plt.Figure:
    """Return the figure."""
    figure, axes = plt.subplots(figsize=(5, 3.4))
    for smooth, color, style in SMOOTH:
        name = "1e-5, the default" if smooth == 1e-5 else f"{smooth:g}"
        axes.plot(PREDICTED, loss_of(smooth), style, color=color, lw=2.5, label=name)
    axes.legend(title="smoothing", loc="center", bbox_to_anchor=(0.47, 0.5))
    axes.set(xscale="log", ylim=(-0.03, 1.05), ylabel="Dice loss of the image")
    axes.set_xlabel("pixels of the class that are predicted (sum of p)")
    axes.set_xticks([1e-6, 1e-4, 1e-2, 1, 100])
    return figure
