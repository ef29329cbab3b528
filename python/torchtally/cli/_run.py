"""Every pair once: here, in worker processes, or on the ranks of torchrun.

Results come in the order of the pairs whoever counted them, so nothing that is reported
depends on the number of processes.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from time import monotonic

import torch
import torch.distributed as dist

from ._case import CaseResult, evaluate_case
from ._journal import Journal
from ._pairing import Pair
from ._problems import Problem
from ._settings import Settings

TRIED_SECONDS = 2.0  # of counting here, before processes are started
WORTH_SECONDS = 15.0  # that must be left to be worth starting them
MOST_WORKERS = 8
_AHEAD = 4  # pairs that each worker has before it


def run_cases(
    pairs: Sequence[Pair], settings: Settings, journal: Journal | None = None
) -> Iterator[CaseResult]:
    """Yield the result of each pair, in the order of the pairs.

    Args:
        pairs: What to count.
        settings: The classes, the policy and the checks.
        journal: What has been counted already, and where to write the rest.
    """
    if journal is None:
        yield from _count(pairs, settings)
        return
    known = [journal.known(pair) for pair in pairs]
    new = [pair for pair, result in zip(pairs, known, strict=True) if result is None]
    counting = _count(new, settings)
    for pair, result in zip(pairs, known, strict=True):
        if result is None:
            result = next(counting)
            journal.add(pair, result)
        yield result


def _count(pairs: Sequence[Pair], settings: Settings) -> Iterator[CaseResult]:
    left = deque(pairs)
    if settings.workers is None or settings.workers < 2:
        yield from _here(left, settings)
    while left:
        workers = settings.workers
        if workers is None:
            workers = min(os.cpu_count() or 1, MOST_WORKERS)
        yield from _in_processes(left, settings, workers)


def _here(left: deque[Pair], settings: Settings) -> Iterator[CaseResult]:
    """Take pairs from the left until it would take longer than to start processes."""
    start, done = monotonic(), 0
    while left:
        yield evaluate_case(left.popleft(), settings)
        done += 1
        gone = monotonic() - start
        long = gone > TRIED_SECONDS and gone / done * len(left) > WORTH_SECONDS
        if long and settings.workers is None and (os.cpu_count() or 1) > 1:
            return


def _in_processes(
    left: deque[Pair], settings: Settings, workers: int
) -> Iterator[CaseResult]:
    """Take pairs from the left until none is left, or a process has died."""
    running: deque[tuple[Pair, Future[CaseResult]]] = deque()
    with _pool(settings, workers) as pool:
        try:
            while left or running:
                while left and len(running) < _AHEAD * workers:
                    pair = left.popleft()
                    running.append((pair, pool.submit(_evaluate, pair)))
                result = running[0][1].result()
                running.popleft()
                yield result
            return
        except BrokenProcessPool:
            pass
    # One that kills its process is found by counting those under way alone.
    for pair, _ in running:
        yield _alone(pair, settings)


def _alone(pair: Pair, settings: Settings) -> CaseResult:
    with _pool(settings, 1) as pool:
        try:
            return pool.submit(_evaluate, pair).result()
        except BrokenProcessPool:
            message = "the process that read it died, perhaps for want of memory"
            problem = Problem("failed", pair.name, message)
            prediction = None if pair.prediction is None else str(pair.prediction)
            return CaseResult(pair.name, prediction, str(pair.label), problem=problem)


def _pool(settings: Settings, workers: int) -> ProcessPoolExecutor:
    # Not forked: threads of torch and of readers do not live on in a copy.
    context = get_context("spawn")
    threads = settings.threads or max(1, torch.get_num_threads() // workers)
    return ProcessPoolExecutor(
        workers, mp_context=context, initializer=_begin, initargs=(settings, threads)
    )


_settings: Settings  # of a worker process


def _begin(settings: Settings, threads: int) -> None:
    global _settings
    _settings = settings
    torch.set_num_threads(threads)


def _evaluate(pair: Pair) -> CaseResult:
    return evaluate_case(pair, _settings)


@dataclass(frozen=True)
class Ranks:
    """The processes that torchrun started, each of which counts a part of the pairs."""

    rank: int = 0
    number: int = 1

    @classmethod
    def joined(cls) -> Ranks:
        """Meet the other ranks, if the environment says that there are some."""
        if int(os.environ.get("WORLD_SIZE", "1")) < 2:
            return cls()
        if not dist.is_initialized():
            dist.init_process_group("gloo")
        return cls(dist.get_rank(), dist.get_world_size())

    def share(self, pairs: Sequence[Pair]) -> Sequence[Pair]:
        """Return the pairs of this rank."""
        return pairs[self.rank :: self.number]

    def wait(self) -> None:
        """Wait until every rank has come here."""
        if self.number > 1:
            dist.barrier()

    def gathered(self, results: Iterable[CaseResult]) -> list[CaseResult] | None:
        """Return the results of all ranks in the order of the pairs, on rank 0."""
        mine = list(results)
        if self.number == 1:
            return mine
        parts: list[list[CaseResult]] | None = None
        if self.rank == 0:
            parts = [[] for _ in range(self.number)]
        dist.gather_object(mine, parts)
        if parts is None:
            return None
        longest = max(map(len, parts))
        return [p[k] for k in range(longest) for p in parts if k < len(p)]

    def status(self, status: int) -> int:
        """Return the exit status of rank 0."""
        if self.number == 1:
            return status
        shared = [status]
        dist.broadcast_object_list(shared)
        dist.destroy_process_group()
        return shared[0]
