"""What the tests of overlap_sums share: inputs of every kind, and the comparison."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import torch
from torch import Tensor

from references import overlap_sums_reference
from torchtally.ops import OverlapSums, overlap_sums

DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)
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
    **options: Any,
) -> OverlapSums:
    """Compare the sums and the gradient of the input with the reference."""
    given = values.detach().clone(memory_format=torch.preserve_format)
    given.requires_grad_()
    exact = values.detach().double().contiguous().requires_grad_()
    found = sums(given, target, **options)
    ignored = options.pop("ignore_index", ())
    ignored = (ignored,) if isinstance(ignored, int) else ignored or ()
    wanted = overlap_sums_reference(exact, target, ignore_index=ignored, **options)
    gradients = upstream(wanted)
    loss = sum((getattr(found, k) * g).sum() for k, g in gradients.items())
    wanted_loss = sum((wanted[k] * g).sum() for k, g in gradients.items())
    loss.backward()
    wanted_loss.backward()

    limit, gradient_limit = tolerance[values.dtype]
    for name, want in wanted.items():
        have = getattr(found, name)
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
        error = float((given.grad.double() - exact.grad).abs().max())
        assert error <= gradient_limit * largest, (error, largest)
    return found
