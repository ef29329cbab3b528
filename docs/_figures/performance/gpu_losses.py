"""A step of each loss on a GPU, without the host."""

from __future__ import annotations

from typing import Any

import benchmark_results as results


def draw() -> Any:
    """Return the figure."""
    return results.chart(results.gpu_loss_bars(), "milliseconds, as CUDA graphs")
