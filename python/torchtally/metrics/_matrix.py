"""What ``ConfusionMatrix`` does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from torchtally._options import COUNTING, MATRIX, METRIC, Normalize, refuse_unknown
from torchtally.functional._labels import Labels
from torchtally.functional._matrix import check_shares, normalize_confusion_matrix
from torchtally.ops._counting import CountOptions

from ._base import CountingMetric
from ._plot import plot_matrix
from ._state import State


class MatrixMetric(CountingMetric[Tensor]):
    """A confusion matrix accumulated over batches; the base of ``ConfusionMatrix``."""

    def __init__(
        self,
        num_classes: int | None,
        unknown: Mapping[str, object],
        *,
        top_k: int,
        label_map: Any,
        preds_map: Any,
        per_sample: bool,
        normalize: Normalize | None,
        dtype: torch.dtype,
        sync_on_compute: bool,
        **counting: Any,
    ) -> None:
        name = type(self).__name__
        refuse_unknown(name, unknown, [*COUNTING, *MATRIX, *METRIC])
        check_shares(name, normalize, dtype)
        options = CountOptions.checked(name, num_classes, **counting)
        meaning = {"label_map": label_map, "preds_map": preds_map, "top_k": top_k}
        super().__init__(
            Labels.checked(options, **meaning),
            matrix=True,
            keep="samples" if per_sample else "total",
            sync_on_compute=sync_on_compute,
            given={
                "num_classes": options.num_classes,
                **counting,
                **meaning,
                "per_sample": per_sample,
                "normalize": normalize,
                "dtype": dtype,
                "sync_on_compute": sync_on_compute,
            },
            read=() if normalize is None else (normalize, dtype),
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
