"""Dice + cross-entropy on CPU beside cross-entropy alone."""

from __future__ import annotations

from typing import Any

import benchmark_results as results


def draw() -> Any:
    """Return the figure."""
    return results.chart(
        results.loss_bars(), "time / time of F.cross_entropy", floor="F.cross_entropy"
    )
