"""Counting tensors of any strides, read where they lie."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from counting_checks import SCORES, check_counting, labels
from torch import Tensor

import torchtally as tt

pytestmark = pytest.mark.usefixtures("level")

SHAPE = (3, 4, 5, 6)
Layout = Callable[[Tensor], Tensor]


def _stepped(tensor: Tensor) -> Tensor:
    """The same values, every second element of a larger tensor in two dimensions."""
    wide = torch.full(
        [tensor.shape[0], *(2 * s for s in tensor.shape[1:-1]), 3 * tensor.shape[-1]], 1
    ).to(tensor.dtype)
    view = wide[..., 1::3]
    for dim in range(1, tensor.dim() - 1):
        view = view.narrow(dim, 1, 2 * tensor.shape[dim] - 1)[
            (slice(None),) * dim + (slice(None, None, 2),)
        ]
    return view.copy_(tensor)


def _offset(tensor: Tensor) -> Tensor:
    flat = torch.empty(tensor.numel() + 3, dtype=tensor.dtype)
    return flat[3:].view(tensor.shape).copy_(tensor)


def _permuted(*order: int) -> Layout:
    back = [order.index(d) for d in range(len(order))]
    return lambda t: t.permute(order).contiguous().permute(back)


LAYOUTS: dict[str, Layout] = {
    "contiguous": lambda t: t,
    "channels_last": lambda t: t.contiguous(memory_format=torch.channels_last),
    "transposed": lambda t: t.transpose(-1, -2).contiguous().transpose(-1, -2),
    "reversed": _permuted(3, 2, 1, 0),
    "pixels first": _permuted(2, 3, 0, 1),
    "stepped": _stepped,
    "offset": _offset,
}


@pytest.mark.parametrize("preds_layout", LAYOUTS)
@pytest.mark.parametrize("target_layout", LAYOUTS)
def test_labels(preds_layout: str, target_layout: str, device: str) -> None:
    preds = LAYOUTS[preds_layout](labels(SHAPE, 0, 4, torch.uint8, seed=1))
    target = LAYOUTS[target_layout](labels(SHAPE, 0, 4, torch.int32, seed=2))
    mask = LAYOUTS[preds_layout](labels(SHAPE, 0, 2, torch.bool, seed=3))
    for per_sample, per_label in itertools.product([False, True], repeat=2):
        groups = {"per_sample": per_sample, "per_label": per_label}
        check_counting(preds, target, 3, device=device, **groups)
        check_counting(preds, target, 3, mask, device=device, **groups)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", SCORES, ids=str)
@pytest.mark.parametrize("target_layout", ["contiguous", "transposed", "stepped"])
def test_class_scores(
    layout: str, dtype: torch.dtype, target_layout: str, device: str
) -> None:
    scores = torch.randn(SHAPE, generator=torch.Generator().manual_seed(4)).to(dtype)
    target = labels((3, 5, 6), 0, 4, torch.int64, seed=5)
    spread = LAYOUTS[target_layout](target)
    for per_sample in (False, True):
        check_counting(
            LAYOUTS[layout](scores), spread, 4, device=device, per_sample=per_sample
        )


@pytest.mark.parametrize("layout", LAYOUTS)
def test_thresholded_scores(layout: str, device: str) -> None:
    scores = torch.rand(SHAPE, generator=torch.Generator().manual_seed(6))
    target = labels(SHAPE, 0, 2, torch.bool, seed=7)
    for per_label in (False, True):
        check_counting(
            LAYOUTS[layout](scores), target, 2, device=device, per_label=per_label
        )


@pytest.mark.parametrize("inner", [1, 2, 3])
@pytest.mark.parametrize("outer", [1, 700, 2049])
def test_a_short_inner_dimension(inner: int, outer: int, device: str) -> None:
    wide = labels((outer, 4), 0, 3, torch.int64, seed=8)
    target = labels((outer, 5), 0, 3, torch.uint8, seed=9)
    check_counting(wide[:, :inner], target[:, :inner], 3, device=device)
    check_counting(wide.T[:inner], target.T[:inner], 3, device=device)
    check_counting(wide[:, :inner], target.T[:inner].T, 3, device=device)


def test_expanded_tensors(device: str) -> None:
    row = labels((1, 7), 0, 3, torch.int8, seed=10)
    column = labels((5, 1), 0, 3, torch.int8, seed=11)
    full = labels((5, 7), 0, 3, torch.int8, seed=12)
    mask = labels((5, 1), 0, 2, torch.bool, seed=13).expand(5, 7)
    expanded = [row.expand(5, 7), column.expand(5, 7), full]
    for preds, target in itertools.product(expanded, repeat=2):
        for per_sample in (False, True):
            check_counting(preds, target, 3, mask, device=device, per_sample=per_sample)
    one_score = torch.tensor([0.1, 0.7, 0.2]).view(1, 3, 1, 1).expand(2, 3, 4, 5)
    check_counting(one_score, labels((2, 4, 5), 0, 3, torch.int8), 3, device=device)
    same_classes = torch.rand(2, 1, 4, 5).expand(2, 3, 4, 5)
    check_counting(same_classes, labels((2, 4, 5), 0, 3, torch.int8), 3, device=device)


def test_dimensions_of_size_one_with_odd_strides(device: str) -> None:
    storage = torch.arange(64) % 3
    preds = storage.as_strided((4, 1, 5, 1), (5, 999, 1, 777))
    target = storage.as_strided((4, 1, 5, 1), (10, 3, 2, 500), 1)
    check_counting(preds, target, 3, device=device, per_sample=True)


def test_overlapping_windows(device: str) -> None:
    windows = (torch.arange(40) % 4).unfold(0, 9, 2)
    check_counting(windows, windows.flip(1), 4, device=device, per_sample=True)


def test_sixteen_dimensions_and_one_more(device: str) -> None:
    shape = [1, 2] * 8
    preds, target = (labels(shape, 0, 3, torch.uint8, seed=s) for s in (14, 15))
    order = tuple(range(15, -1, -1))
    check_counting(preds, target, 3, device=device)
    check_counting(_permuted(*order)(preds), target, 3, device=device)
    with pytest.raises(RuntimeError, match="target must have at most 16 dimensions"):
        torch.ops.torchtally.confusion_matrix(
            preds.unsqueeze(0), target.unsqueeze(0), 3
        )


def test_any_byte_of_a_bool_tensor_but_zero_is_true(device: str) -> None:
    raw = torch.tensor([0, 1, 255, 7, 0, 128] * 5, dtype=torch.uint8, device=device)
    odd, label = raw.view(torch.bool), (raw != 0).to(torch.int64)
    expected = torch.tensor([[10, 0], [0, 20]], device=device)
    for preds, target in ((odd, label), (label, odd), (odd, odd)):
        assert torch.equal(tt.confusion_matrix(preds, target, 2), expected)
    assert tt.confusion_matrix(label, label, 2, mask=odd).sum() == 20
