"""The confusion matrix accumulated over batches."""
# Written by scripts/generate_api.py from _options.py and functional/_definitions.py.
# fmt: off
# ruff: noqa: I001

from __future__ import annotations

import torch
from typing_extensions import Never

from torchtally._options import (
    ClassNames, IgnoreIndex, LabelMap, Normalize, OutOfRange, Task, Threshold,
)

from ._matrix import MatrixMetric

__all__ = [
    "ConfusionMatrix",
]


class ConfusionMatrix(MatrixMetric):
    """Accumulate a confusion matrix over batches.

    Rows are targets, columns predictions. ``compute`` returns int64 ``[C, C]``, or
    ``[N, C, C]`` per sample; ``[L, 2, 2]`` or ``[N, L, 2, 2]`` for multilabel; one more
    row and column, "other", with ``out_of_range="miss"``. Shares of that shape with
    ``normalize``. Samples are in the order of updates.

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
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        per_sample: bool = False, normalize: Normalize | None = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Accumulate a confusion matrix over batches.

        Args:
            num_classes: C, or L for multilabel; may be left out for binary.
            task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
                ``"multilabel"`` L labels a pixel, each set or not.
            threshold: a binary or multilabel score above it is class 1: a number, or
                one for each label. Scores are then taken as they are, and a NaN is
                above nothing. None means probabilities, cut at 0.5, and one outside [0,
                1] is out of range.
            logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
                range.
            top_k: a pixel whose target is among its k highest class scores counts as
                predicted right, another as its highest score says (``[N, C, ...]``
                scores).
            ignore_index: a target value, or several, whose pixels count nowhere.
            label_map: a mapping from the values of target to classes, all at once; a
                value mapped to None is ignored, one that is not named is out of range.
            preds_map: the same for preds.
            out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
                score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair
                out; ``"miss"`` counts it as a class of its own, "other", that enters
                micro averages only.
            per_sample: count each index of dimension 0, each sample, on its own.
            normalize: None for counts, or their shares: ``"true"`` of the pixels of
                each target class; ``"pred"`` of the pixels of each predicted class;
                ``"all"`` of all pixels. See
                :func:`torchtally.functional.normalize_confusion_matrix`.
            dtype: of shares; counts are int64.
            sync_on_compute: ``compute`` adds up the counts of all ranks where
                ``torch.distributed`` is initialised.
            class_names: what ``named`` and ``plot`` call the classes, or labels: a name
                for each, or a mapping from classes to names. A class without a name is
                its number.
            persistent: keep the counts in ``state_dict``, with the options that they
                depend on, which ``load_state_dict`` compares; without, saving and
                loading a model leaves them alone.
            **unknown: any other option is refused, and the nearest one is named.

        Raises:
            TypeError: for an argument of the wrong kind, or an option that is not
                listed.
            ValueError: for a wrong value.
        """
        super().__init__(
            num_classes, unknown, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, per_sample=per_sample,
            normalize=normalize, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )
