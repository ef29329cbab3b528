"""Every instruction set and every loop counts the same, around each of its seams."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from counting_checks import INTEGERS, OPS, REFERENCES, assert_counts, labels, op
from torch import Tensor

import torchtally as tt
from cpu_choices import LEVELS, LOOPS, STRATEGIES, cpu_level, cpu_policy
from torchtally import _core

# Runs, rows and tiles that end just before, at and behind a vector or a tile.
RUNS = [1, 2, 3, 7, 63, 64, 65, 127, 1000]
SIZES = [
    *(0, 1, 7, 8, 15, 16, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257),
    *(2047, 2048, 2049, 4095, 4096, 4097),
]
# Copies of the table change at 40 and 64, the table of class counts ends at 128, codes
# leave a byte at 253, and uint8 labels can hold no more than 256 classes.
CLASSES = [
    *(1, 2, 3, 15, 16, 17, 31, 32, 33, 40, 41, 63, 64, 65, 127, 128, 129, 181),
    *(252, 253, 254, 255, 256, 300),
]


def choices(num_classes: int = 2) -> Iterator[str]:
    """Count with each level, strategy and loop; yields their names."""
    for level, (strategy, loop) in itertools.product(LEVELS, STRATEGIES):
        if loop != "AUTO" and num_classes > 253:
            continue  # wide codes have one loop
        if loop == "BINARY" and num_classes > 3:
            continue  # the same as DENSE
        with cpu_level(level), cpu_policy(strategy=strategy, loop=loop):
            yield f"{level} {strategy} {loop}"


def check_everywhere(
    preds: Tensor, target: Tensor, num_classes: int, **options: Any
) -> None:
    """Compare both ops with their references, whatever the kernels choose."""
    mask = options.pop("mask", None)
    for name in OPS:
        wanted = REFERENCES[name](preds, target, num_classes, mask=mask, **options)
        for choice in choices(num_classes):
            found = op(name)(preds, target, num_classes, mask, **options)
            assert_counts(f"{name} {choice}", found, wanted)


def runs(pixels: int, length: int, phase: int, num_classes: int) -> Tensor:
    """Labels in runs of one length, the first of them cut by phase."""
    return (torch.arange(pixels) + phase) // length % (num_classes + 1)


@pytest.mark.parametrize("num_classes", [1, 2, 3, 41, 65])
@pytest.mark.parametrize("length", RUNS)
def test_runs_of_every_length(length: int, num_classes: int) -> None:
    for other, phase in zip(RUNS, (0, 1, 62, 0, 1, 62, 0, 1, 62), strict=True):
        target = runs(4200, length, phase, num_classes).to(torch.int16)
        preds = runs(4200, other, 3 * phase, num_classes).to(torch.int16)
        check_everywhere(preds, target, num_classes)


@pytest.mark.parametrize("num_classes", [2, 5, 100, 253])
def test_runs_of_a_million(num_classes: int) -> None:
    pixels, length = 2_000_100, 10**6
    long = runs(pixels, length, 77, num_classes).to(torch.uint8)
    short = runs(pixels, 3, 1, num_classes).to(torch.uint8)
    for preds, target in ((long, long.flip(0)), (short, long), (long, short)):
        codes = target.long() * (num_classes + 1) + preds
        wanted = torch.bincount(codes, minlength=(num_classes + 1) ** 2)
        wanted = wanted.view(num_classes + 1, -1)
        for choice in choices(num_classes):
            matrix = op("confusion_matrix")(preds, target, num_classes, other=True)[0]
            assert torch.equal(matrix, wanted), choice
            counts = op("class_counts")(preds, target, num_classes, other=True)[0]
            assert torch.equal(counts[0], wanted.diagonal()), choice
            assert torch.equal(counts[0] + counts[1], wanted.sum(0)), choice
            assert torch.equal(counts[0] + counts[2], wanted.sum(1)), choice


@pytest.mark.parametrize("num_classes", [2, 9, 254])
@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_sizes_and_offsets_around_vectors_and_tiles(
    dtype: torch.dtype, num_classes: int
) -> None:
    longest = max(SIZES) + 10
    stored = labels((longest,), -1, num_classes + 1, dtype, seed=1)
    found = labels((longest,), 0, num_classes, torch.uint8, seed=2)
    keep = labels((longest,), 0, 5, torch.int8, seed=3) > 0
    sizes = SIZES if num_classes < 254 else SIZES[::5]  # its matrix takes a while
    for offset, size in enumerate(sizes):
        begin = offset % 10
        target = stored[begin : begin + size]
        preds = found[(3 * begin) % 10 :][:size]
        mask = keep[(7 * begin) % 10 :][:size]
        check_everywhere(preds, target, num_classes, ignore_index=[1])
        check_everywhere(target, preds, num_classes, mask=mask)


@pytest.mark.parametrize("offset", range(10))
def test_every_size_at_every_offset(offset: int) -> None:
    target = labels((max(SIZES) + 10,), 0, 6, torch.uint8, seed=4)
    preds = labels((max(SIZES) + 10,), 0, 6, torch.int32, seed=5)
    for size in SIZES:
        window = slice(offset, offset + size)
        check_everywhere(preds[window], target[window], 5)


@pytest.mark.parametrize("num_classes", CLASSES)
def test_numbers_of_classes_around_every_switch(num_classes: int) -> None:
    shape = (3, 2500)
    for dtype in (torch.uint8, torch.int16, torch.int64):
        preds = labels(shape, -1, num_classes + 2, dtype, seed=6)
        target = labels(shape, -1, num_classes + 2, dtype, seed=7)
        target[1] = runs(shape[1], 50, 0, num_classes).to(dtype)
        preds[1, 100:] = target[1, :-100]
        check_everywhere(preds, target, num_classes, other=True)
        last = num_classes - 1
        check_everywhere(
            preds, target, num_classes, per_sample=True, ignore_index=[last, 255]
        )


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
@pytest.mark.parametrize("num_classes", [2, 40])
def test_ignore_values_masks_and_samples(num_classes: int, dtype: torch.dtype) -> None:
    shape = (3, 700)
    target = labels(shape, -3, num_classes + 3, dtype, seed=8)
    preds = labels(shape, -3, num_classes + 3, torch.int32, seed=9)
    if dtype not in (torch.bool, torch.uint8, torch.int8):
        target[:, ::50] = 300  # wide labels between those that fit a byte
    mask = labels(shape, 0, 4, torch.int8, seed=10) > 0
    ignored: list[list[int]] = [[], [0], [-1], [300], [0, 300, -2], [1, 256, 255, -1]]
    for values, other in itertools.product(ignored, (False, True)):
        check_everywhere(
            preds,
            target,
            num_classes,
            mask=mask if other else mask[:, :1].expand(shape),
            ignore_index=values,
            per_sample=len(values) % 2 == 0,
            other=other,
        )


def test_levels_agree_bit_for_bit_on_an_image_that_changes_its_mind() -> None:
    # Calm and noisy parts, so that AUTO goes from runs to the dense loop and back.
    calm = runs(300_000, 500, 0, 19)
    noise = labels((300_000,), 0, 20, torch.int64, seed=11)
    part = torch.arange(300_000) // 9000 % 3
    target = torch.where(part == 1, noise, calm).to(torch.uint8)
    preds = torch.where(part == 2, noise, calm.roll(40)).to(torch.int64)
    for name in OPS:
        wanted = REFERENCES[name](preds, target, 19, other=True)
        for choice in choices():
            for percent, skipped in ((40, 15), (0, 1), (100, 1), (3, 100)):
                with cpu_policy(
                    runs_percent=percent, most_skipped=skipped, pixels_per_thread=4096
                ):
                    found = op(name)(preds, target, 19, other=True)
                assert_counts(f"{name} {choice} {percent} {skipped}", found, wanted)


def test_a_state_that_reaches_two_to_the_63_minus_one() -> None:
    pixels, most = 10**6, 2**63 - 1
    target = torch.ones(pixels, dtype=torch.uint8)
    far = torch.full((pixels,), 9, dtype=torch.int16)
    for choice in choices():
        matrix = torch.full((3, 3), most - pixels)
        invalid = torch.tensor(most - pixels)
        op("confusion_matrix_")(matrix, invalid, target, target)
        assert (
            matrix.flatten().tolist()
            == [most - pixels] * 4 + [most] + [most - pixels] * 4
        ), choice
        op("confusion_matrix_")(matrix, invalid, far, target)
        assert invalid == most, choice
        counts = torch.full((3, 2), most - pixels)
        op("class_counts_")(counts, torch.tensor(0), target, target)
        assert counts.flatten().tolist() == [
            *(most - pixels, most),
            *[most - pixels] * 4,
        ], choice


def run_with(capability: str, code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "TORCHTALLY_CPU_CAPABILITY": capability},
        capture_output=True,
        text=True,
        check=False,
    )


COUNT = """
import torch, torchtally as tt
matrix = tt.confusion_matrix(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2)
print(tt.build_info()["cpu_capability"], matrix.tolist())
"""


@pytest.mark.parametrize("name", list(_core.Level.__members__))
def test_the_environment_chooses_the_level(name: str) -> None:
    done = run_with(name.lower(), COUNT)
    if name in LEVELS:
        assert done.stdout == f"{name.lower()} [[1, 1], [0, 1]]\n", done.stderr
    else:
        assert done.returncode != 0
        assert f"TORCHTALLY_CPU_CAPABILITY asks for {name.lower()}" in done.stderr


def test_an_empty_environment_takes_the_best_level() -> None:
    done = run_with("", COUNT)
    assert done.stdout == f"{LEVELS[-1].lower()} [[1, 1], [0, 1]]\n", done.stderr


@pytest.mark.parametrize("what", ["confusion_matrix", "build_info"])
def test_an_unknown_level_is_an_error_that_names_the_choices(what: str) -> None:
    count = "tt.confusion_matrix(torch.tensor([0]), torch.tensor([0]), 2)"
    call = "tt.build_info()" if what == "build_info" else count
    done = run_with("sse9", f"import torch, torchtally as tt\n{call}")
    assert done.returncode == 1
    assert "RuntimeError: " in done.stderr
    message = (
        "TORCHTALLY_CPU_CAPABILITY must be portable, neon, avx2 or avx512, got sse9"
    )
    assert message in done.stderr


def test_levels_and_loops_are_restored() -> None:
    level, loop = tt.build_info()["cpu_capability"], _core.cpu_policy().loop
    for _ in choices():
        pass
    with pytest.raises(ZeroDivisionError), cpu_level(LEVELS[0]):
        _ = 1 / 0
    assert tt.build_info()["cpu_capability"] == level
    assert _core.cpu_policy().loop == loop
    assert LOOPS == ["AUTO", "RUNS", "DENSE", "BINARY"]
