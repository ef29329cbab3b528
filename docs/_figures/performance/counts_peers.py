"""Counting on CPU beside other libraries."""

from __future__ import annotations

from typing import Any

import benchmark_results as results


def draw() -> Any:
    """Return the figure."""
    return results.chart(
        results.peer_bars(),
        "time / time of a streaming read (log scale)",
        log=True,
        floor="the read",
        limit=3e6,
    )
