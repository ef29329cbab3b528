"""Scores of pixels: predictions and targets in, a number out."""
# Written by scripts/generate_api.py from _options.py and functional/_definitions.py.
# fmt: off
# ruff: noqa: I001

from __future__ import annotations

from typing import Any, Literal, overload

import torch
from torch import Tensor

from torchtally._options import (
    Aggregation, Array, Average, ClassWeights, Classes, EmptyWeight, IgnoreIndex,
    KappaWeights, LabelMap, OfSamples, OutOfRange, Regions, SampleMean, Task, Threshold,
    UndefinedWhen, WeightType, ZeroDivision,
)

from ._definitions import SCORES
from ._policy import Scored
from ._scoring import score_of_pixels

__all__ = [
    "accuracy_score",
    "balanced_accuracy_score",
    "cohen_kappa_score",
    "dice_score",
    "exact_match_score",
    "f1_score",
    "false_discovery_rate",
    "false_negative_rate",
    "false_omission_rate",
    "false_positive_rate",
    "fbeta_score",
    "frequency_weighted_iou_score",
    "generalized_dice_score",
    "informedness",
    "iou_score",
    "markedness",
    "matthews_corrcoef",
    "negative_predictive_value",
    "positive_likelihood_ratio",
    "precision_score",
    "recall_score",
    "specificity_score",
    "tversky_score",
]


@overload
def dice_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def dice_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def dice_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Dice coefficient, 2 tp / (2 tp + fp + fn).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Dice (1945), Measures of the amount of ecologic association between species.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.dice_score(preds, target, 2, average='none')
        tensor([0.8571, 0.8000])
    """
    return score_of_pixels(
        SCORES["dice"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def iou_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def iou_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def iou_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Intersection over union (Jaccard index), tp / (tp + fp + fn).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Jaccard (1912), The distribution of the flora in the alpine zone.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.iou_score(preds, target, 2, average='none')
        tensor([0.7500, 0.6667])
    """
    return score_of_pixels(
        SCORES["iou"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def f1_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def f1_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def f1_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """F1, the harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.f1_score(preds, target, 2)
        tensor(0.8286)
    """
    return score_of_pixels(
        SCORES["f1"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def fbeta_score(
    preds: Array, target: Array, num_classes: int | None = None, *, beta: float = 1.0,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def fbeta_score(
    preds: Array, target: Array, num_classes: int | None = None, *, beta: float = 1.0,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def fbeta_score(
    preds: Array, target: Array, num_classes: int | None = None, *, beta: float = 1.0,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """F-beta, (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        beta: weight of recall; 0 is precision, infinity is recall.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.fbeta_score(preds, target, 2, beta=2.0, average='none')
        tensor([0.7895, 0.9091])
    """
    return score_of_pixels(
        SCORES["fbeta"], preds, target, num_classes, unknown, {"beta": beta}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def precision_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def precision_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def precision_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Precision (positive predictive value), tp / (tp + fp).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.precision_score(preds, target, 2, average='none')
        tensor([1.0000, 0.6667])
    """
    return score_of_pixels(
        SCORES["precision"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def recall_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def recall_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def recall_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Recall (sensitivity, true positive rate), tp / (tp + fn).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.recall_score(preds, target, 2, average='none')
        tensor([0.7500, 1.0000])
    """
    return score_of_pixels(
        SCORES["recall"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def specificity_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def specificity_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def specificity_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Specificity (true negative rate), tn / (tn + fp).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.specificity_score(preds, target, 2, average='none')
        tensor([1.0000, 0.7500])
    """
    return score_of_pixels(
        SCORES["specificity"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def negative_predictive_value(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def negative_predictive_value(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def negative_predictive_value(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Negative predictive value, tn / (tn + fn).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Altman and Bland (1994), Diagnostic tests 2: predictive values.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.negative_predictive_value(preds, target, 2, average='none')
        tensor([0.6667, 1.0000])
    """
    return score_of_pixels(
        SCORES["negative_predictive_value"], preds, target, num_classes, unknown, {},
        task=task, threshold=threshold, logits=logits, top_k=top_k,
        ignore_index=ignore_index, label_map=label_map, preds_map=preds_map, mask=mask,
        out_of_range=out_of_range, validate=validate, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def false_positive_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def false_positive_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def false_positive_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """False positive rate (fall-out), 1 - specificity, fp / (fp + tn).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.false_positive_rate(preds, target, 2, average='none')
        tensor([0.0000, 0.2500])
    """
    return score_of_pixels(
        SCORES["false_positive_rate"], preds, target, num_classes, unknown, {},
        task=task, threshold=threshold, logits=logits, top_k=top_k,
        ignore_index=ignore_index, label_map=label_map, preds_map=preds_map, mask=mask,
        out_of_range=out_of_range, validate=validate, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def false_negative_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def false_negative_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def false_negative_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """False negative rate (miss rate), 1 - recall, fn / (fn + tp).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.false_negative_rate(preds, target, 2, average='none')
        tensor([0.2500, 0.0000])
    """
    return score_of_pixels(
        SCORES["false_negative_rate"], preds, target, num_classes, unknown, {},
        task=task, threshold=threshold, logits=logits, top_k=top_k,
        ignore_index=ignore_index, label_map=label_map, preds_map=preds_map, mask=mask,
        out_of_range=out_of_range, validate=validate, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def false_discovery_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def false_discovery_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def false_discovery_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """False discovery rate, 1 - precision, fp / (fp + tp).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Altman and Bland (1994), Diagnostic tests 2: predictive values.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.false_discovery_rate(preds, target, 2, average='none')
        tensor([0.0000, 0.3333])
    """
    return score_of_pixels(
        SCORES["false_discovery_rate"], preds, target, num_classes, unknown, {},
        task=task, threshold=threshold, logits=logits, top_k=top_k,
        ignore_index=ignore_index, label_map=label_map, preds_map=preds_map, mask=mask,
        out_of_range=out_of_range, validate=validate, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def false_omission_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def false_omission_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def false_omission_rate(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """False omission rate, 1 - negative predictive value, fn / (fn + tn).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Altman and Bland (1994), Diagnostic tests 2: predictive values.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.false_omission_rate(preds, target, 2, average='none')
        tensor([0.3333, 0.0000])
    """
    return score_of_pixels(
        SCORES["false_omission_rate"], preds, target, num_classes, unknown, {},
        task=task, threshold=threshold, logits=logits, top_k=top_k,
        ignore_index=ignore_index, label_map=label_map, preds_map=preds_map, mask=mask,
        out_of_range=out_of_range, validate=validate, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def informedness(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def informedness(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def informedness(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Informedness (Youden's J), recall + specificity - 1.

    ``(tp tn - fp fn) / ((tp + fn) (tn + fp))``

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Powers (2011), Evaluation: from precision, recall and F-measure to ROC.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.informedness(preds, target, 2, average='none')
        tensor([0.7500, 0.7500])
    """
    return score_of_pixels(
        SCORES["informedness"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def markedness(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def markedness(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def markedness(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Markedness, precision + negative predictive value - 1.

    ``(tp tn - fp fn) / ((tp + fp) (tn + fn))``

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Powers (2011), Evaluation: from precision, recall and F-measure to ROC.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.markedness(preds, target, 2, average='none')
        tensor([0.6667, 0.6667])
    """
    return score_of_pixels(
        SCORES["markedness"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def positive_likelihood_ratio(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def positive_likelihood_ratio(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def positive_likelihood_ratio(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Positive likelihood ratio, recall / (1 - specificity).

    ``tp (fp + tn) / (fp (tp + fn))``

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Deeks and Altman (2004), Diagnostic tests 4: likelihood ratios.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.positive_likelihood_ratio(preds, target, 2, average='none')
        tensor([nan, 4.])
    """
    return score_of_pixels(
        SCORES["positive_likelihood_ratio"], preds, target, num_classes, unknown, {},
        task=task, threshold=threshold, logits=logits, top_k=top_k,
        ignore_index=ignore_index, label_map=label_map, preds_map=preds_map, mask=mask,
        out_of_range=out_of_range, validate=validate, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def accuracy_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = "micro", zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def accuracy_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = "micro", zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def accuracy_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = "micro", zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Accuracy, the share of pixels predicted right; of a class, its recall.

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"micro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Long et al. (2015), Fully convolutional networks: pixel and mean accuracy.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.accuracy_score(preds, target, 2)
        tensor(0.8333)
    """
    return score_of_pixels(
        SCORES["accuracy"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def balanced_accuracy_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def balanced_accuracy_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def balanced_accuracy_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Balanced accuracy, the mean recall of the classes of the target.

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Brodersen et al. (2010), The balanced accuracy and its posterior distribution.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.balanced_accuracy_score(preds, target, 2)
        tensor(0.8750)
    """
    return score_of_pixels(
        SCORES["balanced_accuracy"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, regions=regions,
        return_valid=return_valid, dtype=dtype,
    )


@overload
def frequency_weighted_iou_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def frequency_weighted_iou_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def frequency_weighted_iou_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Intersection over union, each class weighted by its share of the target.

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Long et al. (2015), Fully convolutional networks: frequency weighted IU.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.frequency_weighted_iou_score(preds, target, 2)
        tensor(0.7222)
    """
    return score_of_pixels(
        SCORES["frequency_weighted_iou"], preds, target, num_classes, unknown, {},
        task=task, threshold=threshold, logits=logits, top_k=top_k,
        ignore_index=ignore_index, label_map=label_map, preds_map=preds_map, mask=mask,
        out_of_range=out_of_range, validate=validate, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background, regions=regions,
        return_valid=return_valid, dtype=dtype,
    )


@overload
def tversky_score(
    preds: Array, target: Array, num_classes: int | None = None, *, alpha: float = 0.5,
    beta: float = 0.5, task: Task = "multiclass", threshold: Threshold = None,
    logits: bool = False, top_k: int = 1, ignore_index: IgnoreIndex = None,
    label_map: LabelMap = None, preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def tversky_score(
    preds: Array, target: Array, num_classes: int | None = None, *, alpha: float = 0.5,
    beta: float = 0.5, task: Task = "multiclass", threshold: Threshold = None,
    logits: bool = False, top_k: int = 1, ignore_index: IgnoreIndex = None,
    label_map: LabelMap = None, preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def tversky_score(
    preds: Array, target: Array, num_classes: int | None = None, *, alpha: float = 0.5,
    beta: float = 0.5, task: Task = "multiclass", threshold: Threshold = None,
    logits: bool = False, top_k: int = 1, ignore_index: IgnoreIndex = None,
    label_map: LabelMap = None, preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Tversky index, tp / (tp + alpha fp + beta fn).

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        alpha: weight of false positives; not negative.
        beta: weight of false negatives. 0.5 and 0.5 is Dice.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
            classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
            each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples of
            labels pooled (multilabel). None is ``"binary"`` for ``task="binary"``, else
            ``"macro"``.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        sample_mean: of samplewise scores: ``"classes_first"`` means over classes, then
            samples; ``"samples_first"`` the other way round; ``"joint"`` one mean over
            both.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        class_weights: a weight for each of the C classes, or regions; of macro averages
            only. The result is divided by the weights that entered it.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar; ``[C]`` with ``average="none"``, and a leading
        ``[N]`` with ``aggregation="none"``. NaN where every entry was left out.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Tversky (1977), Features of similarity; alpha, beta as in Salehi et al. (2017).

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.tversky_score(preds, target, 2, alpha=0.3, beta=0.7, average='none')
        tensor([0.8108, 0.8696])
    """
    return score_of_pixels(
        SCORES["tversky"], preds, target, num_classes, unknown,
        {"alpha": alpha, "beta": beta}, task=task, threshold=threshold, logits=logits,
        top_k=top_k, ignore_index=ignore_index, label_map=label_map,
        preds_map=preds_map, mask=mask, out_of_range=out_of_range, validate=validate,
        average=average, zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def generalized_dice_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    weight_type: WeightType = "square", empty_weight: EmptyWeight = "largest",
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", classes: Classes = None,
    include_background: bool = True, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def generalized_dice_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    weight_type: WeightType = "square", empty_weight: EmptyWeight = "largest",
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", classes: Classes = None,
    include_background: bool = True, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def generalized_dice_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    weight_type: WeightType = "square", empty_weight: EmptyWeight = "largest",
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", classes: Classes = None,
    include_background: bool = True, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Generalized Dice, 2 sum(w tp) / sum(w (2 tp + fp + fn)) over classes.

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        weight_type: w of a class with t target pixels: ``"square"`` 1 / t²;
            ``"simple"`` 1 / t; ``"linear"`` 1.
        empty_weight: w of a class without target pixels: ``"largest"`` that of the
            other classes (MONAI); ``"zero"`` 0. Not of linear.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        classes: the classes to score, in this order; None for all; ``"present"`` for
            those with a target or predicted pixel (another is NaN and enters no
            average).
        include_background: False leaves class 0 out.
        regions: unions of classes that are scored instead of classes, such as ``[[1, 2,
            3], [1, 3]]``, or a mapping from names to them; they may overlap.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar, or ``[N]`` with ``aggregation="none"``. NaN
        where undefined.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Crum et al. (2006), Generalized overlap measures; Sudre et al. (2017).

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.generalized_dice_score(preds, target, 2)
        tensor(0.8148)
    """
    return score_of_pixels(
        SCORES["generalized_dice"], preds, target, num_classes, unknown,
        {"weight_type": weight_type, "empty_weight": empty_weight}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, classes=classes, include_background=include_background,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def exact_match_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: OfSamples = "samplewise", return_valid: Literal[False] = False,
    dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def exact_match_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: OfSamples = "samplewise", return_valid: Literal[True],
    dtype: torch.dtype = torch.float32,
) -> Scored: ...

def exact_match_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: OfSamples = "samplewise", return_valid: bool = False,
    dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Exact match (subset accuracy), the share of samples without a wrong label.

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"samplewise"`` the share of samples, the indices of dimension 0;
            ``"none"`` 1 or 0 for each. An ignored pixel makes no sample wrong, and a
            sample without others is undefined.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar, or ``[N]`` with ``aggregation="none"``. NaN
        where undefined.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Kazawa et al. (2005), Maximal margin labeling for multi-topic text
        categorization.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.exact_match_score(preds, target, 2)
        tensor(0.8333)
    """
    return score_of_pixels(
        SCORES["exact_match"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, return_valid=return_valid, dtype=dtype,
    )


@overload
def matthews_corrcoef(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: Literal[False] = False,
    dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def matthews_corrcoef(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: Literal[True],
    dtype: torch.dtype = torch.float32,
) -> Scored: ...

def matthews_corrcoef(
    preds: Array, target: Array, num_classes: int | None = None, *,
    task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
    top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: bool = False,
    dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Matthews correlation coefficient of target and prediction, in [-1, 1].

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar, or ``[N]`` with ``aggregation="none"``. NaN
        where undefined.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Gorodkin (2004), Comparing two K-category assignments by a K-category
        correlation coefficient.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.matthews_corrcoef(preds, target, 2)
        tensor(0.7071)
    """
    return score_of_pixels(
        SCORES["matthews_corrcoef"], preds, target, num_classes, unknown, {}, task=task,
        threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
        label_map=label_map, preds_map=preds_map, mask=mask, out_of_range=out_of_range,
        validate=validate, zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, return_valid=return_valid, dtype=dtype,
    )


@overload
def cohen_kappa_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    weights: KappaWeights = "none", task: Task = "multiclass",
    threshold: Threshold = None, logits: bool = False, top_k: int = 1,
    ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: Literal[False] = False,
    dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def cohen_kappa_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    weights: KappaWeights = "none", task: Task = "multiclass",
    threshold: Threshold = None, logits: bool = False, top_k: int = 1,
    ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: Literal[True],
    dtype: torch.dtype = torch.float32,
) -> Scored: ...

def cohen_kappa_score(
    preds: Array, target: Array, num_classes: int | None = None, *,
    weights: KappaWeights = "none", task: Task = "multiclass",
    threshold: Threshold = None, logits: bool = False, top_k: int = 1,
    ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
    preds_map: LabelMap = None, mask: Array | None = None,
    out_of_range: OutOfRange = "error", validate: bool = True,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: bool = False,
    dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Cohen's kappa, agreement beyond chance, at most 1.

    Args:
        preds: labels of target's shape, or class scores ``[N, C, ...]``. A tensor, or
            an array of NumPy, CuPy or JAX, read without a copy; so target and mask.
        target: integer or bool labels ``[N, ...]``; ``[N, L, ...]`` for multilabel. For
            binary and multilabel also floating numbers 0 and 1.
        num_classes: C, or L for multilabel; may be left out for binary.
        weights: weight of a disagreement between two classes: ``"none"`` 1;
            ``"linear"`` the distance; ``"quadratic"`` its square.
        task: ``"multiclass"`` one class a pixel; ``"binary"`` classes 0 and 1;
            ``"multilabel"`` L labels a pixel, each set or not.
        threshold: a binary or multilabel score above it is class 1: a number, or one
            for each label. Scores are then taken as they are, and a NaN is above
            nothing. None means probabilities, cut at 0.5, and one outside [0, 1] is out
            of range.
        logits: binary and multilabel scores are logits, cut at 0; a NaN is out of
            range.
        top_k: a pixel whose target is among its k highest class scores counts as
            predicted right, another as its highest score says (``[N, C, ...]`` scores).
        ignore_index: a target value, or several, whose pixels count nowhere.
        label_map: a mapping from the values of target to classes, all at once; a value
            mapped to None is ignored, one that is not named is out of range.
        preds_map: the same for preds.
        mask: bool tensor of target's shape; pixels where it is False count nowhere.
        out_of_range: what a label outside ``[0, C)`` that is not ignored does, or a
            score that cannot be: ``"error"`` raises; ``"ignore"`` leaves its pair out;
            ``"miss"`` counts it as a class of its own, "other", that enters micro
            averages only.
        validate: with False, ``out_of_range="error"`` does not raise, which spares CUDA
            tensors the read back from the device; the pair is left out.
        zero_division: what an undefined entry is worth: ``"skip"`` leaves it out (NaN
            with ``average="none"``, and where nothing is left); ``"nan"`` lets NaN
            propagate; a number stands in for it.
        undefined_when: which entries are undefined: ``"zero_denominator"`` those alone;
            ``"empty_target"`` also those without a target pixel; ``"both_empty"`` also
            those without a target or predicted pixel.
        aggregation: ``"global"`` adds up the counts of all samples first;
            ``"samplewise"`` averages the scores of samples; ``"none"`` returns a score
            for each sample.
        return_valid: return ``(score, valid)``, where valid is int64: the number of
            entries that entered the last average.
        dtype: float32 or float64. Ratios are computed in float64 either way.
        **unknown: any other option is refused, and the nearest one is named.

    Returns:
        float32, or ``dtype``: a scalar, or ``[N]`` with ``aggregation="none"``. NaN
        where undefined.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value, or a label or score out of range. A
            program of ``torch.compile`` raises for these on CPU; on CUDA, and where it
            is exported, traced or vmapped, the pair is left out.

    References:
        Cohen (1960), A coefficient of agreement for nominal scales; (1968) weighted.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> tt.cohen_kappa_score(preds, target, 2)
        tensor(0.6667)
    """
    return score_of_pixels(
        SCORES["cohen_kappa"], preds, target, num_classes, unknown,
        {"weights": weights}, task=task, threshold=threshold, logits=logits,
        top_k=top_k, ignore_index=ignore_index, label_map=label_map,
        preds_map=preds_map, mask=mask, out_of_range=out_of_range, validate=validate,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, return_valid=return_valid, dtype=dtype,
    )
