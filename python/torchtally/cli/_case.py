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
from ._image import SHOWN_VALUES, Array, Image, as_labels, lengths_of
from ._pairing import Pair
from ._problems import LabelFileError, Note, PairError, Problem
from ._settings import Settings

AFFINE_TOLERANCE = 1e-3  # in the unit of the affine, millimetres for NIfTI


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


def _evaluate(pair: Pair, settings: Settings, result: CaseResult) -> CaseResult:
    with_classes = settings.task == "multilabel"
    label = _read(pair.label, settings, settings.reading.labels_key, with_classes)
    target, odd = _labels(label, pair.label, settings)
    notes = [*label.notes, *odd]
    stored = ""
    try:
        preds, stored, odd = _preds(pair, label, settings)
        counts = _count(preds, target, settings)
        notes += odd
    except PairError as error:
        if settings.on_error != "count-as-empty" or error.of_label:
            raise
        problem = Problem(error.kind, pair.name, str(error), counted=True)
        result = replace(result, problem=problem)
        counts = _count_empty(target, settings)
    return replace(
        result,
        counts=Counts.of(counts),
        pixels=_pixels(target, counts, settings),
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
    prediction, notes = _on_grid_of(prediction, label, pair, settings)
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


def _read_prediction(path: Path, label: Image, settings: Settings) -> Image:
    """Read labels or scores; scores of classes get their classes first."""
    key = settings.reading.preds_key
    if not settings.reading.scores or settings.task == "multilabel":
        return _read(path, settings, key, settings.task == "multilabel")
    image = _read(path, settings, key, False)
    if settings.task == "binary" and image.array.ndim == label.array.ndim:
        return image
    image = _read(path, settings, key, True)
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


# Where the two images lie


def _on_grid_of(
    prediction: Image, label: Image, pair: Pair, settings: Settings
) -> tuple[Image, tuple[Note, ...]]:
    """Return the prediction on the label's grid, and what could not be checked."""
    reading = settings.reading
    prediction, notes = _in_axes_of(prediction, label, pair, settings)
    located = prediction.affine is not None and label.affine is not None
    if reading.reorient and located and prediction.placed and label.placed:
        prediction = _reoriented(prediction, label)
    if prediction.shape != label.shape:
        raise PairError(
            "shape",
            "prediction and label must have the same shape, got "
            f"{lengths_of(prediction.shape)} and {lengths_of(label.shape)}",
        )
    if not reading.ignore_geometry:
        notes = (*notes, *_check_geometry(prediction, label))
    return prediction, (*notes, *prediction.notes)


_AS_STORED = "a file that does not name its axes was compared as stored with"


def _in_axes_of(
    prediction: Image, label: Image, pair: Pair, settings: Settings
) -> tuple[Image, tuple[Note, ...]]:
    chosen = settings.reading.axes
    if isinstance(chosen, tuple):
        for image, letters, role in (
            (prediction, chosen[0], "prediction"),
            (label, chosen[1], "label"),
        ):
            if len(image.shape) != len(letters):
                raise PairError(
                    "axes",
                    f"--axes names {len(letters)} axes of the {role}, got shape "
                    f"{lengths_of(image.shape)}",
                )
        return prediction.transposed([chosen[0].index(one) for one in chosen[1]]), ()
    orders = {prediction.order, label.order}
    if chosen == "same" or len(orders) == 1 or len(label.shape) < 2:
        return prediction, ()
    if "xyz" not in orders:
        return prediction, (Note("axes", f"{_AS_STORED} a picture, row by row"),)
    # One side is x, y, z; the other is z, y, x, or does not say. Lengths tell the
    # orders apart where no two are equal.
    lengths = [length for length in label.shape if length > 1]
    space = "xyzt"[: len(label.shape)]
    turned = [space[::-1], space] if label.order == "xyz" else [space, space[::-1]]
    files = f"{pair.prediction} {_axes_words(prediction)}, {pair.label} "
    files += _axes_words(label)
    remedy = f"pass --axes {':'.join(turned)}, or --axes same to compare them as they are stored"
    if prediction.shape == label.shape and len(set(lengths)) == len(lengths):
        if "" in orders:
            note = Note("axes", f"{_AS_STORED} x, y, z; their shapes agree")
            return prediction, (note,)
        raise PairError("axes", f"the axes differ, {files}: {remedy}")
    if prediction.shape in (label.shape, label.shape[::-1]):
        raise PairError("axes", f"the order of axes is not known, {files}: {remedy}")
    return prediction, ()


def _axes_words(image: Image) -> str:
    if image.axes:
        return f"has {', '.join(image.axes)}"
    return "does not name its axes"


def _reoriented(prediction: Image, label: Image) -> Image:
    """Flip and transpose the prediction so that its axes point as the label's do."""
    from nibabel.orientations import io_orientation, ornt_transform

    space = len(label.shape)
    if space != 3 or len(prediction.shape) != 3:
        return prediction
    turn = ornt_transform(
        io_orientation(prediction.affine), io_orientation(label.affine)
    )
    for axis, (_, direction) in enumerate(turn):
        if direction < 0:
            prediction = prediction.flipped(axis)
    return prediction.transposed([int(axis) for axis in np.argsort(turn[:, 0])])


def _check_geometry(prediction: Image, label: Image) -> tuple[Note, ...]:
    if prediction.affine is None or label.affine is None:
        if prediction.affine is label.affine:
            return ()
        return (Note("geometry", "only one of the two files has a geometry to check"),)
    spacings = prediction.spacing or (), label.spacing or ()
    far = max((abs(a - b) for a, b in zip(*spacings, strict=True)), default=0.0)
    remedy = (
        "resample one to the grid of the other, or pass --ignore-geometry to compare "
        "voxel by voxel"
    )
    if not far <= AFFINE_TOLERANCE:
        raise PairError(
            "geometry",
            "prediction and label must have the same spacing within "
            f"{AFFINE_TOLERANCE:g}, got {_spacing(spacings[0])} and "
            f"{_spacing(spacings[1])}: {remedy}",
        )
    if not (prediction.placed and label.placed):
        return ()  # which the files' notes say
    codes = _codes(prediction), _codes(label)
    if codes[0] != codes[1]:
        raise PairError(
            "geometry",
            "prediction and label must have the same orientation, got "
            f"{codes[0]} and {codes[1]}: --reorient turns the prediction, "
            "--ignore-geometry compares voxel by voxel",
        )
    difference = float(np.abs(prediction.affine - label.affine).max())
    if not difference <= AFFINE_TOLERANCE:
        raise PairError(
            "geometry",
            "prediction and label must have the same affine within "
            f"{AFFINE_TOLERANCE:g}, they differ by {difference:g}: {remedy}",
        )
    return ()


def _spacing(lengths: tuple[float, ...]) -> str:
    return " x ".join(f"{length:g}" for length in lengths)


def _codes(image: Image) -> str:
    from nibabel.orientations import aff2axcodes

    return "".join(letter or "?" for letter in aff2axcodes(image.affine))


# Counting


def _tensor(samples: Array) -> Tensor:
    if any(stride < 0 for stride in samples.strides):  # which torch does not have
        samples = np.ascontiguousarray(samples)
    samples = samples.astype(samples.dtype.newbyteorder("="), copy=False)
    with warnings.catch_warnings():  # of memory that must not be written to
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(samples)


def _count(preds: Array, target: Array, settings: Settings) -> Tensor:
    """Count a case as a batch of one."""
    batch = _tensor(preds).unsqueeze(0), _tensor(target).unsqueeze(0)
    if preds.dtype.kind != "f" and settings.task != "multilabel":
        # One more axis, or rows of labels could be taken for one-hot ones.
        batch = batch[0].unsqueeze(0), batch[1].unsqueeze(0)
    try:
        return settings.counter.count(settings.with_matrix, *batch, None, False, True)
    except (TypeError, ValueError) as error:
        _raise_out_of_range(preds, target, settings)
        text = str(error).removeprefix("evaluate: ")
        raise PairError("out of range", text) from None


def _count_empty(target: Array, settings: Settings) -> Tensor:
    """Count a prediction of class 0, or of no label, everywhere."""
    counter = settings.counter
    options = replace(counter.options, threshold=None, logits=False)
    maps = counter.maps
    if maps is not None:  # the prediction is a class, not a raw label
        maps = None if maps.target is None else replace(maps, preds=None)
    plain = replace(counter, options=options, maps=maps, top_k=1)
    labels = _tensor(target).unsqueeze(0)
    preds = torch.zeros(labels.shape, dtype=torch.uint8)
    try:
        return plain.count(settings.with_matrix, preds, labels, None, False, True)
    except (TypeError, ValueError):
        _raise_out_of_range(None, target, settings)
        raise


def _pixels(target: Array, counts: Tensor, settings: Settings) -> Pixels:
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
    ignored = sum(int(np.count_nonzero(target == value)) for value in values)
    return Pixels(total, counted, ignored, total - counted - ignored)


# What to say about labels out of range


def _raise_out_of_range(preds: Array | None, target: Array, settings: Settings) -> None:
    """Raise PairError if labels of either side are out of range; scores are not."""
    limit = 2 if settings.task == "multilabel" else settings.num_classes
    counting = settings.counting
    leave_out = list(counting["ignore_index"] or ())
    leave_out += [v for v, c in (counting["label_map"] or {}).items() if c is None]
    kept = ~np.isin(target, leave_out)
    sides = {"label": (target, counting["label_map"])}
    if preds is not None and preds.dtype.kind != "f":
        sides["prediction"] = (preds, counting["preds_map"])
    parts = {}
    for side, (labels, named) in sides.items():
        if named is None:
            outside = kept & ((labels < 0) | (labels >= limit))
        else:
            outside = kept & ~np.isin(labels, list(named))
        values, times = np.unique(labels[outside], return_counts=True)
        if not values.size:
            continue
        option = "--label-map" if side == "label" else "--preds-map"
        rule = f"lie in 0..{limit - 1}" if named is None else f"be named by {option}"
        hint = f"{option} may name it, with nothing behind the colon to ignore it"
        if named is None:
            hint = _hint(side, values, labels, outside, settings)
        parts[side] = (
            f"{side} must {rule}, got {_some(values)} at {times.sum():,} of "
            f"{labels.size:,} pixels ({hint})"
        )
    if parts:
        of_label = "label" in parts
        raise PairError("out of range", "; ".join(parts.values()), of_label=of_label)


def _some(values: Array) -> str:
    shown = ", ".join(str(value) for value in values[:SHOWN_VALUES])
    if values.size > SHOWN_VALUES:
        shown += f" and {values.size - SHOWN_VALUES} other values"
    return shown


def _hint(
    side: str, values: Array, labels: Array, outside: Array, settings: Settings
) -> str:
    """Say what would make classes of values out of range, or leave them out."""
    option = "--label-map" if side == "label" else "--preds-map"
    inside = np.unique(labels[~outside])
    inside = inside[(inside >= 0) & (inside < settings.num_classes)]
    several = [*inside.tolist(), *values.tolist()]
    if inside.tolist() in ([], [0]) and len(several) <= settings.num_classes:
        # Grey levels of a mask: 0 and 255, say, of two classes.
        first = 0 if inside.size else settings.num_classes - len(several)
        levels = ",".join(f"{v}:{first + n}" for n, v in enumerate(several))
        return f"if they are classes, {option} {levels} says so"
    hint = "--ignore-index looks at labels alone; see --out-of-range"
    if side == "label":
        few = ",".join(str(value) for value in values[:SHOWN_VALUES])
        hint = f"--ignore-index {few} leaves them out"
    if values.max() < 2**16 and values.min() >= 0:
        hint += f", --num-classes {int(values.max()) + 1} makes them classes"
    return hint
