"""PyTorch-Ignite: its confusion matrix, and any metric of torchtally on an engine.

:class:`ConfusionMatrix` is ``ignite.metrics.ConfusionMatrix`` with another count.
``IoU``, ``mIoU``, ``DiceCoefficient``, ``JaccardIndex``, ``cmAccuracy``,
``cmPrecision`` and ``cmRecall`` are ignite's own, which take it.
:class:`TallyMetric` makes an ignite metric of one of :mod:`torchtally.metrics`, and
:func:`attach` puts it on an engine.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from torchtally.functional import confusion_matrix
from torchtally.metrics._base import CountingMetric
from torchtally.ops._arguments import SCORES

from ._framework import require

require("ignite", "ignite")

import ignite.metrics  # noqa: E402
from ignite.engine import Engine  # noqa: E402
from ignite.metrics.confusion_matrix import (  # noqa: E402
    DiceCoefficient,
    IoU,
    JaccardIndex,
    cmAccuracy,
    cmPrecision,
    cmRecall,
    mIoU,
)
from ignite.metrics.metric import (  # noqa: E402
    EpochWise,
    MetricUsage,
    reinit__is_reduced,
)

__all__ = [
    "ConfusionMatrix",
    "DiceCoefficient",
    "IoU",
    "JaccardIndex",
    "TallyMetric",
    "attach",
    "cmAccuracy",
    "cmPrecision",
    "cmRecall",
    "mIoU",
]


class ConfusionMatrix(ignite.metrics.ConfusionMatrix):
    """``ignite.metrics.ConfusionMatrix``, whose ``update`` counts in one pass.

    Arguments, state, averaging, ranks and errors are ignite's. One number differs:
    ignite multiplies labels in their own dtype, so that those of uint8 wrap around with
    more than 16 classes and are counted in wrong cells; here they are counted right.

    Example:
        >>> cm = ConfusionMatrix(num_classes=2)
        >>> iou = IoU(cm)
        >>> scores = torch.tensor([[0.9, 0.1], [0.2, 0.8], [0.4, 0.6]])
        >>> cm.update((scores, torch.tensor([0, 1, 0])))
        >>> iou.compute()
        tensor([0.5000, 0.5000], dtype=torch.float64)
    """

    @reinit__is_reduced
    def update(self, output: Sequence[Tensor]) -> None:
        """Count a batch.

        Args:
            output: class scores ``[N, C, ...]`` and labels ``[N, ...]``; labels outside
                ``[0, C)`` count nowhere.

        Raises:
            TypeError: for labels that are no integers.
            ValueError: for a wrong shape, as ignite.
        """
        self._check_shape(output)
        scores, target = output[0].detach(), output[1].detach()
        self._num_examples += scores.shape[0]
        if scores.dtype not in SCORES:  # one-hot integers
            scores = scores.argmax(1)
        matrix = confusion_matrix(
            scores, target, self.num_classes, out_of_range="ignore", validate=False
        )
        self.confusion_matrix += matrix.to(self.confusion_matrix)


def _as_is(output: Any) -> Any:
    return output


class TallyMetric(ignite.metrics.Metric):
    """A metric of torchtally as one of ignite.

    It has what ignite's metrics have: ``attach``, ``detach``, usages, and arithmetic.
    Results in ``engine.state.metrics`` are floats, tensors where there are several
    numbers, and each score by its name for a :class:`torchtally.metrics.ScoreSuite`.
    Counts are added up over ranks by ``metric.compute``, and not by ignite once more;
    ``state_dict`` holds them if the metric is made with ``persistent=True``.

    Attributes:
        metric: that counts.

    Example:
        >>> from ignite.engine import Engine
        >>> from torchtally.metrics import DiceScore
        >>> evaluator = Engine(lambda engine, batch: batch)
        >>> TallyMetric(DiceScore(num_classes=2)).attach(evaluator, "dice")
        >>> batch = (torch.tensor([[0, 1, 1]]), torch.tensor([[0, 1, 1]]))
        >>> evaluator.run([batch]).metrics["dice"]
        1.0
    """

    def __init__(
        self,
        metric: CountingMetric[Any],
        output_transform: Callable[[Any], Any] = _as_is,
        device: str | torch.device | None = None,
        **options: Any,
    ) -> None:
        """Take a metric.

        Args:
            metric: one of :mod:`torchtally.metrics`.
            output_transform: makes ``(preds, target)``, ``(preds, target, mask)`` or a
                mapping with ``y_pred`` and ``y`` of the engine's output.
            device: that counts are kept on, that of the batches; the metric's own, if
                not given.
            **options: of ``ignite.metrics.Metric``: ``skip_unrolling``, and
                ``metrics_result_mode`` in releases that have it.

        Raises:
            TypeError: for what is no metric, or an unknown option.
        """
        if not isinstance(metric, CountingMetric):
            raise TypeError(
                "TallyMetric: metric must be one of torchtally.metrics, got "
                f"{type(metric).__name__}"
            )
        self.metric = metric if device is None else metric.to(device)
        options["device"] = metric.counts.device
        super().__init__(output_transform, **options)

    def reset(self) -> None:
        """Forget everything counted."""
        self.metric.reset()

    def update(self, output: Sequence[Tensor]) -> None:
        """Count a batch, ``(preds, target)`` or ``(preds, target, mask)``."""
        self.metric.update(*output)

    def compute(self) -> Any:
        """Return the value of the metric; scores of a suite as floats, by name."""
        value = self.metric.compute()
        if not isinstance(value, Mapping):
            return value
        return {
            name: score.item() if score.dim() == 0 else score.cpu()
            for name, score in value.items()
        }

    # What ignite saves and loads is the state of this rank.

    def _state_dict_per_rank(self) -> OrderedDict[str, Any]:
        return OrderedDict(self.metric.state_dict())

    def _load_state_dict_per_rank(self, state_dict: Mapping[str, Any]) -> None:
        self.metric.load_state_dict(state_dict)


def attach(
    metric: CountingMetric[Any],
    engine: Engine,
    name: str,
    output_transform: Callable[[Any], Any] = _as_is,
    usage: str | MetricUsage | None = None,
    **options: Any,
) -> TallyMetric:
    """Attach a metric of torchtally to an engine, under a name.

    Args:
        metric: one of :mod:`torchtally.metrics`.
        engine: whose batches it counts.
        name: of its value in ``engine.state.metrics``.
        output_transform: makes ``(preds, target)`` of the engine's output.
        usage: when it is reset and computed, as in ignite; each epoch, if not given.
        **options: of :class:`TallyMetric`.

    Returns:
        What is attached, with ``detach(engine)``.

    Raises:
        TypeError: for what is no metric, or an unknown option.

    Example:
        >>> from ignite.engine import Engine
        >>> from torchtally.metrics import ScoreSuite
        >>> evaluator = Engine(lambda engine, batch: batch)
        >>> metric = attach(ScoreSuite(num_classes=2), evaluator, "scores")
        >>> batch = (torch.tensor([0, 1, 1, 0]), torch.tensor([0, 1, 0, 1]))
        >>> evaluator.run([batch]).metrics["dice"]
        0.5
    """
    of_ignite = TallyMetric(metric, output_transform, **options)
    of_ignite.attach(engine, name, EpochWise() if usage is None else usage)
    return of_ignite
