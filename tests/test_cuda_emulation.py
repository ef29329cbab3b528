"""The CUDA counting kernels, run on the CPU by the emulator, against references."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import torch
from torch import Tensor

from cuda_emulation import build, counting
from cuda_emulation.checks import (
    LABELS,
    LAYOUTS,
    OPS,
    SCORES,
    TIERS,
    Layout,
    channels_last,
    check,
    generator,
    labels,
    sparse,
)
from cuda_emulation.counting import HOPPER, SMALL, DeviceFacts, Emulation, Tier
from references import confusion_matrix_reference
from shared_builds import SharedBuilds


@pytest.fixture(scope="session")
def emulation(shared_builds: SharedBuilds) -> Emulation:
    if build.compiler() is None:
        pytest.skip("no C++ compiler")
    folder = shared_builds.folder("emulation", build.compile_library)
    return Emulation(folder / "counting_emulation.so")


def test_divergent_barrier(emulation: Emulation) -> None:
    assert "divergent __syncthreads" in emulation.divergent_barrier()


SOURCES = {
    torch.uint8: "labels of 1 byte",
    torch.int16: "labels of 2 bytes",
    torch.int32: "labels of 4 bytes",
    torch.int64: "labels of 8 bytes",
    torch.float16: "float16 scores",
    torch.bfloat16: "bfloat16 scores",
    torch.float32: "float32 scores",
    torch.float64: "float64 scores",
}


KERNELS = [*itertools.product(SOURCES, TIERS), (torch.uint8, Tier.BITS)]


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize(("dtype", "tier"), KERNELS, ids=str)
def test_every_kernel(
    emulation: Emulation, op: str, dtype: torch.dtype, tier: Tier
) -> None:
    """The library has no other kernels: the summary of the run lists these."""
    target = labels((2, 40, 33), 2, torch.uint8, 40)
    if dtype.is_floating_point:
        preds = torch.rand((2, 2, 40, 33), generator=generator(41)).to(dtype)
    else:
        preds = labels((2, 40, 33), 2, dtype, 41)
    check(emulation, op, preds, target, 2, policy={"tier": tier}, ignore_index=(255,))
    assert emulation.kernel == f"{op}, {SOURCES[dtype]}, {tier.name.lower()}"


BYTES = [torch.bool, torch.uint8, torch.int8]


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("target_dtype", BYTES, ids=str)
@pytest.mark.parametrize("preds_dtype", BYTES, ids=str)
def test_two_classes_as_bits(
    emulation: Emulation,
    op: str,
    layout: Layout,
    target_dtype: torch.dtype,
    preds_dtype: torch.dtype,
) -> None:
    for shape in ((3, 2, 9, 15), (3, 2, 9, 16), (1, 1, 3, 997)):
        target = layout(labels(shape, 2, target_dtype, 42))
        preds = layout(labels(shape, 2, preds_dtype, 43))
        mask = layout(torch.rand(shape, generator=generator(44)) < 0.7)
        for ignore, keep in itertools.product(((), (255, -1), (0,)), (None, mask)):
            check(
                emulation,
                op,
                preds,
                target,
                2,
                policy={"tier": Tier.BITS},
                mask=keep,
                ignore_index=ignore,
                per_sample=shape[0] > 1,
            )
            assert emulation.plan.tier == Tier.BITS


@pytest.mark.parametrize("op", OPS)
def test_bits_are_chosen_for_two_classes_of_one_byte(
    emulation: Emulation, op: str
) -> None:
    target = labels((4000,), 2, torch.uint8, 45)
    for preds_dtype, options, tier in (
        (torch.bool, {}, Tier.BITS),
        (torch.uint8, {"other": True}, Tier.PAIRS),
        (torch.int64, {}, Tier.PAIRS),
    ):
        preds = labels((4000,), 2, preds_dtype, 46)
        check(emulation, op, preds, target, 2, **options)
        assert emulation.plan.tier == tier


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", LABELS, ids=str)
def test_label_types(
    emulation: Emulation, op: str, tier: Tier, dtype: torch.dtype
) -> None:
    for other_dtype in LABELS:
        target = labels((2, 33, 17), 5, dtype, 0)
        preds = labels((2, 33, 17), 5, other_dtype, 1)
        check(
            emulation,
            op,
            preds,
            target,
            5,
            policy={"tier": tier},
            ignore_index=(-1, 255, 3),
        )
        assert emulation.plan.tier == tier


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("pixels", [1, 2, 3, 4, 5, 31, 127, 128, 129, 4001, 20000])
def test_sizes(emulation: Emulation, op: str, tier: Tier, pixels: int) -> None:
    target = labels((pixels,), 4, torch.uint8, 2)
    preds = labels((pixels,), 4, torch.int64, 3)
    for vectors in (0, 1):
        policy = {"tier": tier, "vectors": vectors}
        check(emulation, op, preds, target, 4, policy=policy, ignore_index=(255,))
        assert emulation.plan.vectors == bool(vectors)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("device", [SMALL, HOPPER], ids=["small", "hopper"])
@pytest.mark.parametrize("num_classes", [1, 2, 19, 60, 127, 128, 300])
def test_plans(
    emulation: Emulation, op: str, device: DeviceFacts, num_classes: int
) -> None:
    target = labels((3, 61, 64), num_classes, torch.int16, 4)
    preds = labels((3, 61, 64), num_classes, torch.int16, 5)
    for pixels_per_bin, threads in itertools.product((1, 64), (64, 512)):
        policy = {"pixels_per_bin": pixels_per_bin, "threads": threads}
        check(
            emulation,
            op,
            preds,
            target,
            num_classes,
            device=device,
            policy=policy,
            ignore_index=(0,),
        )
        plan = emulation.plan
        assert plan.shared_bytes <= device.shared_per_block
        assert plan.blocks_per_group * plan.pixels_per_block >= target.numel()


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("copies", [1, 2, 4, 32])
def test_copies(emulation: Emulation, op: str, copies: int) -> None:
    target = labels((40000,), 3, torch.int32, 6)
    preds = labels((40000,), 3, torch.int32, 7)
    policy = {"tier": Tier.SHARED, "max_copies": copies}
    check(emulation, op, preds, target, 3, policy=policy, other=True)
    assert emulation.plan.copies == copies


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("target_layout", LAYOUTS)
@pytest.mark.parametrize("preds_layout", LAYOUTS)
@pytest.mark.parametrize("width", [15, 16])
def test_layouts(
    emulation: Emulation,
    op: str,
    tier: Tier,
    target_layout: Layout,
    preds_layout: Layout,
    width: int,
) -> None:
    shape = (3, 2, 9, width)
    target = target_layout(labels(shape, 6, torch.uint8, 8))
    preds = preds_layout(labels(shape, 6, torch.int32, 9))
    mask = preds_layout(torch.rand(shape, generator=generator(1)) < 0.7)
    for merge, per_sample, per_label in itertools.product((True, False), repeat=3):
        check(
            emulation,
            op,
            preds,
            target,
            6,
            policy={"tier": tier},
            merge=merge,
            mask=mask if merge else None,
            ignore_index=(255,),
            per_sample=per_sample,
            per_label=per_label,
        )


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", SCORES, ids=str)
@pytest.mark.parametrize("layout", [*LAYOUTS, channels_last])
@pytest.mark.parametrize("num_classes", [1, 2, 5, 19])
def test_argmax(
    emulation: Emulation,
    op: str,
    tier: Tier,
    dtype: torch.dtype,
    layout: Layout,
    num_classes: int,
) -> None:
    shape = (2, num_classes, 5, 16)
    random = generator(10)
    # Few distinct scores, so that ties are common.
    scores = torch.randint(-3, 4, shape, generator=random).to(dtype)
    kind = torch.randint(0, 16, shape, generator=random)
    for value, special in enumerate((float("nan"), float("inf"), float("-inf"), -0.0)):
        scores = torch.where(kind == value, torch.tensor(special, dtype=dtype), scores)
    scores[0, :, 0, 0] = float("-inf")
    scores[0, :, 0, 1] = float("nan")
    scores = layout(scores)
    target = labels((2, 5, 16), num_classes, torch.int64, 11)
    for per_sample, other in itertools.product((True, False), repeat=2):
        check(
            emulation,
            op,
            scores,
            target,
            num_classes,
            policy={"tier": tier},
            ignore_index=(-1,),
            per_sample=per_sample,
            other=other,
        )
    reference = confusion_matrix_reference(scores, target, num_classes)
    by_torch = confusion_matrix_reference(scores.argmax(1), target, num_classes)
    assert torch.equal(reference[0], by_torch[0])


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", SCORES, ids=str)
@pytest.mark.parametrize("layout", LAYOUTS)
def test_threshold(
    emulation: Emulation, op: str, tier: Tier, dtype: torch.dtype, layout: Layout
) -> None:
    shape = (2, 3, 7, 12)
    # 0.3 is not a float: the comparison is with its neighbour in the scores' dtype.
    scores = torch.rand(shape, generator=generator(12)).to(dtype)
    scores[0, 0, 0, :6] = torch.tensor(
        [0.3, float("nan"), float("inf"), float("-inf"), 0.0, 1.0]
    ).to(dtype)
    target = labels(shape, 2, torch.int8, 13)
    check(
        emulation,
        op,
        layout(scores),
        target,
        2,
        policy={"tier": tier},
        threshold=[0.3],
        ignore_index=(-1,),
        per_label=True,
    )


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", SCORES, ids=str)
def test_scores_out_of_range_and_a_threshold_a_label(
    emulation: Emulation, op: str, tier: Tier, dtype: torch.dtype
) -> None:
    shape = (2, 3, 7, 16)
    scores = torch.randn(shape, generator=generator(14))
    scores[0, 1, 0, :8] = torch.tensor(
        [0.0, -0.0, 1.0, 0.5, -1e-30, 1.01, float("nan"), float("-inf")]
    )
    for target in (labels(shape, 2, torch.int8, 15), labels(shape, 2, torch.int64, 16)):
        for options in (
            {},
            {"logits": True, "other": True},
            {"threshold": [-0.7, 0.3, 1.1], "per_label": True},
            {"threshold": [0.9, 0.3, -1.1], "per_label": True, "per_sample": True},
        ):
            given = {"ignore_index": (-1,), "policy": {"tier": tier}, **options}
            check(emulation, op, scores.to(dtype), target, 2, **given)


def test_thresholds_of_more_labels_than_a_launch_takes(emulation: Emulation) -> None:
    scores = torch.rand((2, 600, 3), generator=generator(17))
    target = labels((2, 600, 3), 2, torch.uint8, 18)
    threshold = torch.rand(600, generator=generator(19)).tolist()
    check(
        emulation,
        "class_counts",
        scores,
        target,
        2,
        threshold=threshold,
        per_label=True,
    )


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
def test_options(emulation: Emulation, op: str, tier: Tier) -> None:
    shape = (4, 3, 11, 8)
    target = labels(shape, 5, torch.int64, 14)
    preds = labels(shape, 5, torch.uint8, 15)
    masks = (None, torch.rand(shape, generator=generator(2)) < 0.5)
    ignores = ((), (255,), (0,), (-1, 255), tuple(range(-32, 32)))
    flags = list(itertools.product((True, False), repeat=3))
    for mask, ignore, (per_sample, per_label, other) in itertools.product(
        masks, ignores, flags
    ):
        check(
            emulation,
            op,
            preds,
            target,
            5,
            policy={"tier": tier},
            mask=mask,
            ignore_index=ignore,
            per_sample=per_sample,
            per_label=per_label,
            other=other,
        )


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("max_grid", [1, 7, 2**31 - 1])
def test_many_groups(emulation: Emulation, op: str, tier: Tier, max_grid: int) -> None:
    target = labels((500, 3), 3, torch.uint8, 16)
    preds = labels((500, 3), 3, torch.uint8, 17)
    check(
        emulation,
        op,
        preds,
        target,
        3,
        policy={"tier": tier, "max_grid": max_grid},
        per_sample=True,
        ignore_index=(255,),
    )
    assert emulation.plan.grid == min(32, max_grid)  # as many as two SMs hold


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
def test_block_limit(emulation: Emulation, op: str, tier: Tier) -> None:
    """A block never counts more pixels than its bins can hold."""
    target = labels((2, 1003), 4, torch.uint8, 18)
    preds = labels((2, 1003), 4, torch.uint8, 19)
    policy = {"tier": tier, "max_pixels_per_block": 100, "max_grid": 5}
    check(emulation, op, preds, target, 4, policy=policy, per_sample=True)
    assert emulation.plan.pixels_per_block <= 100
    assert emulation.plan.blocks_per_group == 11


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("order", [0, 1, 2])
@pytest.mark.parametrize("max_grid", [1, 3])
def test_bins_of_several_turns(
    emulation: Emulation, op: str, order: int, max_grid: int
) -> None:
    """A block clears and folds its bins for one part after another."""
    target = labels((5, 3001), 2, torch.int32, 20)
    preds = labels((5, 3001), 2, torch.int32, 21)
    policy = {"tier": Tier.SHARED, "max_grid": max_grid}
    check(emulation, op, preds, target, 2, policy=policy, order=order, per_sample=True)
    assert emulation.plan.copies > 1


def test_any_byte_of_a_bool_tensor_but_zero_is_true(emulation: Emulation) -> None:
    raw = torch.tensor([0, 1, 255, 7, 0, 128] * 50, dtype=torch.uint8)
    odd, label = raw.view(torch.bool), (raw != 0).to(torch.uint8)
    for preds, target in ((odd, label), (label, odd)):
        check(emulation, "confusion_matrix", preds, target, 2)


def vectors(
    emulation: Emulation, preds: Tensor, target: Tensor, **options: Any
) -> bool:
    """Count a problem of 3 classes; return whether four pixels a load were read."""
    check(emulation, "confusion_matrix", preds, target, 3, **options)
    return bool(emulation.plan.vectors)


@pytest.mark.parametrize("dtype", [torch.uint8, torch.int64], ids=str)
def test_vectors_need_alignment(emulation: Emulation, dtype: torch.dtype) -> None:
    long = labels((2001,), 3, dtype, 28)
    mask = torch.ones(2001, dtype=torch.bool)
    aligned, odd = long[:2000], long[1:]
    assert vectors(emulation, aligned, aligned, mask=mask[:2000])
    assert not vectors(emulation, odd, aligned)
    assert not vectors(emulation, aligned, odd)
    assert not vectors(emulation, aligned, aligned, mask=mask[1:])
    assert not vectors(emulation, aligned[::2], aligned[:1000])
    # Samples that start anywhere, as long as every operand does so alike.
    assert vectors(emulation, odd, odd, mask=mask[1:])
    samples = long[:1995].view(3, 665)
    assert vectors(emulation, samples, samples, per_sample=True)
    assert not vectors(
        emulation, samples.expand(3, 665), samples[:1].expand(3, 665), per_sample=True
    )


@pytest.mark.parametrize("tier", [*TIERS, Tier.BITS])
@pytest.mark.parametrize("op", OPS)
def test_every_start_and_end_of_vectors(
    emulation: Emulation, op: str, tier: Tier
) -> None:
    """Pixels before the first aligned vector and behind the last one."""
    target = labels((100,), 2, torch.uint8, 47)
    preds = labels((100,), 2, torch.uint8, 48)
    for begin, size in itertools.product(range(18), (1, 15, 16, 17, 48, 70)):
        part = slice(begin, begin + size)
        check(emulation, op, preds[part], target[part], 2, policy={"tier": tier})
        assert emulation.plan.vectors


@pytest.mark.parametrize("dtype", SCORES, ids=str)
def test_planes_need_alignment(emulation: Emulation, dtype: torch.dtype) -> None:
    scores = torch.rand((2, 3, 64, 4), generator=generator(29)).to(dtype)
    target = labels((2, 64, 4), 3, torch.uint8, 30)
    assert vectors(emulation, scores, target)
    odd = torch.rand((1, 3, 64, 3), generator=generator(31)).to(dtype)[..., 1:, :]
    assert not vectors(emulation, odd, target[:1, 1:, :3].contiguous())
    channels_last = scores.to(memory_format=torch.channels_last)
    assert not vectors(emulation, channels_last, target)


@pytest.mark.parametrize("op", OPS)
def test_empty(emulation: Emulation, op: str) -> None:
    for shape in ((0, 4), (3, 0)):
        target = torch.zeros(shape, dtype=torch.int64)
        check(emulation, op, target, target, 3, per_sample=True)
        assert emulation.plan.grid == 0


@pytest.mark.parametrize("op", OPS)
def test_many_classes(emulation: Emulation, op: str) -> None:
    """Class counts of many classes take the memory of 3 rows."""
    num_classes = 3000 if op == "confusion_matrix" else 100_000
    target = labels((5000,), num_classes, torch.int32, 22)
    preds = torch.where(
        torch.rand(5000, generator=generator(3)) < 0.5,
        target,
        labels((5000,), num_classes, torch.int32, 23),
    )
    if op == "class_counts":
        counts = torch.zeros(3, num_classes, dtype=torch.int64)
        invalid = torch.zeros((), dtype=torch.int64)
        emulation.run(
            False, counting.make_problem(preds, target, num_classes), counts, invalid
        )
        valid = (target >= 0) & (target < num_classes)
        valid &= (preds >= 0) & (preds < num_classes)
        t, p = target[valid].long(), preds[valid].long()
        rows = (t[t == p], p[t != p], t[t != p])
        expected = [torch.bincount(row, minlength=num_classes) for row in rows]
        assert torch.equal(counts, torch.stack(expected))
        assert invalid == (~valid).sum()
    else:
        check(emulation, op, preds, target, num_classes)
    assert emulation.plan.tier == Tier.GLOBAL


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dim", [0, 1])
def test_offsets_beyond_32_bits(
    emulation: Emulation, op: str, tier: Tier, dim: int
) -> None:
    """A few pixels gigabytes apart: between samples, then between pixels."""
    stride = 2**31 + 4
    strides = (stride, 1) if dim == 0 else (1, stride)
    far = sparse(4 * stride, torch.uint8).as_strided((4, 4), strides)
    far.copy_(labels((4, 4), 3, torch.uint8, 24))
    near = labels((4, 4), 3, torch.uint8, 25)
    mask = far == near
    for per_sample, vectors in itertools.product((True, False), (0, 1)):
        policy = {"tier": tier, "vectors": vectors}
        for preds, target in ((far, near), (near, far)):
            check(
                emulation,
                op,
                preds,
                target,
                3,
                policy=policy,
                mask=mask,
                per_sample=per_sample,
            )


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("vectors", [0, 1])
def test_class_planes_beyond_32_bits(
    emulation: Emulation, op: str, tier: Tier, vectors: int
) -> None:
    stride = 2**31 + 16
    scores = sparse(7 * stride, torch.float16)
    scores = scores.as_strided((1, 7, 8), (8, stride, 1))
    scores.copy_(torch.rand((1, 7, 8), generator=generator(26)))
    target = labels((1, 8), 7, torch.uint8, 27)
    policy = {"tier": tier, "vectors": vectors}
    check(emulation, op, scores, target, 7, policy=policy)
    assert emulation.plan.vectors == bool(vectors)


@pytest.mark.parametrize("matrix", [True, False])
@pytest.mark.parametrize("samples", [1, 3])
def test_plan_of_huge_inputs(emulation: Emulation, matrix: bool, samples: int) -> None:
    """However many pixels, a 32-bit bin cannot overflow, and no pixel is left out."""
    pixels = 2**36 + 1
    target = torch.zeros(1, 1, dtype=torch.uint8).expand(samples, pixels)
    problem = counting.make_problem(target, target, 3, per_sample=True)
    for limit, tier in itertools.product((2**31, 2**40), (Tier.SHARED, Tier.PAIRS)):
        policy = emulation.policy(max_pixels_per_block=limit, tier=tier)
        plan = emulation.plan_for(matrix, problem, policy=policy, device=HOPPER)
        assert plan.tier == tier
        assert plan.pixels_per_block < 2**32
        assert plan.blocks_per_group * plan.pixels_per_block >= pixels
        assert (plan.blocks_per_group - 1) * plan.pixels_per_block < pixels
        assert plan.grid == 132 * 2


@pytest.mark.parametrize("num_classes", [2**16, 2**31 - 3])
def test_plan_of_many_classes(emulation: Emulation, num_classes: int) -> None:
    target = torch.zeros(1, dtype=torch.int64).expand(2**40)
    problem = counting.make_problem(target, target, num_classes, other=True)
    for tier in Tier:
        policy = emulation.policy(tier=tier)
        plan = emulation.plan_for(True, problem, policy=policy, device=HOPPER)
        assert plan.tier == Tier.GLOBAL
        assert plan.shared_bytes == 0
