"""What every rank of a gloo group checks: run_ranks of tests/distributed calls it."""

from __future__ import annotations

import ignite.distributed as idist
import ignite.metrics
import torch
import torch.distributed as dist
from ignite.engine import Engine
from torch import Tensor

from torchtally.integrations import ignite as ours
from torchtally.metrics import DiceScore, ScoreSuite


def batches(rank: int) -> list[tuple[Tensor, Tensor]]:
    """Return the batches of a rank, more of the second."""
    generator = torch.Generator().manual_seed(rank)
    return [
        (
            torch.randn(3, 4, 9, generator=generator),
            torch.randint(0, 5, (3, 9), generator=generator),  # 4 counts nowhere
        )
        for _ in range(2 + rank)
    ]


def evaluator() -> Engine:
    return Engine(lambda engine, batch: batch)


def matrices_of_ignite() -> None:
    found = []
    for module in (ignite.metrics, ours):
        engine, matrix = evaluator(), module.ConfusionMatrix(4)
        matrix.attach(engine, "matrix")
        module.IoU(matrix).attach(engine, "iou")
        module.DiceCoefficient(matrix, ignore_index=0).attach(engine, "dice")
        found.append(engine.run(batches(dist.get_rank())).metrics)
    assert idist.get_world_size() == 2
    counted = [target < 4 for rank in range(2) for _, target in batches(rank)]
    assert found[0]["matrix"].sum() == torch.cat(counted).sum()
    for name, value in found[0].items():
        assert found[1][name].equal(value), name


def counts_are_added_once() -> None:
    engine = evaluator()
    attached = ours.attach(
        DiceScore(4, ignore_index=4, persistent=True), engine, "dice"
    )
    suite = ScoreSuite(4, ignore_index=4)
    ours.attach(suite, engine, "suite")
    whole = DiceScore(4, ignore_index=4, sync_on_compute=False)
    for rank in range(2):
        for preds, target in batches(rank):
            whole.update(preds, target)
    for _ in range(2):  # epochs
        metrics = engine.run(batches(dist.get_rank())).metrics
        assert metrics["dice"] == whole.compute().item()
        assert metrics["suite"]["dice"] == whole.compute().item()
    saved = attached.state_dict()
    attached.reset()
    attached.load_state_dict(saved)
    assert attached.compute() == whole.compute()


CHECKS_OF_IGNITE = [matrices_of_ignite, counts_are_added_once]
