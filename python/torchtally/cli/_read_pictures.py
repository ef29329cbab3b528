"""Pictures as stored samples: PNG with Pillow, TIFF with tifffile.

No conversion that is meant for looking at a picture happens here: a palette image is
its indices, white-is-zero samples are not inverted, few bits are not stretched.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from ._image import Array, Image, lengths_of
from ._problems import LabelFileError, Note

# Pillow stretches grey levels of 2 and 4 bits over 0..255; labels are the levels.
_STRETCHED_GREY = {"L;2": 85, "L;4": 17}
_GREY = ("1", "L", "P", "I", "F")
_JPEG = (6, 7, 34892)  # the baseline method, which loses; 7 in all but rare files
_SAMPLE_AXES = "S"  # the letter that tifffile gives to channels of one pixel


def read_png(path: Path, _key: str | None) -> Image:
    """Read a grey or palette PNG of any depth."""
    from PIL import Image as Pillow

    with _any_size(), Pillow.open(path, formats=("PNG",)) as image:
        frames = getattr(image, "n_frames", 1)
        if frames > 1:
            raise LabelFileError(f"must hold one picture, got {frames} frames")
        _check_one_channel(image)
        raw_mode = image.tile[0][3] if image.tile else ""
        if isinstance(raw_mode, tuple):
            raw_mode = raw_mode[0]
        array = np.array(image)
    stretch = _STRETCHED_GREY.get(str(raw_mode)[:3])
    return Image(array // np.uint8(stretch) if stretch else array, "zyx")


def _check_one_channel(image: Any) -> None:
    if image.mode in _GREY or image.mode.startswith("I;16"):
        return
    what = f"a colour image of mode {image.mode}"
    remedy = ""
    if image.mode in ("LA", "La", "PA"):
        what = f"an image with an alpha channel (mode {image.mode})"
        remedy = ": save it without alpha"
    elif image.mode in ("RGB", "RGBA"):
        first, *others = image.split()[:3]
        if all(first.tobytes() == other.tobytes() for other in others):
            remedy = ": its channels are equal, save one of them"
        elif image.mode == "RGBA":
            what += ", with alpha"
    raise LabelFileError(f"label images have one channel, got {what}{remedy}")


@contextmanager
def _any_size() -> Iterator[None]:
    """Lift Pillow's size limit: whole-slide label images exceed it."""
    from PIL import Image as Pillow

    limit = Pillow.MAX_IMAGE_PIXELS
    Pillow.MAX_IMAGE_PIXELS = None
    try:
        yield
    finally:
        Pillow.MAX_IMAGE_PIXELS = limit


def read_tiff(path: Path, _key: str | None) -> Image:
    """Read the samples of a TIFF: a page, or a volume of pages that agree.

    Overviews and masks, as NewSubfileType declares them, are left out with a note. A
    stack that one directory describes (ImageJ, tifffile, OME) is read whole.
    """
    import tifffile

    with tifffile.TiffFile(path) as tiff:
        pages = list(tiff.pages)
        full = [page for page in pages if not page.is_reduced and not page.is_mask]
        if not full:
            raise LabelFileError(
                f"must hold an image, got {len(pages)} overviews and masks alone"
            )
        described = bool(tiff.is_imagej or tiff.is_shaped or tiff.is_ome)
        series = [
            one
            for one in (tiff.series if described else [])
            if not one.keyframe.is_reduced and not one.keyframe.is_mask
        ]
        if len(series) > 1:
            shapes = ", ".join(lengths_of(one.shape) for one in series)
            raise LabelFileError(f"must hold one image, got {len(series)}: {shapes}")
        if series and series[0].size > sum(page.size for page in full):
            array, axes = series[0].asarray(), series[0].axes  # in one directory
        elif series and len(full) > 1:
            array = _pages_of(full, path).reshape(series[0].shape)
            axes = series[0].axes
        else:
            array, axes = _pages_of(full, path), full[0].axes
    if _SAMPLE_AXES in axes:
        alpha = ", with an alpha channel" if any(full[0].extrasamples or ()) else ""
        raise LabelFileError(
            f"label images have one channel, got {full[0].samplesperpixel} samples a "
            f"pixel ({full[0].photometric.name}{alpha})"
        )
    return Image(array, "zyx", notes=tuple(_left_out(pages)))


def _left_out(pages: list[Any]) -> Iterator[Note]:
    masks = sum(bool(page.is_mask) for page in pages)
    overviews = sum(bool(page.is_reduced) and not page.is_mask for page in pages)
    for number, noun in ((overviews, "overview"), (masks, "mask")):
        if number:
            plural = "" if number == 1 else "s"
            yield Note(
                "pages left out", f"{number} {noun}{plural} of a TIFF not counted"
            )


def _pages_of(pages: list[Any], path: Path) -> Array:
    """Return a page, or a volume [pages, ...] that is filled page by page."""
    if len(pages) == 1:
        return _page(pages[0], path)
    first = pages[0]
    for number, page in enumerate(pages, 1):
        if (page.shape, page.dtype) != (first.shape, first.dtype):
            raise LabelFileError(
                "pages of a TIFF volume must agree, got "
                f"{first.shape} {first.dtype} on page 1 and "
                f"{page.shape} {page.dtype} on page {number}"
            )
    volume: Array | None = None
    for number, page in enumerate(pages):
        samples = _page(page, path)
        if volume is None:
            volume = np.empty((len(pages), *samples.shape), samples.dtype)
        volume[number] = samples
    assert volume is not None
    return volume


def _page(page: Any, path: Path) -> Array:
    """Return the samples of a page; Pillow decodes what tifffile has no codec for."""
    if page.dtype is None:
        raise LabelFileError(
            f"cannot be read: {page.bitspersample} bits a sample of sample format "
            f"{page.sampleformat}"
        )
    if page.compression in _JPEG:
        raise LabelFileError(
            f"must not be compressed by {page.compression.name}, which changes labels"
        )
    if page.bitspersample in (2, 4) and page.compression == 1 and not page.is_tiled:
        return _few_bits(page)
    try:
        return np.asarray(page.asarray())
    except (ValueError, NotImplementedError, ImportError) as error:
        if "imagecodecs" not in str(error) and not isinstance(error, ImportError):
            raise
        try:
            samples = _page_by_pillow(page, path)
        except Exception:
            samples = None
        if samples is None or samples.shape != page.shape:
            raise LabelFileError(
                f"cannot be read: {error}: pip install imagecodecs"
            ) from error
        return samples


def _few_bits(page: Any) -> Array:
    """Unpack samples of 2 or 4 bits, of which a row begins at a whole byte."""
    bits, (height, width) = page.bitspersample, page.shape
    row = (width * bits + 7) // 8
    file = page.parent.filehandle
    data = b""
    for start, size in zip(page.dataoffsets, page.databytecounts, strict=True):
        file.seek(start)
        data += file.read(size)
    if len(data) < row * height or page.fillorder != 1:
        raise LabelFileError("cannot be read: its strips are too short, or reversed")
    packed = np.frombuffer(data, np.uint8, row * height).reshape(height, row)
    places = np.arange(8 - bits, -1, -bits, dtype=np.uint8)
    samples: Array = (packed[..., None] >> places) & (2**bits - 1)
    return samples.reshape(height, -1)[:, :width]


def _page_by_pillow(page: Any, path: Path) -> Array | None:
    """Decode a page with libtiff, and undo what Pillow does for looking at it."""
    from PIL import Image as Pillow

    white_is_zero = page.photometric == 0
    with _any_size(), Pillow.open(path, formats=("TIFF",)) as image:
        image.seek(page.index)
        if image.mode not in _GREY and not image.mode.startswith("I;16"):
            return None
        shown: Array = np.array(image)
    dtype: np.dtype[Any] = np.dtype(page.dtype).newbyteorder("=")
    if page.bitspersample in (2, 4):
        shown = shown // np.uint8(255 // (2**page.bitspersample - 1))
        highest = 2**page.bitspersample - 1
        shown = highest - shown if white_is_zero else shown
    elif dtype == np.bool_:
        shown = (shown.view(np.uint8) != 0) ^ white_is_zero
    elif dtype.itemsize == shown.dtype.itemsize:
        if white_is_zero and dtype.itemsize == 1:
            shown = np.uint8(255) - shown
        shown = shown.view(dtype)
    elif np.can_cast(dtype, shown.dtype):
        shown = shown.astype(dtype)
    else:
        return None
    return shown
