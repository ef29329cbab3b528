"""Peak memory of a step with each loss."""

from __future__ import annotations

from typing import Any

import benchmark_results as results


def draw() -> Any:
    """Return the figure."""
    return results.chart(
        results.memory_bars(), "peak memory / size of the logits", limit=27
    )
