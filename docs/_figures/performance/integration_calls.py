"""How many times as fast calls are with their integration."""

from __future__ import annotations

from typing import Any

import benchmark_results as results


def draw() -> Any:
    """Return the figure."""
    return results.chart(
        results.integration_bars(),
        "time of the original / time of the integration (log scale)",
        log=True,
        floor="the original",
        ours=("",),
        limit=1e6,
    )
