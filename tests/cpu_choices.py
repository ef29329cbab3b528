"""What the CPU kernels choose by machine and by size, forced for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from torchtally import _core

#: The instruction sets that this machine can run, slowest first.
LEVELS = [
    name for name, level in _core.Level.__members__.items() if _core.has_level(level)
]
LOOPS = list(_core.Loop.__members__)
#: Where a thread counts, and how a tile reaches its table: (strategy, loop).
STRATEGIES = [
    ("AUTO", "AUTO"),
    ("DIRECT", "AUTO"),
    *(("TABLE", loop) for loop in LOOPS),
]


@contextmanager
def cpu_policy(**overrides: object) -> Iterator[None]:
    """Count on CPU with other tuning numbers; the old ones come back at the end.

    The strategy and the loop may be given by name.
    """
    before, changed = _core.cpu_policy(), _core.cpu_policy()
    for name, value in overrides.items():
        if isinstance(value, str):
            value = getattr(
                {"strategy": _core.Strategy, "loop": _core.Loop}[name], value
            )
        setattr(changed, name, value)
    _core.set_cpu_policy(changed)
    try:
        yield
    finally:
        _core.set_cpu_policy(before)


@contextmanager
def cpu_level(name: str) -> Iterator[None]:
    """Count on CPU with another instruction set; the one in use comes back."""
    before = _core.build_info()["cpu_capability"].upper()
    _core.force_level(getattr(_core.Level, name))
    try:
        yield
    finally:
        _core.force_level(getattr(_core.Level, before))


@contextmanager
def cpu_threads(count: int) -> Iterator[None]:
    """Run with this many threads of torch."""
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
