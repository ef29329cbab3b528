"""Label images from files, in the dtype in which they are stored."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ._formats import MODULES, label_suffix
from ._problems import LabelFileError

Array = npt.NDArray[Any]

# Pillow stretches grey levels of 2 and 4 bits over 0..255; labels are the levels.
STRETCHED_GREY = {"L;2": 85, "L;4": 17}
LABEL_MODES = ("1", "L", "P", "I", "F")


@dataclass(frozen=True)
class LabelImage:
    """The pixels of one file, and where they lie if the format says so."""

    pixels: Array
    affine: Array | None = None


def read_labels(path: Path) -> LabelImage:
    """Read a label image.

    Integer and bool files keep their dtype (in native byte order). Floating point
    files are accepted when every value is a whole number, and come back in the
    smallest integer dtype that holds them.

    Args:
        path: A NIfTI (.nii, .nii.gz), PNG, TIFF or .npy file.

    Raises:
        LabelFileError: The file cannot be read or does not hold labels.
    """
    reader = READERS[MODULES[label_suffix(path)]]
    try:
        image = reader(path)
    except LabelFileError:
        raise
    except Exception as error:  # decoders raise anything, SyntaxError included
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise LabelFileError(f"cannot be read: {reason}") from error
    if image.pixels.ndim == 0:
        raise LabelFileError("must hold an image, got a single number")
    return LabelImage(_as_labels(image.pixels), image.affine)


def _read_nifti(path: Path) -> LabelImage:
    import nibabel

    image = nibabel.load(path)
    if not isinstance(image, (nibabel.Nifti1Image, nibabel.Nifti2Image)):
        raise LabelFileError(f"must be a NIfTI image, got {type(image).__name__}")
    pixels = np.asarray(image.dataobj)
    while pixels.ndim > 3 and pixels.shape[-1] == 1:  # volumes saved as 4-D series
        pixels = pixels[..., 0]
    return LabelImage(pixels, np.asarray(image.affine))


def _read_picture(path: Path) -> LabelImage:
    from PIL import Image, ImageSequence

    with _any_size(), Image.open(path, formats=("PNG", "TIFF")) as image:
        pages = getattr(image, "n_frames", 1) if image.format == "TIFF" else 1
        if pages == 1:
            return LabelImage(_page(image))
        volume: Array | None = None  # filled page by page, so as not to hold it twice
        for number, frame in enumerate(ImageSequence.Iterator(image)):
            page = _page(frame)
            if volume is None:
                volume = np.empty((pages, *page.shape), page.dtype)
            if page.shape != volume.shape[1:] or page.dtype != volume.dtype:
                raise LabelFileError(
                    "pages of a TIFF volume must agree, got "
                    f"{volume.shape[1:]} {volume.dtype} on page 1 and "
                    f"{page.shape} {page.dtype} on page {number + 1}"
                )
            volume[number] = page
    if volume is None:
        raise LabelFileError("must have at least one page")
    return LabelImage(volume)


def _page(image: Any) -> Array:
    if image.mode not in LABEL_MODES and not image.mode.startswith("I;16"):
        raise LabelFileError(
            f"label images have one channel, got a colour image of mode {image.mode}"
        )
    raw_mode = image.tile[0][3] if image.tile else ""
    if isinstance(raw_mode, tuple):
        raw_mode = raw_mode[0]
    pixels = np.array(image)
    stretch = STRETCHED_GREY.get(str(raw_mode)[:3])
    return pixels // np.uint8(stretch) if stretch else pixels


@contextmanager
def _any_size() -> Iterator[None]:
    """Lift Pillow's size limit: whole-slide label images exceed it."""
    from PIL import Image

    limit = Image.MAX_IMAGE_PIXELS
    Image.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _read_npy(path: Path) -> LabelImage:
    pixels = np.load(path, allow_pickle=False)
    if not isinstance(pixels, np.ndarray):
        pixels.close()
        raise LabelFileError("must hold one array, got an archive of arrays")
    return LabelImage(pixels)


READERS: dict[str, Callable[[Path], LabelImage]] = {
    "nibabel": _read_nifti,
    "PIL": _read_picture,
    "numpy": _read_npy,
}


def _as_labels(pixels: Array) -> Array:
    kind = pixels.dtype.kind
    if kind == "f":
        return _whole_numbers(pixels)
    if kind == "b":  # Pillow hands out the byte 255 for True; torch needs 1
        flags: Array = pixels.view(np.uint8) != 0
        return flags
    if kind not in "iu":
        raise LabelFileError(f"must hold integer labels, got {pixels.dtype}")
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _whole_numbers(pixels: Array) -> Array:
    if pixels.size == 0:
        return pixels.astype(np.uint8)
    low, high = float(pixels.min()), float(pixels.max())
    if not -(2.0**63) <= low <= high < 2.0**63:  # False for NaN as well
        raise LabelFileError(
            "labels stored as floating point must be finite whole numbers, "
            f"got values from {low:g} to {high:g}"
        )
    dtype = np.result_type(np.min_scalar_type(int(low)), np.min_scalar_type(int(high)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        labels = pixels.astype(dtype)
    broken = labels != pixels
    if broken.any():
        raise LabelFileError(
            "labels stored as floating point must be whole numbers, "
            f"got {float(pixels[broken][0]):g} (is this a probability map?)"
        )
    return labels
