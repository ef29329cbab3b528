"""The file formats of images: a suffix, the module that reads it, and how.

A format is one entry of ``FORMATS``. Its reader takes a path and a key (the name of an
array inside an archive, or None) and returns an :class:`~._image.Image`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from ._problems import LabelFileError

if TYPE_CHECKING:  # numpy may be missing until the modules are checked
    from ._image import Image


@dataclass(frozen=True)
class Format:
    """How files with a suffix are read.

    Attributes:
        module: what must be installed.
        reader: the function, as "module:function" of this package.
        is_folder: whether a folder with the suffix is one image.
        companions: suffixes of files that belong to one with this suffix.
    """

    module: str
    reader: str
    is_folder: bool = False
    companions: tuple[str, ...] = ()


_DATA = (".raw", ".zraw", ".raw.gz")  # beside headers in a file of their own
#: By suffix in lower case; of two that fit, the first one is meant.
FORMATS: dict[str, Format] = {
    ".nii.gz": Format("nibabel", "_read_volumes:read_nifti"),
    ".nii": Format("nibabel", "_read_volumes:read_nifti"),
    ".png": Format("PIL", "_read_pictures:read_png"),
    ".tiff": Format("tifffile", "_read_pictures:read_tiff"),
    ".tif": Format("tifffile", "_read_pictures:read_tiff"),
    ".npy": Format("numpy", "_read_arrays:read_npy"),
    ".npz": Format("numpy", "_read_arrays:read_npz"),
    ".nrrd": Format("SimpleITK", "_read_volumes:read_itk"),
    ".nhdr": Format("SimpleITK", "_read_volumes:read_itk", companions=_DATA),
    ".mha": Format("SimpleITK", "_read_volumes:read_itk"),
    ".mhd": Format("SimpleITK", "_read_volumes:read_itk", companions=_DATA),
    ".safetensors": Format("safetensors", "_read_arrays:read_safetensors"),
    ".pt": Format("torch", "_read_arrays:read_tensor"),
    ".pth": Format("torch", "_read_arrays:read_tensor"),
    ".zarr": Format("zarr", "_read_arrays:read_zarr", is_folder=True),
}
SUFFIXES = ", ".join(FORMATS)


def label_suffix(path: Path) -> str:
    """Return the suffix that names the format, or "" for no image."""
    name = path.name.lower()
    return next((suffix for suffix in FORMATS if name.endswith(suffix)), "")


def read_image(path: Path, key: str | None = None) -> Image:
    """Read one file.

    Args:
        path: A file of a format of ``FORMATS``.
        key: Which array of an archive; None where there is one.

    Raises:
        LabelFileError: The file cannot be read, or holds no image.
    """
    module, function = FORMATS[label_suffix(path)].reader.split(":")
    reader: Callable[[Path, str | None], Image]
    reader = getattr(import_module(f".{module}", __package__), function)
    try:
        image = reader(path, key)
    except LabelFileError:
        raise
    except Exception as error:  # decoders raise anything, SyntaxError included
        lines = str(error).splitlines()
        reason = lines[0] if lines else type(error).__name__
        raise LabelFileError(f"cannot be read: {reason}") from error
    if image.array.ndim == 0:
        raise LabelFileError("must hold an image, got a single number")
    return image
