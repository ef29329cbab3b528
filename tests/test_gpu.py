"""The counting ops on a GPU, against references and against what CUDA allows."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import torchtally as tt
from cuda_choices import TIERS, cuda_policy
from gpu_checks import MARKS, need_memory, no_synchronization, on_gpu
from references import class_counts_reference, confusion_matrix_reference

pytestmark = MARKS

OPS = ["confusion_matrix", "class_counts"]
LABELS = [
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.uint16,
    torch.int32,
    torch.uint32,
    torch.int64,
    torch.uint64,
]
SCORES = [torch.float16, torch.bfloat16, torch.float32, torch.float64]


def op_of(name: str) -> Callable[..., tuple[Tensor, Tensor]]:
    return getattr(torch.ops.torchtally, name)  # type: ignore[no-any-return]


def labels(
    shape: tuple[int, ...], num_classes: int, dtype: torch.dtype, seed: int
) -> Tensor:
    """Labels on the CPU; some out of range, some negative."""
    random = torch.Generator().manual_seed(seed)
    values = torch.randint(-1, num_classes + 1, shape, generator=random)
    flat = values.view(-1)
    flat[: flat.numel() // 2] = flat[: flat.numel() // 2] // 3
    return values.to(torch.bool) if dtype == torch.bool else values.to(dtype)


def check(
    op: str, preds: Tensor, target: Tensor, num_classes: int, **options: Any
) -> None:
    """Compare a call on the GPU with the reference on the CPU."""
    reference = (
        confusion_matrix_reference
        if op == "confusion_matrix"
        else class_counts_reference
    )
    counts, invalid = reference(preds, target, num_classes, **options)
    if options.get("mask") is not None:
        options["mask"] = on_gpu(options["mask"])
    actual = op_of(op)(on_gpu(preds), on_gpu(target), num_classes, **options)
    torch.testing.assert_close(actual[0].cpu(), counts, rtol=0, atol=0)
    torch.testing.assert_close(actual[1].cpu(), invalid, rtol=0, atol=0)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", LABELS, ids=str)
def test_label_types(op: str, tier: str, dtype: torch.dtype) -> None:
    with cuda_policy(tier=tier):
        for other_dtype, width in itertools.product(LABELS, (16, 17)):
            target = labels((2, 33, width), 5, dtype, 0)
            preds = labels((2, 33, width), 5, other_dtype, 1)
            check(op, preds, target, 5, ignore_index=[-1, 255, 3])


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("num_classes", [1, 2, 19, 100, 240, 700])
def test_sizes(op: str, tier: str, num_classes: int) -> None:
    with cuda_policy(tier=tier):
        for pixels in (1, 5, 1000, 1_000_003):
            target = labels((pixels,), num_classes, torch.int32, 2)
            preds = labels((pixels,), num_classes, torch.int16, 3)
            check(op, preds, target, num_classes, ignore_index=[0], other=True)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", SCORES, ids=str)
@pytest.mark.parametrize("num_classes", [1, 2, 7, 19])
def test_argmax(
    op: str,
    tier: str,
    dtype: torch.dtype,
    num_classes: int,
) -> None:
    random = torch.Generator().manual_seed(4)
    for width in (15, 16):
        shape = (2, num_classes, 9, width)
        scores = torch.randint(-3, 4, shape, generator=random).to(dtype)
        scores[torch.rand(shape, generator=random) < 0.1] = float("nan")
        scores[torch.rand(shape, generator=random) < 0.1] = float("inf")
        target = labels((2, 9, width), num_classes, torch.int64, 5)
        with cuda_policy(tier=tier):
            for layout in (torch.contiguous_format, torch.channels_last):
                laid_out = scores.to(memory_format=layout)
                check(op, laid_out, target, num_classes, ignore_index=[-1])
                check(op, laid_out, target, num_classes, per_sample=True)


@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", SCORES, ids=str)
def test_threshold(op: str, dtype: torch.dtype) -> None:
    scores = torch.rand((2, 3, 7, 12), generator=torch.Generator().manual_seed(6))
    scores[0, 0, 0, :4] = torch.tensor([0.3, float("nan"), float("inf"), 0.0])
    target = labels((2, 3, 7, 12), 2, torch.int8, 7)
    check(op, scores.to(dtype), target, 2, threshold=[0.3], per_label=True)


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
def test_layouts_and_options(op: str, tier: str) -> None:
    shape = (3, 4, 10, 16)
    target = labels(shape, 6, torch.int64, 8)
    preds = labels(shape, 6, torch.uint8, 9)
    mask = torch.rand(shape, generator=torch.Generator().manual_seed(10)) < 0.7
    views: list[Callable[[Tensor], Tensor]] = [
        lambda x: x,
        lambda x: x.transpose(-1, -2),
        lambda x: x[..., 1:],
        lambda x: x[:, :, ::2],
        lambda x: x.permute(0, 3, 1, 2),
    ]
    with cuda_policy(tier=tier):
        flags = list(itertools.product((True, False), repeat=3))
        for view, (sample, label, other) in itertools.product(views, flags):
            check(
                op,
                view(preds),
                view(target),
                6,
                mask=view(mask),
                ignore_index=[-1],
                per_sample=sample,
                per_label=label,
                other=other,
            )
        expanded = target[:1].expand(shape)
        check(op, preds, expanded, 6, per_sample=True)


@pytest.mark.parametrize("op", OPS)
def test_empty(op: str) -> None:
    for shape in ((0, 4), (3, 0)):
        target = torch.zeros(shape, dtype=torch.int64)
        check(op, target, target, 3, per_sample=True)


@pytest.mark.parametrize("op", OPS)
def test_many_groups(op: str) -> None:
    target = torch.randint(0, 3, (200_000, 7), device="cuda")
    preds = torch.randint(0, 3, (200_000, 7), device="cuda")
    pairs = torch.nn.functional.one_hot(target * 3 + preds, 9).sum(1)
    matrix = pairs.view(-1, 3, 3)
    hits = matrix.diagonal(dim1=-2, dim2=-1)
    counts = torch.stack((hits, matrix.sum(-2) - hits, matrix.sum(-1) - hits), -2)
    expected = matrix if op == "confusion_matrix" else counts
    for tier, max_grid in itertools.product(TIERS, (2**31 - 1, 1000)):
        with cuda_policy(tier=tier, max_grid=max_grid):
            actual, _ = op_of(op)(preds, target, 3, per_sample=True)
        assert torch.equal(actual, expected)


@pytest.mark.parametrize("op", OPS)
def test_no_synchronization(op: str) -> None:
    target = torch.randint(0, 5, (2, 100, 100), device="cuda")
    scores = torch.randn(2, 5, 100, 100, device="cuda")
    op_of(op)(scores, target, 5)
    with no_synchronization():
        counts, invalid = op_of(op)(scores, target, 5, ignore_index=[0])
        op_of(op + "_")(counts, invalid, scores, target, ignore_index=[0])
        op_of(op)(target, target, 5, per_sample=True)


@pytest.mark.parametrize("op", OPS)
def test_graph_capture(op: str) -> None:
    target = torch.randint(0, 5, (2, 100, 100), device="cuda")
    scores = torch.randn(2, 5, 100, 100, device="cuda")
    op_of(op)(target, target, 5)  # loads the kernel, which a capture need not allow
    counts, invalid = (torch.zeros_like(t) for t in op_of(op)(scores, target, 5))
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        op_of(op + "_")(counts, invalid, scores, target)
        functional, _ = op_of(op)(target, target, 5)
    counts.zero_()
    total = torch.zeros_like(counts)
    for _ in range(3):
        scores.normal_()
        target.random_(0, 6)
        graph.replay()
        total += op_of(op)(scores, target, 5)[0]
        assert torch.equal(counts, total)
        assert torch.equal(functional, op_of(op)(target, target, 5)[0])
    assert invalid.item() > 0


def scores_and_labels(step: int) -> tuple[Tensor, Tensor]:
    random = torch.Generator().manual_seed(step)
    scores = torch.randn((2, 5, 32, 48), generator=random)
    target = torch.randint(-1, 6, (2, 32, 48), generator=random)
    return scores.cuda(), target.cuda()


@pytest.mark.parametrize("mode", ["default", "reduce-overhead"])
def test_compiled_update_of_a_metric(mode: str) -> None:
    """With CUDA graphs the state is the same memory at every replay."""
    options: dict[str, Any] = {"ignore_index": -1, "out_of_range": "ignore"}
    metric = tt.metrics.ConfusionMatrix(5, **options).cuda()
    eager = tt.metrics.ConfusionMatrix(5, **options).cuda()
    update = torch.compile(metric.update, fullgraph=True, mode=mode)
    for step in range(6):
        scores, target = scores_and_labels(step)
        update(scores, target)
        eager.update(scores, target)
    assert torch.equal(metric.compute(), eager.compute())
    assert metric.compute().sum() > 0


def test_counts_move_with_a_model() -> None:
    options: dict[str, Any] = {"ignore_index": -1, "out_of_range": "ignore"}
    metric = tt.metrics.DiceScore(5, aggregation="samplewise", **options)
    wanted = tt.metrics.DiceScore(5, aggregation="samplewise", **options)
    model = torch.nn.ModuleDict({"metric": metric})
    for step, move in enumerate(
        (
            lambda: model.cuda(),
            lambda: model.half().to("cuda", non_blocking=True),
            lambda: model.to_empty(device="cuda"),
            lambda: model.cpu().to_empty(device="cuda"),
        )
    ):
        move()
        scores, target = scores_and_labels(step)
        metric.update(scores, target)
        wanted.update(scores.cpu(), target.cpu())
        assert metric.counts.is_cuda
        assert torch.equal(metric.compute().cpu(), wanted.compute())


def test_update_of_a_metric_does_not_synchronize() -> None:
    metric = tt.metrics.DiceScore(5, ignore_index=-1, out_of_range="ignore").cuda()
    scores, target = scores_and_labels(0)
    metric.update(scores, target)
    with no_synchronization():
        for _ in range(3):
            metric.update(scores, target)
    assert 0 <= metric.compute() <= 1


@pytest.mark.parametrize("tier", TIERS)
@pytest.mark.parametrize("op", OPS)
def test_the_same_bits_every_time(op: str, tier: str) -> None:
    target = torch.randint(0, 2, (3, 500, 700), device="cuda", dtype=torch.uint8)
    preds = torch.randint(0, 2, (3, 500, 700), device="cuda", dtype=torch.uint8)
    scores = torch.randn(3, 2, 500, 700, device="cuda")
    torch.use_deterministic_algorithms(True)
    try:
        with cuda_policy(tier=tier):
            first = [op_of(op)(p, target, 2, per_sample=True) for p in (preds, scores)]
            for _ in range(100):
                for p, (counts, invalid) in zip((preds, scores), first, strict=True):
                    again = op_of(op)(p, target, 2, per_sample=True)
                    assert torch.equal(again[0], counts)
                    assert torch.equal(again[1], invalid)
    finally:
        torch.use_deterministic_algorithms(False)


@pytest.mark.parametrize("op", OPS)
def test_stream_of_the_caller(op: str) -> None:
    """The kernel runs behind what the caller's stream was given before."""
    target = torch.zeros(1 << 20, dtype=torch.int64, device="cuda")
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        torch.cuda._sleep(20_000_000)
        target.fill_(1)
        counts, _ = op_of(op)(target, target, 2)
    stream.synchronize()
    assert counts[1, 1] == (1 << 20 if op == "confusion_matrix" else 0)
    assert counts[0, 1] == (1 << 20 if op == "class_counts" else 0)


@pytest.mark.parametrize("op", OPS)
def test_device_of_the_tensors(op: str) -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("one CUDA device")
    target = torch.randint(0, 3, (1000,), device="cuda:1")
    counts, _ = op_of(op)(target, target, 3)
    assert counts.device == target.device
    assert counts[..., :3].sum() == 1000
    with pytest.raises(RuntimeError, match="preds must be on the device of target"):
        op_of(op)(target.to("cuda:0"), target, 3)


@pytest.mark.parametrize("op", OPS)
def test_device_mismatch(op: str) -> None:
    target = torch.zeros(4, dtype=torch.int64)
    with pytest.raises(RuntimeError, match="preds must be on the device of target"):
        op_of(op)(target, target.cuda(), 3)


@pytest.mark.parametrize("op", OPS)
def test_more_than_32_bits_of_one_cell(op: str) -> None:
    """One value seen 2**33 times, through a stride of zero."""
    pixels = 2**33 + 3
    target = torch.ones(1, dtype=torch.uint8, device="cuda").expand(pixels)
    counts, invalid = op_of(op)(target, target, 2)
    assert counts.sum() == pixels
    assert counts[1, 1] == (pixels if op == "confusion_matrix" else 0)
    assert invalid.item() == 0


@pytest.mark.large
@pytest.mark.parametrize("op", OPS)
@pytest.mark.parametrize("dtype", [torch.uint8, torch.float16])
def test_more_than_31_bits_of_elements(op: str, dtype: torch.dtype) -> None:
    pixels = 2**31 + 2**20 + 5
    classes = 2
    planes = 1 if dtype == torch.uint8 else classes
    need_memory(pixels * (1 + planes * dtype.itemsize))
    target = torch.zeros(1, pixels, dtype=torch.uint8, device="cuda")
    target[0, -10:] = 1
    if dtype == torch.uint8:
        preds = target.clone()
    else:
        preds = torch.zeros(1, classes, pixels, dtype=dtype, device="cuda")
        preds[0, 1, -10:] = 1
    target[0, -3:] = 0
    counts, invalid = op_of(op)(preds, target, classes)
    matrix = [[pixels - 10, 3], [0, 7]]
    rows = [[pixels - 10, 7], [0, 3], [3, 0]]
    assert counts.tolist() == (matrix if op == "confusion_matrix" else rows)
    assert invalid.item() == 0
