"""Scores accumulated over batches: a class for each, and any set of them."""
# Written by scripts/generate_api.py from _options.py and functional/_definitions.py.
# fmt: off
# ruff: noqa: I001

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from typing_extensions import Never

from torchtally._options import (
    Aggregation, Average, ClassNames, ClassWeights, Classes, EmptyWeight, IgnoreIndex,
    KappaWeights, LabelMap, OfSamples, OutOfRange, Regions, SampleMean, Task, Threshold,
    UndefinedWhen, WeightType, ZeroDivision,
)
from torchtally.functional._definitions import SCORES

from ._scored import ScoreMetric, SuiteMetric

__all__ = [
    "AccuracyScore",
    "BalancedAccuracyScore",
    "CohenKappaScore",
    "DiceScore",
    "ExactMatchScore",
    "F1Score",
    "FBetaScore",
    "FalseDiscoveryRate",
    "FalseNegativeRate",
    "FalseOmissionRate",
    "FalsePositiveRate",
    "FrequencyWeightedIoUScore",
    "GeneralizedDiceScore",
    "Informedness",
    "IoUScore",
    "Markedness",
    "MatthewsCorrCoef",
    "NegativePredictiveValue",
    "PositiveLikelihoodRatio",
    "PrecisionScore",
    "RecallScore",
    "ScoreSuite",
    "SpecificityScore",
    "TverskyScore",
]


class DiceScore(ScoreMetric):
    """Dice coefficient, 2 tp / (2 tp + fp + fn).

    Accumulated over batches: :func:`torchtally.dice_score` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Dice (1945), Measures of the amount of ecologic association between species.

    Example:
        >>> metric = DiceScore(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.8571, 0.8000])
    """

    _score = SCORES["dice"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Dice coefficient, 2 tp / (2 tp + fp + fn).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class IoUScore(ScoreMetric):
    """Intersection over union (Jaccard index), tp / (tp + fp + fn).

    Accumulated over batches: :func:`torchtally.iou_score` of everything that ``update``
    counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]`` with
    ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN where
    every entry was left out.

    References:
        Jaccard (1912), The distribution of the flora in the alpine zone.

    Example:
        >>> metric = IoUScore(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.7500, 0.6667])
    """

    _score = SCORES["iou"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Intersection over union (Jaccard index), tp / (tp + fp + fn).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class F1Score(ScoreMetric):
    """F1, the harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn).

    Accumulated over batches: :func:`torchtally.f1_score` of everything that ``update``
    counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]`` with
    ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN where
    every entry was left out.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> metric = F1Score(num_classes=2)
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor(0.8286)
    """

    _score = SCORES["f1"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """F1, the harmonic mean of precision and recall, 2 tp / (2 tp + fp + fn).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class FBetaScore(ScoreMetric):
    """F-beta, (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp).

    Accumulated over batches: :func:`torchtally.fbeta_score` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> metric = FBetaScore(num_classes=2, beta=2.0, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.7895, 0.9091])
    """

    _score = SCORES["fbeta"]

    def __init__(
        self, num_classes: int | None = None, *, beta: float = 1.0,
        task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
        top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """F-beta, (1 + beta^2) tp / ((1 + beta^2) tp + beta^2 fn + fp).

        Args:
            num_classes: C, or L for multilabel; may be left out for binary.
            beta: weight of recall; 0 is precision, infinity is recall.
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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {"beta": beta}, task=task, threshold=threshold,
            logits=logits, top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class PrecisionScore(ScoreMetric):
    """Precision (positive predictive value), tp / (tp + fp).

    Accumulated over batches: :func:`torchtally.precision_score` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> metric = PrecisionScore(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([1.0000, 0.6667])
    """

    _score = SCORES["precision"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Precision (positive predictive value), tp / (tp + fp).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class RecallScore(ScoreMetric):
    """Recall (sensitivity, true positive rate), tp / (tp + fn).

    Accumulated over batches: :func:`torchtally.recall_score` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        van Rijsbergen (1979), Information Retrieval, chapter 7.

    Example:
        >>> metric = RecallScore(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.7500, 1.0000])
    """

    _score = SCORES["recall"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Recall (sensitivity, true positive rate), tp / (tp + fn).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class SpecificityScore(ScoreMetric):
    """Specificity (true negative rate), tn / (tn + fp).

    Accumulated over batches: :func:`torchtally.specificity_score` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.

    Example:
        >>> metric = SpecificityScore(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([1.0000, 0.7500])
    """

    _score = SCORES["specificity"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Specificity (true negative rate), tn / (tn + fp).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class NegativePredictiveValue(ScoreMetric):
    """Negative predictive value, tn / (tn + fn).

    Accumulated over batches: :func:`torchtally.negative_predictive_value` of everything
    that ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar;
    ``[C]`` with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``.
    NaN where every entry was left out.

    References:
        Altman and Bland (1994), Diagnostic tests 2: predictive values.

    Example:
        >>> metric = NegativePredictiveValue(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.6667, 1.0000])
    """

    _score = SCORES["negative_predictive_value"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Negative predictive value, tn / (tn + fn).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class FalsePositiveRate(ScoreMetric):
    """False positive rate (fall-out), 1 - specificity, fp / (fp + tn).

    Accumulated over batches: :func:`torchtally.false_positive_rate` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.

    Example:
        >>> metric = FalsePositiveRate(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.0000, 0.2500])
    """

    _score = SCORES["false_positive_rate"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """False positive rate (fall-out), 1 - specificity, fp / (fp + tn).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class FalseNegativeRate(ScoreMetric):
    """False negative rate (miss rate), 1 - recall, fn / (fn + tp).

    Accumulated over batches: :func:`torchtally.false_negative_rate` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Altman and Bland (1994), Diagnostic tests 1: sensitivity and specificity.

    Example:
        >>> metric = FalseNegativeRate(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.2500, 0.0000])
    """

    _score = SCORES["false_negative_rate"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """False negative rate (miss rate), 1 - recall, fn / (fn + tp).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class FalseDiscoveryRate(ScoreMetric):
    """False discovery rate, 1 - precision, fp / (fp + tp).

    Accumulated over batches: :func:`torchtally.false_discovery_rate` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Altman and Bland (1994), Diagnostic tests 2: predictive values.

    Example:
        >>> metric = FalseDiscoveryRate(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.0000, 0.3333])
    """

    _score = SCORES["false_discovery_rate"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """False discovery rate, 1 - precision, fp / (fp + tp).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class FalseOmissionRate(ScoreMetric):
    """False omission rate, 1 - negative predictive value, fn / (fn + tn).

    Accumulated over batches: :func:`torchtally.false_omission_rate` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Altman and Bland (1994), Diagnostic tests 2: predictive values.

    Example:
        >>> metric = FalseOmissionRate(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.3333, 0.0000])
    """

    _score = SCORES["false_omission_rate"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """False omission rate, 1 - negative predictive value, fn / (fn + tn).

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class Informedness(ScoreMetric):
    """Informedness (Youden's J), recall + specificity - 1.

    ``(tp tn - fp fn) / ((tp + fn) (tn + fp))``

    Accumulated over batches: :func:`torchtally.informedness` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Powers (2011), Evaluation: from precision, recall and F-measure to ROC.

    Example:
        >>> metric = Informedness(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.7500, 0.7500])
    """

    _score = SCORES["informedness"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Informedness (Youden's J), recall + specificity - 1.

        ``(tp tn - fp fn) / ((tp + fn) (tn + fp))``

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class Markedness(ScoreMetric):
    """Markedness, precision + negative predictive value - 1.

    ``(tp tn - fp fn) / ((tp + fp) (tn + fn))``

    Accumulated over batches: :func:`torchtally.markedness` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Powers (2011), Evaluation: from precision, recall and F-measure to ROC.

    Example:
        >>> metric = Markedness(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.6667, 0.6667])
    """

    _score = SCORES["markedness"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Markedness, precision + negative predictive value - 1.

        ``(tp tn - fp fn) / ((tp + fp) (tn + fn))``

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class PositiveLikelihoodRatio(ScoreMetric):
    """Positive likelihood ratio, recall / (1 - specificity).

    ``tp (fp + tn) / (fp (tp + fn))``

    Accumulated over batches: :func:`torchtally.positive_likelihood_ratio` of everything
    that ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar;
    ``[C]`` with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``.
    NaN where every entry was left out.

    References:
        Deeks and Altman (2004), Diagnostic tests 4: likelihood ratios.

    Example:
        >>> metric = PositiveLikelihoodRatio(num_classes=2, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([nan, 4.])
    """

    _score = SCORES["positive_likelihood_ratio"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Positive likelihood ratio, recall / (1 - specificity).

        ``tp (fp + tn) / (fp (tp + fn))``

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class AccuracyScore(ScoreMetric):
    """Accuracy, the share of pixels predicted right; of a class, its recall.

    Accumulated over batches: :func:`torchtally.accuracy_score` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Long et al. (2015), Fully convolutional networks: pixel and mean accuracy.

    Example:
        >>> metric = AccuracyScore(num_classes=2)
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor(0.8333)
    """

    _score = SCORES["accuracy"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = "micro", zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Accuracy, the share of pixels predicted right; of a class, its recall.

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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"micro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, average=average,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class BalancedAccuracyScore(ScoreMetric):
    """Balanced accuracy, the mean recall of the classes of the target.

    Accumulated over batches: :func:`torchtally.balanced_accuracy_score` of everything
    that ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar;
    ``[C]`` with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``.
    NaN where every entry was left out.

    References:
        Brodersen et al. (2010), The balanced accuracy and its posterior distribution.

    Example:
        >>> metric = BalancedAccuracyScore(num_classes=2)
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor(0.8750)
    """

    _score = SCORES["balanced_accuracy"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        regions: Regions = None, dtype: torch.dtype = torch.float32,
        sync_on_compute: bool = True, class_names: ClassNames = None,
        persistent: bool = False, **unknown: Never,
    ) -> None:
        """Balanced accuracy, the mean recall of the classes of the target.

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
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, zero_division=zero_division,
            undefined_when=undefined_when, aggregation=aggregation,
            sample_mean=sample_mean, classes=classes,
            include_background=include_background, regions=regions, dtype=dtype,
            sync_on_compute=sync_on_compute, class_names=class_names,
            persistent=persistent,
        )


class FrequencyWeightedIoUScore(ScoreMetric):
    """Intersection over union, each class weighted by its share of the target.

    Accumulated over batches: :func:`torchtally.frequency_weighted_iou_score` of
    everything that ``update`` counted. ``compute`` returns float32, or ``dtype``: a
    scalar; ``[C]`` with ``average="none"``, and a leading ``[N]`` with
    ``aggregation="none"``. NaN where every entry was left out.

    References:
        Long et al. (2015), Fully convolutional networks: frequency weighted IU.

    Example:
        >>> metric = FrequencyWeightedIoUScore(num_classes=2)
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor(0.7222)
    """

    _score = SCORES["frequency_weighted_iou"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        regions: Regions = None, dtype: torch.dtype = torch.float32,
        sync_on_compute: bool = True, class_names: ClassNames = None,
        persistent: bool = False, **unknown: Never,
    ) -> None:
        """Intersection over union, each class weighted by its share of the target.

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
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, zero_division=zero_division,
            undefined_when=undefined_when, aggregation=aggregation,
            sample_mean=sample_mean, classes=classes,
            include_background=include_background, regions=regions, dtype=dtype,
            sync_on_compute=sync_on_compute, class_names=class_names,
            persistent=persistent,
        )


class TverskyScore(ScoreMetric):
    """Tversky index, tp / (tp + alpha fp + beta fn).

    Accumulated over batches: :func:`torchtally.tversky_score` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar; ``[C]``
    with ``average="none"``, and a leading ``[N]`` with ``aggregation="none"``. NaN
    where every entry was left out.

    References:
        Tversky (1977), Features of similarity; alpha, beta as in Salehi et al. (2017).

    Example:
        >>> metric = TverskyScore(num_classes=2, alpha=0.3, beta=0.7, average='none')
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor([0.8108, 0.8696])
    """

    _score = SCORES["tversky"]

    def __init__(
        self, num_classes: int | None = None, *, alpha: float = 0.5, beta: float = 0.5,
        task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
        top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        average: Average | None = None, zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", sample_mean: SampleMean = "classes_first",
        classes: Classes = None, include_background: bool = True,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Tversky index, tp / (tp + alpha fp + beta fn).

        Args:
            num_classes: C, or L for multilabel; may be left out for binary.
            alpha: weight of false positives; not negative.
            beta: weight of false negatives. 0.5 and 0.5 is Dice.
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
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {"alpha": alpha, "beta": beta}, task=task,
            threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
            label_map=label_map, preds_map=preds_map, out_of_range=out_of_range,
            average=average, zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, sample_mean=sample_mean, classes=classes,
            include_background=include_background, class_weights=class_weights,
            regions=regions, dtype=dtype, sync_on_compute=sync_on_compute,
            class_names=class_names, persistent=persistent,
        )


class GeneralizedDiceScore(ScoreMetric):
    """Generalized Dice, 2 sum(w tp) / sum(w (2 tp + fp + fn)) over classes.

    Accumulated over batches: :func:`torchtally.generalized_dice_score` of everything
    that ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar, or
    ``[N]`` with ``aggregation="none"``. NaN where undefined.

    References:
        Crum et al. (2006), Generalized overlap measures; Sudre et al. (2017).

    Example:
        >>> metric = GeneralizedDiceScore(num_classes=2)
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor(0.8148)
    """

    _score = SCORES["generalized_dice"]

    def __init__(
        self, num_classes: int | None = None, *, weight_type: WeightType = "square",
        empty_weight: EmptyWeight = "largest", task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", classes: Classes = None,
        include_background: bool = True, regions: Regions = None,
        dtype: torch.dtype = torch.float32, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Generalized Dice, 2 sum(w tp) / sum(w (2 tp + fp + fn)) over classes.

        Args:
            num_classes: C, or L for multilabel; may be left out for binary.
            weight_type: w of a class with t target pixels: ``"square"`` 1 / t²;
                ``"simple"`` 1 / t; ``"linear"`` 1.
            empty_weight: w of a class without target pixels: ``"largest"`` that of the
                other classes (MONAI); ``"zero"`` 0. Not of linear.
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
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown,
            {"weight_type": weight_type, "empty_weight": empty_weight}, task=task,
            threshold=threshold, logits=logits, top_k=top_k, ignore_index=ignore_index,
            label_map=label_map, preds_map=preds_map, out_of_range=out_of_range,
            zero_division=zero_division, undefined_when=undefined_when,
            aggregation=aggregation, classes=classes,
            include_background=include_background, regions=regions, dtype=dtype,
            sync_on_compute=sync_on_compute, class_names=class_names,
            persistent=persistent,
        )


class ExactMatchScore(ScoreMetric):
    """Exact match (subset accuracy), the share of samples without a wrong label.

    Accumulated over batches: :func:`torchtally.exact_match_score` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar, or ``[N]``
    with ``aggregation="none"``. NaN where undefined.

    References:
        Kazawa et al. (2005), Maximal margin labeling for multi-topic text
        categorization.

    Example:
        >>> metric = ExactMatchScore(num_classes=2)
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor(0.8333)
    """

    _score = SCORES["exact_match"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: OfSamples = "samplewise", dtype: torch.dtype = torch.float32,
        sync_on_compute: bool = True, class_names: ClassNames = None,
        persistent: bool = False, **unknown: Never,
    ) -> None:
        """Exact match (subset accuracy), the share of samples without a wrong label.

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
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"samplewise"`` the share of samples, the indices of dimension
                0; ``"none"`` 1 or 0 for each. An ignored pixel makes no sample wrong,
                and a sample without others is undefined.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, zero_division=zero_division,
            undefined_when=undefined_when, aggregation=aggregation, dtype=dtype,
            sync_on_compute=sync_on_compute, class_names=class_names,
            persistent=persistent,
        )


class MatthewsCorrCoef(ScoreMetric):
    """Matthews correlation coefficient of target and prediction, in [-1, 1].

    Accumulated over batches: :func:`torchtally.matthews_corrcoef` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar, or ``[N]``
    with ``aggregation="none"``. NaN where undefined.

    References:
        Gorodkin (2004), Comparing two K-category assignments by a K-category
        correlation coefficient.

    Example:
        >>> metric = MatthewsCorrCoef(num_classes=2)
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor(0.7071)
    """

    _score = SCORES["matthews_corrcoef"]

    def __init__(
        self, num_classes: int | None = None, *, task: Task = "multiclass",
        threshold: Threshold = None, logits: bool = False, top_k: int = 1,
        ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", dtype: torch.dtype = torch.float32,
        sync_on_compute: bool = True, class_names: ClassNames = None,
        persistent: bool = False, **unknown: Never,
    ) -> None:
        """Matthews correlation coefficient of target and prediction, in [-1, 1].

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
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {}, task=task, threshold=threshold, logits=logits,
            top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, zero_division=zero_division,
            undefined_when=undefined_when, aggregation=aggregation, dtype=dtype,
            sync_on_compute=sync_on_compute, class_names=class_names,
            persistent=persistent,
        )


class CohenKappaScore(ScoreMetric):
    """Cohen's kappa, agreement beyond chance, at most 1.

    Accumulated over batches: :func:`torchtally.cohen_kappa_score` of everything that
    ``update`` counted. ``compute`` returns float32, or ``dtype``: a scalar, or ``[N]``
    with ``aggregation="none"``. NaN where undefined.

    References:
        Cohen (1960), A coefficient of agreement for nominal scales; (1968) weighted.

    Example:
        >>> metric = CohenKappaScore(num_classes=2)
        >>> metric.update(torch.tensor([0, 0, 0]), torch.tensor([0, 0, 0]))
        >>> metric.update(torch.tensor([1, 1, 1]), torch.tensor([0, 1, 1]))
        >>> metric.compute()
        tensor(0.6667)
    """

    _score = SCORES["cohen_kappa"]

    def __init__(
        self, num_classes: int | None = None, *, weights: KappaWeights = "none",
        task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
        top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        zero_division: ZeroDivision = "skip",
        undefined_when: UndefinedWhen = "zero_denominator",
        aggregation: Aggregation = "global", dtype: torch.dtype = torch.float32,
        sync_on_compute: bool = True, class_names: ClassNames = None,
        persistent: bool = False, **unknown: Never,
    ) -> None:
        """Cohen's kappa, agreement beyond chance, at most 1.

        Args:
            num_classes: C, or L for multilabel; may be left out for binary.
            weights: weight of a disagreement between two classes: ``"none"`` 1;
                ``"linear"`` the distance; ``"quadratic"`` its square.
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
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, unknown, {"weights": weights}, task=task, threshold=threshold,
            logits=logits, top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range, zero_division=zero_division,
            undefined_when=undefined_when, aggregation=aggregation, dtype=dtype,
            sync_on_compute=sync_on_compute, class_names=class_names,
            persistent=persistent,
        )


class ScoreSuite(SuiteMetric):
    """Any set of scores from one accumulation: each batch is counted once.

    ``compute`` and ``forward`` return a dict. Options hold for every score that takes
    them, and None is each score's own default; those that a score is given by name hold
    for it alone.

    Example:
        >>> suite = ScoreSuite(
        ...     num_classes=2,
        ...     scores={"dice": {}, "each": {"score": "iou", "average": "none"}},
        ... )
        >>> suite.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
        >>> suite.compute()
        {'dice': tensor(0.6667), 'each': tensor([0.5000, 0.5000])}
    """

    def __init__(
        self, num_classes: int | None = None,
        scores: Sequence[str] | Mapping[str, Mapping[str, Any]] = ("dice", "iou", "f1"),
        *, task: Task = "multiclass", threshold: Threshold = None, logits: bool = False,
        top_k: int = 1, ignore_index: IgnoreIndex = None, label_map: LabelMap = None,
        preds_map: LabelMap = None, out_of_range: OutOfRange = "error",
        beta: float | None = None, alpha: float | None = None,
        weight_type: WeightType | None = None, empty_weight: EmptyWeight | None = None,
        weights: KappaWeights | None = None, average: Average | None = None,
        zero_division: ZeroDivision | None = None,
        undefined_when: UndefinedWhen | None = None,
        aggregation: Aggregation | None = None, sample_mean: SampleMean | None = None,
        classes: Classes = None, include_background: bool | None = None,
        class_weights: ClassWeights = None, regions: Regions = None,
        dtype: torch.dtype | None = None, sync_on_compute: bool = True,
        class_names: ClassNames = None, persistent: bool = False, **unknown: Never,
    ) -> None:
        """Any set of scores from one accumulation: each batch is counted once.

        Args:
            num_classes: C, or L for multilabel; may be left out for binary.
            scores: names of scores; or from the name of a result to its own options,
                where ``score`` says which score it is if the name does not. There are
                dice, iou, f1, fbeta, precision, recall, specificity,
                negative_predictive_value, false_positive_rate, false_negative_rate,
                false_discovery_rate, false_omission_rate, informedness, markedness,
                positive_likelihood_ratio, accuracy, balanced_accuracy,
                frequency_weighted_iou, tversky, generalized_dice, exact_match,
                matthews_corrcoef, cohen_kappa.
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
            beta: of fbeta: weight of recall; 0 is precision, infinity is recall. Of
                tversky: weight of false negatives. 0.5 and 0.5 is Dice.
            alpha: of tversky: weight of false positives; not negative.
            weight_type: of generalized_dice: w of a class with t target pixels:
                ``"square"`` 1 / t²; ``"simple"`` 1 / t; ``"linear"`` 1.
            empty_weight: of generalized_dice: w of a class without target pixels:
                ``"largest"`` that of the other classes (MONAI); ``"zero"`` 0. Not of
                linear.
            weights: of cohen_kappa: weight of a disagreement between two classes:
                ``"none"`` 1; ``"linear"`` the distance; ``"quadratic"`` its square.
            average: ``"macro"`` mean over classes; ``"micro"`` pools the counts of all
                classes; ``"weighted"`` mean weighted by support; ``"none"`` a score for
                each class; ``"binary"`` class 1 alone; ``"samples"`` mean over samples
                of labels pooled (multilabel). None is ``"binary"`` for
                ``task="binary"``, else ``"macro"``.
            zero_division: what an undefined entry is worth: ``"skip"`` leaves it out
                (NaN with ``average="none"``, and where nothing is left); ``"nan"`` lets
                NaN propagate; a number stands in for it.
            undefined_when: which entries are undefined: ``"zero_denominator"`` those
                alone; ``"empty_target"`` also those without a target pixel;
                ``"both_empty"`` also those without a target or predicted pixel.
            aggregation: ``"global"`` adds up the counts of all samples first;
                ``"samplewise"`` averages the scores of samples; ``"none"`` returns a
                score for each sample.
            sample_mean: of samplewise scores: ``"classes_first"`` means over classes,
                then samples; ``"samples_first"`` the other way round; ``"joint"`` one
                mean over both.
            classes: the classes to score, in this order; None for all; ``"present"``
                for those with a target or predicted pixel (another is NaN and enters no
                average).
            include_background: False leaves class 0 out.
            class_weights: a weight for each of the C classes, or regions; of macro
                averages only. The result is divided by the weights that entered it.
            regions: unions of classes that are scored instead of classes, such as
                ``[[1, 2, 3], [1, 3]]``, or a mapping from names to them; they may
                overlap.
            dtype: float32 or float64. Ratios are computed in float64 either way.
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
            num_classes, scores, unknown, {"beta": beta, "alpha": alpha,
            "weight_type": weight_type, "empty_weight": empty_weight,
            "weights": weights, "average": average, "zero_division": zero_division,
            "undefined_when": undefined_when, "aggregation": aggregation,
            "sample_mean": sample_mean, "classes": classes,
            "include_background": include_background, "class_weights": class_weights,
            "regions": regions, "dtype": dtype}, task=task, threshold=threshold,
            logits=logits, top_k=top_k, ignore_index=ignore_index, label_map=label_map,
            preds_map=preds_map, out_of_range=out_of_range,
            sync_on_compute=sync_on_compute, class_names=class_names,
            persistent=persistent,
        )
