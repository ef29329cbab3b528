"""Metrics inside a program that ``torch.export`` makes.

Such a program keeps what it changes in buffers; other tensors are constants to it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from torch import nn

from ._base import CountingMetric


@contextmanager
def state_as_buffers(model: nn.Module) -> Iterator[None]:
    """Let ``torch.export`` see the counts of metrics in a model as buffers.

    The counts of a metric are no buffers, so that DDP, averaged models and checkpoints
    leave them alone; an exported program, and what AOTInductor makes of it, keeps only
    buffers as its state. Export inside this context. The buffers are copies: the
    program goes on from what was counted, in its own state, and the metrics in theirs.

    Args:
        model: the module that is exported, which holds metrics or is one.

    Returns:
        A context manager; when it ends, the metrics are what they were before.

    Raises:
        RuntimeError: for a metric that keeps the counts of each sample, which grow, or
            that is synced.

    Example:
        >>> from torchtally.metrics import ConfusionMatrix, state_as_buffers
        >>> class Step(torch.nn.Module):
        ...     def __init__(self):
        ...         super().__init__()
        ...         self.matrix = ConfusionMatrix(2)
        ...     def forward(self, preds, target):
        ...         self.matrix.update(preds, target)
        ...         return self.matrix.counts.clone()
        >>> labels = torch.tensor([0, 1, 1])
        >>> model = Step()
        >>> with state_as_buffers(model):
        ...     program = torch.export.export(model, (labels, labels))
        >>> step = program.module()
        >>> step(labels, labels), step(labels, labels)
        (tensor([[1, 0],
                [0, 2]]), tensor([[2, 0],
                [0, 4]]))
    """
    with ExitStack() as stack:
        for metric in model.modules():
            if isinstance(metric, CountingMetric):
                stack.callback(metric._from_buffers, metric._to_buffers())
        yield
