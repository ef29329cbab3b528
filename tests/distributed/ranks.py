"""Process groups for the tests: ranks that run functions, and say how they ended."""

from __future__ import annotations

import datetime
import multiprocessing
import os
import socket
import traceback
from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.distributed as dist

#: From the name of a check to what went wrong on each rank; nothing where all is well.
Outcomes = dict[str, list[str]]
Check = Callable[[], None]


def run_ranks(
    size: int,
    checks: list[Check],
    *,
    timeout: float = 60.0,
    patience: float = 150.0,
    leaving: Sequence[int] = (),
) -> Outcomes:
    """Run checks, in order, on every rank of one gloo group.

    Args:
        size: number of ranks.
        checks: functions of a module, called on every rank.
        timeout: seconds that a collective may take.
        patience: seconds after which the ranks are ended.
        leaving: ranks that end without a word.
    """
    # A fork of a process without threads: safe, and torch is imported once.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["torch", "torchtally"])
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    queue = context.Queue()
    ranks = [
        context.Process(
            target=_rank, args=(rank, size, port, checks, timeout, queue), daemon=True
        )
        for rank in range(size)
    ]
    for process in ranks:
        process.start()
    outcomes: Outcomes = {check.__name__: [] for check in checks}
    waiting = dict(enumerate(ranks))
    try:
        for _ in range(size - len(leaving)):
            rank, told = queue.get(timeout=patience)
            waiting.pop(rank)
            for name, problem in told.items():
                if problem:
                    outcomes[name].append(f"rank {rank} of {size}:\n{problem}")
    finally:
        for process in ranks:
            process.join(timeout=10 if len(waiting) <= len(leaving) else 0)
            if process.is_alive():
                process.terminate()
    return outcomes


def _rank(
    rank: int,
    size: int,
    port: int,
    checks: list[Check],
    timeout: float,
    queue: Any,
) -> None:
    torch.set_num_threads(1)
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    dist.init_process_group(
        "gloo",
        rank=rank,
        world_size=size,
        timeout=datetime.timedelta(seconds=timeout),
    )
    queue.put((rank, {check.__name__: _problem(check) for check in checks}))
    queue.close()
    queue.join_thread()
    # No barrier: a rank that failed is not waited for.
    os._exit(0)


def _problem(check: Check) -> str:
    """Return what a check raises, whatever it is; an empty string where all is well."""
    try:
        check()
    except BaseException:
        return traceback.format_exc()
    return ""
