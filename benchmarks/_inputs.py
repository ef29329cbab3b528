"""What the benchmarks count: label maps and scores of known sizes and structure."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import interpolate

Structure = Literal["coherent", "random"]
#: What is asked for: the matrix ``[C, C]``, or its diagonal and two margins ``[3, C]``.
Form = Literal["matrix", "classes"]

IMAGES = (8, 1024, 2048)
LABELS = 100_000


@dataclass(frozen=True)
class Workload:
    """Inputs of one row: labels or scores, and labels.

    Attributes:
        preds: labels of target's shape, or scores ``[N, C, ...]``.
        target: labels ``[N, ...]``.
        cached: small enough to be repeated on warm caches, as an update of a loop is.
    """

    name: str
    preds: Tensor
    target: Tensor
    num_classes: int
    ignore_index: int | None = None
    form: Form = "matrix"
    cached: bool = False

    @property
    def scores(self) -> bool:
        """Whether the predictions are class scores."""
        return self.preds.is_floating_point()

    @property
    def bytes(self) -> int:
        """Size of the input."""
        return sum(t.numel() * t.element_size() for t in (self.preds, self.target))

    def sliced(self, pixels: int) -> Workload:
        """Return the first pixels (whole rows of the first image for scores)."""
        if pixels >= self.target.numel():
            return self
        if not self.scores:
            preds, target = (t.flatten()[:pixels] for t in (self.preds, self.target))
            return replace(self, preds=preds, target=target)
        rows = max(1, pixels // self.target[0, 0].numel())
        last = self.preds.is_contiguous(memory_format=torch.channels_last)
        layout = torch.channels_last if last else torch.contiguous_format
        return replace(
            self,
            preds=self.preds[:1, :, :rows].contiguous(memory_format=layout),
            target=self.target[:1, :rows].contiguous(),
        )


@dataclass(frozen=True)
class Row:
    """A workload to be made when its turn comes, and the ratio to the floor it is due.

    Attributes:
        build: from the factor by which every image or volume side shrinks.
        targets: at most so many times the floor, by instruction set.
    """

    name: str
    build: Callable[[int], Workload]
    targets: Mapping[str, float] = field(default_factory=dict)


def smooth(shape: tuple[int, ...], channels: int, cell: int) -> Tensor:
    """Return noise ``[channels, *shape]`` that varies over ``cell`` pixels."""
    coarse = torch.randn(1, channels, *(max(2, side // cell + 1) for side in shape))
    mode = "bilinear" if len(shape) == 2 else "trilinear"
    return interpolate(coarse, size=shape, mode=mode, align_corners=True)[0]


def label_maps(
    shape: tuple[int, ...],
    classes: int,
    structure: Structure,
    ignored: float = 0.0,
    cell: int = 128,
) -> tuple[Tensor, Tensor]:
    """Return predicted and target labels, int64 ``shape``; 255 where ignored.

    Coherent labels are the largest of ``classes`` smooth fields, the prediction is
    the target a few pixels off, and what is ignored is a region: along a line of an
    image with cells of 128 a pair of labels repeats some 40 times, and 19 pixels of
    20 agree. Random labels are independent of each other.
    """
    if structure == "random":
        preds, target = (torch.randint(0, classes, shape) for _ in range(2))
        if ignored:
            target[torch.rand(shape) < ignored] = 255
        return preds, target
    inner = shape[1:]
    target = torch.stack(
        [smooth(inner, classes, cell).argmax(0) for _ in range(shape[0])]
    )
    preds = target.roll((2, 3), dims=(-2, -1))
    if ignored:
        for image in target:
            height = smooth(inner, 1, cell)[0]
            rank = max(1, math.ceil(ignored * height.numel()))
            image[height <= height.flatten().kthvalue(rank).values] = 255
    return preds, target


def brain_maps(shape: tuple[int, int, int]) -> tuple[Tensor, Tensor]:
    """Return the tissues of the demo's brain, segmented and true, uint8 ``shape``.

    Slices of the volume, repeated over each image, with borders wherever they fall; 255
    outside of the brain. Needs nilearn and scikit-image, which holds the brain.
    """
    with _examples():
        from brain_segmentation import load_brain, segment, true_tissue
    t1, grey, white, brain, _ = load_brain()
    images, *sides = shape
    maps = []
    for volume in (segment(t1, brain), true_tissue(grey, white, brain)):
        slices = torch.from_numpy(volume).movedim(-1, 0)
        chosen = slices[torch.linspace(0, len(slices) - 1, images + 2).long()[1:-1]]
        times = [math.ceil(a / b) for a, b in zip(sides, chosen.shape[1:], strict=True)]
        maps.append(chosen.tile(1, *times)[:, : sides[0], : sides[1]].contiguous())
    return maps[0], maps[1]


@contextmanager
def _examples() -> Iterator[None]:
    folder = str(Path(__file__).parents[1] / "examples")
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


def brain_row(dtype: torch.dtype) -> Row:
    """Describe the tissues of a real brain."""
    name = f"brain tissues {str(dtype).removeprefix('torch.')} C=3"

    def build(shrink: int) -> Workload:
        images, height, width = IMAGES
        maps = brain_maps((images, height // shrink, width // shrink))
        return Workload(name, *(one.to(dtype) for one in maps), 3, 255)

    return Row(name, build)


def labels_row(
    name: str,
    shape: tuple[int, ...],
    classes: int,
    structure: Structure,
    dtypes: tuple[torch.dtype, torch.dtype],
    ignored: float = 0.0,
    targets: Mapping[str, float] | None = None,
    cells: int = 16,
) -> Row:
    """Describe a workload of label maps.

    ``dtypes`` are of predictions and target, ``cells`` is how many cells of smooth
    noise a line of a coherent map crosses.
    """
    name = f"{name}, {structure}"

    def build(shrink: int) -> Workload:
        small = (shape[0], *(side // shrink for side in shape[1:]))
        cell = max(4, small[-1] // cells)
        preds, target = label_maps(small, classes, structure, ignored, cell)
        return Workload(
            name,
            preds.to(dtypes[0]),
            target.to(dtypes[1]),
            classes,
            255 if ignored else None,
        )

    return Row(name, build, targets or {})


def scores_row(
    name: str, dtype: torch.dtype, layout: torch.memory_format, target: float | None
) -> Row:
    """Describe random scores ``[2, 19, 512, 1024]`` with int64 labels."""

    def build(shrink: int) -> Workload:
        h, w = 512 // shrink, 1024 // shrink
        scores = torch.randn(2, 19, h, w).to(dtype).contiguous(memory_format=layout)
        return Workload(name, scores, torch.randint(0, 19, (2, h, w)), 19)

    return Row(name, build, {} if target is None else both(target))


def list_row(name: str, classes: int, form: Form) -> Row:
    """Describe a list of random labels with many classes."""

    def build(shrink: int) -> Workload:
        count = LABELS // shrink**2
        preds, target = (torch.randint(0, classes, (count,)) for _ in range(2))
        return Workload(name, preds, target, classes, form=form, cached=True)

    return Row(name, build)


def both(target: float) -> dict[str, float]:
    """Return one target for either instruction set."""
    return {"avx512": target, "avx2": target}


def rows() -> list[Row]:
    """Return every workload; their names start with what --only may ask for."""
    int64, uint8 = (torch.int64,) * 2, (torch.uint8,) * 2
    mixed = (torch.int64, torch.uint8)
    nchw, last = torch.contiguous_format, torch.channels_last
    due: dict[tuple[str, Structure], dict[str, float]] = {
        ("W1", "coherent"): {"avx512": 1.15, "avx2": 1.4},
        ("W1", "random"): {"avx512": 1.35, "avx2": 1.6},
        ("W2", "coherent"): {"avx512": 1.25, "avx2": 1.8},
        ("W2", "random"): {"avx512": 2.8, "avx2": 3.1},
    }
    structures: tuple[Structure, Structure] = ("coherent", "random")
    found = [
        labels_row(
            f"{name} {kind} C=19", IMAGES, 19, s, dtypes, 0.1, due.get((name, s))
        )
        for name, kind, dtypes in (
            ("W1", "int64", int64),
            ("W1b", "int64/uint8", mixed),
            ("W2", "uint8", uint8),
        )
        for s in structures
    ]
    found += [
        scores_row("W3 fp32 scores C=19, NCHW", torch.float32, nchw, 1.15),
        scores_row("W3 fp32 scores C=19, channels_last", torch.float32, last, 1.3),
        scores_row("W3 fp16 scores C=19, NCHW", torch.float16, nchw, None),
        scores_row("W3 bf16 scores C=19, NCHW", torch.bfloat16, nchw, None),
    ]
    found += [
        labels_row(
            f"W4 {kind} C=150",
            (4, 512, 512),
            150,
            s,
            dtypes,
            targets=both(target),
            cells=8,
        )
        for kind, dtypes, target in (("int64", int64, 1.3), ("uint8", uint8, 2.5))
        for s in structures
    ]
    volume = (2, 192, 192, 192)
    found += [
        labels_row(
            "binary uint8 volume",
            volume,
            2,
            "coherent",
            uint8,
            targets=both(1.1),
            cells=6,
        ),
        brain_row(torch.int64),
        brain_row(torch.uint8),
        list_row("W6 int64 list C=1000, matrix", 1000, "matrix"),
        list_row("W6 int64 list C=1000, counts", 1000, "classes"),
        list_row("W6 int64 list C=32000, counts", 32000, "classes"),
    ]
    return found


def batch(shrink: int) -> Workload:
    """Return W5, the scores of a small training batch."""
    count = 256 // shrink
    scores = torch.randn(count, 10)
    target = torch.randint(0, 10, (count,))
    return Workload("W5 fp32 scores [256, 10]", scores, target, 10, cached=True)


def filled(dtype: torch.dtype, shrink: int) -> Workload:
    """Return W1 or W2 made in place, so that nothing else was ever allocated."""
    n, h, w = IMAGES[0], IMAGES[1] // shrink, IMAGES[2] // shrink
    preds, target = (
        torch.empty((n, h, w), dtype=dtype).random_(0, 19) for _ in range(2)
    )
    target[:, : h // 10] = 255
    return Workload(str(dtype).removeprefix("torch."), preds, target, 19, 255)
