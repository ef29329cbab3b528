"""Counting labels: dtypes, ignoring, groups, labels out of range, strategies, sizes."""

from __future__ import annotations

import resource
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import pytest
import torch
from counting_checks import INTEGERS, OPS, check_counting, labels, op

import torchtally as tt
from cpu_choices import LEVELS
from torchtally import _core

CpuPolicyContext = Callable[..., AbstractContextManager[None]]

pytestmark = pytest.mark.usefixtures("level")
*_OTHERS, _BEST = LEVELS
#: Every instruction set; those below the best are left out of make test.
best_level = pytest.mark.parametrize(
    "level",
    [*(pytest.param(name, marks=pytest.mark.slow) for name in _OTHERS), _BEST],
    indirect=True,
)


@pytest.mark.parametrize("target_dtype", INTEGERS, ids=str)
@pytest.mark.parametrize("preds_dtype", INTEGERS, ids=str)
def test_every_pair_of_dtypes(
    preds_dtype: torch.dtype, target_dtype: torch.dtype, device: str
) -> None:
    preds = labels((3, 50), -3, 7, preds_dtype, seed=1)
    target = labels((3, 50), -2, 8, target_dtype, seed=2)
    for other in (False, True):
        check_counting(preds, target, 4, device=device, other=other, ignore_index=[5])


def extremes(dtype: torch.dtype) -> list[int]:
    limits = torch.iinfo(dtype)
    values = {0, 1, 2, 3, 127, 128, 255, 256, 2**31, 2**62, -1, -128, -(2**62)}
    values |= {limits.min, limits.max, limits.max - 1, 2**32, 2**32 + 1, 2**16 + 1}
    return sorted(v for v in values if limits.min <= v <= limits.max)


@pytest.mark.parametrize("dtype", INTEGERS[1:], ids=str)
@pytest.mark.parametrize("num_classes", [1, 2, 3, 128, 256])
def test_labels_out_of_range_never_alias(
    dtype: torch.dtype, num_classes: int, device: str
) -> None:
    values = torch.tensor(extremes(dtype), dtype=dtype)
    flipped = torch.tensor(extremes(dtype)[::-1], dtype=dtype)
    zeros = torch.zeros(len(values), dtype=torch.uint8)
    for other in (False, True):
        check_counting(values, zeros, num_classes, device=device, other=other)
        check_counting(zeros, values, num_classes, device=device, other=other)
        check_counting(values, flipped, num_classes, device=device, other=other)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
@pytest.mark.parametrize(
    "ignore_index",
    [
        [],
        [0],
        [2],
        [-1],
        [255],
        [-100, 1],
        [-1, 255, 2],
        [300, 65536, -(2**63), 2**63 - 1],
        [3, 3, 3],
        list(range(-32, 32)),
    ],
    ids=str,
)
def test_ignore_index(ignore_index: list[int], dtype: torch.dtype, device: str) -> None:
    target = labels((200,), -4, 6, dtype, seed=3)
    if dtype in (torch.uint8, torch.uint64):
        target[:40] = 255
    preds = labels((200,), 0, 5, torch.int16, seed=4)
    for other in (False, True):
        check_counting(
            preds, target, 4, device=device, ignore_index=ignore_index, other=other
        )


def test_ignored_prediction_against_a_valid_target_is_out_of_range(device: str) -> None:
    preds = torch.tensor([255, 0], dtype=torch.uint8, device=device)
    target = torch.tensor([1, 255], dtype=torch.uint8, device=device)
    matrix, invalid = op("confusion_matrix")(preds, target, 2, None, ignore_index=[255])
    assert matrix.sum() == 0
    assert invalid == 1


def test_the_most_ignore_values_and_one_more(device: str) -> None:
    target = torch.arange(-70, 10, device=device)
    preds = torch.zeros_like(target)
    for name in OPS:
        _, invalid = op(name)(preds, target, 2, None, ignore_index=range(-64, 0))
        assert invalid == 6 + 8
        with pytest.raises(RuntimeError, match=r"at most 64 values .* got 65"):
            op(name)(preds, target, 2, None, ignore_index=range(-65, 0))
        # Values that the dtype cannot hold take no place.
        short = target.to(torch.int8)
        many = [*range(-64, 0), *range(1000, 2000)]
        assert op(name)(preds, short, 2, None, ignore_index=many)[1] == 14


@pytest.mark.parametrize("per_sample", [False, True])
@pytest.mark.parametrize("per_label", [False, True])
@pytest.mark.parametrize("other", [False, True])
@pytest.mark.parametrize("masked", [False, True])
def test_groups_and_mask(
    per_sample: bool,
    per_label: bool,
    other: bool,
    masked: bool,
    strategy: str,
    device: str,
) -> None:
    shape = (3, 4, 5, 7)
    mask = labels(shape, 0, 2, torch.bool, seed=5) if masked else None
    check_counting(
        labels(shape, -1, 4, torch.int8, seed=6),
        labels(shape, -1, 4, torch.int64, seed=7),
        3,
        mask,
        device=device,
        per_sample=per_sample,
        per_label=per_label,
        other=other,
        ignore_index=[-1],
    )


@pytest.mark.parametrize("per_sample", [False, True])
@pytest.mark.parametrize("per_label", [False, True])
@pytest.mark.parametrize(
    "shape", [(0, 3), (2, 0), (2, 3, 0), (0, 0, 4), (1, 1), (1, 1, 1)]
)
def test_empty_and_single_pixels(
    shape: tuple[int, ...],
    per_sample: bool,
    per_label: bool,
    strategy: str,
    device: str,
) -> None:
    check_counting(
        torch.zeros(shape, dtype=torch.uint8),
        torch.ones(shape, dtype=torch.int32),
        2,
        device=device,
        per_sample=per_sample,
        per_label=per_label,
        mask=torch.ones(shape, dtype=torch.bool),
    )


def test_a_label_without_dimensions(device: str) -> None:
    check_counting(torch.tensor(1), torch.tensor(0), 2, device=device)
    check_counting(torch.tensor(0.7), torch.tensor(True), 2, device=device)
    with pytest.raises(RuntimeError, match="at least 1 dimension"):
        op("confusion_matrix")(torch.tensor(1), torch.tensor(0), 2, per_sample=True)


@pytest.mark.parametrize("num_classes", [1, 2, 200])
def test_everything_ignored(num_classes: int, strategy: str, device: str) -> None:
    preds = labels((2, 300), 0, num_classes + 1, torch.int64, seed=8)
    target = torch.full((2, 300), 255)
    nothing = torch.zeros(2, 300, dtype=torch.bool)
    for other in (False, True):
        check_counting(
            preds, target, num_classes, device=device, ignore_index=[255], other=other
        )
        check_counting(preds, target, num_classes, nothing, device=device, other=other)


@pytest.mark.parametrize("pixels", [1, 2047, 2048, 2049, 4095, 4096, 4097, 6145])
@pytest.mark.parametrize("num_classes", [1, 5])
def test_sizes_around_a_tile(
    pixels: int, num_classes: int, strategy: str, device: str
) -> None:
    preds = labels((pixels,), 0, num_classes + 1, torch.uint8, seed=pixels)
    target = labels((pixels,), 0, num_classes + 1, torch.int16, seed=pixels + 1)
    check_counting(preds, target, num_classes, device=device, other=True)
    # The inner dimension is shorter than a tile, so that a tile spans several rows.
    rows = labels((pixels, 3), 0, num_classes, torch.uint8, seed=pixels)[:, :2]
    check_counting(rows, rows.flip(1), num_classes, device=device)


@pytest.mark.parametrize("num_classes", [1, 127, 128, 129, 200, 1000])
def test_many_classes(num_classes: int, strategy: str, device: str) -> None:
    preds = labels((2, 5000), 0, num_classes, torch.int64, seed=9)
    target = labels((2, 5000), -1, num_classes, torch.int16, seed=10)
    check_counting(preds, target, num_classes, device=device, ignore_index=[-1])


@pytest.mark.parametrize("chosen", ["AUTO", "DIRECT"])
def test_many_groups(chosen: str, cpu_policy: CpuPolicyContext, device: str) -> None:
    preds = labels((30_000, 3), 0, 3, torch.uint8, seed=11)
    target = labels((30_000, 3), 0, 4, torch.uint8, seed=12)
    with cpu_policy(strategy=getattr(_core.Strategy, chosen)):
        check_counting(preds, target, 3, device=device, per_sample=True)


def test_a_hundred_thousand_samples_sum_to_the_pooled_matrix(device: str) -> None:
    preds = labels((100_000, 3), 0, 3, torch.uint8, seed=13).to(device)
    target = labels((100_000, 3), 0, 3, torch.int64, seed=14).to(device)
    for name in OPS:
        each, _ = op(name)(preds, target, 3, per_sample=True)
        pooled, _ = op(name)(preds, target, 3)
        assert len(each) == 100_000
        assert torch.equal(each.sum(0), pooled)
        assert each.sum((1, 2)).min() == 3


def test_class_counts_of_32000_classes_stay_small(device: str) -> None:
    classes = 32_000
    preds = labels((8, 4096), 0, classes, torch.int64, seed=15)
    target = torch.where(
        labels((8, 4096), 0, 2, torch.bool, seed=16), preds, preds.flip(0)
    )
    expected_tp = torch.bincount(target[preds == target], minlength=classes)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    counts = tt.class_counts(preds.to(device), target.to(device), classes)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert torch.equal(counts.tp.cpu(), expected_tp)
    for wrong, seen in ((counts.fn, target), (counts.fp, preds)):
        expected = torch.bincount(seen.flatten(), minlength=classes)
        assert torch.equal((counts.tp + wrong).cpu(), expected)
    assert torch.equal(counts.tn, target.numel() - counts.tp - counts.fp - counts.fn)
    if device == "cpu":  # the matrix would take 8 GB; ru_maxrss counts KiB
        assert grown < 64 * 1024


def test_threads_do_not_change_counts(threads: int, strategy: str) -> None:
    preds = labels((2, 40_000), 0, 6, torch.uint8, seed=17)
    target = labels((2, 40_000), 0, 6, torch.uint8, seed=18)
    for per_sample in (False, True):
        check_counting(preds, target, 5, per_sample=per_sample, other=True)


def test_more_segments_than_tables_and_than_pixels(
    cpu_policy: CpuPolicyContext, threads: int
) -> None:
    preds = labels((5000,), 0, 3, torch.uint8, seed=19)
    target = labels((5000,), 0, 3, torch.uint8, seed=20)
    for per_thread in (1, 7, 4999, 5001):
        for table_bytes in (1, 300, 1 << 20):
            with cpu_policy(pixels_per_thread=per_thread, table_bytes=table_bytes):
                check_counting(preds, target, 3)
    with cpu_policy(pixels_per_thread=1):
        check_counting(preds[:3], target[:3], 3)


@best_level
def test_counts_past_four_billion_pixels(device: str) -> None:
    # A view of one byte: no memory is read but that byte.
    pixels = 2**32 + 5
    zeros = torch.zeros(1, dtype=torch.uint8, device=device)
    matrix, invalid = op("confusion_matrix")(
        zeros.expand(pixels), zeros.to(torch.bool).expand(pixels), 1
    )
    assert matrix.tolist() == [[pixels]]
    assert invalid == 0


@best_level
def test_offsets_past_two_billion_pixels(device: str) -> None:
    # The last sample begins beyond 2^31 pixels of a group of 2^31 + 5.
    pixels = 2**31 + 5
    target = torch.tensor([[0], [1]], dtype=torch.uint8, device=device)
    counts, invalid = op("class_counts")(
        target.expand(2, pixels), target.flip(0).expand(2, pixels), 2, per_sample=True
    )
    assert counts.tolist() == [
        [[0, 0], [pixels, 0], [0, pixels]],
        [[0, 0], [0, pixels], [pixels, 0]],
    ]
    assert invalid.tolist() == [0, 0]


def test_python_threads_count_side_by_side(device: str) -> None:
    preds = labels((64, 20_000), 0, 4, torch.uint8, seed=21).to(device)
    target = labels((64, 20_000), 0, 4, torch.uint8, seed=22).to(device)
    wanted = [tt.confusion_matrix(p, t, 4) for p, t in zip(preds, target, strict=True)]
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda p, t: tt.confusion_matrix(p, t, 4), preds, target))
    assert all(torch.equal(f, w) for f, w in zip(found, wanted, strict=True))
