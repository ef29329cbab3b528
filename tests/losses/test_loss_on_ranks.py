"""Batch Dice over two ranks with uneven batches is that of one process."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor

from torchtally import losses

RANKS = 2
SHARES = {"uneven": (slice(0, 1), slice(1, 4)), "one empty": (slice(0, 4), slice(4, 4))}


def batch() -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 3, 5, 5, generator=generator, dtype=torch.float64)
    target = torch.randint(0, 3, (4, 5, 5), generator=generator)
    target[1, :2] = 255
    return logits, target


def made(group: object = None) -> list[losses.OverlapLoss]:
    options = {"ignore_index": 255, "batch": True, "process_group": group}
    return [
        losses.DiceLoss(**options),
        losses.DiceCELoss(ce_weight=[0.5, 1.0, 2.0], **options),
        losses.GeneralizedDiceLoss(**options),
        losses.DiceLoss.preset("nnunet", batch_dice=True, process_group=group),
    ]


def _rank(rank: int, folder: str) -> None:
    dist.init_process_group(
        "gloo", init_method=f"file://{folder}/rendezvous", rank=rank, world_size=RANKS
    )
    logits, target = batch()
    found = {}
    for name, shares in SHARES.items():
        for number, loss in enumerate(made(dist.group.WORLD)):
            y = target.clone()
            if number == 3:
                y[y == 255] = 0  # that loss ignores nothing
            x = logits[shares[rank]].clone().requires_grad_()
            value = loss(x, y[shares[rank]])
            value.backward()
            found[name, number] = (value.detach(), x.grad)
    torch.save(found, Path(folder) / f"{rank}.pt")
    # As the ranks of tests/distributed end: torch's own end of a gloo group aborts now
    # and then on a busy machine (3 of 102 runs of a program without torchtally).
    os._exit(0)


def test_two_ranks_are_one_process(tmp_path: Path) -> None:
    mp.spawn(_rank, (str(tmp_path),), RANKS)
    ranks = [torch.load(tmp_path / f"{rank}.pt") for rank in range(RANKS)]
    logits, target = batch()
    for name in SHARES:
        for number, loss in enumerate(made()):
            y = target.clone()
            if number == 3:
                y[y == 255] = 0
            x = logits.clone().requires_grad_()
            expected = loss(x, y)
            expected.backward()
            for rank in ranks:
                torch.testing.assert_close(rank[name, number][0], expected.detach())
            # DistributedDataParallel averages the gradients of ranks.
            grad = torch.cat([rank[name, number][1] for rank in ranks]) / RANKS
            torch.testing.assert_close(grad, x.grad)


def test_a_group_needs_torch_distributed() -> None:
    loss = losses.DiceLoss(batch=True, process_group=object())
    with pytest.raises(RuntimeError, match="is not initialised; call"):
        loss(torch.randn(1, 2, 3), torch.zeros(1, 3).long())
