"""overlap_sums and the losses on a GPU, against references and what CUDA allows."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import torchtally as tt
from cuda_choices import PATHS, overlap_policy
from gpu_checks import MARKS, need_memory, no_synchronization, on_gpu
from overlap_checks import (
    ACTIVATIONS,
    CUDA_CUT,
    CUDA_TOLERANCE,
    DTYPES,
    INTEGERS,
    KINDS,
    LAYOUTS,
    assert_background_keeps_its_gradient,
    assert_nan_stays,
    assert_nothing_counts,
    assert_sums,
    laid_out,
    logits,
    options_of,
    targets,
)
from torchtally import losses

pytestmark = MARKS

OP = torch.ops.torchtally.overlap_sums.default
BACKWARD = torch.ops.torchtally.overlap_sums_backward.default
LOSSES = [
    "DiceLoss",
    "DiceCELoss",
    "JaccardLoss",
    "TverskyLoss",
    "FocalTverskyLoss",
    "GeneralizedDiceLoss",
    "LogDiceLoss",
]


@pytest.fixture(params=PATHS)
def path(request: pytest.FixtureRequest) -> Iterator[str]:
    """Sum by each path; what registers cannot hold goes to tiles all the same."""
    with overlap_policy(path=request.param):
        yield request.param


def check(values: Tensor, target: Tensor, **options: Any) -> None:
    """Compare a call on the GPU and its gradient with the reference on the CPU."""
    assert_sums(values, target, place=on_gpu, tolerance=CUDA_TOLERANCE, **options)


def example(
    shape: tuple[int, ...] = (2, 5, 100, 100), dtype: torch.dtype = torch.float32
) -> tuple[Tensor, Tensor]:
    """Return logits and labels on the GPU, some of the labels 255."""
    target = targets(shape, "labels")
    target[:, :3] = 255
    return logits(shape, dtype).cuda(), target.cuda()


# Against the reference


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_sums_and_gradients(
    dtype: torch.dtype, layout: str, activation: str, path: str
) -> None:
    shape = (2, 9, 7, 19)
    values = laid_out(logits(shape, dtype, activation), layout)
    for kind, cut in itertools.product(KINDS, ({}, CUDA_CUT)):
        target = targets(shape, kind)
        with overlap_policy(path=path, **cut):
            for options in options_of(shape, kind):
                check(values, target, activation=activation, **options)


@pytest.mark.parametrize("classes", [1, 2, 4, 5, 8, 9, 16, 17, 19, 32, 33, 150, 1000])
def test_numbers_of_classes(classes: int, path: str) -> None:
    for dtype, layout in itertools.product(DTYPES, ("planar", "channels_last")):
        shape = (2, classes, 11, 13)
        values = laid_out(logits(shape, dtype), layout)
        target = targets(shape, "labels")
        check(values, target, ignore_index=255, label_smoothing=0.2)
        check(values, targets(shape, "soft"), activation="sigmoid")


@pytest.mark.parametrize("classes", [2, 4, 8, 19, 32, 150])
@pytest.mark.parametrize("layout", ["planar", "channels_last"])
def test_many_parts(classes: int, layout: str, path: str) -> None:
    shape = (2, classes, 149, 211)
    for dtype in DTYPES[1:]:
        values = laid_out(logits(shape, dtype), layout)
        check(values, targets(shape, "labels", torch.uint8), ignore_index=0)


@pytest.mark.parametrize("pixels", [1, 31, 32, 33, 127, 129, 255, 257, 1023, 1025])
def test_sizes_around_warps_tiles_and_parts(pixels: int, path: str) -> None:
    for samples, classes in ((1, 3), (3, 6), (2, 40)):
        shape = (samples, classes, pixels)
        values = logits(shape, torch.float32)
        for kind in ("labels", "soft"):
            check(values, targets(shape, kind))


@pytest.mark.parametrize("classes", [3, 10, 1000])
def test_rows_of_scores(classes: int, path: str) -> None:
    shape = (256, classes)
    for dtype in DTYPES:
        check(logits(shape, dtype), targets(shape, "labels"), label_smoothing=0.1)
        check(logits(shape, dtype), targets(shape, "soft"))


@pytest.mark.parametrize("samples", [70_000, 200_000])
def test_many_samples(samples: int, path: str) -> None:
    shape = (samples, 5, 7)
    for max_grid in (2**31 - 1, 1000):
        with overlap_policy(path=path, max_grid=max_grid):
            check(logits(shape, torch.float32), targets(shape, "labels"))


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_every_dtype_of_a_target(dtype: torch.dtype, path: str) -> None:
    classes = 2 if dtype == torch.bool else 5
    shape = (2, classes, 9, 17)
    for kind, values in itertools.product(("labels", "one-hot"), DTYPES):
        target = targets(shape, kind, dtype)
        for activation in ACTIVATIONS:
            check(logits(shape, values, activation), target, activation=activation)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_soft_targets_of_every_dtype_and_layout(dtype: torch.dtype) -> None:
    shape = (2, 9, 6, 11)
    soft = targets(shape, "soft").to(dtype)
    for values, layout in itertools.product(DTYPES, LAYOUTS):
        check(logits(shape, values), laid_out(soft, layout))


def test_negative_soft_targets_keep_their_sign() -> None:
    for dtype in (torch.int8, torch.int16, torch.int32, torch.int64):
        target = torch.full((1, 2, 3), -1, dtype=dtype)
        check(logits((1, 2, 3)), target, activation="sigmoid")


def test_many_ignored_values(path: str) -> None:
    shape = (2, 100, 9, 17)
    target = targets(shape, "labels")
    check(logits(shape, torch.float32), target, ignore_index=list(range(0, 128, 2)))


def test_labels_and_masks_of_other_strides(path: str) -> None:
    shape = (2, 3, 8, 12)
    labels = targets(shape, "labels")
    mask = torch.rand(labels.shape) < 0.5
    for dtype in (torch.int64, torch.uint8):
        for change in (
            lambda t: t.transpose(1, 2).contiguous().transpose(1, 2),
            lambda t: torch.stack((t, t), -1)[..., 0],
        ):
            target = change(labels.to(dtype))
            check(logits(shape, torch.float32), target, mask=change(mask))


def test_overlapping_windows(path: str) -> None:
    """The gradient has strides that kernels do not write, although they read these."""
    volume = on_gpu(logits((12, 8, 8), torch.float32))
    values = volume.unfold(0, 8, 1).permute(0, 3, 1, 2).unsqueeze(1)
    target = on_gpu(targets(tuple(values.shape), "soft"))
    weights = torch.randn(5, 6, 1).double(), torch.randn(5).double()
    upstream = [on_gpu(one) for one in weights]
    found = BACKWARD(*upstream, values, target, activation="sigmoid")
    wanted = BACKWARD(*upstream, values.contiguous(), target, activation="sigmoid")
    assert torch.equal(found, wanted)


# Numbers that are hard


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_large_and_infinite_logits(dtype: torch.dtype, path: str) -> None:
    for column in (0, 1, 3):
        values = logits((1, 4, 50), dtype, scale=100.0)
        values[0, column] = -torch.inf
        target = targets((1, 3, 50), "labels")
        target = target + (target >= column)
        one_hot = torch.nn.functional.one_hot(target, 4).movedim(-1, 1)
        check(values, target)
        check(values, one_hot)
        values[0, 3] = 30000.0
        check(values, target)
    check(values, one_hot, activation="sigmoid")


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nan_stays_with_its_pixel(activation: str, path: str) -> None:
    for column, bits in itertools.product((0, 2, 4), (0x7FC00000, 0x7F800001, -1)):
        assert_nan_stays(activation, column, bits, place=on_gpu)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nothing_counts(activation: str, kind: str, path: str) -> None:
    assert_nothing_counts(activation, kind, place=on_gpu)


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 3, 0, 5), (0, 3), (2, 1, 0)])
def test_empty(shape: tuple[int, ...]) -> None:
    for kind, dtype in itertools.product(("labels", "soft"), DTYPES):
        labels = (shape[0], *shape[2:]) if kind == "labels" else shape
        target = torch.zeros(labels, dtype=torch.int64)
        check(torch.zeros(shape, dtype=dtype), target)


@pytest.mark.parametrize("side", [32, 128])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_map_of_background_keeps_its_gradient(
    dtype: torch.dtype, side: int, path: str
) -> None:
    assert_background_keeps_its_gradient(dtype, side, place=on_gpu)


def test_labels_out_of_range_are_counted_and_left_out(path: str) -> None:
    """A GPU does not wait to say so; ``invalid`` holds how many."""
    target = torch.tensor([[0, 1, 2, 3, -1], [0, 0, 255, 7, 2]])
    values = logits((2, 3, 5), torch.float32)
    check(values, target, ignore_index=255)
    found = tt.overlap_sums(values.cuda(), target.cuda(), ignore_index=255)
    assert found.count.tolist() == [3, 3]
    assert found.invalid.tolist() == [2, 1]


# Determinism


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("layout", ["planar", "channels_last"])
@pytest.mark.parametrize("shape", [(2, 5, 300, 251), (2, 40, 90, 91)], ids=str)
def test_the_same_bits_every_time_and_on_any_grid(
    shape: tuple[int, ...], layout: str, dtype: torch.dtype, path: str
) -> None:
    values = on_gpu(laid_out(logits(shape, dtype), layout))
    target = targets(shape, "labels").cuda()
    up = (torch.randn(2, 6, shape[1]).double().cuda(), torch.randn(2).double().cuda())

    def call() -> tuple[Tensor, ...]:
        sums = OP(values, target, ignore_index=[1], label_smoothing=0.1)
        return *sums, BACKWARD(*up, values, target, ignore_index=[1])

    torch.use_deterministic_algorithms(True)
    try:
        first = call()
        for max_grid in (2**31 - 1, 1, 7, 300):
            with overlap_policy(path=path, max_grid=max_grid):
                for _ in range(100 if max_grid > 300 else 3):
                    assert all(map(torch.equal, first, call()))
    finally:
        torch.use_deterministic_algorithms(False)


# What CUDA allows


def forward_and_backward(loss: nn.Module, values: Tensor, target: Tensor) -> Any:
    """Return a loss and the gradient of the logits."""
    value = loss(values, target)
    return value.detach(), torch.autograd.grad(value, values)[0]


@pytest.mark.parametrize("shape", [(2, 5, 100, 100), (2, 40, 50, 50)], ids=str)
def test_no_synchronization(shape: tuple[int, ...]) -> None:
    weight = torch.rand(shape[1], dtype=torch.float64)
    for dtype in DTYPES:
        values, target = example(shape, dtype)
        values.requires_grad_()
        for options in ({}, {"ce_weight": weight, "class_weights": weight}):
            loss = losses.DiceCELoss(ignore_index=255, **options).cuda()
            forward_and_backward(loss, values, target)
            with no_synchronization():
                forward_and_backward(loss, values, target)
                loss(values, target).backward()
                values.grad = None


@pytest.mark.parametrize("shape", [(2, 5, 100, 100), (2, 40, 50, 50)], ids=str)
def test_graph_capture(shape: tuple[int, ...]) -> None:
    values, target = example(shape)
    values.requires_grad_()
    loss = losses.DiceCELoss(ignore_index=255)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):  # loads the kernels, which a capture need not allow
        for _ in range(3):
            forward_and_backward(loss, values, target)
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        captured = forward_and_backward(loss, values, target)
    for seed in range(3):
        with torch.no_grad():
            values.copy_(logits(shape, torch.float32, seed=seed))
        target.copy_(targets(shape, "labels", seed=seed))
        graph.replay()
        wanted = forward_and_backward(loss, values, target)
        assert all(map(torch.equal, captured, wanted))


@pytest.mark.parametrize("mode", ["default", "reduce-overhead"])
def test_compiled_loss(mode: str) -> None:
    torch._dynamo.reset()
    loss = losses.DiceCELoss(ignore_index=255)
    compiled = torch.compile(loss, fullgraph=True, mode=mode)
    for seed in range(5):
        torch.compiler.cudagraph_mark_step_begin()
        values = logits((2, 5, 60, 50), torch.float32, seed=seed).cuda()
        target = targets((2, 5, 60, 50), "labels", seed=seed).cuda()
        values.requires_grad_()
        found = [t.clone() for t in forward_and_backward(compiled, values, target)]
        wanted = forward_and_backward(loss, values, target)
        torch.testing.assert_close(found[0], wanted[0], rtol=1e-6, atol=0)
        torch.testing.assert_close(found[1], wanted[1], rtol=1e-5, atol=1e-9)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
def test_autocast(dtype: torch.dtype) -> None:
    """Logits of half precision are taken as they are and summed as ever."""
    torch.manual_seed(0)
    layer = nn.Conv2d(3, 5, 3, padding=1).cuda()
    image = torch.randn(2, 3, 40, 50, device="cuda")
    target = targets((2, 5, 40, 50), "labels").cuda()
    loss = losses.DiceCELoss()
    with torch.autocast("cuda", dtype=dtype):
        values = layer(image)
        under = loss(values, target)
        under.backward()
    assert values.dtype == dtype
    assert under.dtype == torch.float32
    plain = values.detach().requires_grad_()
    assert torch.equal(loss(plain, target), under)
    assert layer.weight.grad.isfinite().all()
    assert layer.weight.grad.ne(0).any()


def test_stream_of_the_caller() -> None:
    """The kernels run behind what the caller's stream was given before."""
    shape = (1, 2, 1 << 20)
    values = torch.zeros(shape, device="cuda", requires_grad=True)
    target = torch.zeros(1, 1 << 20, dtype=torch.int64, device="cuda")
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        torch.cuda._sleep(20_000_000)
        target.fill_(1)
        found = tt.overlap_sums(values, target)
        (gradient,) = torch.autograd.grad(found.intersection[0, 1], values)
    stream.synchronize()
    assert found.intersection.tolist() == [[0.0, 2.0**19]]
    assert gradient.unique().tolist() == [-0.25, 0.25]


def test_device_of_the_tensors() -> None:
    if torch.cuda.device_count() < 2:
        pytest.skip("one CUDA device")
    values, target = (t.to("cuda:1") for t in example())
    found = tt.overlap_sums(values.requires_grad_(), target, ignore_index=255)
    found.squared.sum().backward()
    assert found.count.device == values.grad.device == values.device
    with pytest.raises(ValueError, match="input must be on the device of target"):
        tt.overlap_sums(values.to("cuda:0"), target, ignore_index=255)


def test_device_mismatch() -> None:
    values, target = example()
    mask, weight = torch.ones(2, 100, 100, dtype=torch.bool), torch.ones(5)
    for given, name in (
        ((values, target.cpu()), "input"),
        ((values.cpu(), target), "input"),
        ((values, target, mask), "mask"),
        ((values, target, None, weight), "class_weight"),
    ):
        with pytest.raises(RuntimeError, match=f"{name} must be on the device of"):
            OP(*given)
    sums, entropy = torch.ones(2, 6, 5).double(), torch.ones(2).double()
    for wrong in ((sums, entropy.cuda()), (sums.cuda(), entropy)):
        with pytest.raises(RuntimeError, match=r"grad_\w+ must be on the device of"):
            BACKWARD(*wrong, values, target)


@pytest.mark.parametrize("layout", ["planar", "channels_last"])
def test_pytorch_knows_the_op(layout: str) -> None:
    shape = (2, 3, 4, 5)
    values = on_gpu(laid_out(logits(shape, torch.float32), layout))
    for kind in ("labels", "soft"):
        target = targets(shape, kind).cuda()
        given = values.detach().requires_grad_()
        torch.library.opcheck(OP, (given, target), {"label_smoothing": 0.1})


def test_vmap() -> None:
    shape = (2, 3, 4, 5)
    values = torch.stack([logits(shape, torch.float32, seed=i) for i in range(4)])
    target = torch.stack([targets(shape, "labels", seed=i) for i in range(4)])
    found = torch.vmap(OP)(values.cuda(), target.cuda())
    for i in range(4):
        wanted = OP(values[i].cuda(), target[i].cuda())
        assert all(torch.equal(a[i], b) for a, b in zip(found, wanted, strict=True))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradcheck(activation: str) -> None:
    shape = (2, 3, 5)
    values = logits(shape, torch.float64, activation, scale=1.0).cuda().requires_grad_()
    target = targets(shape, "soft").cuda()
    torch.autograd.gradcheck(
        lambda x: tuple(tt.overlap_sums(x, target, activation=activation)[:7]),
        (values,),
        nondet_tol=0.0,
    )


# Large inputs


@pytest.mark.parametrize(
    ("classes", "dtype", "labels"),
    [(19, torch.float32, torch.int64), (4, torch.bfloat16, torch.uint8)],
    ids=str,
)
def test_memory_is_the_gradient(
    classes: int, dtype: torch.dtype, labels: torch.dtype
) -> None:
    """Beyond the logits, forward and backward allocate the gradient and little else."""
    values = torch.randn(2, classes, 1024, 1024, device="cuda").to(dtype)
    values.requires_grad_()
    target = torch.randint(classes, (2, 1024, 1024), device="cuda").to(labels)
    loss = losses.DiceCELoss()
    forward_and_backward(loss, values, target)
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    forward_and_backward(loss, values, target)
    size = values.numel() * values.element_size()
    assert torch.cuda.max_memory_allocated() - before <= 1.1 * size


@pytest.mark.large
@pytest.mark.parametrize("layout", ["planar", "channels_last"])
@pytest.mark.parametrize(
    ("classes", "activation"), [(2, "softmax"), (1, "sigmoid")], ids=str
)
def test_more_than_31_bits_of_elements(
    classes: int, activation: str, layout: str, path: str
) -> None:
    """The last pixels lie behind 2**31 elements, of logits and of the gradient."""
    pixels = 2**31 // classes + 2**20 + 5
    need_memory(pixels * (2 * 2 * classes + 4))
    shape = (1, pixels, classes) if layout == "channels_last" else (1, classes, pixels)
    values = torch.zeros(shape, dtype=torch.float16, device="cuda")
    values = values.mT if layout == "channels_last" else values
    values[0, -1, -10:] = 20.0
    target = torch.zeros(1, pixels, dtype=torch.uint8, device="cuda")
    target[0, -10:] = 1
    given = target if classes == 2 else target.bool().view(1, 1, pixels)
    values.requires_grad_()
    found = tt.overlap_sums(values, given, activation=activation)
    assert found.count.item() == pixels
    assert found.target[0, -1].item() == 10
    last = found.intersection[0, -1].item()
    assert last == pytest.approx(10, rel=1e-6)
    half = (pixels - 10) / 2
    assert found.prediction[0, -1].item() == pytest.approx(half + 10, rel=1e-6)
    (gradient,) = torch.autograd.grad(found.prediction[0, -1], values)
    # p (1 - p): a quarter, and next to nothing where the logit is 20.
    assert gradient[0, -1, :-10].eq(0.25).all()
    assert gradient[0, -1, -10:].abs().max() < 1e-6


# The losses


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("classes", [2, 19, 40])
def test_losses_equal_those_of_the_cpu(classes: int, dtype: torch.dtype) -> None:
    shape = (2, classes, 40, 50)
    values, target = logits(shape, dtype), targets(shape, "labels")
    target[:, :3] = 255
    weights = torch.rand(classes, dtype=torch.float64).tolist()
    limit, gradient_limit = CUDA_TOLERANCE[dtype]
    for name in LOSSES:
        some: list[dict[str, Any]] = [{}, {"batch": True}]
        if name != "GeneralizedDiceLoss":
            some += [{"class_weights": weights}]
        for options in some:
            loss = getattr(losses, name)(ignore_index=255, **options)
            given = values.clone().requires_grad_()
            wanted = forward_and_backward(loss, given, target)
            given = values.cuda().requires_grad_()
            found = forward_and_backward(loss.cuda(), given, target.cuda())
            torch.testing.assert_close(
                found[0].cpu(), wanted[0], rtol=10 * limit, atol=limit
            )
            largest = float(wanted[1].abs().max())
            error = float((found[1].cpu() - wanted[1]).abs().max())
            least = 1e-7 if dtype.itemsize == 2 else 0.0  # what they can tell apart
            assert error <= 2 * gradient_limit * largest + least, name


def test_a_training_step() -> None:
    """A step on the GPU is that of the CPU, and training goes down."""
    torch.manual_seed(0)
    image = torch.randn(2, 3, 32, 32)
    target = (image.sum(1) > 0).long() + (image[:, 0] > 1).long()
    network = nn.Sequential(
        nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 3, 3, padding=1)
    )
    loss = losses.DiceCELoss()
    loss(network(image), target).backward()
    wanted = [p.grad.clone() for p in network.parameters()]
    network.zero_grad()
    network.cuda()
    image, target = image.cuda(), target.cuda()
    with torch.backends.cudnn.flags(allow_tf32=False):
        loss(network(image), target).backward()
    for parameter, gradient in zip(network.parameters(), wanted, strict=True):
        torch.testing.assert_close(parameter.grad.cpu(), gradient, rtol=1e-3, atol=1e-5)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    values = []
    for _ in range(60):
        optimizer.zero_grad()
        value = loss(network(image), target)
        value.backward()
        optimizer.step()
        values.append(value.item())
    assert values[-1] < 0.5 * values[0]
