"""Metrics in real process groups of 2 and 4 ranks, against one process."""

from __future__ import annotations

import metric_checks
import pytest
import sharding_checks
from ranks import Check, Outcomes, run_ranks

CHECKS: dict[int, list[Check]] = {
    2: [*metric_checks.CHECKS_OF_TWO, *sharding_checks.CHECKS_OF_TWO],
    4: [*metric_checks.CHECKS, *sharding_checks.CHECKS],
}


@pytest.fixture(scope="module")
def outcomes() -> dict[int, Outcomes]:
    """Run every check in one group of each size."""
    return {size: run_ranks(size, checks) for size, checks in CHECKS.items()}


@pytest.mark.parametrize(
    ("size", "check"),
    [(size, check.__name__) for size, checks in CHECKS.items() for check in checks],
)
def test_metrics(size: int, check: str, outcomes: dict[int, Outcomes]) -> None:
    problems = outcomes[size][check]
    assert not problems, "\n".join(problems)
