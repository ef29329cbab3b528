"""Runs both counting ops, functional and in place, against the references."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

import torchtally  # noqa: F401  (registers the ops)
from references import class_counts_reference, confusion_matrix_reference

OPS = ("confusion_matrix", "class_counts")
REFERENCES = {
    "confusion_matrix": confusion_matrix_reference,
    "class_counts": class_counts_reference,
}
INTEGERS = (
    torch.bool,
    torch.uint8,
    torch.int8,
    torch.uint16,
    torch.int16,
    torch.uint32,
    torch.int32,
    torch.uint64,
    torch.int64,
)
SCORES = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def op(name: str) -> Any:
    return getattr(torch.ops.torchtally, name)


def check_counting(
    preds: Tensor,
    target: Tensor,
    num_classes: int,
    mask: Tensor | None = None,
    device: str = "cpu",
    **options: Any,
) -> None:
    """Compare all four ops with the references, on tensors that keep their strides."""
    given = [preds, target, mask]
    moved = [None if t is None else on_device(t, device) for t in given]
    before = [None if t is None else t.clone() for t in moved]
    for name in OPS:
        expected = REFERENCES[name](preds, target, num_classes, mask=mask, **options)
        counts, invalid = op(name)(moved[0], moved[1], num_classes, moved[2], **options)
        assert_counts(name, (counts, invalid), expected)
        # In place: twice into a state that is not empty.
        state = torch.arange(counts.numel(), device=device).view(counts.shape)
        bad = torch.full_like(invalid, 7)
        start = state.clone()
        for _ in range(2):
            done = op(f"{name}_")(state, bad, moved[0], moved[1], moved[2], **options)
            assert done is None
        assert_counts(
            f"{name}_",
            (state - start, bad - 7),
            (2 * expected[0], 2 * expected[1]),
        )
    for tensor, copy in zip(moved, before, strict=True):
        if tensor is not None and copy is not None:
            assert_bits(tensor, copy)


def on_device(tensor: Tensor, device: str) -> Tensor:
    """Move a tensor without making it contiguous."""
    if device == "cpu":
        return tensor
    storage = tensor.untyped_storage()
    moved = torch.empty(0, dtype=tensor.dtype, device=device)
    moved.set_(
        storage.to(device=device),
        tensor.storage_offset(),
        tensor.shape,
        tensor.stride(),
    )
    return moved


def assert_counts(
    name: str, found: tuple[Tensor, Tensor], expected: tuple[Tensor, Tensor]
) -> None:
    for what, value, wanted in zip(("counts", "invalid"), found, expected, strict=True):
        assert value.dtype == torch.int64, f"{name}: {what}"
        assert value.shape == wanted.shape, f"{name}: {what}"
        assert torch.equal(value.cpu(), wanted), f"{name}: {what}\n{value}\n{wanted}"


def assert_bits(tensor: Tensor, copy: Tensor) -> None:
    """Compare exactly, a NaN being equal to itself."""
    width = {1: torch.uint8, 2: torch.int16, 4: torch.int32, 8: torch.int64}
    as_bits = width[tensor.element_size()]
    assert torch.equal(tensor.view(as_bits), copy.view(as_bits))


def labels(
    shape: Any, low: int, high: int, dtype: torch.dtype, seed: int = 0
) -> Tensor:
    """Random labels in [low, high), clipped to what the dtype can hold."""
    generator = torch.Generator().manual_seed(seed)
    drawn = torch.randint(low, high, shape, generator=generator)
    if dtype == torch.bool:
        return drawn % 2 == 1
    limits = torch.iinfo(dtype)
    largest = min(limits.max, 2**63 - 1)
    return drawn.clamp(limits.min, largest).to(dtype)


BATCH = (3, 4, 5)


def example(kind: str, seed: int = 0) -> tuple[Tensor, Tensor, int]:
    """Return (preds, target, num_classes) of labels or of scores."""
    generator = torch.Generator().manual_seed(seed)
    if kind == "labels":
        target = labels(BATCH, 0, 5, torch.uint8, seed)
        return labels(BATCH, 0, 5, torch.int64, seed + 1), target, 4
    if kind == "threshold":
        target = labels(BATCH, 0, 2, torch.bool, seed)
        return torch.rand(BATCH, generator=generator), target, 2
    scores = torch.randn(3, 4, 4, 5, generator=generator)
    return scores, labels(BATCH, 0, 5, torch.int16, seed), 4
