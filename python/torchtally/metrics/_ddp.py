"""Metrics inside a model that ``DistributedDataParallel`` wraps.

DDP broadcasts the buffers of rank 0 before each forward pass. Counts of the other ranks
would be lost without a word, so a metric says so, and one call keeps it from happening.
"""

from __future__ import annotations

from typing import TypeVar

from torch import nn

from ._base import CountingMetric

Model = TypeVar("Model", bound=nn.Module)

_IGNORED = "_ddp_params_and_buffers_to_ignore"  # what DDP reads off the model


def exclude_from_ddp(model: Model) -> Model:
    """Keep DistributedDataParallel from overwriting the counts in a model.

    DDP broadcasts every buffer of rank 0 before each forward pass
    (``broadcast_buffers=True``, its default), and would replace the counts of the other
    ranks. Call this before wrapping a model that holds metrics; metrics kept beside the
    model need nothing.

    Args:
        model: the model, changed in place. Other names that DDP ignores are kept.

    Returns:
        The model.

    Example:
        >>> from torch import nn
        >>> from torchtally.metrics import ConfusionMatrix
        >>> model = nn.ModuleDict({"layer": nn.Linear(2, 2)})
        >>> model["matrix"] = ConfusionMatrix(2)
        >>> model = exclude_from_ddp(model)  # then DistributedDataParallel(model)
    """
    ignored = set(getattr(model, _IGNORED, ()))
    for prefix, module in model.named_modules():
        if isinstance(module, CountingMetric):
            names = dict(module.named_buffers(recurse=False))
            ignored |= {f"{prefix}.{name}" if prefix else name for name in names}
    setattr(model, _IGNORED, sorted(ignored))
    return model
