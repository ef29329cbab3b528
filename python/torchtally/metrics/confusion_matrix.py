"""The confusion matrix as a metric object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor

from torchtally.ops._arguments import CountOptions, IgnoreIndex, OutOfRange, Task

from ._base import CountingMetric
from ._plot import Normalize, plot_matrix
from ._state import State


class ConfusionMatrix(CountingMetric[Tensor]):
    """Accumulate a confusion matrix over batches.

    Rows are targets, columns predictions. ``compute`` returns int64 ``[C, C]``,
    ``[L, 2, 2]`` for ``task="multilabel"``, with a leading sample dimension for
    ``per_sample=True``, and one more row and column for ``out_of_range="miss"``.

    Args:
        num_classes: C, or the number of labels L for ``task="multilabel"``. May be
            left out for ``task="binary"``.
        task: ``"multiclass"``, ``"binary"`` or ``"multilabel"``.
        threshold: a score above it is class 1 (binary and multilabel scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        out_of_range: what a label outside ``[0, C)`` does: ``"error"`` raises at
            ``compute``, ``"ignore"`` and ``"miss"`` as in
            :func:`torchtally.confusion_matrix`.
        per_sample: keep the matrix of every sample, in the order of updates.
        sync_on_compute: ``compute`` adds up the counts of all ranks where
            ``torch.distributed`` is initialised.

    Raises:
        TypeError: for an argument of the wrong kind.
        ValueError: for a wrong value.

    Example:
        >>> metric = ConfusionMatrix(num_classes=2)
        >>> metric.update(torch.tensor([0, 1]), torch.tensor([0, 1]))
        >>> metric.update(torch.tensor([1]), torch.tensor([0]))
        >>> metric.compute()
        tensor([[1, 1],
                [0, 1]])
    """

    def __init__(
        self,
        num_classes: int | None = None,
        *,
        task: Task = "multiclass",
        threshold: float = 0.5,
        ignore_index: IgnoreIndex = None,
        out_of_range: OutOfRange = "error",
        per_sample: bool = False,
        sync_on_compute: bool = True,
    ) -> None:
        options = CountOptions.checked(
            type(self).__name__,
            num_classes,
            task,
            threshold,
            ignore_index,
            out_of_range,
        )
        super().__init__(
            options,
            matrix=True,
            keep="samples" if per_sample else "total",
            sync_on_compute=sync_on_compute,
        )

    def _value_of(self, state: State) -> Tensor:
        return state.counts.clone()  # later updates must not change what was returned

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
