"""The launch that the CUDA kernels are given, which is known without a GPU."""

from __future__ import annotations

import pytest

from cuda_choices import cuda_policy, overlap_policy
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
    cells: int = 0,
    **overrides: object,
) -> _core.CudaPlan:
    with cuda_policy(**overrides):
        policy = _core.cuda_policy()
    return _core.cuda_plan(policy, device, groups, pixels, bins, width, bits, cells)


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


@pytest.mark.parametrize(
    ("num_classes", "copies"), [(2, 32), (19, 32), (29, 32), (30, 16), (150, 1)]
)
def test_pairs_of_codes_are_counted_where_they_fit(
    num_classes: int, copies: int
) -> None:
    pairs = (num_classes + 1) ** 2 + 1
    chosen = plan(1 << 24, cells(num_classes), cells=pairs)
    assert (chosen.tier, chosen.copies) == (_core.Tier.PAIRS, copies)
    assert (chosen.threads, chosen.grid) == (512, 2 * 132)
    assert chosen.shared_bytes == 4 * copies * pairs


def test_pairs_of_codes_that_do_not_fit_are_not_counted() -> None:
    assert plan(1 << 24, cells(241), cells=242**2 + 1).tier == _core.Tier.SHARED
    assert plan(1 << 24, 3001, cells=0).tier == _core.Tier.SHARED
    assert plan(256, cells(19), cells=401).tier == _core.Tier.GLOBAL


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


@pytest.mark.parametrize("groups", [133, 200, 300, 600, 1000])
def test_many_groups_leave_no_turn_half_empty(groups: int) -> None:
    chosen = plan(1 << 18, cells(19), groups=groups)
    items = groups * chosen.blocks_per_group
    turns = -(-items // chosen.grid)
    assert items >= 0.94 * turns * chosen.grid
    assert chosen.blocks_per_group <= 4 * -(-4 * chosen.grid // groups)


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


# overlap_sums

#: samples, classes, pixels of a sample, bytes of a logit
PROBLEMS = {
    "2D": (2, 19, 512 * 1024, 4),
    "2D, half": (2, 19, 512 * 1024, 2),
    "2D, double": (2, 19, 512 * 1024, 8),
    "3D": (2, 4, 96**3, 4),
    "3D, half": (2, 4, 96**3, 2),
    "binary": (2, 1, 96**3, 2),
    "C=32": (2, 32, 512 * 512, 4),
    "C=33": (2, 33, 512 * 512, 4),
    "C=150": (4, 150, 512 * 512, 4),
    "C=150, half": (4, 150, 512 * 512, 2),
    "C=1000": (8, 1000, 64 * 64, 4),
    "C=32000": (8, 32_000, 64 * 64, 2),
    "volume": (1, 4, 512**3, 4),
    "volume, half": (1, 2, 512**3, 2),
}
#: Of a multiprocessor: the kernels leave room for three blocks of 256 threads.
HELD = 3 * 256


def overlap_plan(
    problem: tuple[int, int, int, int],
    *,
    softmax: bool = True,
    labels: bool = True,
    channels_last: bool = False,
    backward: bool = False,
    **overrides: object,
) -> _core.OverlapPlan:
    with overlap_policy(**overrides):
        policy = _core.overlap_policy()
    return _core.overlap_plan(
        policy, *problem, softmax, labels, channels_last, backward
    )


@pytest.mark.parametrize("backward", [False, True], ids=["forward", "backward"])
@pytest.mark.parametrize("channels_last", [False, True], ids=["planar", "nhwc"])
@pytest.mark.parametrize("kind", ["labels", "soft", "sigmoid"])
@pytest.mark.parametrize("problem", PROBLEMS.values(), ids=PROBLEMS)
def test_overlap_parts_fill_a_device_and_weigh_little(
    problem: tuple[int, int, int, int], kind: str, channels_last: bool, backward: bool
) -> None:
    samples, classes, pixels, size = problem
    chosen = overlap_plan(
        problem,
        softmax=kind != "sigmoid",
        labels=kind == "labels",
        channels_last=channels_last,
        backward=backward,
    )
    in_registers = kind == "labels" and classes <= 32 and size < 8
    path = _core.OverlapPath.REGISTERS if in_registers else _core.OverlapPath.TILES
    assert chosen.path == path
    assert chosen.tile.by_class == (
        channels_last and classes >= 16 and not in_registers
    )

    part, parts = chosen.pixels_per_part, chosen.parts_per_sample
    assert (parts - 1) * part < pixels <= parts * part
    assert part % (chosen.tile.pixels or 32) == 0
    access = _core.OverlapAccess
    rows = in_registers and channels_last and classes >= 2
    assert (chosen.access == access.ROWS) == rows
    packs = in_registers and not rows and (classes <= 8 or size == 2)
    assert (chosen.access == access.PACKS) == packs
    assert chosen.threads % 32 == 0
    # What every device gives a block, or lets it ask for: a T4 holds one at least.
    assert chosen.shared_bytes <= (63 if rows or not in_registers else 48) << 10

    # The device hands parts out as blocks end: more than an H100 holds at a time. Of
    # very many classes the sums of as many parts would weigh as much as the logits.
    assert chosen.grid == samples * parts
    held = 132 * (HELD // 256)
    if classes < 1000:
        assert chosen.grid >= 1.25 * held
        assert chosen.grid * chosen.threads >= 132 * 256
    else:
        assert chosen.grid >= 64
    if not backward:
        sums = samples * parts * chosen.values * 8
        share = sums / (samples * classes * pixels * size)
        assert share <= (0.05 if classes < 1000 else 0.1)


def test_overlap_kernels_hold_the_classes_they_are_given() -> None:
    for classes, compiled in ((1, 2), (4, 4), (5, 8), (17, 19), (20, 21), (32, 32)):
        chosen = overlap_plan((1, classes, 1 << 20, 4))
        assert (chosen.classes, chosen.threads) == (compiled, 128)
        assert chosen.values == 4 * classes + 3
    assert overlap_plan((1, 5, 1 << 20, 4), softmax=False).values == 6 * 5 + 3
    assert overlap_plan((1, 5, 1 << 20, 4), path="TILES").classes == 0
    # Registers cannot hold these, whatever is asked for.
    for problem in ((1, 33, 1 << 20, 4), (1, 5, 1 << 20, 8)):
        forced = overlap_plan(problem, path="REGISTERS")
        assert forced.path == _core.OverlapPath.TILES


@pytest.mark.parametrize(
    ("classes", "segments"),
    [(1, 8), (2, 4), (3, 8), (4, 2), (5, 4), (9, 4), (19, 2), (40, 1), (150, 1)],
)
def test_overlap_warps_share_classes_out(classes: int, segments: int) -> None:
    chosen = overlap_plan((1, classes, 1 << 20, 4), softmax=False)
    assert chosen.threads == 256
    assert chosen.tile.segments == segments
    turns = -(-classes * segments // 8)
    assert classes * segments >= 0.8 * 8 * turns


@pytest.mark.parametrize(
    ("problem", "pixels", "classes", "threads"),
    [
        ((4, 150, 512 * 512, 2), 128, 150, 8),
        ((4, 150, 512 * 512, 4), 64, 150, 8),
        ((8, 1000, 64 * 64, 4), 32, 349, 16),  # three groups
        ((2, 40, 512 * 512, 4), 256, 40, 2),
        ((1, 3, 1 << 22, 4), 1024, 3, 1),
        ((1, 1, 1 << 22, 2), 2048, 1, 1),
        ((256, 40, 32, 4), 32, 40, 16),
        ((256, 3, 32, 4), 32, 3, 3),  # no more than there are classes
    ],
    ids=str,
)
def test_overlap_tiles_fit_shared_memory(
    problem: tuple[int, int, int, int], pixels: int, classes: int, threads: int
) -> None:
    tile = overlap_plan(problem, path="TILES").tile
    assert (tile.pixels, tile.classes) == (pixels, classes)
    assert tile.threads_per_pixel == threads
    assert overlap_plan(problem, softmax=False).tile.threads_per_pixel == 1


@pytest.mark.parametrize("path", ["REGISTERS", "TILES"])
def test_overlap_parts_of_few_pixels(path: str) -> None:
    for classes in (10, 1000):
        rows = overlap_plan((256, classes, 1, 4), path=path)
        assert (rows.grid, rows.parts_per_sample) == (256, 1)
        assert rows.tile.by_class == (classes == 1000)
    small = overlap_plan((1, 3, 64 * 64, 4), path=path)
    assert small.grid == 32
    many = overlap_plan((200_000, 5, 7, 4), path=path, max_grid=1000)
    assert (many.grid, many.parts_per_sample) == (1000, 1)


def test_the_parts_of_a_backward_pass_have_no_most() -> None:
    forward = overlap_plan(PROBLEMS["volume"])
    assert forward.grid == 4096
    assert forward.pixels_per_part == 2**15
    backward = overlap_plan(PROBLEMS["volume"], backward=True)
    assert backward.pixels_per_part == 4096


def test_an_overlap_policy_lasts_until_it_is_set_again() -> None:
    before = _core.overlap_policy()
    with overlap_policy(path="TILES", tile_bytes=64):
        assert _core.overlap_policy().path == _core.OverlapPath.TILES
        assert _core.overlap_policy().tile_bytes == 64
    assert _core.overlap_policy().path == _core.OverlapPath.AUTO
    assert _core.overlap_policy().tile_bytes == before.tile_bytes
