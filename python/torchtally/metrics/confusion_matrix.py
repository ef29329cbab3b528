"""The confusion matrix as a metric object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ._base import CountingMetric
from ._plot import Normalize, plot_matrix


class ConfusionMatrix(CountingMetric):
    """Accumulate a confusion matrix over batches.

    Rows are targets, columns predictions; see :func:`torchtally.confusion_matrix` for
    the arguments. ``compute`` returns int64 ``[C, C]``, ``[L, 2, 2]`` for
    ``task="multilabel"``, with a leading sample dimension for ``per_sample=True``.

    Example:
        >>> metric = ConfusionMatrix(num_classes=2)
        >>> metric.update(torch.tensor([0, 1]), torch.tensor([0, 1]))
        >>> metric.update(torch.tensor([1]), torch.tensor([0]))
        >>> metric.compute()
        tensor([[1, 1],
                [0, 1]])
    """

    _op = torch.ops.torchtally.confusion_matrix.default
    _op_in_place = torch.ops.torchtally.confusion_matrix_.default

    def _shape(self) -> tuple[int, int]:
        return (self._options.output_classes, self._options.output_classes)

    def _value_of(self, counts: Tensor) -> Tensor:
        return counts.clone()  # later updates must not change what was returned

    def plot(
        self,
        ax: Any = None,
        *,
        normalize: Normalize = "true",
        class_names: Sequence[str] | None = None,
    ) -> Any:
        """Draw the matrix as a heat map with matplotlib.

        Args:
            ax: matplotlib axes to draw on; a new figure without.
            normalize: divide by the row (``"true"``), the column (``"pred"``), or
                everything (``"all"``); None shows counts.
            class_names: a name for each class.

        Returns:
            The axes.

        Raises:
            ImportError: if matplotlib is not installed.
            ValueError: for another normalize, the wrong number of names, or a metric
                that keeps several matrices.
        """
        matrix = self.compute()
        if matrix.dim() != 2:
            raise ValueError(
                "ConfusionMatrix.plot: the metric must hold one matrix, got shape "
                f"{list(matrix.shape)}"
            )
        names = class_names
        if self._options.out_of_range == "miss":
            classes = map(str, range(self._options.op_classes))
            names = [*(classes if names is None else names), "other"]
        return plot_matrix(matrix, ax, normalize, names)
