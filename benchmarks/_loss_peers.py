"""The losses that are compared: torchtally's, and other ways to the same sums."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, one_hot

import torchtally as tt

#: logits ``[N, C, ...]`` and labels ``[N, ...]`` to a scalar
Loss = Callable[[Tensor, Tensor], Tensor]

BASE, OURS = "F.cross_entropy", "torchtally DiceCELoss"
NNUNET, SMP = "nnU-Net's formula", "smp's formula"
_SMOOTH = 1e-5


def nnunet(logits: Tensor, target: Tensor) -> Tensor:
    """Dice of each sample and class from masked sums, plus cross-entropy (nnU-Net)."""
    probability = logits.softmax(1)
    hot = torch.zeros_like(logits, dtype=torch.bool)
    hot.scatter_(1, target.unsqueeze(1), True)
    space = tuple(range(2, logits.dim()))
    shared = (probability * hot).sum(space)
    sizes = probability.sum(space) + hot.sum(space)
    dice = (2 * shared + _SMOOTH) / (sizes + _SMOOTH).clamp_min(1e-8)
    return cross_entropy(logits, target) - dice.mean()


def smp(logits: Tensor, target: Tensor) -> Tensor:
    """Dice pooled over the batch from a flat one-hot target, plus cross-entropy."""
    samples, classes = logits.shape[:2]
    probability = logits.log_softmax(1).exp().view(samples, classes, -1)
    hot = one_hot(target.view(samples, -1), classes).permute(0, 2, 1)
    hot = hot.type_as(probability)
    shared = (probability * hot).sum((0, 2))
    sizes = (probability + hot).sum((0, 2))
    dice = 2 * shared / sizes.clamp_min(1e-7)
    present = hot.sum((0, 2)) > 0
    return cross_entropy(logits, target) + ((1 - dice) * present).mean()


def monai(name: str) -> Loss:
    """Return a loss of MONAI; ImportError where it is not installed."""
    module: Any = importlib.import_module("monai.losses")
    loss = getattr(module, name)(softmax=True, to_onehot_y=True)

    def call(logits: Tensor, target: Tensor) -> Tensor:
        value: Tensor = loss(logits, target.unsqueeze(1))
        return value

    return call


def plain_losses() -> dict[str, Loss]:
    """Return every loss by name, the base first; what is not installed is left out."""
    found: dict[str, Loss] = {BASE: cross_entropy, OURS: tt.losses.DiceCELoss()}
    with contextlib.suppress(ImportError):
        for name in ("DiceLoss", "DiceCELoss"):
            found[f"MONAI {name}"] = monai(name)
    return {**found, NNUNET: nnunet, SMP: smp}


def losses() -> dict[str, Loss]:
    """Return every loss, one peer compiled too."""
    return {**plain_losses(), f"{NNUNET}, compiled": compiled(nnunet)}


def compiled(loss: Loss, backend: str = "inductor") -> Loss:
    """Compile a loss for the shapes that it is called with."""
    call: Loss = torch.compile(loss, dynamic=False, backend=backend)
    return call


def step(loss: Loss, logits: Tensor, target: Tensor) -> Callable[[], Tensor]:
    """Return one forward and backward, which returns the gradient of the logits."""
    given = logits.detach().requires_grad_()

    def call() -> Tensor:
        (gradient,) = torch.autograd.grad(loss(given, target), given)
        return gradient

    return call
