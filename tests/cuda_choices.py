"""What the CUDA kernels choose by device and by size, forced for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from torchtally import _core

#: How overlap_sums may take the pixels.
PATHS = [name for name in _core.OverlapPath.__members__ if name != "AUTO"]

#: Where a block counts.
TIERS = [name for name in _core.Tier.__members__ if name != "AUTO"]


@contextmanager
def cuda_policy(**overrides: object) -> Iterator[None]:
    """Count on CUDA with other tuning numbers; the old ones come back at the end.

    The tier may be given by name.
    """
    before, changed = _core.cuda_policy(), _core.cuda_policy()
    for name, value in overrides.items():
        setattr(changed, name, getattr(_core.Tier, value) if name == "tier" else value)
    _core.set_cuda_policy(changed)
    try:
        yield
    finally:
        _core.set_cuda_policy(before)


@contextmanager
def overlap_policy(**overrides: object) -> Iterator[None]:
    """Sum overlaps on CUDA with other tuning numbers; the old ones come back.

    The path may be given by name.
    """
    before, changed = _core.overlap_policy(), _core.overlap_policy()
    for name, value in overrides.items():
        named = name == "path"
        setattr(changed, name, getattr(_core.OverlapPath, value) if named else value)
    _core.set_overlap_policy(changed)
    try:
        yield
    finally:
        _core.set_overlap_policy(before)
