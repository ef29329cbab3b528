"""Counting on CPU beside a streaming read."""

from __future__ import annotations

from typing import Any

import benchmark_results as results


def draw() -> Any:
    """Return the figure."""
    return results.chart(
        results.floor_bars(),
        "time / time of a streaming read (log scale)",
        log=True,
        first=0.5,
        floor="the read",
        ours=("",),
        limit=20_000,
    )
