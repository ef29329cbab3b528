"""What labels and scores mean: classes as they are, mapped to classes, or the top k.

Functions and metric objects read pixels alike; what they share of it is here.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from torchtally.ops._arguments import REMEDY, CountOptions
from torchtally.ops.confusion_matrix import count_matrix

from ._label_maps import LabelMap, LabelMaps, count_mapped, unknown_message
from ._top_k import check_top_k, top_k_labels


@dataclass(frozen=True)
class Labels:
    """The options that say what is counted, checked once.

    Attributes:
        options: of the op.
        maps: what labels mean; None where they are classes.
        top_k: how many of the highest scores may hit; 1 where the op finds the highest.
    """

    options: CountOptions
    maps: LabelMaps | None
    top_k: int

    @classmethod
    def checked(
        cls,
        options: CountOptions,
        label_map: LabelMap,
        preds_map: LabelMap,
        top_k: int,
    ) -> Labels:
        """Return what labels mean, or raise TypeError or ValueError."""
        maps = LabelMaps.checked(options, label_map, preds_map)
        check_top_k(options, top_k, maps is not None)
        return cls(options, maps, top_k)

    @property
    def ignored_classes(self) -> tuple[int, ...]:
        """The classes of which every label is ignored, which are not scored."""
        ignored = self.options.ignore_index
        return ignored if self.maps is None else self.maps.ignored_classes(ignored)

    @property
    def given(self) -> dict[str, object]:
        """Those of ``label_map``, ``preds_map`` and ``top_k`` that are not defaults."""
        given: dict[str, object] = {}
        if self.maps is not None:
            maps = {"label_map": self.maps.target, "preds_map": self.maps.preds}
            for name, codes in maps.items():
                if codes is not None:
                    classes = codes.items()
                    given[name] = {v: None if c < 0 else c for v, c in classes}
        if self.top_k != 1:
            given["top_k"] = self.top_k
        return given

    def counted_preds(
        self, preds: Tensor, target: Tensor, mask: Tensor | None
    ) -> Tensor:
        """Return preds as they are, or the labels that ``top_k`` makes of them.

        Raises:
            TypeError: for a wrong kind or dtype.
            ValueError: for a wrong shape.
        """
        if self.top_k == 1:
            return preds
        self.options.op_inputs(preds, target, mask, False)
        return top_k_labels(self.options, preds, target, self.top_k)

    def count_matrix(
        self,
        preds: Tensor,
        target: Tensor,
        mask: Tensor | None,
        per_sample: bool,
        validate: bool,
    ) -> Tensor:
        """Return the confusion matrix of the classes that pixels mean."""
        preds = self.counted_preds(preds, target, mask)
        inputs = (preds, target, mask, per_sample, validate)
        if self.maps is None:
            return count_matrix(self.options, *inputs)
        return count_mapped(self.options, self.maps, *inputs)

    def invalid_message(self, invalid: int) -> str:
        """Say that ``invalid`` pairs have a label out of range, and what to do."""
        if self.maps is not None:
            return unknown_message(self.options, invalid)
        return f"{self.options.invalid_message(invalid)}. {REMEDY}"
