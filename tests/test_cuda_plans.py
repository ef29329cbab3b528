"""The launch that the CUDA kernels are given, which is known without a GPU."""

from __future__ import annotations

import pytest

from cuda_choices import cuda_policy
from torchtally import _core

T4 = _core.CudaDevice(40, 1024, 16, 65536, 65536)
HOPPER = _core.CudaDevice(132, 2048, 32, 233472, 232448)


def plan(
    pixels: int,
    bins: int,
    *,
    groups: int = 1,
    device: _core.CudaDevice = HOPPER,
    width: int = 2,
    bits: bool = False,
    **overrides: object,
) -> _core.CudaPlan:
    with cuda_policy(**overrides):
        policy = _core.cuda_policy()
    return _core.cuda_plan(policy, device, groups, pixels, bins, width, bits)


def cells(num_classes: int) -> int:
    return num_classes**2 + 1


@pytest.mark.parametrize(
    ("num_classes", "copies", "threads"),
    [(16, 32, 512), (30, 32, 512), (31, 16, 512), (60, 8, 512), (150, 1, 512)],
)
def test_copies_leave_room_for_two_blocks(
    num_classes: int, copies: int, threads: int
) -> None:
    chosen = plan(1 << 24, cells(num_classes))
    assert chosen.tier == _core.Tier.SHARED
    assert (chosen.copies, chosen.threads) == (copies, threads)
    assert chosen.grid == 2 * 132
    assert chosen.shared_bytes == 4 * copies * cells(num_classes)


def test_a_block_alone_on_its_multiprocessor_is_large() -> None:
    chosen = plan(1 << 24, cells(200))
    assert (chosen.copies, chosen.threads, chosen.grid) == (1, 1024, 132)


@pytest.mark.parametrize("num_classes", [241, 242, 1000])
def test_bins_that_do_not_fit_are_the_output(num_classes: int) -> None:
    chosen = plan(1 << 24, cells(num_classes))
    fits = num_classes <= 241  # of 227 KB
    assert chosen.tier == (_core.Tier.SHARED if fits else _core.Tier.GLOBAL)
    assert plan(1 << 24, cells(128), device=T4).tier == _core.Tier.GLOBAL


def test_few_pixels_are_added_to_the_output() -> None:
    chosen = plan(256, cells(19))
    assert (chosen.tier, chosen.grid) == (_core.Tier.GLOBAL, 1)
    assert chosen.threads == 128  # a thread for each vector


def test_two_classes_are_counted_as_bits() -> None:
    chosen = plan(1 << 24, cells(2), width=16, bits=True)
    assert (chosen.tier, chosen.copies) == (_core.Tier.BITS, 1)
    assert chosen.shared_bytes == 4 * 5 * chosen.threads // 32
    assert plan(8, cells(2), width=16, bits=True).tier == _core.Tier.GLOBAL
    forced = plan(1 << 24, cells(2), width=16, bits=True, tier="SHARED")
    assert forced.tier == _core.Tier.SHARED
    # Three classes cannot be, whatever is asked for.
    assert plan(1 << 24, cells(3), tier="BITS").tier == _core.Tier.GLOBAL


@pytest.mark.parametrize("groups", [1, 2, 5, 8, 33, 1000, 100_000])
@pytest.mark.parametrize("device", [T4, HOPPER], ids=["t4", "hopper"])
def test_the_grid_is_what_the_device_holds(
    groups: int, device: _core.CudaDevice
) -> None:
    chosen = plan(1 << 20, cells(19), groups=groups, device=device)
    resident = 1024 // chosen.threads * (40 if device is T4 else 132)
    items = groups * chosen.blocks_per_group
    assert chosen.grid <= min(items, resident)
    # The turns that the last of the blocks makes are not much more than the mean.
    turns = -(-items // chosen.grid)
    assert turns * chosen.grid <= 1.25 * items or groups > 33


@pytest.mark.parametrize("pixels", [1, 15, 16, 17, 1 << 20, 2**36 + 1])
@pytest.mark.parametrize("groups", [1, 3])
def test_parts_cover_the_pixels_and_fit_a_bin(pixels: int, groups: int) -> None:
    for most in (100, 2**31, 2**40):
        chosen = plan(
            pixels, cells(19), groups=groups, max_pixels_per_block=max(most, 16)
        )
        part, parts = chosen.pixels_per_block, chosen.blocks_per_group
        assert part % 16 == 0
        assert part < 2**32
        assert (parts - 1) * part < pixels <= parts * part


def test_a_policy_lasts_until_it_is_set_again() -> None:
    before = _core.cuda_policy()
    with cuda_policy(tier="GLOBAL", threads=64):
        assert _core.cuda_policy().tier == _core.Tier.GLOBAL
        assert _core.cuda_policy().threads == 64
    assert _core.cuda_policy().threads == before.threads
    assert _core.cuda_policy().tier == _core.Tier.AUTO
