"""The cases of the parity table: fixed ones for each rule, random ones of a seed.

Options are those of the Python functions. Nothing here knows C++: what evaluates a
case, ``scores_program.cpp``, looks its names up.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import torch
from score_case import (
    AGGREGATIONS,
    AVERAGES,
    FLOATS,
    LABELS,
    METRICS,
    SAMPLE_MEANS,
    SCORES,
    UNDEFINED,
    WORTHS,
    Case,
    labels,
)
from score_random import random_cases, random_metrics
from score_refusals import refusals, refused_metrics


def all_cases() -> list[Case]:
    """Return every case."""
    return [
        *policies(),
        *inputs(),
        *cut_scores(),
        *small_pairs(),
        *of_counts(),
        *counts_of_dtypes(),
        *many_classes(),
        *refusals(),
        *random_cases(1500),
        *metrics(),
        *refused_metrics(),
        *random_metrics(400),
    ]


def policies() -> Iterator[Case]:
    """Every combination of the axes of policy, for one class-wise score."""
    generator = torch.Generator().manual_seed(1)
    preds, target = labels(generator, (3, 8), 4)
    target[1, 2:4] = 255
    for average, aggregation, sample_mean, undefined, worth in itertools.product(
        AVERAGES, AGGREGATIONS, SAMPLE_MEANS, UNDEFINED, WORTHS
    ):
        if aggregation != "samplewise" and sample_mean != SAMPLE_MEANS[0]:
            continue  # refused
        yield Case(
            "every policy",
            "dice_score",
            (preds, target),
            4,
            {
                "average": average,
                "aggregation": aggregation,
                "sample_mean": sample_mean,
                "undefined_when": undefined,
                "zero_division": worth,
                "ignore_index": [255],
                "dtype": torch.float64,
                "return_valid": True,
            },
        )


def inputs() -> Iterator[Case]:
    """Every dtype and layout of preds and target."""
    generator = torch.Generator().manual_seed(2)
    preds, target = labels(generator, (3, 6, 5), 5)
    scores = torch.rand(3, 5, 6, 5, generator=generator)
    scores[0, 1, 2, 3] = math.nan
    scores[1, :, 0] = 0.25  # ties
    group = "dtypes and layouts"
    for call in ("confusion_matrix", "class_counts", "iou_score"):
        for dtype in LABELS:
            yield Case(group, call, (preds.to(dtype), target), 5)
            yield Case(group, call, (preds, target.to(dtype)), 5)
            yield Case(group, call, (preds.to(dtype), target.to(dtype)), 5)
        for dtype in FLOATS:
            of = scores.to(dtype)
            yield Case(group, call, (of, target), 5)
            wide = of.contiguous(memory_format=torch.channels_last)
            yield Case(group, call, (wide, target.to(torch.uint8)), 5)
            for threshold in (0.5, 0.3):
                options = {"task": "binary", "threshold": threshold}
                yield Case(group, call, (of[:, 0], target > 2), 2, options)
                yield Case(group, call, (of[:, :1], target > 2), 2, options)
                options = {"task": "multilabel", "threshold": threshold}
                bits = torch.rand(scores.shape, generator=generator) < 0.5
                yield Case(group, call, (of, bits), 5, options)
        yield Case(group, call, (preds.mT, target.mT), 5)
        yield Case(group, call, (preds.mT.contiguous().mT, target), 5)
        yield Case(group, call, (preds[:, ::2], target[:, ::2]), 5)
        yield Case(group, call, (preds > 2, target > 1), 2)
        yield Case(group, call, (preds[:0], target[:0]), 5)
        yield Case(group, call, (scores[..., :0], target[..., :0]), 5)
        yield Case(group, call, (torch.tensor(1), torch.tensor(1)), 5)
        mask = torch.rand(target.shape, generator=generator) < 0.7
        for options in (
            {"mask": mask},
            {"mask": mask, "ignore_index": [1, 255, -1]},
            {"mask": ~mask & mask},
            {"ignore_index": 3},
            {"ignore_index": list(range(5))},
        ):
            yield Case(group, call, (preds, target), 5, options)
            yield Case(group, call, (preds, target.to(torch.uint8)), 5, options)
    for normalize in ("true", "pred", "all"):
        for dtype in (torch.float32, torch.float64):
            options = {"normalize": normalize, "dtype": dtype}
            yield Case(group, "confusion_matrix", (preds, target), 6, options)
            matrix = torch.randint(0, 9, (2, 3, 3), generator=generator)
            yield Case(group, "normalize_confusion_matrix", (matrix,), 0, options)


def small_pairs() -> Iterator[Case]:
    """Labels that are all one-hot, of too few pixels to be taken for that."""
    for classes, pixels in ((2, 15), (3, 3)):
        hot = torch.eye(classes, dtype=torch.int64).repeat(1, pixels)[None, :, :pixels]
        yield Case("small pairs", "dice_score", (hot, hot), classes)


def cut_scores() -> Iterator[Case]:
    """Probabilities, logits and scores above a threshold; and floating targets."""
    generator = torch.Generator().manual_seed(7)
    group = "probabilities, logits, thresholds"
    bits = torch.rand(3, 4, 6, generator=generator) < 0.5
    logits = torch.randn(3, 4, 6, generator=generator)
    odd = torch.rand(3, 4, 6, generator=generator)
    odd[0, 1, :5] = torch.tensor([math.nan, -0.0, 1.0, math.inf, -1e-7])
    mask = torch.rand(3, 4, 6, generator=generator) < 0.6
    ignored = torch.where(mask, bits.long(), 255)
    soft = torch.where(mask, bits.float(), 0.625)
    missing = torch.where(mask, bits.double(), math.nan)
    for dtype, task in itertools.product(FLOATS, ("binary", "multilabel")):
        classes = 2 if task == "binary" else 4
        for scores, target, options in itertools.product(
            (logits.to(dtype), odd.to(dtype), logits.sigmoid().to(dtype), bits),
            (bits, ignored, bits.to(dtype), ignored.float(), soft, missing),
            (
                {},
                {"logits": True},
                {"out_of_range": "ignore"},
                {"out_of_range": "miss", "logits": True},
                {"ignore_index": [255]},
                {"ignore_index": [2, 255], "threshold": 0.3},
                {"threshold": [0.3, 0.1, -1.0, 2.0]},
                {"label_map": {0: 0, 1: 1, 255: None}},
                {"label_map": {0: 1, 255: None}, "ignore_index": [1]},
            ),
        ):
            if dtype != torch.float32 and options not in ({}, {"logits": True}):
                continue
            given = {"task": task, **options}
            yield Case(group, "dice_score", (scores, target), classes, given)
            batches = ((scores, target, mask), (scores, target, None))
            if dtype == torch.float32:
                yield Case(group, "DiceScore", (), classes, given, batches)
                given = {**given, "mask": mask}
                yield Case(group, "confusion_matrix", (scores, target), classes, given)
    for options in ({"threshold": 0.25}, {"threshold": [0.25] * 3}, {"logits": True}):
        given = {"task": "multilabel", "average": "samples", **options}
        batches = ((logits[:, :3], bits[:, :3], None),)
        yield Case(group, "F1Score", (), 3, given, batches)


def of_counts() -> Iterator[Case]:
    """Counts already taken, of every rank, and counts that float32 cannot hold."""
    generator = torch.Generator().manual_seed(3)
    group = "counts already taken"
    many = torch.tensor([[10**12, 1, 0], [3, 10**15, 7], [0, 2, 1]])
    near = torch.tensor([[10**8, 0], [1, 10**8]])
    for score in SCORES:
        call = f"{score}_from_counts"
        for matrix in (many, near):
            yield Case(group, call, (matrix,), 0, {"dtype": torch.float64})
        for shape in ((4, 4), (3, 4, 4), (2, 3, 4, 4)):
            matrix = torch.randint(0, 50, shape, generator=generator)
            yield Case(group, call, (matrix,), 0, {"return_valid": True})
            for aggregation in AGGREGATIONS:
                options = {"aggregation": aggregation, "dtype": torch.float64}
                yield Case(group, call, (matrix,), 0, options)
                counts = torch.randint(0, 50, (4, *shape[:-1]), generator=generator)
                yield Case(group, call, tuple(counts.unbind()), 0, options)
            yield Case(group, call, (matrix,), 0, {"other": True})
            yield Case(group, call, (matrix,), 0, {"ignore_index": [1]})
        labels_of = torch.randint(0, 50, (3, 4, 2, 2), generator=generator)
        options = {"task": "multilabel", "aggregation": "samplewise"}
        yield Case(group, call, (labels_of,), 0, options)
        for worth in ("skip", 0.0):
            options = {"ignore_index": [0, 1, 2, 3], "zero_division": worth}
            yield Case(group, call, (torch.ones(4, 4).long(),), 0, options)
    for weights in ("none", "linear", "quadratic"):
        yield Case(group, "cohen_kappa_from_counts", (many,), 0, {"weights": weights})


def counts_of_dtypes() -> Iterator[Case]:
    """Counts as integers that would wrap, and as floating numbers."""
    group = "counts of every dtype"
    matrix = torch.tensor([[100, 50, 3], [50, 100, 1], [0, 7, 120]])
    for dtype in (*LABELS, *FLOATS):
        given = matrix.to(dtype)
        rows = (matrix.diagonal(), matrix.sum(0), matrix.sum(1), matrix[2])
        counts = tuple(row.clamp(max=127).to(dtype) for row in rows)
        for score in SCORES:
            yield Case(group, f"{score}_from_counts", (given,), 0, {})
            yield Case(group, f"{score}_from_counts", counts, 0, {})
        options = {"normalize": "pred", "dtype": torch.float64}
        yield Case(group, "normalize_confusion_matrix", (given,), 0, options)
        for low in (-1, -128):
            bad = given.clone().view(-1)
            if dtype == torch.uint64 or dtype.is_signed:
                bad[4] = torch.tensor(low).to(dtype)  # 2**64 + low where it wraps
                yield Case(group, "dice_from_counts", (bad.view(3, 3),), 0, {})
    weights = torch.tensor([[0.3, 0.1], [0.2, 0.7]])
    for dtype in FLOATS:
        given = weights.to(dtype)
        off = given.sum() - given.sum(1) - given.sum(0) + given.diagonal()
        for value in (math.nan, math.inf, -math.inf, -1e-3, -1e-9):
            bad = given.clone()
            bad[0, 1] = value
            yield Case(group, "dice_from_counts", (bad,), 0, {})
            yield Case(group, "dice_from_counts", (*bad, bad[0], off), 0, {})
            yield Case(group, "normalize_confusion_matrix", (bad,), 0, {})


def many_classes() -> Iterator[Case]:
    """Maps to more classes than a matrix of raw labels may have."""
    generator = torch.Generator().manual_seed(6)
    group = "maps to many classes"
    preds = torch.randint(-3, 320, (2, 60), generator=generator)
    target = torch.randint(-3, 320, (2, 60), generator=generator)
    planes = torch.randn(2, 310, 60, generator=generator)
    near: dict[int, int | None] = {value: value // 2 for value in range(310)}
    near |= {11: None, 12: None}
    far: dict[int, int | None] = {7 * value: value for value in range(40)}
    far |= {-1: 5, 2**40: 6, -3: None}
    for maps in (
        {"label_map": near, "preds_map": near},
        {"label_map": far, "preds_map": near},
        {"label_map": near, "preds_map": far},
        {"preds_map": near},
        {"label_map": far},
    ):
        for given in (preds, planes) if "preds_map" in maps else (preds,):
            for out_of_range in ("error", "ignore", "miss"):
                options = {
                    "ignore_index": [2, 255],
                    "out_of_range": out_of_range,
                    **maps,
                }
                yield Case(group, "iou_score", (given, target), 300, options)
                yield Case(group, "confusion_matrix", (given, target), 300, options)
                batches = ((given, target, target > 5), (given, target, None))
                yield Case(group, "IoUScore", (), 300, options, batches)
                options = {**options, "aggregation": "none"}
                yield Case(group, "iou_score", (given, target), 300, options)


def metrics() -> Iterator[Case]:
    """Means over samples under every policy, as integer sums."""
    generator = torch.Generator().manual_seed(5)
    preds, target = labels(generator, (13, 6), 4)
    batches = tuple(
        (preds[n : n + 3], target[n : n + 3], None) for n in range(0, 13, 3)
    )
    for average, sample_mean, worth, undefined in itertools.product(
        AVERAGES, SAMPLE_MEANS, (*WORTHS, math.inf), UNDEFINED
    ):
        options = {
            "average": average,
            "sample_mean": sample_mean,
            "zero_division": worth,
            "undefined_when": undefined,
            "aggregation": "samplewise",
            "dtype": torch.float64,
        }
        yield Case("means over samples", "IoUScore", (), 4, options, batches)
    for call in METRICS.values():
        yield Case("every score", call, (), 4, {}, batches)
    for out_of_range in ("error", "ignore", "miss"):
        for call in ("DiceScore", "ConfusionMatrix"):
            options = {"out_of_range": out_of_range}
            yield Case("labels out of range", call, (), 3, options, batches)
            options |= {"label_map": {0: 0, 1: 2, 3: None}}
            yield Case("labels out of range", call, (), 3, options, batches)
