"""Fixtures of every test: devices, and the choices the CPU kernels make."""

from __future__ import annotations

import ast
import importlib.util
import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch

import cpu_choices
from cuda_emulation import counting
from shared_builds import SharedBuilds
from torchtally import _library

try:
    import hypothesis
except ImportError:  # the machines of make gpu-check; what needs it is skipped
    pass
else:
    hypothesis.settings.register_profile(
        "torchtally", deadline=None, print_blob=True, derandomize="CI" in os.environ
    )
    hypothesis.settings.load_profile("torchtally")

# Processes of pytest-xdist share the cores; a test that needs more threads says so.
if "PYTEST_XDIST_WORKER_COUNT" in os.environ:
    _SHARE = torch.get_num_threads() // int(os.environ["PYTEST_XDIST_WORKER_COUNT"])
    torch.set_num_threads(max(1, _SHARE))
    os.environ["OMP_NUM_THREADS"] = str(torch.get_num_threads())  # of programs

_HAS_CUDA = torch.cuda.is_available() and not _library.cuda_unavailable_reason
_DEVICES = ["cpu", *([pytest.param("cuda", marks=pytest.mark.gpu)] * _HAS_CUDA)]

CpuPolicyContext = Callable[..., AbstractContextManager[None]]


TESTS = Path(__file__).parent


def imported_names(path: Path) -> Iterator[str]:
    """Yield the dotted names that loading a file imports; a dot leads relative ones."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield module
            yield from (f"{module}.{alias.name}" for alias in node.names)


def helper_file(path: Path, name: str) -> Path | None:
    """Return the file of the tests that a file imports by this name, if one is."""
    for folder in (path.parent, TESTS):
        module = folder.joinpath(*filter(None, name.split(".")))
        for file in (module.with_suffix(".py"), module / "__init__.py"):
            if file.is_file():
                return file
    return None


@cache
def absent_packages(path: Path) -> frozenset[str]:
    """Return what a test file imports, or its helpers do, and is not installed."""
    absent: set[str] = set()
    files = [path]
    for file in files:  # which grows: helpers may import each other
        for name in imported_names(file):
            helper = helper_file(file, name)
            if helper is not None:
                files += [helper] * (helper not in files)
                continue
            package = name.split(".")[0]
            if not package or helper_file(file, package) is not None:
                continue  # what a helper defines
            if importlib.util.find_spec(package) is None:
                absent.add(package)
    return frozenset(absent)


class SkippedModule(pytest.Module):
    """A test file whose imports this machine lacks."""

    def collect(self) -> list[pytest.Item | pytest.Collector]:
        names = ", ".join(sorted(absent_packages(self.path)))
        pytest.skip(f"not installed: {names}", allow_module_level=True)


def pytest_pycollect_makemodule(
    module_path: Path, parent: pytest.Collector
) -> pytest.Module | None:
    """Skip a test file that needs a package which is not installed, and say so."""
    if absent_packages(module_path):
        return SkippedModule.from_parent(parent, path=module_path)  # type: ignore[no-any-return]
    return None


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


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand what a process of pytest-xdist covered to the one that reports."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["covered"] = dict(counting.covered)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take what a process of pytest-xdist covered; one that crashed says nothing."""
    counting.covered.update(getattr(node, "workeroutput", {}).get("covered", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which CUDA kernels ran on the CPU, and which planted faults were caught."""
    if counting.covered:
        terminalreporter.section("CUDA kernels emulated: op, source, tier (calls)")
        for kernel, calls in sorted(counting.covered.items()):
            terminalreporter.line(f"{kernel} ({calls})")
    caught = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in getattr(report, "user_properties", ())
        if name == "cuda_fault"
    ]
    if caught:
        terminalreporter.section("faults planted in the CUDA kernels, caught by")
        for line in caught:
            terminalreporter.line(str(line))


@pytest.fixture(scope="session")
def shared_builds(tmp_path_factory: pytest.TempPathFactory) -> SharedBuilds:
    """Builds that all processes of this run share."""
    base = tmp_path_factory.getbasetemp()
    parallel = "PYTEST_XDIST_WORKER" in os.environ
    return SharedBuilds((base.parent if parallel else base) / "shared")


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
