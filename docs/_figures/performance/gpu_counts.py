"""Updates of a confusion matrix on a GPU."""

from __future__ import annotations

from typing import Any

import benchmark_results as results


def draw() -> Any:
    """Return the figure."""
    return results.chart(
        results.gpu_bars(),
        "percent of the bandwidth of a copy",
        limit=250,
        ours=("",),
        unit="%",
    )
