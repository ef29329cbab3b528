"""The confusion matrix as a metric object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from torchtally.functional._label_maps import LabelMap
from torchtally.functional._labels import Labels
from torchtally.functional.confusion_matrix import (
    Normalize,
    check_shares,
    normalize_confusion_matrix,
)
from torchtally.ops._arguments import CountOptions, IgnoreIndex, OutOfRange, Task

from ._base import CountingMetric
from ._plot import plot_matrix
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
        label_map: a mapping from the values of target to classes, all at once; a
            value mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds, or for the planes of class scores.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says.
        normalize: None for counts; ``compute`` returns shares for ``"true"``,
            ``"pred"`` or ``"all"``, see
            :func:`torchtally.functional.normalize_confusion_matrix`.
        dtype: of shares, float32 or float64.
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
        >>> metric = ConfusionMatrix(2, label_map={7: 0, 26: 1}, normalize="true")
        >>> metric(torch.tensor([0, 1, 1, 1]), torch.tensor([7, 7, 26, 26]))
        tensor([[0.5000, 0.5000],
                [0.0000, 1.0000]])
    """

    def __init__(
        self,
        num_classes: int | None = None,
        *,
        task: Task = "multiclass",
        threshold: float = 0.5,
        ignore_index: IgnoreIndex = None,
        out_of_range: OutOfRange = "error",
        label_map: LabelMap = None,
        preds_map: LabelMap = None,
        top_k: int = 1,
        normalize: Normalize | None = None,
        dtype: torch.dtype = torch.float32,
        per_sample: bool = False,
        sync_on_compute: bool = True,
    ) -> None:
        name = type(self).__name__
        check_shares(name, normalize, dtype)
        options = CountOptions.checked(
            name, num_classes, task, threshold, ignore_index, out_of_range
        )
        super().__init__(
            Labels.checked(options, label_map, preds_map, top_k),
            matrix=True,
            keep="samples" if per_sample else "total",
            sync_on_compute=sync_on_compute,
        )
        self._normalize = normalize
        self._dtype = dtype

    def _value_of(self, state: State) -> Tensor:
        if self._normalize is not None:
            return normalize_confusion_matrix(
                state.counts, self._normalize, dtype=self._dtype
            )
        return state.counts.clone()  # later updates must not change what was returned

    def plot(
        self,
        ax: Any = None,
        *,
        normalize: Normalize | None = "true",
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
        matrix = self._computed().counts  # whatever compute makes of them
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
