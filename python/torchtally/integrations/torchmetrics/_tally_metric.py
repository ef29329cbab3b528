"""A metric of torchtally where torchmetrics expects one of its own."""

from __future__ import annotations

from typing import Any

from torch import Tensor
from torchmetrics import Metric

from torchtally.metrics._base import CountingMetric


class TallyMetric(Metric):
    """A metric of torchtally as one of torchmetrics.

    Lightning's ``self.log``, ``MetricCollection`` and wrappers take it. State and ranks
    are the metric's own: counts are added up over ranks once, by its ``compute``, and
    ``state_dict`` holds them if it was made with ``persistent=True``. A
    :class:`torchtally.metrics.ScoreSuite` is a metric of several results, which a
    collection flattens; ``self.log_dict(suite.named())`` logs it.

    Attributes:
        metric: that counts.

    Example:
        >>> from torchtally.metrics import DiceScore
        >>> dice = TallyMetric(DiceScore(num_classes=2, aggregation="samplewise"))
        >>> dice.update(torch.tensor([[0, 1, 1]]), torch.tensor([[0, 1, 0]]))
        >>> dice.compute()
        tensor(0.6667)
    """

    is_differentiable = False
    metric: CountingMetric[Any]

    def __init__(self, metric: CountingMetric[Any], **options: Any) -> None:
        """Take a metric.

        Args:
            metric: one of :mod:`torchtally.metrics`.
            **options: of ``torchmetrics.Metric``, such as ``compute_with_cache``.

        Raises:
            TypeError: for what is no metric of torchtally.
        """
        if not isinstance(metric, CountingMetric):
            raise TypeError(
                "TallyMetric: metric must be one of torchtally.metrics, got "
                f"{type(metric).__name__}"
            )
        super().__init__(**{"sync_on_compute": False, **options})
        self.metric = metric

    def update(self, preds: Tensor, target: Tensor, mask: Tensor | None = None) -> None:
        """Count a batch, as ``metric.update``."""
        self.metric.update(preds, target, mask=mask)

    def compute(self) -> Any:
        """Return the value of everything counted, on all ranks."""
        return self.metric.compute()

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Count a batch and return its own value."""
        self._computed = None
        self._update_count += 1
        self._forward_cache = self.metric(*args, **kwargs)
        return self._forward_cache

    def reset(self) -> None:
        """Forget everything counted."""
        super().reset()
        self.metric.reset()

    def plot(self, val: Any = None, ax: Any = None) -> Any:
        """Draw a value, or several, or what was counted; as ``metric.plot``."""
        return self.metric.plot(val, ax=ax)  # type: ignore[operator]
