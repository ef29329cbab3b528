"""How hard each loss pulls an object up, by how probable the object is already."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch

import torchtally as tt

PIXELS = 4096
CHANCES = torch.cat([torch.logspace(-3.5, -0.3, 30), torch.linspace(0.52, 0.995, 30)])
LOSSES = [
    ("Dice", tt.losses.DiceLoss(activation="sigmoid"), "C0", "-"),
    ("cross-entropy", None, "C1", "--"),
    ("sum of both", tt.losses.DiceCELoss(activation="sigmoid"), "C2", ":"),
]


def pull(loss: torch.nn.Module | None, size: int) -> list[float]:
    """Return the gradient of an object's logits, added up, at each probability."""
    found = []
    for chance in CHANCES:
        p = torch.full((1, 1, PIXELS), 1e-3)
        p[..., :size] = chance
        target = torch.zeros(1, PIXELS)
        target[:, :size] = 1
        x = p.logit().requires_grad_()
        if loss is None:
            entropy = torch.nn.functional.binary_cross_entropy_with_logits
            value = entropy(x[:, 0], target)
        else:
            value = loss(x, target.long())
        (gradient,) = torch.autograd.grad(value, x)
        found.append(-float(gradient[..., :size].sum()))
    return found


def draw() -> plt.Figure:
    """Return the figure."""
    figure, grid = plt.subplots(2, 1, figsize=(5, 6.6), sharex=True, sharey=True)
    for axes, size in zip(grid, (16, 1024), strict=True):
        for name, loss, color, style in LOSSES:
            width = 3.5 if style == ":" else 2
            found = pull(loss, size)
            axes.plot(CHANCES, found, style, color=color, lw=width, label=name)
        share = f"{100 * size / PIXELS:.2g}%"
        axes.set_title(f"object of {size:,} pixels, {share} of the image", loc="left")
        axes.title.set_fontsize(11)
        axes.set(
            xscale="log", yscale="log", ylim=(1e-4, 2), ylabel="pull on the object"
        )
        axes.set_yticks([1e-4, 1e-3, 1e-2, 0.1, 1])
        axes.minorticks_off()
    grid[1].set_xlabel("probability that the model gives to the object's pixels")
    grid[1].set_xticks([0.001, 0.01, 0.1, 1], ["0.001", "0.01", "0.1", "1"])
    grid[0].legend(loc="lower center", fontsize=10.5)
    return figure
