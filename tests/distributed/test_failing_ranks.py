"""A rank that fails: the others are told, and keep what they counted."""

from __future__ import annotations

import failure_checks
import pytest
from ranks import run_ranks

import torchtally as tt


def test_a_rank_that_leaves() -> None:
    problems = run_ranks(2, [failure_checks.a_rank_that_leaves_is_told], leaving=[1])
    assert problems == {"a_rank_that_leaves_is_told": []}


def test_a_rank_that_does_not_answer() -> None:
    checks = [failure_checks.a_rank_that_does_not_answer_is_told]
    problems = run_ranks(2, checks, timeout=1.5)
    assert problems == {"a_rank_that_does_not_answer_is_told": []}


def test_without_a_process_group() -> None:
    metric = tt.metrics.DiceScore(3)
    message = r"^DiceScore\.sync: torch\.distributed is not initialised; call torch"
    with pytest.raises(RuntimeError, match=message):
        metric.sync()
    message = r"^DiceScore\.unsync: the metric must be synced, and is not$"
    with pytest.raises(RuntimeError, match=message):
        metric.unsync()
    assert metric.compute().isnan()
