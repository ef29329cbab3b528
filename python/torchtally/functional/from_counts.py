"""Scores of counts already taken: confusion matrices, or counts of classes."""
# Written by scripts/generate_api.py from _options.py and functional/_definitions.py.
# fmt: off
# ruff: noqa: I001

from __future__ import annotations

from typing import Any, Literal, overload

import torch
from torch import Tensor

from torchtally._options import (
    Aggregation, Array, Average, ClassWeights, Classes, EmptyWeight, IgnoreIndex,
    KappaWeights, OfSamples, Regions, SampleMean, Task, UndefinedWhen, WeightType,
    ZeroDivision,
)
from torchtally.ops._counting import ClassCounts

from ._definitions import SCORES
from ._policy import Scored
from ._scoring import score_of_counts

__all__ = [
    "accuracy_from_counts",
    "balanced_accuracy_from_counts",
    "cohen_kappa_from_counts",
    "dice_from_counts",
    "exact_match_from_counts",
    "f1_from_counts",
    "false_discovery_rate_from_counts",
    "false_negative_rate_from_counts",
    "false_omission_rate_from_counts",
    "false_positive_rate_from_counts",
    "fbeta_from_counts",
    "frequency_weighted_iou_from_counts",
    "generalized_dice_from_counts",
    "informedness_from_counts",
    "iou_from_counts",
    "markedness_from_counts",
    "matthews_corrcoef_from_counts",
    "negative_predictive_value_from_counts",
    "positive_likelihood_ratio_from_counts",
    "precision_from_counts",
    "recall_from_counts",
    "specificity_from_counts",
    "tversky_from_counts",
]


@overload
def dice_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def dice_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def dice_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Dice coefficient, 2 tp / (2 tp + fp + fn).

    Of counts already taken; :func:`dice_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Dice (1945), Measures of the amount of ecologic association between species.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.dice_from_counts(matrix, average='none')
        tensor([0.8571, 0.8000])
    """
    return score_of_counts(
        SCORES["dice"], counts, unknown, {}, task=task, ignore_index=ignore_index,
        other=other, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def iou_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def iou_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def iou_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Intersection over union (Jaccard index), tp / (tp + fp + fn).

    Of counts already taken; :func:`iou_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Jaccard (1912), The distribution of the flora in the alpine zone.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.iou_from_counts(matrix, average='none')
        tensor([0.7500, 0.6667])
    """
    return score_of_counts(
        SCORES["iou"], counts, unknown, {}, task=task, ignore_index=ignore_index,
        other=other, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def f1_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def f1_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def f1_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """F1, the harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn).

    Of counts already taken; :func:`f1_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.f1_from_counts(matrix)
        tensor(0.8286)
    """
    return score_of_counts(
        SCORES["f1"], counts, unknown, {}, task=task, ignore_index=ignore_index,
        other=other, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def fbeta_from_counts(
    counts: Array | ClassCounts, *, beta: float = 1.0, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def fbeta_from_counts(
    counts: Array | ClassCounts, *, beta: float = 1.0, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def fbeta_from_counts(
    counts: Array | ClassCounts, *, beta: float = 1.0, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """F-beta, (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp).

    Of counts already taken; :func:`fbeta_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        beta: weight of recall; 0 is precision, infinity is recall.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.fbeta_from_counts(matrix, beta=2.0, average='none')
        tensor([0.7895, 0.9091])
    """
    return score_of_counts(
        SCORES["fbeta"], counts, unknown, {"beta": beta}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def precision_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def precision_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def precision_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Precision (positive predictive value), tp / (tp + fp).

    Of counts already taken; :func:`precision_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.precision_from_counts(matrix, average='none')
        tensor([1.0000, 0.6667])
    """
    return score_of_counts(
        SCORES["precision"], counts, unknown, {}, task=task, ignore_index=ignore_index,
        other=other, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def recall_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def recall_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def recall_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Recall (sensitivity, true positive rate), tp / (tp + fn).

    Of counts already taken; :func:`recall_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.recall_from_counts(matrix, average='none')
        tensor([0.7500, 1.0000])
    """
    return score_of_counts(
        SCORES["recall"], counts, unknown, {}, task=task, ignore_index=ignore_index,
        other=other, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def specificity_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def specificity_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def specificity_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Specificity (true negative rate), tn / (tn + fp).

    Of counts already taken; :func:`specificity_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.specificity_from_counts(matrix, average='none')
        tensor([1.0000, 0.7500])
    """
    return score_of_counts(
        SCORES["specificity"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def negative_predictive_value_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def negative_predictive_value_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def negative_predictive_value_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Negative predictive value, tn / (tn + fn).

    Of counts already taken; :func:`negative_predictive_value` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Altman and Bland (1994), Diagnostic tests 2: predictive values.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.negative_predictive_value_from_counts(matrix, average='none')
        tensor([0.6667, 1.0000])
    """
    return score_of_counts(
        SCORES["negative_predictive_value"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def false_positive_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def false_positive_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def false_positive_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """False positive rate (fall-out), 1 - specificity, fp / (fp + tn).

    Of counts already taken; :func:`false_positive_rate` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.false_positive_rate_from_counts(matrix, average='none')
        tensor([0.0000, 0.2500])
    """
    return score_of_counts(
        SCORES["false_positive_rate"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def false_negative_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def false_negative_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def false_negative_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """False negative rate (miss rate), 1 - recall, fn / (fn + tp).

    Of counts already taken; :func:`false_negative_rate` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.false_negative_rate_from_counts(matrix, average='none')
        tensor([0.2500, 0.0000])
    """
    return score_of_counts(
        SCORES["false_negative_rate"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def false_discovery_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def false_discovery_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def false_discovery_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """False discovery rate, 1 - precision, fp / (fp + tp).

    Of counts already taken; :func:`false_discovery_rate` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Altman and Bland (1994), Diagnostic tests 2: predictive values.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.false_discovery_rate_from_counts(matrix, average='none')
        tensor([0.0000, 0.3333])
    """
    return score_of_counts(
        SCORES["false_discovery_rate"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def false_omission_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def false_omission_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def false_omission_rate_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """False omission rate, 1 - negative predictive value, fn / (fn + tn).

    Of counts already taken; :func:`false_omission_rate` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Altman and Bland (1994), Diagnostic tests 2: predictive values.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.false_omission_rate_from_counts(matrix, average='none')
        tensor([0.3333, 0.0000])
    """
    return score_of_counts(
        SCORES["false_omission_rate"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def informedness_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def informedness_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def informedness_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Informedness (Youden's J), recall + specificity - 1.

    ``(tp tn - fp fn) / ((tp + fn) (tn + fp))``

    Of counts already taken; :func:`informedness` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Powers (2011), Evaluation: from precision, recall and F-measure to ROC.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.informedness_from_counts(matrix, average='none')
        tensor([0.7500, 0.7500])
    """
    return score_of_counts(
        SCORES["informedness"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def markedness_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def markedness_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def markedness_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Markedness, precision + negative predictive value - 1.

    ``(tp tn - fp fn) / ((tp + fp) (tn + fn))``

    Of counts already taken; :func:`markedness` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Powers (2011), Evaluation: from precision, recall and F-measure to ROC.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.markedness_from_counts(matrix, average='none')
        tensor([0.6667, 0.6667])
    """
    return score_of_counts(
        SCORES["markedness"], counts, unknown, {}, task=task, ignore_index=ignore_index,
        other=other, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def positive_likelihood_ratio_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def positive_likelihood_ratio_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def positive_likelihood_ratio_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Positive likelihood ratio, recall / (1 - specificity).

    ``tp (fp + tn) / (fp (tp + fn))``

    Of counts already taken; :func:`positive_likelihood_ratio` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Deeks and Altman (2004), Diagnostic tests 4: likelihood ratios.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.positive_likelihood_ratio_from_counts(matrix, average='none')
        tensor([nan, 4.])
    """
    return score_of_counts(
        SCORES["positive_likelihood_ratio"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def accuracy_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = "micro", zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def accuracy_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = "micro", zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def accuracy_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = "micro", zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Accuracy, the share of pixels predicted right; of a class, its recall.

    Of counts already taken; :func:`accuracy_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Long et al. (2015), Fully convolutional networks: pixel and mean accuracy.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.accuracy_from_counts(matrix)
        tensor(0.8333)
    """
    return score_of_counts(
        SCORES["accuracy"], counts, unknown, {}, task=task, ignore_index=ignore_index,
        other=other, average=average, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background,
        class_weights=class_weights, regions=regions, return_valid=return_valid,
        dtype=dtype,
    )


@overload
def balanced_accuracy_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def balanced_accuracy_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def balanced_accuracy_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Balanced accuracy, the mean recall of the classes of the target.

    Of counts already taken; :func:`balanced_accuracy_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Brodersen et al. (2010), The balanced accuracy and its posterior distribution.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.balanced_accuracy_from_counts(matrix)
        tensor(0.8750)
    """
    return score_of_counts(
        SCORES["balanced_accuracy"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background, regions=regions,
        return_valid=return_valid, dtype=dtype,
    )


@overload
def frequency_weighted_iou_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def frequency_weighted_iou_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def frequency_weighted_iou_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Intersection over union, each class weighted by its share of the target.

    Of counts already taken; :func:`frequency_weighted_iou_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Long et al. (2015), Fully convolutional networks: frequency weighted IU.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.frequency_weighted_iou_from_counts(matrix)
        tensor(0.7222)
    """
    return score_of_counts(
        SCORES["frequency_weighted_iou"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, sample_mean=sample_mean,
        classes=classes, include_background=include_background, regions=regions,
        return_valid=return_valid, dtype=dtype,
    )


@overload
def tversky_from_counts(
    counts: Array | ClassCounts, *, alpha: float = 0.5, beta: float = 0.5,
    task: Task = "multiclass", ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def tversky_from_counts(
    counts: Array | ClassCounts, *, alpha: float = 0.5, beta: float = 0.5,
    task: Task = "multiclass", ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def tversky_from_counts(
    counts: Array | ClassCounts, *, alpha: float = 0.5, beta: float = 0.5,
    task: Task = "multiclass", ignore_index: IgnoreIndex = None, other: bool = False,
    average: Average | None = None, zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
    classes: Classes = None, include_background: bool = True,
    class_weights: ClassWeights = None, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Tversky index, tp / (tp + alpha fp + beta fn).

    Of counts already taken; :func:`tversky_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        alpha: weight of false positives; not negative.
        beta: weight of false negatives. 0.5 and 0.5 is Dice.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Tversky (1977), Features of similarity; alpha, beta as in Salehi et al. (2017).

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.tversky_from_counts(
        ...     matrix, alpha=0.3, beta=0.7, average='none'
        ... )
        tensor([0.8108, 0.8696])
    """
    return score_of_counts(
        SCORES["tversky"], counts, unknown, {"alpha": alpha, "beta": beta}, task=task,
        ignore_index=ignore_index, other=other, average=average,
        zero_division=zero_division, undefined_when=undefined_when,
        aggregation=aggregation, sample_mean=sample_mean, classes=classes,
        include_background=include_background, class_weights=class_weights,
        regions=regions, return_valid=return_valid, dtype=dtype,
    )


@overload
def generalized_dice_from_counts(
    counts: Array | ClassCounts, *, weight_type: WeightType = "square",
    empty_weight: EmptyWeight = "largest", task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", classes: Classes = None,
    include_background: bool = True, regions: Regions = None,
    return_valid: Literal[False] = False, dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def generalized_dice_from_counts(
    counts: Array | ClassCounts, *, weight_type: WeightType = "square",
    empty_weight: EmptyWeight = "largest", task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", classes: Classes = None,
    include_background: bool = True, regions: Regions = None,
    return_valid: Literal[True], dtype: torch.dtype = torch.float32,
) -> Scored: ...

def generalized_dice_from_counts(
    counts: Array | ClassCounts, *, weight_type: WeightType = "square",
    empty_weight: EmptyWeight = "largest", task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", classes: Classes = None,
    include_background: bool = True, regions: Regions = None,
    return_valid: bool = False, dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Generalized Dice, 2 sum(w tp) / sum(w (2 tp + fp + fn)) over classes.

    Of counts already taken; :func:`generalized_dice_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        weight_type: w of a class with t target pixels: ``"square"`` 1 / t²;
            ``"simple"`` 1 / t; ``"linear"`` 1.
        empty_weight: w of a class without target pixels: ``"largest"`` that of the
            other classes (MONAI); ``"zero"`` 0. Not of linear.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        where undefined. Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Crum et al. (2006), Generalized overlap measures; Sudre et al. (2017).

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.generalized_dice_from_counts(matrix)
        tensor(0.8148)
    """
    return score_of_counts(
        SCORES["generalized_dice"], counts, unknown,
        {"weight_type": weight_type, "empty_weight": empty_weight}, task=task,
        ignore_index=ignore_index, other=other, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation, classes=classes,
        include_background=include_background, regions=regions,
        return_valid=return_valid, dtype=dtype,
    )


@overload
def exact_match_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: OfSamples = "samplewise", return_valid: Literal[False] = False,
    dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def exact_match_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: OfSamples = "samplewise", return_valid: Literal[True],
    dtype: torch.dtype = torch.float32,
) -> Scored: ...

def exact_match_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: OfSamples = "samplewise", return_valid: bool = False,
    dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Exact match (subset accuracy), the share of samples without a wrong label.

    Of counts already taken; :func:`exact_match_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        where undefined. Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Kazawa et al. (2005), Maximal margin labeling for multi-topic text
        categorization.

    Example:
        >>> import torchtally as tt
        >>> preds = torch.tensor([0, 0, 0, 1, 1, 1])
        >>> target = torch.tensor([0, 0, 0, 0, 1, 1])
        >>> matrix = tt.confusion_matrix(preds, target, 2, per_sample=True)
        >>> tt.functional.exact_match_from_counts(matrix)
        tensor(0.8333)
    """
    return score_of_counts(
        SCORES["exact_match"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation,
        return_valid=return_valid, dtype=dtype,
    )


@overload
def matthews_corrcoef_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: Literal[False] = False,
    dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def matthews_corrcoef_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: Literal[True],
    dtype: torch.dtype = torch.float32,
) -> Scored: ...

def matthews_corrcoef_from_counts(
    counts: Array | ClassCounts, *, task: Task = "multiclass",
    ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: bool = False,
    dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Matthews correlation coefficient of target and prediction, in [-1, 1].

    Of counts already taken; :func:`matthews_corrcoef` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        where undefined. Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Gorodkin (2004), Comparing two K-category assignments by a K-category
        correlation coefficient.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.matthews_corrcoef_from_counts(matrix)
        tensor(0.7071)
    """
    return score_of_counts(
        SCORES["matthews_corrcoef"], counts, unknown, {}, task=task,
        ignore_index=ignore_index, other=other, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation,
        return_valid=return_valid, dtype=dtype,
    )


@overload
def cohen_kappa_from_counts(
    counts: Array | ClassCounts, *, weights: KappaWeights = "none",
    task: Task = "multiclass", ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: Literal[False] = False,
    dtype: torch.dtype = torch.float32,
) -> Tensor: ...

@overload
def cohen_kappa_from_counts(
    counts: Array | ClassCounts, *, weights: KappaWeights = "none",
    task: Task = "multiclass", ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: Literal[True],
    dtype: torch.dtype = torch.float32,
) -> Scored: ...

def cohen_kappa_from_counts(
    counts: Array | ClassCounts, *, weights: KappaWeights = "none",
    task: Task = "multiclass", ignore_index: IgnoreIndex = None, other: bool = False,
    zero_division: ZeroDivision = "skip",
    undefined_when: UndefinedWhen = "zero_denominator",
    aggregation: Aggregation = "global", return_valid: bool = False,
    dtype: torch.dtype = torch.float32, **unknown: Any,
) -> Tensor | Scored:
    """Cohen's kappa, agreement beyond chance, at most 1.

    Of counts already taken; :func:`cohen_kappa_score` counts.

    Args:
        counts: confusion matrix ``[C, C]`` or ``[..., N, C, C]``, rows target; or
            :class:`ClassCounts` of shape ``[C]`` or ``[..., N, C]``. Integers, or
            floating numbers where pixels are weighted. Never changed.
        weights: weight of a disagreement between two classes: ``"none"`` 1;
            ``"linear"`` the distance; ``"quadratic"`` its square.
        task: the task counted: for ``"multilabel"`` the counts are those of L labels,
            matrices ``[L, 2, 2]`` or ``[..., N, L, 2, 2]``.
        ignore_index: classes that were ignored in counting and are not scored.
        other: the last class is "other", as ``out_of_range="miss"`` counts: it enters
            micro averages only, and not where ``classes`` names what to score.
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
        where undefined. Dimensions of counts before N stay in front.

    Raises:
        TypeError: for an argument of the wrong kind, or an option that is not listed.
        ValueError: for a wrong shape or value; on CPU, for a count that is negative or
            not finite.

    References:
        Cohen (1960), A coefficient of agreement for nominal scales; (1968) weighted.

    Example:
        >>> import torchtally as tt
        >>> matrix = torch.tensor([[3, 1], [0, 2]])
        >>> tt.functional.cohen_kappa_from_counts(matrix)
        tensor(0.6667)
    """
    return score_of_counts(
        SCORES["cohen_kappa"], counts, unknown, {"weights": weights}, task=task,
        ignore_index=ignore_index, other=other, zero_division=zero_division,
        undefined_when=undefined_when, aggregation=aggregation,
        return_valid=return_valid, dtype=dtype,
    )
