"""Interleaved rounds: every contender once a round, ratios within a round."""

from __future__ import annotations

import statistics
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch

from _inputs import Workload
from _peers import Contender
from torchtally import _core

FLOOR = "floor"
SLOW = 20  # a peer that takes so many times as long as torchtally runs once
SECONDS_PER_PEER = 1.0  # another one gets fewer rounds if they would take longer
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


@dataclass(frozen=True)
class Rounds:
    """In how many rounds a contender takes part.

    Attributes:
        most: how many there are.
        full: every contender takes part in all of them.
        always: names of those who do so anyway, torchtally first.
    """

    most: int
    full: bool
    always: tuple[str, ...]

    def of(self, one: Contender, seconds: float, ours: float) -> int:
        """Return the rounds of one that took so many seconds where we took ours."""
        if self.full or one.name in self.always:
            return self.most
        if seconds > SLOW * ours:
            return 1
        affordable = int(SECONDS_PER_PEER * one.scale / max(seconds, 1e-9))
        return min(self.most, max(FEWEST_ROUNDS, affordable))


def measure(
    contenders: Sequence[Contender],
    rounds: Rounds,
    before: Callable[[], object],
    repeat: bool,
) -> Seconds:
    """Time each contender once a round, the slow ones in the first few only.

    Args:
        contenders: already called once.
        rounds: how many, and of whom.
        before: called before each call that is timed.
        repeat: whether short calls are timed several in a row.
    """
    seconds: Seconds = {}
    calls: dict[str, int] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one in contenders:
            if one.name in rounds.always:
                one.call()  # starts the threads
        for one in contenders:  # the first round also tells who is slow
            before()
            once = timed(one.call, 1)
            if repeat and once < SECONDS_PER_SAMPLE / 10:
                once = timed(one.call, 20)
            wanted = int(SECONDS_PER_SAMPLE / max(once, 1e-9)) if repeat else 1
            calls[one.name] = max(1, wanted)
            seconds[one.name] = [once * one.scale]
        ours = seconds[rounds.always[0]][0]
        plan = [(one, rounds.of(one, seconds[one.name][0], ours)) for one in contenders]
        for index in range(1, rounds.most):
            for one, mine in plan:
                if index < mine:
                    before()
                    once = timed(one.call, calls[one.name])
                    seconds[one.name].append(once * one.scale)
    return seconds


def ratios(seconds: Seconds, name: str, base: str) -> list[float]:
    """Return the ratio of two contenders in each round that both took part in."""
    return [a / b for a, b in zip(seconds[name], seconds[base], strict=False)]


def median_ratio(seconds: Seconds, name: str, base: str) -> float:
    """Return the median of the ratios within a round."""
    return statistics.median(ratios(seconds, name, base))
