"""What every rank of a gloo group checks: run_ranks of tests/distributed calls it."""

from __future__ import annotations

from typing import Any

import torch
import torch.distributed as dist
from nnunetv2.training.loss import compound_losses, dice
from torch import Tensor

from torchtally.integrations import nnunet

CLASSES = 3


def batch(rank: int, samples: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(rank)
    shape = (samples, CLASSES, 5, 6)
    logits = torch.randn(shape, generator=generator)
    target = torch.randint(0, CLASSES, (samples, 1, 5, 6), generator=generator)
    target[torch.rand(target.shape, generator=generator) < 0.1 + 0.4 * rank] = 255
    return logits, target


def value_and_grad(loss: Any, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    x = logits.clone().requires_grad_()
    value = loss(x, target)
    value.backward()
    assert x.grad is not None
    return value.detach(), x.grad


def made(ddp: bool, of_nnunet: bool) -> list[tuple[Any, bool]]:
    """Return losses, and whether they take regions."""
    compound = compound_losses if of_nnunet else nnunet
    single = dice.MemoryEfficientSoftDiceLoss
    options = {"batch_dice": True, "smooth": 1e-5, "ddp": ddp}
    of_labels = compound.DC_and_CE_loss(
        {**options, "do_bg": False},
        {"label_smoothing": 0.1},
        1.5,
        0.5,
        ignore_label=255,
        dice_class=single,
    )
    of_regions = compound.DC_and_BCE_loss(
        {}, options, use_ignore_label=True, dice_class=single
    )
    return [(of_labels, False), (of_regions, True)]


def regions(target: Tensor) -> Tensor:
    """Return ``[B, C + 1, ...]``, the last channel of which is ignored."""
    classes = [target == label for label in range(CLASSES)]
    return torch.cat([*classes, target == 255], 1).to(torch.int16)


def numbers_of_nnunet() -> None:
    logits, target = batch(dist.get_rank(), 2)
    for mine, theirs in zip(made(True, False), made(True, True), strict=True):
        y = regions(target) if mine[1] else target
        torch.testing.assert_close(
            value_and_grad(mine[0], logits, y), value_and_grad(theirs[0], logits, y)
        )
        # The Dice of all ranks is another one than that of this rank.
        alone, *_ = (loss for loss, of in made(False, False) if of == mine[1])
        assert (alone(logits, y) - mine[0](logits, y)).abs() > 1e-4


def batches_of_other_sizes() -> None:
    rank = dist.get_rank()
    shares = [batch(r, 1 + 2 * r) for r in range(2)]
    whole = [torch.cat(parts).flatten(2) for parts in zip(*shares, strict=True)]
    logits, target = shares[rank]
    target = target.clamp(max=CLASSES - 1)
    for options in ({}, {"do_bg": False, "smooth": 0.0}):
        loss, one = (
            nnunet.MemoryEfficientSoftDiceLoss(
                torch.nn.Softmax(dim=1), batch_dice=True, ddp=ddp, **options
            )
            for ddp in (True, False)
        )
        value, grad = value_and_grad(loss, logits, target)
        expected, of_all = value_and_grad(
            one, whole[0], whole[1].clamp(max=CLASSES - 1)
        )
        torch.testing.assert_close(value, expected)
        # Of both ranks' losses, which DistributedDataParallel averages.
        mine = of_all[rank : rank + 1 + 2 * rank].view_as(grad)
        torch.testing.assert_close(grad, 2 * mine)


CHECKS = [numbers_of_nnunet, batches_of_other_sizes]
