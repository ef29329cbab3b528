"""How a metric counts a batch apart from its state: by the op, whatever labels mean."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor

from torchtally.functional._label_maps import (
    LabelMaps,
    MappedPixels,
    raw_op_options,
)
from torchtally.functional._labels import Labels
from torchtally.ops._arguments import of_memory
from torchtally.ops._counting import COUNT
from torchtally.ops._sharding import local_counts


class Counter:
    """Counts classes as they are, in one op call.

    Attributes:
        op_options: keyword arguments of the op. Made once, because a program is made
            twice that reads the float among them.
        exported_options: the same for exported programs.
    """

    #: Whether the op may add to the state itself.
    in_place = True

    def __init__(self, labels: Labels, *, matrix: bool, per_sample: bool) -> None:
        """Count what labels mean.

        Args:
            labels: the options, checked.
            matrix: count a confusion matrix instead of class counts.
            per_sample: count each sample on its own.
        """
        options = labels.options
        self.op_options = options.op_options(per_sample)
        self.exported_options = options.op_options(per_sample, exporting=True)
        self._labels = labels
        self._options = options
        self._matrix = matrix
        self._per_sample = per_sample

    def count(self, preds: Any, target: Any, mask: Any) -> tuple[Tensor, Tensor]:
        """Return (counts, invalid) of a batch, of each sample where they are needed."""
        inputs = (preds, target, mask, self._per_sample)
        preds, target = self._options.op_inputs(*inputs)
        exporting = torch.compiler._is_exporting_flag
        try:
            counts, invalid = COUNT[int(self._matrix)](
                preds,
                target,
                self._options.op_classes,
                mask,
                **(self.exported_options if exporting else self.op_options),
            )
        except RuntimeError as error:
            raise of_memory(error) from None
        if type(counts) is Tensor:
            return counts, invalid
        return (
            local_counts(counts, per_sample=self._per_sample),
            local_counts(invalid, per_sample=self._per_sample),
        )


class TopKCounter(Counter):
    """Counts the labels that the k highest scores make."""

    in_place = False

    def count(self, preds: Any, target: Any, mask: Any) -> tuple[Tensor, Tensor]:
        preds = self._labels.counted_preds(preds, target, mask)
        return super().count(preds, target, mask)


class MappedCounter(Counter):
    """Counts the classes that raw labels mean."""

    in_place = False

    def __init__(
        self, labels: Labels, maps: LabelMaps, *, matrix: bool, per_sample: bool
    ) -> None:
        super().__init__(labels, matrix=matrix, per_sample=per_sample)
        self._maps = maps
        self._raw_options = raw_op_options(labels.options, per_sample)

    def count(self, preds: Any, target: Any, mask: Any) -> tuple[Tensor, Tensor]:
        inputs = (preds, target, mask, self._per_sample)
        pixels = MappedPixels.of(self._options, self._maps, self._matrix, *inputs)
        plain = partial(local_counts, per_sample=self._per_sample)
        return pixels.count(mask, self._raw_options, plain)


def counter_of(labels: Labels, *, matrix: bool, per_sample: bool) -> Counter:
    """Return what counts labels at the least cost."""
    if labels.maps is not None:
        return MappedCounter(labels, labels.maps, matrix=matrix, per_sample=per_sample)
    kind = Counter if labels.top_k == 1 else TopKCounter
    return kind(labels, matrix=matrix, per_sample=per_sample)


def in_order(labels: Labels) -> Labels:
    """Return labels whose values to ignore are in order, each once."""
    options = labels.options
    if len(options.ignore_index) < 2:
        return labels
    values = tuple(sorted(set(options.ignore_index)))
    return replace(labels, options=replace(options, ignore_index=values))
