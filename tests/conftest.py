"""Fixtures of every test: devices, and the choices the CPU kernels make by size."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import hypothesis
import pytest
import torch

from torchtally import _core, _library

hypothesis.settings.register_profile(
    "torchtally", deadline=None, print_blob=True, derandomize="CI" in os.environ
)
hypothesis.settings.load_profile("torchtally")

_HAS_CUDA = torch.cuda.is_available() and not _library.cuda_unavailable_reason
_DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.gpu)] * _HAS_CUDA)]

CpuPolicyContext = Callable[..., AbstractContextManager[None]]


@pytest.fixture(params=_DEVICES, scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """Every device that this machine can count on."""
    return str(request.param)


@contextmanager
def _cpu_policy(**overrides: object) -> Iterator[None]:
    """Count on CPU with other tuning numbers; the old ones come back at the end."""
    before, changed = _core.cpu_policy(), _core.cpu_policy()
    for name, value in overrides.items():
        setattr(changed, name, value)
    _core.set_cpu_policy(changed)
    try:
        yield
    finally:
        _core.set_cpu_policy(before)


@pytest.fixture(scope="session")
def cpu_policy() -> CpuPolicyContext:
    """A context manager that overrides tuning numbers of the CPU kernels."""
    return _cpu_policy


@pytest.fixture(params=["AUTO", "TABLE", "DIRECT"])
def strategy(request: pytest.FixtureRequest) -> Iterator[str]:
    """Count with each strategy, whatever the sizes say; a thread for every tile."""
    forced = getattr(_core.Strategy, request.param)
    with _cpu_policy(strategy=forced, pixels_per_thread=2048):
        yield request.param


@pytest.fixture(params=[1, 2, 4])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Run with this many threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)
