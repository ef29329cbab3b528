"""An image as a file stores it, before anyone has said what it means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from ._problems import LabelFileError, Note

Array: TypeAlias = npt.NDArray[Any]
#: The order of axes in space: NIfTI's, that of rows and columns, or not known.
Order: TypeAlias = Literal["xyz", "zyx", ""]

SHOWN_VALUES = 5


@dataclass(frozen=True)
class Image:
    """The samples of one file.

    Attributes:
        array: the samples as stored; with ``slope`` and ``inter`` applied where the
            header has them. Axes in space are the last ones where ``has_classes``.
        order: of the axes in space.
        affine: float64 [4, 4], from indices to millimetres, RAS+; None if the format
            or the file has none.
        placed: whether the affine says where the image lies; if not, its lengths of
            voxels alone mean something.
        scaling: (slope, inter) of a header that scales what is stored, or None.
        has_classes: whether the first axis is of class scores or labels, not of space.
        notes: what was odd about the file.
    """

    array: Array
    order: Order = ""
    affine: Array | None = None
    placed: bool = True
    scaling: tuple[float, float] | None = None
    has_classes: bool = False
    notes: tuple[Note, ...] = ()

    @property
    def axes(self) -> str:
        """The axes in space by letter, such as "zyx"; empty where they are not known.

        More than three have no letters.
        """
        space = self.array.ndim - self.has_classes
        if not self.order or space > 3:
            return ""
        return self.order[:space] if self.order == "xyz" else self.order[3 - space :]

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes in space."""
        return tuple(self.array.shape[self.has_classes :])

    @property
    def spacing(self) -> tuple[float, ...] | None:
        """The lengths of a voxel along the axes in space, in millimetres."""
        if self.affine is None:
            return None
        lengths = np.sqrt((self.affine[:3, :3] ** 2).sum(0))
        return tuple(float(length) for length in lengths[: len(self.shape)])

    def with_classes_first(self, axis: int | None) -> Image:
        """Return the image with its axis of classes moved to the front.

        Args:
            axis: where it is; None for the last one of x, y, z files, else the first.

        Raises:
            LabelFileError: there is no such axis.
        """
        if axis is None:
            axis = -1 if self.order == "xyz" else 0
        if not -self.array.ndim <= axis < self.array.ndim or self.array.ndim < 2:
            raise LabelFileError(
                f"must have an axis {axis} of classes (--class-axis), got shape "
                f"{lengths_of(self.array.shape)}"
            )
        return replace(self, array=np.moveaxis(self.array, axis, 0), has_classes=True)

    def transposed(self, order: Sequence[int]) -> Image:
        """Return the image with its axes in space in another order."""
        first = int(self.has_classes)
        axes = [*range(first), *(first + axis for axis in order)]
        affine = self.affine
        if affine is not None:
            columns = [*order, *range(len(order), 4)]
            affine = affine[:, columns]
        return replace(self, array=self.array.transpose(axes), affine=affine)

    def flipped(self, axis: int) -> Image:
        """Return the image with one axis in space reversed."""
        affine = self.affine
        if affine is not None:
            affine = affine.copy()
            affine[:3, 3] += affine[:3, axis] * (self.shape[axis] - 1)
            affine[:3, axis] *= -1
        array = np.flip(self.array, axis + self.has_classes)
        return replace(self, array=array, affine=affine)


def lengths_of(shape: Sequence[int]) -> str:
    """Write a shape as "2 x 3"."""
    return " x ".join(str(length) for length in shape)


def as_labels(image: Image, rounded: bool) -> tuple[Array, tuple[Note, ...]]:
    """Return the samples as integers or bool in native byte order, and what is odd.

    Integers and bools keep their dtype. Floating point is accepted where every value
    is a whole number, and comes back in the smallest integer dtype that holds it.

    Args:
        image: what was read.
        rounded: whether values that are not whole go to the nearest whole number.

    Raises:
        LabelFileError: the samples are no labels.
    """
    array = image.array
    kind = array.dtype.kind
    if kind == "f":
        return _whole_numbers(image, rounded)
    if kind == "b":  # some readers hand out the byte 255 for True; torch needs 1
        flags: Array = array.view(np.uint8) != 0
        return flags, ()
    if kind not in "iu":
        raise LabelFileError(f"must hold integer labels, got {array.dtype}")
    native = array.astype(array.dtype.newbyteorder("="), copy=False)
    return native, ()


def _whole_numbers(image: Image, rounded: bool) -> tuple[Array, tuple[Note, ...]]:
    stored = image.array
    if stored.size == 0:
        return stored.astype(np.uint8), ()
    low, high = float(stored.min()), float(stored.max())
    if not -(2.0**63) <= low <= high < 2.0**63:  # False for NaN as well
        raise LabelFileError(
            "labels stored as floating point must be finite whole numbers, "
            f"got values from {low!r} to {high!r}"
        )
    low, high = (float(np.rint(value)) for value in (low, high))
    dtype = np.result_type(np.min_scalar_type(int(low)), np.min_scalar_type(int(high)))
    whole = np.rint(stored) if rounded else stored
    with np.errstate(invalid="ignore"):
        labels = whole.astype(dtype)
    broken = labels != stored
    if not broken.any():
        return labels, ()
    off = np.abs(stored[broken].astype(np.float64) - np.rint(stored[broken]))
    if rounded:
        message = (
            f"{int(broken.sum()):,} values were rounded, by {float(off.max()):.3g} "
            "at most"
        )
        return labels, (Note("rounded", message),)
    value = float(stored[broken].flat[0])
    if image.scaling is not None:
        slope, inter = image.scaling
        raise LabelFileError(
            f"labels must be whole numbers, got {value!r}: the header scales stored "
            f"integers by slope {slope!r} and intercept {inter!r} (--round takes the "
            "nearest whole number)"
        )
    raise LabelFileError(
        f"labels stored as floating point must be whole numbers, got {value!r} (is "
        "this a probability map? --preds-are scores reads one, --round takes the "
        "nearest whole number)"
    )
