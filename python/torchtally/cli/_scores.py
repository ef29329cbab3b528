"""Dice, IoU and F1 of what was counted: the rows of the table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from torchtally.functional import (
    ClassCounts,
    dice_from_counts,
    f1_from_counts,
    iou_from_counts,
)

from ._evaluate import Pixels, Tally
from ._problems import Problem
from ._settings import Settings

SCORES = {"dice": dice_from_counts, "iou": iou_from_counts, "f1": f1_from_counts}
Average = Literal["macro", "micro", "none"]
Aggregation = Literal["global", "samplewise", "none"]
AVERAGES: tuple[Average, ...] = ("macro", "micro")

# Undefined is NaN in tensors and None in a report.
Scores = dict[str, float | None]


@dataclass(frozen=True)
class ClassRow:
    """One class: pixels with its label, pixels predicted as it, and its scores."""

    index: int
    name: str
    support: int
    predicted: int
    ignored: bool  # named by --ignore-index: never scored
    averaged: bool  # enters macro and micro where its scores are defined
    scores: Scores


@dataclass(frozen=True)
class FileRow:
    """One pair of files; classes is empty where there are too many to list."""

    name: str
    prediction: str
    label: str
    pixels: Pixels
    averages: dict[str, Scores]
    classes: list[Scores]


@dataclass(frozen=True)
class Report:
    """Everything that is shown or written."""

    settings: Settings
    classes: list[ClassRow]
    averages: dict[str, Scores]
    files: list[FileRow]
    pixels: Pixels
    matrix: Tensor | None  # int64 [C, C] or [C + 1, C + 1], rows are labels
    problems: list[Problem]


def build_report(
    tally: Tally, pairing_problems: list[Problem], settings: Settings
) -> Report:
    """Derive the scores of each class, of the averages and of each file."""
    counts = tally.counts(settings.num_classes + settings.with_other)
    scores = _class_scores(counts, settings, settings.aggregation)
    averages = _averages(counts, settings, settings.aggregation)
    support = (counts.tp + counts.fn).sum(0).tolist()
    predicted = (counts.tp + counts.fp).sum(0).tolist()
    classes = []
    for index, name in enumerate(settings.class_names):
        ignored = index in settings.ignore_index
        background = index == 0 and not settings.include_background
        classes.append(
            ClassRow(
                index=index,
                name=name,
                support=support[index],
                predicted=predicted[index],
                ignored=ignored,
                averaged=not ignored and not background,
                scores={key: _number(value[index]) for key, value in scores.items()},
            )
        )
    return Report(
        settings=settings,
        classes=classes,
        averages={
            average: {key: _number(value) for key, value in columns.items()}
            for average, columns in averages.items()
        },
        files=_file_rows(tally, counts, settings),
        pixels=tally.pixels,
        matrix=tally.matrix,
        problems=sorted(
            pairing_problems + tally.problems, key=lambda problem: problem.file
        ),
    )


def _file_rows(tally: Tally, counts: ClassCounts, settings: Settings) -> list[FileRow]:
    if not tally.files:
        return []
    averages = _averages(counts, settings, "none")
    scores = _class_scores(counts, settings, "none") if settings.with_matrix else {}
    rows = []
    for number, file in enumerate(tally.files):
        rows.append(
            FileRow(
                name=file.pair.name,
                prediction=str(file.pair.prediction),
                label=str(file.pair.label),
                pixels=file.pixels,
                averages={
                    average: {key: _number(v[number]) for key, v in columns.items()}
                    for average, columns in averages.items()
                },
                classes=[
                    {key: _number(v[number, index]) for key, v in scores.items()}
                    for index in range(settings.num_classes if scores else 0)
                ],
            )
        )
    return rows


def _class_scores(
    counts: ClassCounts, settings: Settings, aggregation: Aggregation
) -> dict[str, Tensor]:
    """Return every score as [C], or [files, C] with aggregation "none"."""
    return _scored(counts, settings, aggregation, "none", include_background=True)


def _averages(
    counts: ClassCounts, settings: Settings, aggregation: Aggregation
) -> dict[str, dict[str, Tensor]]:
    """Return every average of every score as a scalar, or [files]."""
    background = settings.include_background
    return {
        average: _scored(counts, settings, aggregation, average, background)
        for average in AVERAGES
    }


def _scored(
    counts: ClassCounts,
    settings: Settings,
    aggregation: Aggregation,
    average: Average,
    include_background: bool,
) -> dict[str, Tensor]:
    return {
        key: score(
            counts,
            average=average,
            aggregation=aggregation,
            zero_division=settings.zero_division,
            undefined_when=settings.undefined_when,
            include_background=include_background,
            ignore_index=settings.ignore_index,
            other=settings.with_other,
            dtype=torch.float64,
        )
        for key, score in SCORES.items()
    }


def _number(value: Tensor) -> float | None:
    number = value.item()
    return None if number != number else float(number)
