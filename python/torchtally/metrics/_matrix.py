"""What ``ConfusionMatrix`` does."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, Literal

import torch
from torch import Tensor

from torchtally._options import (
    COUNTING,
    MATRIX,
    METRIC,
    ClassNames,
    Normalize,
    refuse_unknown,
)
from torchtally.functional._checks import flag
from torchtally.functional._labels import Labels
from torchtally.functional._matrix import check_shares, shares
from torchtally.ops._counting import CountOptions

from ._axes import value_and_axes
from ._base import CountingMetric
from ._names import checked_names
from ._plot import plot_matrices, plot_matrix
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
        class_names: ClassNames,
        persistent: bool,
        **counting: Any,
    ) -> None:
        name = type(self).__name__
        refuse_unknown(name, unknown, [*COUNTING, *MATRIX, *METRIC])
        check_shares(name, normalize, dtype)
        options = CountOptions.checked(name, num_classes, **counting)
        meaning = {"label_map": label_map, "preds_map": preds_map, "top_k": top_k}
        per_sample = flag(name, "per_sample", per_sample)
        super().__init__(
            Labels.checked(options, **meaning),
            matrix=True,
            keep="samples" if per_sample else "total",
            sync_on_compute=sync_on_compute,
            class_names=class_names,
            persistent=persistent,
            given={
                "num_classes": options.num_classes,
                **counting,
                **meaning,
                "per_sample": per_sample,
                "normalize": normalize,
                "dtype": dtype,
                "sync_on_compute": sync_on_compute,
                "class_names": copy.copy(class_names),
                "persistent": persistent,
            },
            read=() if normalize is None else (normalize, dtype),
        )
        self._normalize = normalize
        self._dtype = dtype

    def _value_of(self, state: State) -> Tensor:
        if self._normalize is not None:
            return shares(state.counts, self._normalize, self._dtype)
        return state.counts.clone()  # later updates must not change what was returned

    def named(self, val: Any = None, *, prefix: str = "") -> dict[str, float]:
        """Return the cells under the names of their classes, ready for a logger.

        ``confusion_matrix/cat/dog`` is what is a cat and was taken for a dog; for
        multilabel ``confusion_matrix/cat/1/0`` is what has the label and was said to
        have not. Counts are int, shares float.

        Args:
            val: what ``compute`` or ``forward`` returned; what ``compute`` returns, if
                not given.
            prefix: put before each name, such as ``"val/"``.

        Raises:
            TypeError: for what is no tensor.
            ValueError: for the matrices of samples, which have no name, and for a
                tensor of another shape.

        Example:
            >>> from torchtally.metrics import ConfusionMatrix
            >>> metric = ConfusionMatrix(2, class_names=["cat", "dog"])
            >>> metric.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
            >>> for name, count in metric.named(prefix="val/").items():
            ...     print(name, count)
            val/confusion_matrix/cat/cat 1
            val/confusion_matrix/cat/dog 1
            val/confusion_matrix/dog/cat 0
            val/confusion_matrix/dog/dog 1
        """
        op = "ConfusionMatrix.named"
        val = self._value_of(self._computed()) if val is None else val
        if not isinstance(val, Tensor):
            raise TypeError(
                f"{op}: val must be what compute returns, got {type(val).__name__}"
            )
        if self._keep == "samples" or val.shape != self._group_shape:
            raise ValueError(
                f"{op}: val must be one matrix, or one for each label, of shape "
                f"{list(self._group_shape)}, got {_shape(val)}"
            )
        names = list(self._names_of(op))
        cells = names if self._options.task != "multilabel" else ["0", "1"]
        if self._options.out_of_range == "miss":
            cells = [*checked_names(op, [*cells, "other"], len(cells) + 1)]
        of_matrix = [f"{true}/{predicted}" for true in cells for predicted in cells]
        if self._options.task == "multilabel":
            of_matrix = [f"{label}/{cell}" for label in names for cell in of_matrix]
        cell_values = val.detach().flatten().tolist()
        return {
            f"{prefix}confusion_matrix/{name}": number
            for name, number in zip(of_matrix, cell_values, strict=True)
        }

    def plot(
        self,
        val: Any = None,
        ax: Any = None,
        *,
        normalize: Normalize | Literal["auto"] | None = "auto",
        class_names: ClassNames = None,
        numbers: bool | None = None,
    ) -> Any:
        """Draw the matrix as a heat map with matplotlib.

        Multilabel matrices are drawn as a grid.

        Args:
            val: what ``compute`` or ``forward`` returned; what ``compute`` returns, if
                not given. Axes may come first.
            ax: matplotlib axes to draw on, for multilabel one for each label; a new
                figure without.
            normalize: divide by the row (``"true"``), the column (``"pred"``), or
                everything (``"all"``); None shows counts. ``"auto"`` is what
                ``compute`` returns, and ``"true"`` where it returns counts.
            class_names: other names than those of the metric.
            numbers: whether to write numbers into the cells; None for up to 20 classes.

        Returns:
            The axes; for multilabel a list of them.

        Raises:
            ImportError: if matplotlib is not installed.
            TypeError: for class_names that are none.
            ValueError: for another normalize, the wrong number of names, or the
                matrices of samples.
        """
        op = "ConfusionMatrix.plot"
        val, ax = value_and_axes(op, val, ax)
        if normalize == "auto":
            normalize = self._normalize or "true"
        elif normalize not in ("true", "pred", "all", None):
            raise ValueError(
                f"{op}: normalize must be 'auto', 'true', 'pred', 'all' or None, "
                f"got {normalize!r}"
            )
        matrix = self._computed().counts if val is None else val
        labels = self._options.task == "multilabel"
        if not isinstance(matrix, Tensor) or matrix.dim() != 2 + labels:
            raise ValueError(
                f"{op}: the metric must hold one matrix, or one for each label, "
                f"got {_shape(matrix)}"
            )
        if matrix.is_floating_point() and normalize != self._normalize:
            raise ValueError(
                f"{op}: val must hold counts for normalize={normalize!r}, got shares"
            )
        names = self._names_of(op, class_names)
        other = ("other",) if self._options.out_of_range == "miss" else ()
        if not labels:
            return plot_matrix(matrix, ax, normalize, (*names, *other), numbers)
        cells = ("0", "1", *other)
        return plot_matrices(matrix, ax, normalize, names, cells, numbers)


def _shape(matrix: object) -> str:
    if isinstance(matrix, Tensor):
        return f"shape {list(matrix.shape)}"
    return type(matrix).__name__
