"""Steps of nnU-Net's losses, as its trainer makes them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import torch
from nnunetv2.training.loss import compound_losses, dice
from torch import Tensor

from _inputs import label_maps
from _integrations import Case
from _loss_peers import step
from torchtally.integrations import nnunet

SHAPE = (2, 4, 96, 96, 96)


@cache
def volumes() -> tuple[Tensor, Tensor]:
    """Return logits, and labels as the trainer has them: float32 ``[B, 1, ...]``."""
    torch.manual_seed(0)
    _, target = label_maps((2, 96, 96, 96), 4, "coherent", 0.05, 24)
    return torch.randn(SHAPE), target.unsqueeze(1).float()


def single(module: Any) -> Callable[[], Any]:
    x, y = volumes()
    loss = module.MemoryEfficientSoftDiceLoss(
        torch.nn.Softmax(dim=1), batch_dice=True, do_bg=False, smooth=1e-5, ddp=False
    )
    return step(loss, x, y.clamp(max=3))


def labelled(module: Any, ignore_label: int | None) -> Callable[[], Any]:
    x, y = volumes()
    loss = module.DC_and_CE_loss(
        {"batch_dice": True, "smooth": 1e-5, "do_bg": False, "ddp": False},
        {},
        ignore_label=ignore_label,
        dice_class=dice.MemoryEfficientSoftDiceLoss,
    )
    return step(loss, x, y if ignore_label else y.clamp(max=3))


def regions(module: Any) -> Callable[[], Any]:
    x, y = volumes()
    target = torch.cat([(y >= label) & (y < 4) for label in range(4)], 1).float()
    loss = module.DC_and_BCE_loss(
        {}, {"batch_dice": True, "smooth": 1e-5, "do_bg": True, "ddp": False}
    )
    return step(loss, x, target)


def cases() -> list[Case]:
    """Return the cases of nnU-Net."""
    load = "logits float32 [2, 4, 96, 96, 96]"
    makers: dict[str, Callable[[bool], Callable[[], Any]]] = {
        "MemoryEfficientSoftDiceLoss": lambda ours: single(nnunet if ours else dice),
        "DC_and_CE_loss": lambda ours: labelled(_compound(ours), None),
        "DC_and_CE_loss, ignore_label": lambda ours: labelled(_compound(ours), 255),
        "DC_and_BCE_loss": lambda ours: regions(_compound(ours)),
    }
    return [
        Case(
            "nnunet",
            f"{name}, forward and backward",
            load,
            lambda make=make: make(False),
            lambda make=make: make(True),
        )
        for name, make in makers.items()
    ]


def _compound(ours: bool) -> Any:
    return nnunet if ours else compound_losses
