"""A picture of a prediction on its label: where they agree, and how they differ."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

#: Colours of Okabe and Ito, which the colour-blind can tell apart, by what is seen.
COLOURS = {
    "background": "#24282d",
    "agreement": "#009e73",
    "missed": "#e69f00",
    "added": "#56b4e9",
    "another class": "#cc79a7",
    "ignored": "#8a8f96",
}
MEANINGS = {
    "agreement": "label and prediction agree",
    "missed": "labelled, predicted as background",
    "added": "predicted, labelled as background",
    "another class": "labelled and predicted as different classes",
    "ignored": "not counted",
}
_KINDS = list(COLOURS)
LARGEST_SIDE = 480  # pixels
_TRANSPARENCY = 0.45  # how much of an image shows through a colour


@dataclass(frozen=True)
class Picture:
    """A PNG and what it shows.

    Attributes:
        png: the file.
        width: in pixels.
        height: in pixels.
        place: which slice of a volume it is, such as "slice 12 of 40"; "" of an image.
        pixels: how many pixels of the slice are of each kind of MEANINGS.
    """

    png: bytes
    width: int
    height: int
    place: str
    pixels: dict[str, int]

    @property
    def source(self) -> str:
        """The picture as a data URL."""
        return f"data:image/png;base64,{base64.b64encode(self.png).decode()}"

    @property
    def words(self) -> str:
        """What it shows, for those who do not see it."""
        shown = [
            f"{self.pixels[kind]:,} pixels {MEANINGS[kind]}"
            for kind in MEANINGS
            if self.pixels[kind]
        ]
        text = ", ".join(shown) or "background everywhere"
        return f"{self.place}: {text}" if self.place else text


def draw_overlay(
    prediction: Array,
    label: Array,
    *,
    background: int | None = 0,
    ignored: Array | None = None,
    image: Array | None = None,
    axis: int | None = None,
    upright: bool = False,
) -> Picture:
    """Draw a prediction on its label.

    Of a volume the slice with the most wrong pixels is drawn. Large slices are thinned
    out, without averaging.

    Args:
        prediction: labels, integer ``[...]`` of any number of dimensions.
        label: the same shape.
        background: the class that is drawn dark; None where there is none.
        ignored: bool of the same shape, True where a pixel was not counted.
        image: grey levels of the same shape, drawn below.
        axis: the axis that slices are numbered along; None for the shortest of a
            volume.
        upright: whether axes are x, y, z, as those of NIfTI: of the two that are left
            the first goes to the right and the second up. Else they are rows and
            columns.

    Returns:
        The picture.

    Raises:
        ValueError: the shapes differ, or there are no pixels.
    """
    from PIL import Image

    arrays = {"label": label, "ignored": ignored, "image": image}
    for name, array in arrays.items():
        if array is not None and array.shape != prediction.shape:
            raise ValueError(
                f"draw_overlay: {name} must have the shape of prediction, "
                f"{prediction.shape}, got {array.shape}"
            )
    if prediction.size == 0:
        raise ValueError("draw_overlay: prediction must have pixels, got none")
    kinds = _slices(_kinds(prediction, label, background, ignored), axis)
    number = _worst_slice(kinds)
    counts = np.bincount(kinds[number].ravel(), minlength=len(_KINDS)).tolist()
    shown = _thinned(kinds[number], upright)
    stream = io.BytesIO()
    if image is None:
        drawn = Image.fromarray(np.ascontiguousarray(shown))
        drawn.putpalette(_palette().astype(np.uint8).tobytes())
    else:
        below = _thinned(_slices(image, axis)[number], upright)
        drawn = Image.fromarray(_blended(shown, below))
    drawn.save(stream, format="PNG", optimize=True)
    height, width = shown.shape
    place = f"slice {number + 1} of {len(kinds)}" if len(kinds) > 1 else ""
    return Picture(
        stream.getvalue(),
        width,
        height,
        place,
        {kind: counts[_KINDS.index(kind)] for kind in MEANINGS},
    )


def _kinds(
    prediction: Array, label: Array, background: int | None, ignored: Array | None
) -> Array:
    """Return what each pixel is, an index of _KINDS."""
    kinds = np.full(label.shape, _KINDS.index("another class"), np.uint8)
    kinds[prediction == label] = _KINDS.index("agreement")
    if background is not None:
        empty = label == background, prediction == background
        kinds[empty[0] & ~empty[1]] = _KINDS.index("added")
        kinds[~empty[0] & empty[1]] = _KINDS.index("missed")
        kinds[empty[0] & empty[1]] = _KINDS.index("background")
    if ignored is not None:
        kinds[ignored] = _KINDS.index("ignored")
    return kinds


def _slices(array: Array, axis: int | None) -> Array:
    """Return slices [S, H, W]."""
    if array.ndim < 3:
        return array.reshape(1, -1, array.shape[-1] if array.ndim else 1)
    if array.ndim == 3:
        if axis is None:
            axis = int(np.argmin(array.shape))
        return np.moveaxis(array, axis, 0)
    if axis is not None:
        array = np.moveaxis(array, axis, 0)
    return array.reshape(-1, *array.shape[-2:])


def _worst_slice(kinds: Array) -> int:
    """Return the slice with the most wrong pixels, then with the most foreground."""
    wrong = np.isin(kinds, [_KINDS.index(k) for k in ("missed", "added")])
    wrong |= kinds == _KINDS.index("another class")
    foreground = kinds == _KINDS.index("agreement")
    sums = [part.reshape(len(kinds), -1).sum(1) for part in (wrong, foreground)]
    return int(np.lexsort((np.arange(len(kinds), 0, -1), sums[1], sums[0]))[-1])


def _thinned(pixels: Array, upright: bool) -> Array:
    step = -(-max(pixels.shape) // LARGEST_SIDE)
    if upright:
        pixels = pixels.T[::-1]
    return pixels[::step, ::step]


def _palette() -> Array:
    """Return the colours of the kinds, [kinds, 3], of 0 to 255."""
    return np.array(
        [
            [int(c[place : place + 2], 16) for place in (1, 3, 5)]
            for c in COLOURS.values()
        ]
    )


def _blended(kinds: Array, image: Array) -> Array:
    """Return [H, W, 3]: colours on grey levels, which keep their range of the slice."""
    levels = np.nan_to_num(image.astype(np.float64))
    low, high = levels.min(), levels.max()
    grey = 255 * (levels - low) / (high - low) if high > low else np.zeros_like(levels)
    grey = grey[..., None].repeat(3, -1)
    colours = _palette()[kinds]
    mixed = (1 - _TRANSPARENCY) * colours + _TRANSPARENCY * grey
    shown = np.where(kinds[..., None] == _KINDS.index("background"), grey, mixed)
    return np.asarray(shown.round(), np.uint8)
