"""The CUDA kernels of overlap_sums, run on the CPU by the emulator, with their host.

What is called is the op itself: its checks, plans, scratch memory and launches are
those of the CUDA library. ``make sanitize`` runs the same kernels under sanitizers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
import torch

from cuda_emulation import build
from cuda_emulation.overlap import OverlapEmulation, Route
from overlap_checks import (
    ACTIVATIONS,
    CUDA_CUT,
    CUDA_TOLERANCE,
    DTYPES,
    INTEGERS,
    KINDS,
    LAYOUTS,
    assert_nan_stays,
    assert_nothing_counts,
    assert_sums,
    laid_out,
    logits,
    targets,
)
from shared_builds import SharedBuilds

ROUTES = [Route.REGISTERS, Route.TILES]


@pytest.fixture(scope="module")
def built(shared_builds: SharedBuilds) -> OverlapEmulation:
    if build.compiler() is None:
        pytest.skip("no C++ compiler")
    folder = shared_builds.folder("overlap", build.compile_overlap_library)
    return OverlapEmulation(folder / "overlap_emulation.so")


@pytest.fixture
def emulation(built: OverlapEmulation) -> Iterator[OverlapEmulation]:
    yield built
    built.launched()  # notes them


def check(emulation: OverlapEmulation, *given: object, **options: object) -> None:
    assert_sums(*given, sums=emulation.sums, tolerance=CUDA_TOLERANCE, **options)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_sums_and_gradients(
    emulation: OverlapEmulation, dtype: torch.dtype, layout: str, activation: str
) -> None:
    generator = torch.Generator().manual_seed(9)
    shape = (2, 5, 7, 19)
    values = laid_out(logits(shape, dtype, activation), layout)
    mask = torch.rand((2, 7, 19), generator=generator) < 0.7
    entropy = {
        "class_weight": torch.rand(5, generator=generator),
        "label_smoothing": 0.1,
    }
    with emulation.policy(**CUDA_CUT):
        for kind in KINDS:
            target = targets(shape, kind)
            ignored = {"ignore_index": [0, 255, -1]} if kind == "labels" else {}
            for options in ({}, {"mask": mask, **entropy, **ignored}):
                check(emulation, values, target, activation=activation, **options)


@pytest.mark.parametrize("classes", [1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 19, 20, 24, 32])
@pytest.mark.parametrize("dtype", DTYPES[1:], ids=str)
def test_every_number_of_classes_in_registers(
    emulation: OverlapEmulation, classes: int, dtype: torch.dtype
) -> None:
    compiled = next(n for n in (2, 3, 4, 8, 12, 16, 19, 21, 24, 32) if classes <= n)
    packs = "packs" if classes <= 8 or dtype.itemsize == 2 else "elements"
    for pixels, layout, access in (
        (307, "planar", "elements"),  # an odd number, which packs do not divide
        (320, "planar", packs),
        (320, "channels_last", "rows" if classes > 1 else packs),
    ):
        shape = (2, classes, pixels)
        target = targets(shape, "labels")
        target[0, :40] = 255
        with emulation.policy(**CUDA_CUT):
            values = laid_out(logits(shape, dtype), layout)
            check(emulation, values, target, ignore_index=255, label_smoothing=0.2)
        name = f", {str(dtype).removeprefix('torch.')}, {compiled}, {access}"
        launched = emulation.launched()
        for kernel in ("overlap_registers_forward", "overlap_registers_backward"):
            assert kernel + name in launched
        assert not any("tiles" in kernel for kernel in launched)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_every_kernel_of_tiles(
    emulation: OverlapEmulation, dtype: torch.dtype, activation: str
) -> None:
    with emulation.policy(path=Route.TILES, **CUDA_CUT):
        for classes, layout in itertools.product((3, 40), ("planar", "channels_last")):
            shape = (2, classes, 5, 21)
            values = laid_out(logits(shape, dtype, activation), layout)
            for kind in KINDS:
                check(emulation, values, targets(shape, kind), activation=activation)
    name = f", {str(dtype).removeprefix('torch.')}, {activation}"
    launched = emulation.launched()
    for kernel in ("overlap_tiles_forward", "overlap_tiles_backward"):
        assert kernel + name in launched
    assert not any("registers" in kernel for kernel in launched)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("pixels", [1, 31, 32, 33, 64, 65, 127, 129, 1000])
def test_sizes_around_warps_tiles_and_parts(
    emulation: OverlapEmulation, pixels: int, route: Route
) -> None:
    for cut in (
        CUDA_CUT,
        {**CUDA_CUT, "most_tile": 96, "least_pixels": 96, "threads": 32},
    ):
        with emulation.policy(path=route, **cut):
            for samples, classes in ((1, 3), (3, 6)):
                shape = (samples, classes, pixels)
                values = logits(shape, torch.float32)
                check(emulation, values, targets(shape, "labels"))


def test_the_plan_of_a_device(emulation: OverlapEmulation) -> None:
    """Blocks of 128 and 256 threads, large parts and tiles."""
    for shape in ((2, 19, 60, 50), (1, 150, 40, 30), (5, 3, 2100)):
        values = logits(shape, torch.float32)
        check(emulation, values, targets(shape, "labels"), label_smoothing=0.1)
        check(emulation, values, targets(shape, "soft"))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_largest_tiles_of_a_device(
    emulation: OverlapEmulation, activation: str
) -> None:
    """As large inputs have them: several in a part, of more pixels than threads."""
    with emulation.policy(path=Route.TILES, fewest_parts=1, least_pixels=1 << 15):
        for classes in (1, 2):
            shape = (1, classes, 2 * 8192 + 5)
            for kind in ("labels", "soft"):
                values = logits(shape, torch.float16, activation)
                check(emulation, values, targets(shape, kind), activation=activation)


def test_many_classes(emulation: OverlapEmulation) -> None:
    """Sums over a thousand classes keep the digits of float32."""
    shape = (1, 1000, 40)
    values = logits(shape, torch.float32)
    check(emulation, values, targets(shape, "labels"), label_smoothing=0.2)
    check(emulation, values, targets(shape, "soft"), label_smoothing=0.2)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_every_dtype_of_a_target(
    emulation: OverlapEmulation, dtype: torch.dtype
) -> None:
    classes = 2 if dtype == torch.bool else 5
    shape = (2, classes, 5, 17)
    with emulation.policy(**CUDA_CUT):
        for kind, activation in itertools.product(
            ("labels", "one-hot"), ("softmax", "sigmoid")
        ):
            target = targets(shape, kind, dtype)
            check(
                emulation, logits(shape, torch.float32), target, activation=activation
            )


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_soft_targets_of_every_dtype_and_layout(
    emulation: OverlapEmulation, dtype: torch.dtype
) -> None:
    shape = (2, 5, 6, 11)
    soft = targets(shape, "soft").to(dtype)
    with emulation.policy(**CUDA_CUT):
        for values, layout in itertools.product(DTYPES[:2], LAYOUTS):
            check(emulation, logits(shape, values), laid_out(soft, layout))


def test_negative_soft_targets_keep_their_sign(emulation: OverlapEmulation) -> None:
    for dtype in (torch.int8, torch.int16, torch.int32, torch.int64):
        target = torch.full((1, 2, 3), -1, dtype=dtype)
        check(emulation, logits((1, 2, 3)), target, activation="sigmoid")


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("dtype", DTYPES[1:], ids=str)
def test_large_and_infinite_logits(
    emulation: OverlapEmulation, dtype: torch.dtype, route: Route
) -> None:
    for column in (0, 1, 3):
        values = logits((1, 4, 50), dtype, scale=100.0)
        values[0, column] = -torch.inf
        target = targets((1, 3, 50), "labels")
        target = target + (target >= column)
        with emulation.policy(path=route, **CUDA_CUT):
            check(emulation, values, target)
            values[0, 3] = 30000.0
            check(emulation, values, target)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nan_stays_with_its_pixel(
    emulation: OverlapEmulation, activation: str, route: Route
) -> None:
    with emulation.policy(path=route, **CUDA_CUT):
        for column in range(3):
            assert_nan_stays(activation, column, 0x7FC00000, sums=emulation.sums)


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("kind", KINDS)
def test_nothing_counts(emulation: OverlapEmulation, kind: str, route: Route) -> None:
    with emulation.policy(path=route, **CUDA_CUT):
        assert_nothing_counts("softmax", kind, sums=emulation.sums)


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 3, 0, 5), (0, 3), (2, 1, 0)])
def test_empty(emulation: OverlapEmulation, shape: tuple[int, ...]) -> None:
    target = torch.zeros((shape[0], *shape[2:]), dtype=torch.int64)
    check(emulation, torch.zeros(shape), target)
    assert emulation.launched() == []


@pytest.mark.parametrize("route", ROUTES)
def test_the_same_bits_in_any_order_and_grid(
    emulation: OverlapEmulation, route: Route
) -> None:
    """Neither the order of threads nor that of blocks can be seen."""
    shape = (2, 6, 700)
    values = logits(shape, torch.float32)
    target = targets(shape, "labels")
    results = []
    for order, grid in ((0, 1 << 20), (7, 1 << 20), (0, 1), (3, 1 << 20), (0, 3)):
        given = values.clone().requires_grad_()
        with emulation.policy(
            order=order, path=route, **{**CUDA_CUT, "max_grid": grid}
        ):
            found = emulation.sums(given, target, label_smoothing=0.1)
            (found.intersection.sum() - found.squared.sum()).backward()
        results.append((*found, given.grad))
    for other in results[1:]:
        assert all(map(torch.equal, results[0], other))


def test_errors_are_those_of_the_op(emulation: OverlapEmulation) -> None:
    with pytest.raises(RuntimeError, match="overlap_sums: activation must be"):
        emulation.sums(
            torch.zeros(1, 2, 3), torch.zeros(1, 3).long(), activation="relu"
        )
