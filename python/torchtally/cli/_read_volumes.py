"""Volumes with a place in space: NIfTI, and what SimpleITK reads."""

from __future__ import annotations

import gzip
import io
import math
import zlib
from pathlib import Path
from typing import Any

import numpy as np

from ._image import Array, Image
from ._problems import LabelFileError, Note

_HEADERS = {348: "Nifti1Header", 540: "Nifti2Header"}  # by the number they begin with


def read_nifti(path: Path, _key: str | None) -> Image:
    """Read a .nii or .nii.gz file to its end, and nothing behind it.

    The checksum at the end of a gzip stream is compared, which a reader that stops
    behind the last voxel does not do.
    """
    import nibabel

    with path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
    # gzip refuses what follows a stream unless it is another one, or zeros.
    data = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
    sizes = (int.from_bytes(data[:4], order) for order in ("little", "big"))
    name = next((_HEADERS[size] for size in sizes if size in _HEADERS), None)
    if name is None:
        raise LabelFileError("cannot be read: it does not begin with a NIfTI header")
    header_class: Any = getattr(nibabel, name)
    header = header_class.from_fileobj(io.BytesIO(data))
    if header["magic"].item()[:3] not in (b"n+1", b"n+2"):
        raise LabelFileError("must be a NIfTI file with its voxels (magic n+1 or n+2)")

    dtype, shape = header.get_data_dtype(), header.get_data_shape()
    if dtype.kind == "V":
        raise LabelFileError(f"must hold one number a voxel, got colours {dtype.names}")
    start, size = int(header.get_data_offset()), math.prod(shape)
    end = start + size * dtype.itemsize
    if len(data) < end:
        raise LabelFileError(
            f"cannot be read: the header announces {end:,} bytes, there are "
            f"{len(data):,}"
        )
    if data[end:].strip(b"\0"):
        raise LabelFileError(
            f"cannot be read: {len(data) - end:,} bytes follow the last voxel"
        )
    array: Array = np.frombuffer(data, dtype, size, start).reshape(shape, order="F")
    slope, inter = header.get_slope_inter()
    scaling = None
    if slope is not None and (slope, inter or 0.0) != (1.0, 0.0):
        scaling = (float(slope), float(inter or 0.0))
        array = array * scaling[0] + scaling[1]
    while array.ndim > 3 and array.shape[3] == 1:  # volumes saved as a series of one
        array = array[:, :, :, 0]
    placed = bool(header["sform_code"] > 0 or header["qform_code"] > 0)
    affine = np.asarray(header.get_best_affine(), np.float64)
    notes: tuple[Note, ...] = ()
    if not placed:
        notes = (Note("no position", "the NIfTI header does not say where it lies"),)
    return Image(array, "xyz", affine, placed, scaling, notes=notes)


def read_itk(path: Path, _key: str | None) -> Image:
    """Read NRRD or MetaImage; the axes become x, y, z, and the affine RAS+."""
    import SimpleITK as sitk  # noqa: N813

    name = path.name.lower()
    reader = sitk.ImageFileReader()
    nrrd = name.endswith((".nrrd", ".nhdr"))
    reader.SetImageIO("NrrdImageIO" if nrrd else "MetaImageIO")
    reader.SetFileName(str(path))
    try:
        image = reader.Execute()
    except RuntimeError as error:  # the reason is its last line
        reason = str(error).strip().splitlines()[-1].strip()
        raise LabelFileError(f"cannot be read: {reason}") from error
    components = image.GetNumberOfComponentsPerPixel()
    array = sitk.GetArrayFromImage(image)
    if not nrrd:
        _check_meta_data(path, array.nbytes)
    space = image.GetDimension()
    if components > 1:  # which come last
        array = array.transpose(*range(space - 1, -1, -1), space)
    else:
        array = array.transpose()
    # ITK's x and y grow to the left and to the back, those of RAS+ the other way.
    to_ras = np.diag([-1.0, -1.0, 1.0, 1.0])
    affine = np.eye(4)
    if space in (2, 3):
        directions = np.asarray(image.GetDirection()).reshape(space, space)
        affine[:space, :space] = directions * np.asarray(image.GetSpacing())
        affine[:space, 3] = image.GetOrigin()
        return Image(array, "xyz", to_ras @ affine)
    return Image(array, "xyz")


def _check_meta_data(path: Path, size: int) -> None:
    """Raise LabelFileError where the voxels of a MetaImage are not what was written.

    ITK goes on with what it has where a compressed stream is damaged.
    """
    fields: dict[str, str] = {}
    with path.open("rb") as file:
        while "ElementDataFile" not in fields and (line := file.readline(4096)):
            name, _, value = line.decode("latin-1").partition("=")
            fields[name.strip()] = value.strip()
        source = fields.get("ElementDataFile", "")
        if source.upper() == "LOCAL":
            data = file.read()
        elif (path.parent / source).is_file():
            data = (path.parent / source).read_bytes()
        else:  # a list of files, or a pattern of their names
            return
    rest = len(data) - size
    if fields.get("CompressedData", "").lower() == "true":
        stream = zlib.decompressobj(wbits=47)  # of zlib or gzip
        try:
            rest = len(stream.decompress(data) + stream.flush()) - size
        except zlib.error as error:
            raise LabelFileError(f"cannot be read: {error}") from error
        if not stream.eof:
            raise LabelFileError("cannot be read: its compressed stream has no end")
        rest += len(stream.unused_data.strip(b"\0"))
    elif int(fields.get("HeaderSize", "0") or 0):
        return
    if rest:
        raise LabelFileError(
            f"cannot be read: there are {abs(rest):,} bytes too "
            f"{'many' if rest > 0 else 'few'}"
        )
