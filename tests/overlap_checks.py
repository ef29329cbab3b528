"""What the tests of overlap_sums share: inputs of every kind, and the comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

from references import overlap_sums_reference
from torchtally.ops.overlap_sums import OverlapSums, overlap_sums

DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
INTEGERS = (
    torch.bool,
    torch.uint8,
    torch.uint16,
    torch.uint32,
    torch.uint64,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
)
ACTIVATIONS = ("softmax", "sigmoid", "none")
LAYOUTS = ("planar", "channels_last", "transposed", "sliced")
#: Of a target: labels, or a value for each class.
KINDS = ("labels", "soft", "one-hot")

#: Errors of a sum relative to itself, and of a gradient relative to the largest.
Tolerance: TypeAlias = dict[torch.dtype, tuple[float, float]]
TOLERANCE: Tolerance = {
    torch.float64: (1e-12, 1e-12),
    torch.float32: (1e-6, 1e-5),
    torch.float16: (1e-6, 2e-3),
    torch.bfloat16: (1e-6, 1e-2),
}
#: On CUDA a thread adds up to 64 pixels in float; exponentials of 16 bits are float's.
CUDA_TOLERANCE: Tolerance = {
    **TOLERANCE,
    torch.float32: (2e-6, 1e-5),
    torch.float16: (3e-6, 2e-3),
    torch.bfloat16: (3e-6, 1e-2),
}
#: A policy of the CUDA kernels with small parts and tiles, so that small inputs already
#: have several of each, tiles with at most ten classes of float32 in a group, and with
#: classes that lie together staged from two on.
CUDA_CUT = {
    "least_pixels": 64,
    "fewest_pixels": 64,
    "most_parts": 6,
    "least_lanes": 4,
    "tile_bytes": 2048,
    "least_tile": 32,
    "most_tile": 32,
    "fold_pixels": 2,
    "least_staged": 2,
    "threads": 64,
}
Place: TypeAlias = Callable[[Tensor], Tensor]


def laid_out(values: Tensor, layout: str) -> Tensor:
    """Return the same values with other strides."""
    if layout == "channels_last":
        return values.movedim(1, -1).contiguous().movedim(-1, 1)
    if layout == "transposed":
        return values.transpose(0, -1).contiguous().transpose(0, -1)
    if layout == "sliced":
        wide = torch.zeros(*values.shape[:-1], values.shape[-1] + 3, dtype=values.dtype)
        wide[..., 1:-2] = values
        return wide[..., 1:-2]
    return values


def logits(
    shape: tuple[int, ...],
    dtype: torch.dtype = torch.float64,
    activation: str = "softmax",
    seed: int = 0,
    scale: float = 3.0,
) -> Tensor:
    """Return random logits, or probabilities where they are taken as given."""
    generator = torch.Generator().manual_seed(seed)
    values = torch.randn(shape, generator=generator, dtype=torch.float64) * scale
    return (values.softmax(1) if activation == "none" else values).to(dtype)


def targets(
    shape: tuple[int, ...], kind: str, dtype: torch.dtype = torch.int64, seed: int = 0
) -> Tensor:
    """Return labels, one-hot labels or soft targets for logits of this shape."""
    generator = torch.Generator().manual_seed(seed + 1)
    classes = shape[1]
    labels = torch.randint(0, classes, (shape[0], *shape[2:]), generator=generator)
    if kind == "labels":
        return labels.to(dtype)
    if kind == "one-hot":
        return torch.nn.functional.one_hot(labels, classes).movedim(-1, 1).to(dtype)
    return torch.rand(shape, generator=generator, dtype=torch.float64).softmax(1)


def options_of(shape: tuple[int, ...], kind: str) -> list[dict[str, Any]]:
    """Return options, one of each kind and all together."""
    generator = torch.Generator().manual_seed(9)
    mask = torch.rand((shape[0], *shape[2:]), generator=generator) < 0.7
    weight = torch.rand(shape[1], generator=generator)
    entropy = {"class_weight": weight, "label_smoothing": 0.1}
    some = [{}, {"mask": mask}, entropy, {"mask": mask, **entropy}]
    if kind == "labels":
        some += [{"ignore_index": 1}, {"ignore_index": [0, 255, -1], **some[-1]}]
    return some


def where_it_is(tensor: Tensor) -> Tensor:
    """Leave a tensor on the CPU."""
    return tensor


def upstream(sums: dict[str, Tensor], seed: int = 0) -> dict[str, Tensor]:
    """Return a gradient for each sum that has one."""
    generator = torch.Generator().manual_seed(seed + 2)
    return {
        name: torch.randn(value.shape, generator=generator, dtype=torch.float64)
        for name, value in sums.items()
        if value.is_floating_point()
    }


def assert_sums(
    values: Tensor,
    target: Tensor,
    *,
    sums: Callable[..., OverlapSums] = overlap_sums,
    tolerance: Tolerance = TOLERANCE,
    place: Place = where_it_is,
    **options: Any,
) -> OverlapSums:
    """Compare the sums and the gradient of the input with the reference.

    Args:
        values: the input, on the CPU as all tensors here.
        target: labels, or values for each class.
        sums: what returns the sums.
        tolerance: errors of sums and gradients for each dtype.
        place: takes tensors to where they are summed, strides included.
        options: of ``overlap_sums``.
    """
    given = place(values.detach()).requires_grad_()
    exact = values.detach().double().contiguous().requires_grad_()
    placed = {k: place(v) if isinstance(v, Tensor) else v for k, v in options.items()}
    found = sums(given, place(target), **placed)
    ignored = options.pop("ignore_index", ())
    ignored = (ignored,) if isinstance(ignored, int) else ignored or ()
    wanted = overlap_sums_reference(exact, target, ignore_index=ignored, **options)
    gradients = upstream(wanted)
    loss = sum((getattr(found, k) * place(g)).sum() for k, g in gradients.items())
    wanted_loss = sum((wanted[k] * g).sum() for k, g in gradients.items())
    loss.backward()
    wanted_loss.backward()

    limit, gradient_limit = tolerance[values.dtype]
    for name, want in wanted.items():
        have = getattr(found, name).cpu()
        assert have.dtype == want.dtype, name
        assert have.shape == want.shape, name
        torch.testing.assert_close(have, want, rtol=limit, atol=limit * 10, msg=name)
    assert given.grad is not None
    assert exact.grad is not None
    assert given.grad.dtype == values.dtype
    assert given.grad.stride() == torch.empty_like(given).stride()
    if values.numel():
        # Upstream gradients of about 1 may cancel, over one class altogether.
        largest = max(float(exact.grad.abs().max()), 1.0)
        error = float((given.grad.cpu().double() - exact.grad).abs().max())
        assert error <= gradient_limit * largest, (error, largest)
    return found


def assert_nan_stays(
    activation: str,
    column: int,
    bits: int,
    *,
    sums: Callable[..., OverlapSums] = overlap_sums,
    place: Place = where_it_is,
) -> None:
    """A NaN reaches its sum and the gradient of its pixel, and nothing where masked."""
    values = logits((2, 5, 40), torch.float32, activation)
    values[0, column, 7] = torch.tensor(bits, dtype=torch.int32).view(torch.float32)
    values = place(values).requires_grad_()
    target = place(targets((2, 5, 40), "labels"))
    found = sums(values, target, activation=activation)
    assert found.prediction[0, column].isnan()
    assert found.prediction[1].isfinite().all()
    (found.squared.sum() + found.cross_entropy.sum()).backward()
    assert values.grad is not None
    bad = values.grad.isnan()
    assert bad[0, column, 7]
    bad[0, :, 7] = False
    assert not bad.any()
    # Left out, it is as if it were not there.
    mask = torch.ones(2, 40, dtype=torch.bool)
    mask[0, 7] = False
    values.grad = None
    found = sums(values, target, activation=activation, mask=place(mask))
    (found.squared.sum() + found.cross_entropy.sum()).backward()
    assert found.squared.isfinite().all()
    assert found.cross_entropy.isfinite().all()
    assert values.grad[0, :, 7].eq(0).all()
    assert values.grad.isfinite().all()


def assert_nothing_counts(
    activation: str,
    kind: str,
    *,
    sums: Callable[..., OverlapSums] = overlap_sums,
    place: Place = where_it_is,
) -> None:
    """Where all is masked, no sum and not even an infinite gradient remains."""
    shape = (2, 3, 5, 20)
    values = place(logits(shape, torch.float32, activation)).requires_grad_()
    target = place(targets(shape, kind))
    mask = place(torch.zeros(2, 5, 20, dtype=torch.bool))
    found = sums(values, target, activation=activation, mask=mask)
    assert all(field.eq(0).all() for field in found)
    sum(field.sum() * torch.inf for field in found[:7]).backward()
    assert values.grad is not None
    assert values.grad.eq(0).all()


def assert_background_keeps_its_gradient(
    dtype: torch.dtype, side: int, *, place: Place = where_it_is
) -> None:
    """Dice of a map that is nearly all background, its loss scaled as under AMP."""
    generator = torch.Generator().manual_seed(0)
    shape = (1, 2, side, side, side)
    values = torch.randn(shape, generator=generator) * 0.5
    values[:, 0] += 6.0
    target = torch.zeros(1, side, side, side, dtype=torch.int64)
    target[0, :8, :8, :8] = 1
    values = values.to(dtype)

    def dice(sums: Any) -> Tensor:
        two = 2 * sums.intersection + 1e-5
        return 1 - (two / (sums.squared + sums.target_squared + 1e-5)).mean()

    scale = 65536.0  # of the loss, as mixed precision training has it
    half = place(values.clone()).requires_grad_()
    found = dice(overlap_sums(half, place(target)))
    (found * scale).backward()
    exact = values.double().requires_grad_()
    p = exact.softmax(1)
    t = torch.nn.functional.one_hot(target, 2).movedim(-1, 1)
    dims = (2, 3, 4)
    two = 2 * (p * t).sum(dims) + 1e-5
    wanted = 1 - (two / ((p * p).sum(dims) + t.sum(dims) + 1e-5)).mean()
    (wanted * scale).backward()
    torch.testing.assert_close(found.cpu(), wanted, rtol=1e-6, atol=0)
    assert half.grad is not None
    assert exact.grad is not None
    gradient = half.grad.cpu()
    assert gradient.isfinite().all()
    limit = TOLERANCE[dtype][1]
    least = max(2e-7, 1e-6 * float(exact.grad.abs().max()))
    torch.testing.assert_close(gradient.double(), exact.grad, rtol=limit, atol=least)
    rare = target[0].bool()
    assert (gradient[0, :, rare] != 0).all()
