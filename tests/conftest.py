"""Fixtures of every test: devices, and the choices the CPU kernels make."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import hypothesis
import pytest
import torch

import cpu_choices
from torchtally import _library

hypothesis.settings.register_profile(
    "torchtally", deadline=None, print_blob=True, derandomize="CI" in os.environ
)
hypothesis.settings.load_profile("torchtally")

_HAS_CUDA = torch.cuda.is_available() and not _library.cuda_unavailable_reason
_DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.gpu)] * _HAS_CUDA)]

CpuPolicyContext = Callable[..., AbstractContextManager[None]]


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Run the tests of a CUDA device once, not once for each level of the CPU."""
    kept, dropped = [], []
    for item in items:
        chosen = getattr(item, "callspec", None)
        params = {} if chosen is None else chosen.params
        again = params.get("level", cpu_choices.LEVELS[0]) != cpu_choices.LEVELS[0]
        (dropped if params.get("device") == "cuda" and again else kept).append(item)
    if dropped:
        config.hook.pytest_deselected(items=dropped)
        items[:] = kept


@pytest.fixture(params=_DEVICES, scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """Every device that this machine can count on."""
    return str(request.param)


@pytest.fixture(scope="session")
def cpu_policy() -> CpuPolicyContext:
    """A context manager that overrides tuning numbers of the CPU kernels."""
    return cpu_choices.cpu_policy


@pytest.fixture(params=cpu_choices.LEVELS)
def level(request: pytest.FixtureRequest) -> Iterator[str]:
    """Count with each instruction set that this machine has."""
    with cpu_choices.cpu_level(request.param):
        yield request.param


@pytest.fixture(params=cpu_choices.STRATEGIES, ids="-".join)
def strategy(request: pytest.FixtureRequest) -> Iterator[str]:
    """Count with each strategy and loop, whatever the sizes say; a thread a tile."""
    chosen, loop = request.param
    with cpu_choices.cpu_policy(strategy=chosen, loop=loop, pixels_per_thread=2048):
        yield "-".join(request.param)


@pytest.fixture(params=[1, 2, 4])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    """Run with this many threads."""
    with cpu_choices.cpu_threads(request.param):
        yield request.param
