"""Counting, pair by pair; only one pair is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

import torchtally
from torchtally.functional import ClassCounts

from ._pairing import Pair
from ._problems import LabelFileError, Problem
from ._reading import Array, LabelImage, read_labels
from ._settings import Settings

AFFINE_TOLERANCE = 1e-3  # in the unit of the affine, millimetres for NIfTI
SHOWN_VALUES = 5


class PairError(Exception):
    """Two readable files that cannot be compared."""

    def __init__(self, kind: str, message: str) -> None:
        """Keep the kind beside the message."""
        super().__init__(message)
        self.kind = kind


@dataclass(frozen=True)
class Pixels:
    """Where the pixels of a file went; total is the sum of the other three."""

    total: int = 0
    counted: int = 0
    ignored: int = 0
    skipped: int = 0  # left out by --out-of-range ignore
    missed: int = 0  # of the counted ones, out of range

    def __add__(self, other: Pixels) -> Pixels:
        """Add file to file."""
        return Pixels(
            self.total + other.total,
            self.counted + other.counted,
            self.ignored + other.ignored,
            self.skipped + other.skipped,
            self.missed + other.missed,
        )


@dataclass(frozen=True)
class FileTally:
    """The counts of one pair, [C] each, or [C + 1] with --out-of-range miss."""

    pair: Pair
    pixels: Pixels
    counts: ClassCounts


@dataclass
class Tally:
    """Everything counted so far."""

    matrix: Tensor | None  # int64 [C, C] or [C + 1, C + 1]; None for many classes
    files: list[FileTally] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def pixels(self) -> Pixels:
        """The pixels of all files."""
        return sum((file.pixels for file in self.files), Pixels())

    def counts(self, size: int) -> ClassCounts:
        """Return the counts [files, size] of each file."""
        empty = torch.zeros(0, size, dtype=torch.int64)
        return ClassCounts(
            *(
                torch.stack(column) if column else empty
                for column in (
                    [file.counts[index] for file in self.files] for index in range(4)
                )
            )
        )


def tally_pairs(pairs: Iterable[Pair], settings: Settings) -> Tally:
    """Count each pair; one that cannot be counted becomes a problem.

    Args:
        pairs: What to count, in this order; consumed one by one.
        settings: The classes, the policy and the checks.
    """
    size = settings.num_classes + settings.with_other
    matrix = (
        torch.zeros(size, size, dtype=torch.int64) if settings.with_matrix else None
    )
    tally = Tally(matrix)
    for pair in pairs:
        try:
            file_matrix, file = _tally_pair(pair, settings)
        except PairError as error:
            tally.problems.append(Problem(error.kind, pair.name, str(error)))
            continue
        tally.files.append(file)
        if tally.matrix is not None and file_matrix is not None:
            tally.matrix += file_matrix
    return tally


def _tally_pair(pair: Pair, settings: Settings) -> tuple[Tensor | None, FileTally]:
    try:
        prediction = read_labels(pair.prediction)
    except LabelFileError as error:
        raise PairError("unreadable", f"{pair.prediction}: {error}") from error
    try:
        label = read_labels(pair.label)
    except LabelFileError as error:
        raise PairError("unreadable", f"{pair.label}: {error}") from error
    _check_same_grid(prediction, label, settings.ignore_geometry)

    matrix, counts = _count(prediction.pixels, label.pixels, settings)
    return matrix, FileTally(pair, _pixels(label.pixels, counts, settings), counts)


def _count(
    prediction: Array, label: Array, settings: Settings
) -> tuple[Tensor | None, ClassCounts]:
    tensors = torch.from_numpy(prediction), torch.from_numpy(label)
    ignore_index = list(settings.ignore_index)
    try:
        if not settings.with_matrix:
            return None, torchtally.class_counts(
                *tensors,
                settings.num_classes,
                ignore_index=ignore_index,
                out_of_range=settings.out_of_range,
            )
        matrix = torchtally.confusion_matrix(
            *tensors,
            settings.num_classes,
            ignore_index=ignore_index,
            out_of_range=settings.out_of_range,
        )
    except ValueError:
        message = _out_of_range_message(prediction, label, settings)
        if not message:
            raise
        raise PairError("out of range", message) from None
    return matrix, ClassCounts.from_matrix(matrix)


def _pixels(label: Array, counts: ClassCounts, settings: Settings) -> Pixels:
    counted = int(counts.tp.sum() + counts.fn.sum())
    if settings.out_of_range != "ignore":  # then nothing but ignored pixels is missing
        missed = 0
        if settings.with_other:  # "other" on one side or both
            missed = int(counts.tp[-1] + counts.fp[-1] + counts.fn[-1])
        return Pixels(label.size, counted, label.size - counted, 0, missed)
    ignored = sum(int(np.count_nonzero(label == v)) for v in settings.ignore_index)
    return Pixels(label.size, counted, ignored, label.size - counted - ignored)


def _check_same_grid(
    prediction: LabelImage, label: LabelImage, ignore_geometry: bool
) -> None:
    if prediction.pixels.shape != label.pixels.shape:
        raise PairError(
            "shape",
            "prediction and label must have the same shape, got "
            f"{_size(prediction)} and {_size(label)}",
        )
    if ignore_geometry or prediction.affine is None or label.affine is None:
        return
    difference = float(np.abs(prediction.affine - label.affine).max())
    if not difference <= AFFINE_TOLERANCE:
        raise PairError(
            "geometry",
            "prediction and label must have the same affine within "
            f"{AFFINE_TOLERANCE:g}, they differ by {difference:g}: resample one to the "
            "grid of the other, or pass --ignore-geometry to compare voxel by voxel",
        )


def _size(image: LabelImage) -> str:
    return " x ".join(str(length) for length in image.pixels.shape)


def _out_of_range_message(prediction: Array, label: Array, settings: Settings) -> str:
    """Say which labels are out of range on which side; empty if there are none."""
    num_classes = settings.num_classes
    kept = ~np.isin(label, settings.ignore_index)
    parts = []
    for side, pixels in (("label", label), ("prediction", prediction)):
        outside = kept & ((pixels < 0) | (pixels >= num_classes))
        values, times = np.unique(pixels[outside], return_counts=True)
        if values.size == 0:
            continue
        shown = ", ".join(str(value) for value in values[:SHOWN_VALUES])
        if values.size > SHOWN_VALUES:
            shown += f" and {values.size - SHOWN_VALUES} other values"
        hint = (
            f"--ignore-index {' '.join(str(v) for v in values[:SHOWN_VALUES])} leaves "
            "them out"
            if side == "label"
            else "--ignore-index looks at labels alone; see --out-of-range"
        )
        if values.max() < 2**16 and values.min() >= 0:
            hint += f", --num-classes {int(values.max()) + 1} makes them classes"
        parts.append(
            f"{side} must lie in 0..{num_classes - 1}, "
            f"got {shown} at {times.sum():,} of {pixels.size:,} pixels ({hint})"
        )
    return "; ".join(parts)
