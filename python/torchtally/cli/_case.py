"""One case: read two files, check that they can be compared, count.

This is the only place where pixels are. :func:`evaluate_case` depends on its arguments
alone and returns plain values, so it may run in any process, and what it returned may
be kept in a file.
"""

from __future__ import annotations

import warnings
from array import array
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ._formats import read_image
from ._geometry import on_grid_of
from ._image import Array, Image, as_labels, lengths_of
from ._pairing import Pair
from ._problems import LabelFileError, Note, PairError, Problem
from ._ranges import raise_out_of_range
from ._settings import Settings


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
class Counts:
    """The counts of a case that are not zero, by their place in a flat tensor.

    Both are arrays of int64, which take 8 bytes a number wherever they are kept.
    """

    places: array[int]
    values: array[int]

    @classmethod
    def of(cls, counts: Tensor) -> Counts:
        """Keep what is not zero of int64 counts of any shape."""
        flat = counts.flatten()
        places = flat.nonzero().squeeze(1)
        return cls(array("q", places.tolist()), array("q", flat[places].tolist()))

    def add_to(self, flat: Tensor) -> None:
        """Add them to a flat int64 tensor."""
        if self.places:
            places, values = (
                torch.frombuffer(numbers, dtype=torch.int64)
                for numbers in (self.places, self.values)
            )
            flat.index_add_(0, places, values)


@dataclass(frozen=True)
class CaseResult:
    """What one pair came to.

    Attributes:
        name: of the pair.
        prediction: its path as text; None where there was none.
        label: the same.
        counts: None where the pair was left out.
        pixels: where they went.
        dtypes: as stored, of prediction and label; "" where one was not read.
        notes: what was odd about a pair that was counted.
        problem: why it was left out, or counted as an empty prediction.
    """

    name: str
    prediction: str | None
    label: str
    counts: Counts | None = None
    pixels: Pixels = Pixels()
    dtypes: tuple[str, str] = ("", "")
    notes: tuple[Note, ...] = ()
    problem: Problem | None = None


def evaluate_case(pair: Pair, settings: Settings) -> CaseResult:
    """Read, check and count one pair; whatever goes wrong becomes its problem.

    Args:
        pair: the two files.
        settings: the classes, the policy and the checks.
    """
    result = CaseResult(
        pair.name,
        None if pair.prediction is None else str(pair.prediction),
        str(pair.label),
    )
    try:
        return _evaluate(pair, settings, result)
    except PairError as error:
        return replace(result, problem=Problem(error.kind, pair.name, str(error)))
    except Exception as error:  # MemoryError and whatever no one thought of
        message = f"{type(error).__name__}: {error}"
        return replace(result, problem=Problem("failed", pair.name, message))


def read_case(pair: Pair, settings: Settings) -> tuple[Array, Array, bool]:
    """Return the labels of a prediction and of its label, on the label's grid.

    The last is whether they are x, y, z, so that a picture of them is to be turned.

    Raises:
        PairError: they cannot be compared, or no longer.
    """
    label = _read(pair.label, settings, settings.reading.labels_key, False)
    target, _ = _labels(label, pair.label, settings)
    preds, _, _ = _preds(pair, label, settings)
    return preds, target, label.order == "xyz"


def _evaluate(pair: Pair, settings: Settings, result: CaseResult) -> CaseResult:
    with_classes = settings.task == "multilabel"
    label = _read(pair.label, settings, settings.reading.labels_key, with_classes)
    target, odd = _labels(label, pair.label, settings)
    notes = [*label.notes, *odd]
    stored = ""
    mask = None if pair.mask is None else _mask(pair.mask, label, settings)
    try:
        preds, stored, odd = _preds(pair, label, settings)
        counts = _count(preds, target, mask, settings)
        notes += odd
    except PairError as error:
        if settings.on_error != "count-as-empty" or error.of_label:
            raise
        problem = Problem(error.kind, pair.name, str(error), counted=True)
        result = replace(result, problem=problem)
        counts = _count_empty(target, mask, settings)
    return replace(
        result,
        counts=Counts.of(counts),
        pixels=_pixels(target, mask, counts, settings),
        dtypes=(stored, str(label.array.dtype)),
        notes=tuple(dict.fromkeys(notes)),
    )


def _preds(
    pair: Pair, label: Image, settings: Settings
) -> tuple[Array, str, tuple[Note, ...]]:
    """Return labels or scores on the label's grid, their dtype, and what was odd."""
    path = pair.prediction
    if path is None:
        raise PairError(
            "missing prediction", f"no prediction for the label file {pair.label}"
        )
    prediction = _read_prediction(path, label, settings)
    files = str(path), str(pair.label)
    prediction, notes = on_grid_of(prediction, label, files, settings.reading)
    preds, stored = prediction.array, str(prediction.array.dtype)
    if not settings.reading.scores:
        preds, odd = _labels(prediction, path, settings)
        notes = (*notes, *odd)
    elif preds.dtype.kind != "f":
        message = f"{path}: scores must be floating point, got {stored}"
        raise PairError("unreadable", message)
    return preds, stored, notes


def _read(path: Path, settings: Settings, key: str | None, with_classes: bool) -> Image:
    try:
        image = read_image(path, key)
        if with_classes:
            image = image.with_classes_first(settings.reading.class_axis)
    except LabelFileError as error:
        raise PairError("unreadable", f"{path}: {error}") from error
    return image


def _mask(path: Path, label: Image, settings: Settings) -> Array:
    """Return where to count, bool, of the label's shape."""
    image = _read(path, settings, None, False)
    one = label
    if label.has_classes:  # one mask for all labels of a pixel
        one = replace(label, array=label.array[0], has_classes=False)
    try:
        files = str(path), "its label"
        image, _ = on_grid_of(image, one, files, settings.reading, "mask")
    except PairError as error:
        message = f"{path}: {error}"
        raise PairError(error.kind, message, of_label=True) from None
    inside = _labels(image, path, settings)[0] != 0
    return np.broadcast_to(inside, label.array.shape)


def _read_prediction(path: Path, label: Image, settings: Settings) -> Image:
    """Read labels or scores; scores of classes get their classes first."""
    key = settings.reading.preds_key
    if not settings.reading.scores or settings.task == "multilabel":
        return _read(path, settings, key, settings.task == "multilabel")
    image = _read(path, settings, key, False)
    if settings.task == "binary" and image.array.ndim == label.array.ndim:
        return image
    try:
        image = image.with_classes_first(settings.reading.class_axis)
    except LabelFileError as error:
        raise PairError("unreadable", f"{path}: {error}") from error
    classes = 1 if settings.task == "binary" else settings.num_classes
    if settings.counting["preds_map"] is None and image.array.shape[0] != classes:
        raise PairError(
            "shape",
            f"{path}: scores must have {classes} classes on their class axis, got "
            f"{image.array.shape[0]} of shape {lengths_of(image.array.shape)} "
            "(see --class-axis)",
        )
    return image


def _labels(
    image: Image, path: Path, settings: Settings
) -> tuple[Array, tuple[Note, ...]]:
    try:
        return as_labels(image, settings.reading.rounded)
    except LabelFileError as error:
        raise PairError("unreadable", f"{path}: {error}") from error


def _tensor(samples: Array) -> Tensor:
    if any(stride < 0 for stride in samples.strides):  # which torch does not have
        samples = np.ascontiguousarray(samples)
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    with warnings.catch_warnings():  # of memory that must not be written to
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(samples)


def _batch(
    preds: Array, target: Array, mask: Array | None, settings: Settings
) -> tuple[Tensor, Tensor, Tensor | None]:
    """Return a case as a batch of one."""
    samples = [None if one is None else _tensor(one)[None] for one in (target, mask)]
    if preds.dtype.kind != "f" and settings.task != "multilabel":
        # One more axis, or rows of labels could be taken for one-hot ones.
        samples = [None if one is None else one[None] for one in samples]
        preds = preds[None]
    labels, inside = samples
    assert labels is not None
    return _tensor(preds)[None], labels, inside


def _count(
    preds: Array, target: Array, mask: Array | None, settings: Settings
) -> Tensor:
    batch = _batch(preds, target, mask, settings)
    try:
        return settings.counter.count(settings.with_matrix, *batch, False, True)
    except (TypeError, ValueError) as error:
        raise_out_of_range(preds, target, mask, settings)
        text = str(error).removeprefix("evaluate: ")
        raise PairError("out of range", text) from None


def _count_empty(target: Array, mask: Array | None, settings: Settings) -> Tensor:
    """Count a prediction of class 0, or of no label, everywhere."""
    counter = settings.counter
    options = replace(counter.options, threshold=None, logits=False)
    maps = counter.maps
    if maps is not None:  # the prediction is a class, not a raw label
        maps = None if maps.target is None else replace(maps, preds=None)
    plain = replace(counter, options=options, maps=maps, top_k=1)
    batch = _batch(np.zeros(target.shape, np.uint8), target, mask, settings)
    try:
        return plain.count(settings.with_matrix, *batch, False, True)
    except (TypeError, ValueError):
        raise_out_of_range(None, target, mask, settings)
        raise


def _pixels(
    target: Array, mask: Array | None, counts: Tensor, settings: Settings
) -> Pixels:
    if settings.with_matrix:
        counted, other = int(counts.sum()), 0
        if settings.with_other:  # on one side or both
            other = counted - int(counts[..., :-1, :-1].sum())
    else:
        counted, other = int(counts[0].sum() + counts[2].sum()), 0
        if settings.with_other:
            other = int(counts[:, -1].sum())
    total = target.size
    if settings.counting["out_of_range"] != "ignore":
        return Pixels(total, counted, total - counted, 0, other)
    values = set(settings.counting["ignore_index"] or ())
    named = settings.counting["label_map"] or {}
    values |= {value for value, index in named.items() if index is None}
    left_out = np.isin(target, list(values))
    if mask is not None:
        left_out |= ~mask
    ignored = int(np.count_nonzero(left_out))
    return Pixels(total, counted, ignored, total - counted - ignored)
