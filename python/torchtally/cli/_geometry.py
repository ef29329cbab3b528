"""Whether two images lie on one grid: axes, shape, spacing, orientation, place."""

from __future__ import annotations

import numpy as np

from ._image import Image, lengths_of
from ._problems import Note, PairError
from ._settings import Reading

AFFINE_TOLERANCE = 1e-3  # in the unit of the affine, millimetres for NIfTI


def on_grid_of(
    prediction: Image,
    label: Image,
    files: tuple[str, str],
    reading: Reading,
    noun: str = "prediction",
) -> tuple[Image, tuple[Note, ...]]:
    """Return the prediction on the label's grid, and what could not be checked.

    Args:
        prediction: what is to lie on the grid.
        label: what lies on it.
        files: their names, for messages.
        reading: the checks.
        noun: what messages call the prediction.

    Raises:
        PairError: They do not lie on one grid.
    """
    prediction, notes = _in_axes_of(prediction, label, files, reading)
    located = prediction.affine is not None and label.affine is not None
    if reading.reorient and located and prediction.placed and label.placed:
        prediction = _reoriented(prediction, label)
    if prediction.shape != label.shape:
        raise PairError(
            "shape",
            f"{noun} and label must have the same shape, got "
            f"{lengths_of(prediction.shape)} and {lengths_of(label.shape)}",
        )
    if not reading.ignore_geometry:
        notes = (*notes, *_check_geometry(prediction, label, noun))
    return prediction, (*notes, *prediction.notes)


_AS_STORED = "a file that does not name its axes was compared as stored with"


def _in_axes_of(
    prediction: Image, label: Image, files: tuple[str, str], reading: Reading
) -> tuple[Image, tuple[Note, ...]]:
    chosen = reading.axes
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
    names = f"{files[0]} {_axes_words(prediction)}, {files[1]} {_axes_words(label)}"
    remedy = (
        f"pass --axes {':'.join(turned)}, or --axes same to compare them as they are "
        "stored"
    )
    if prediction.shape == label.shape and len(set(lengths)) == len(lengths):
        if "" in orders:
            note = Note("axes", f"{_AS_STORED} x, y, z; their shapes agree")
            return prediction, (note,)
        raise PairError("axes", f"the axes differ, {names}: {remedy}")
    if prediction.shape in (label.shape, label.shape[::-1]):
        raise PairError("axes", f"the order of axes is not known, {names}: {remedy}")
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


def _check_geometry(prediction: Image, label: Image, noun: str) -> tuple[Note, ...]:
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
            f"{noun} and label must have the same spacing within "
            f"{AFFINE_TOLERANCE:g}, got {_spacing(spacings[0])} and "
            f"{_spacing(spacings[1])}: {remedy}",
        )
    if not (prediction.placed and label.placed):
        return ()  # which the files' notes say
    codes = _codes(prediction), _codes(label)
    if codes[0] != codes[1]:
        raise PairError(
            "geometry",
            f"{noun} and label must have the same orientation, got "
            f"{codes[0]} and {codes[1]}: --reorient turns the prediction, "
            "--ignore-geometry compares voxel by voxel",
        )
    difference = float(np.abs(prediction.affine - label.affine).max())
    if not difference <= AFFINE_TOLERANCE:
        raise PairError(
            "geometry",
            f"{noun} and label must have the same affine within "
            f"{AFFINE_TOLERANCE:g}, they differ by {difference:g}: {remedy}",
        )
    return ()


def _spacing(lengths: tuple[float, ...]) -> str:
    return " x ".join(f"{length:g}" for length in lengths)


def _codes(image: Image) -> str:
    from nibabel.orientations import aff2axcodes

    return "".join(letter or "?" for letter in aff2axcodes(image.affine))
