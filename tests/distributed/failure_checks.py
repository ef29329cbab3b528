"""What happens to the others when a rank leaves or does not answer."""

from __future__ import annotations

import os
import time

import pytest
import torch.distributed as dist
from data import METRICS, same, state_of, updated


def a_rank_that_leaves_is_told() -> None:
    metrics = [updated(METRICS[name]()) for name in ("dice", "samplewise", "each")]
    before = [state_of(metric) for metric in metrics]
    dist.barrier()
    if dist.get_rank() == 1:
        os._exit(1)
    time.sleep(0.2)
    for metric, state in zip(metrics, before, strict=True):
        name = type(metric).__name__
        message = (
            rf"^{name}\.{{}}: the reduction over 2 ranks failed, because a rank "
            r"failed, left, did not answer in time, or reduces another number of "
            r"counts; the local state is unchanged \("
        )
        with pytest.raises(RuntimeError, match=message.format("compute")):
            metric.compute()
        with pytest.raises(RuntimeError, match=message.format("sync")):
            metric.sync()
        same(state_of(metric), state)
        metric._sync_on_compute = False
        metric.compute()  # what this rank counted can still be read


def a_rank_that_does_not_answer_is_told() -> None:
    metric = updated(METRICS["matrix"]())
    before = state_of(metric)
    dist.barrier()
    if dist.get_rank() == 1:
        time.sleep(4)
        return
    with pytest.raises(RuntimeError, match=r"did not answer in time"):
        metric.compute()
    same(state_of(metric), before)
    updated(metric)  # and it goes on counting
