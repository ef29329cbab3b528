"""Interleaved rounds: every contender once a round, ratios within a round."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import torch

from _inputs import Workload
from _peers import Contender
from torchtally import _core

FLOOR = "floor"
SECONDS_PER_PEER = 1.0  # a slower peer gets fewer rounds
FEWEST_ROUNDS = 3
SECONDS_PER_SAMPLE = 0.005  # short calls are repeated for so long

Seconds = dict[str, list[float]]  # by contender, one per round that it took part in


def streaming_read(load: Workload) -> Callable[[], None]:
    """Read every byte of the input once, on torch's threads: the floor."""
    parts = [
        (t.data_ptr(), t.numel() * t.element_size()) for t in (load.preds, load.target)
    ]

    def read() -> None:
        for address, count in parts:
            _core.streaming_read(address, count)

    return read


def cache_bytes() -> int:
    """Return the size of the last-level cache, or a guess."""
    sizes = Path("/sys/devices/system/cpu/cpu0/cache").glob("index*/size")
    units = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
    texts = [path.read_text().strip() for path in sizes]
    found = [int(t[:-1]) * units[t[-1]] for t in texts if t[-1:] in units]
    return max(found, default=32 << 20)


class Caches:
    """Bring the caches into the same state before every call that is timed.

    Cold: another buffer, a multiple of the last-level cache, was read last, so that
    the input comes from memory for the floor as for every contender. Warm: the input
    was read last.
    """

    def __init__(self, cold: bool, quick: bool) -> None:
        size = 1 << 20 if quick else max(256 << 20, 2 * cache_bytes())
        self._other = torch.ones(size if cold else 0, dtype=torch.uint8)

    def before(self, load: Workload) -> Callable[[], object]:
        """Return what to call before each call on this workload."""
        if load.cached or not self._other.numel():
            return streaming_read(load)
        address, size = self._other.data_ptr(), self._other.numel()
        return partial(_core.streaming_read, address, size)


def timed(call: Callable[[], object], number: int) -> float:
    """Return the seconds of one of several calls in a row."""
    start = time.perf_counter()
    for _ in range(number):
        call()
    return (time.perf_counter() - start) / number


def measure(
    contenders: Sequence[Contender],
    rounds: int,
    before: Callable[[], object],
    repeat: bool,
) -> Seconds:
    """Time each contender once a round, the slow ones in the first few only.

    Args:
        contenders: already called once.
        rounds: how many.
        before: called before each call that is timed.
        repeat: whether short calls are timed several in a row.
    """
    plan = []
    for one in contenders:
        once = timed(one.call, 1)
        if repeat and once < SECONDS_PER_SAMPLE / 10:
            once = timed(one.call, 20)
        mine = max(FEWEST_ROUNDS, int(SECONDS_PER_PEER / max(once, 1e-9)))
        number = max(1, int(SECONDS_PER_SAMPLE / max(once, 1e-9))) if repeat else 1
        plan.append((one, min(rounds, mine), number))
    seconds: Seconds = {one.name: [] for one in contenders}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for index in range(rounds):
            for one, mine, number in plan:
                if index < mine:
                    before()
                    seconds[one.name].append(timed(one.call, number) * one.scale)
    return seconds


def ratios(seconds: Seconds, name: str, base: str) -> list[float]:
    """Return the ratio of two contenders in each round that both took part in."""
    return [a / b for a, b in zip(seconds[name], seconds[base], strict=False)]


def median_ratio(seconds: Seconds, name: str, base: str) -> float:
    """Return the median of the ratios within a round."""
    return statistics.median(ratios(seconds, name, base))
