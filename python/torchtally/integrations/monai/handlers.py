"""MONAI's handlers for ignite that make a metric of their own.

Any other metric of this package is attached with MONAI's ``IgniteMetricHandler``.
"""

from __future__ import annotations

from typing import Any

import monai.handlers as original

from .metrics import ConfusionMatrixMetric, DiceMetric, MeanIoU

__all__ = ["ConfusionMatrix", "MeanDice", "MeanIoUHandler"]


class MeanDice(original.MeanDice):
    """:class:`monai.handlers.MeanDice` of the metric of this package.

    Example:
        >>> from ignite.engine import Engine
        >>> evaluator = Engine(lambda engine, batch: batch)
        >>> MeanDice().attach(evaluator, "score")
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])  # [N, C, pixels]
        >>> state = evaluator.run([(y.flip(2), y)])
        >>> state.metrics["score"]
        0.25
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the arguments of MONAI's handler."""
        super().__init__(*args, **kwargs)
        self.metric_fn.__class__ = DiceMetric  # which holds nothing more


class MeanIoUHandler(original.MeanIoUHandler):
    """:class:`monai.handlers.MeanIoUHandler` of the metric of this package.

    Example:
        >>> from ignite.engine import Engine
        >>> evaluator = Engine(lambda engine, batch: batch)
        >>> MeanIoUHandler().attach(evaluator, "score")
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])  # [N, C, pixels]
        >>> state = evaluator.run([(y.flip(2), y)])
        >>> state.metrics["score"]
        0.1666666716337204
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the arguments of MONAI's handler."""
        super().__init__(*args, **kwargs)
        self.metric_fn.__class__ = MeanIoU  # which holds nothing more


class ConfusionMatrix(original.ConfusionMatrix):
    """:class:`monai.handlers.ConfusionMatrix` of the metric of this package.

    Example:
        >>> from ignite.engine import Engine
        >>> evaluator = Engine(lambda engine, batch: batch)
        >>> ConfusionMatrix(metric_name="precision").attach(evaluator, "score")
        >>> y = torch.tensor([[[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]])  # [N, C, pixels]
        >>> state = evaluator.run([(y.flip(2), y)])
        >>> state.metrics["score"]
        0.3333333432674408
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Take the arguments of MONAI's handler."""
        super().__init__(*args, **kwargs)
        self.metric_fn.__class__ = ConfusionMatrixMetric  # which holds nothing more
