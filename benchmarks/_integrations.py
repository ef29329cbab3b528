"""A call of a framework and the same call of its integration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Case:
    """One row of the table of integrations.py.

    Attributes:
        framework: which is replaced.
        name: of the class or function, and the step: update, compute, call, step.
        load: the input in words, such as ``int64 [8, 512, 512], 19 classes``.
        original: builds the framework's inputs and state; what it returns is timed.
        ours: builds the integration's.
    """

    framework: str
    name: str
    load: str
    original: Callable[[], Callable[[], object]]
    ours: Callable[[], Callable[[], object]]
