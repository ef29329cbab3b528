"""The gradient of each pixel's logit for one prediction, under three losses."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from torch import Tensor
from understand import pair

import torchtally as tt

SIZE = 24


def scene() -> tuple[Tensor, Tensor]:
    """Return logits of a blurred, displaced disc, and the label of the disc."""
    line = torch.arange(SIZE, dtype=torch.float32)
    y, x = torch.meshgrid(line, line, indexing="ij")
    target = ((x - 11.5) ** 2 + (y - 11.5) ** 2 <= 4.2**2).long()
    away = ((x - 14) ** 2 + (y - 11.5) ** 2).sqrt()
    return (1.6 * (4.2 - away)).clamp(-6, 6), target


def gradient_of(name: str) -> Tensor:
    """Return the gradient of a loss by the logits, an image."""
    logits, target = scene()
    x = logits[None, None].requires_grad_()
    if name == "cross-entropy":
        entropy = torch.nn.functional.binary_cross_entropy_with_logits
        value = entropy(x[:, 0], target[None].float())
    elif name == "Dice":
        value = tt.losses.DiceLoss(activation="sigmoid")(x, target[None])
    else:
        value = tt.losses.DiceCELoss(activation="sigmoid")(x, target[None])
    (gradient,) = torch.autograd.grad(value, x)
    return gradient[0, 0]


def draw() -> plt.Figure:
    """Return the figure."""
    logits, target = scene()
    figure, grid = plt.subplots(2, 2, figsize=(4.8, 5.2), layout="constrained")
    figure.get_layout_engine().set(hspace=0.06, wspace=0.06)
    pictures = [("probability", logits.sigmoid())]
    pictures += [(n, -gradient_of(n)) for n in ("Dice", "cross-entropy", "sum of both")]
    for axes, (name, picture) in zip(grid.flat, pictures, strict=True):
        high = float(picture.abs().max())
        low, colors = (0, "gray") if name == "probability" else (-high, "PuOr")
        axes.imshow(picture, cmap=colors, vmin=low, vmax=high)
        edge = pair.WRONG if name == "probability" else "black"
        axes.contour(target, [0.5], colors=edge, linewidths=1.6)
        title = name
        if name != "probability":
            title = f"{name}\nlargest {high:.4f}"
        axes.set_title(title, fontsize=10.5)
        axes.set(xticks=[], yticks=[])
        for side in axes.spines.values():
            side.set_visible(False)
    return figure
