"""Argmax and threshold inside the op: the same pixel for pixel as PyTorch's."""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from counting_checks import OPS, SCORES, check_counting, labels, op

pytestmark = pytest.mark.usefixtures("level")

SPECIAL = (0.0, -0.0, 1.0, -1.0, math.nan, math.inf, -math.inf, 5e-324, 65504.0)


@pytest.mark.parametrize("dtype", SCORES, ids=str)
@pytest.mark.parametrize("channels_last", [False, True])
def test_argmax_of_every_triple_of_special_scores(
    dtype: torch.dtype, channels_last: bool, device: str
) -> None:
    triples = torch.tensor(list(itertools.product(SPECIAL, repeat=3)), dtype=dtype)
    # Every pixel is a sample, so that each one's class is seen, not only the sum.
    scores = triples if channels_last else triples.T.contiguous().T
    target = torch.zeros(len(triples), dtype=torch.int64)
    matrix, _ = op("confusion_matrix")(
        scores.to(device), target.to(device), 3, per_sample=True
    )
    assert torch.equal(matrix[:, 0].argmax(1).cpu(), triples.argmax(1))
    image = triples.T.reshape(1, 3, 27, 27)
    if channels_last:
        image = image.contiguous(memory_format=torch.channels_last)
    check_counting(image, labels((1, 27, 27), 0, 3, torch.uint8), 3, device=device)


@pytest.mark.parametrize("dtype", SCORES, ids=str)
@pytest.mark.parametrize("num_classes", [1, 2, 19, 150])
def test_argmax_with_many_ties(
    dtype: torch.dtype, num_classes: int, strategy: str, device: str
) -> None:
    generator = torch.Generator().manual_seed(1)
    drawn = torch.randint(0, 4, (2, num_classes, 11, 13), generator=generator)
    target = labels((2, 11, 13), 0, num_classes, torch.int64)
    for scores in (drawn, drawn.contiguous(memory_format=torch.channels_last)):
        check_counting(scores.to(dtype), target, num_classes, device=device)


@pytest.mark.parametrize("pixels", [2047, 2048, 2049, 4097])
def test_argmax_around_a_tile(pixels: int, device: str) -> None:
    scores = torch.randn(1, 3, pixels, generator=torch.Generator().manual_seed(2))
    target = labels((1, pixels), 0, 3, torch.uint8)
    check_counting(scores, target, 3, device=device)
    check_counting(scores.mT.contiguous().mT, target, 3, device=device)


@pytest.mark.parametrize("spatial", [(), (5,), (2, 3), (2, 3, 2)])
@pytest.mark.parametrize("batch", [0, 1, 3])
def test_argmax_of_any_number_of_dimensions(
    spatial: tuple[int, ...], batch: int, device: str
) -> None:
    scores = torch.randn(batch, 4, *spatial, generator=torch.Generator().manual_seed(3))
    target = labels((batch, *spatial), -1, 5, torch.int8)
    for other, per_sample in itertools.product([False, True], repeat=2):
        check_counting(
            scores,
            target,
            4,
            device=device,
            other=other,
            per_sample=per_sample,
            ignore_index=[-1],
        )


@pytest.mark.parametrize("dtype", SCORES, ids=str)
@pytest.mark.parametrize(
    "threshold",
    [0.0, -0.0, 0.5, 0.3, 1 / 3, 0.1, 1e-9, -2.5, 1e30, math.inf, -math.inf],
)
def test_threshold_compares_as_torch_does(
    dtype: torch.dtype, threshold: float, device: str
) -> None:
    # The threshold itself in this dtype, and its neighbours on both sides.
    exact = torch.tensor([threshold, 0.3, 0.5], dtype=torch.float64).to(dtype)
    below, above = (
        torch.nextafter(exact.to(d), torch.full_like(exact.to(d), end)).to(dtype)
        for d, end in ((_next_dtype(dtype), -math.inf), (_next_dtype(dtype), math.inf))
    )
    special = torch.tensor(SPECIAL, dtype=torch.float64).to(dtype)
    scores = torch.cat([exact, below, above, special])
    wanted = scores > threshold
    target = torch.zeros(scores.shape, dtype=torch.bool)
    matrix, _ = op("confusion_matrix")(
        scores.to(device), target.to(device), 2, threshold=[threshold], per_sample=True
    )
    assert torch.equal(matrix[:, 0, 1].cpu() == 1, wanted)
    check_counting(
        scores.expand(4, -1).T,
        labels((len(scores), 4), 0, 2, torch.uint8),
        2,
        device=device,
        threshold=[threshold],
        per_label=True,
    )


def _next_dtype(dtype: torch.dtype) -> torch.dtype:
    """The dtype that torch.nextafter takes for this one."""
    return torch.float32 if dtype == torch.float16 else dtype


def test_a_nan_threshold_is_exceeded_by_nothing(device: str) -> None:
    scores = torch.tensor([math.nan, math.inf, 1.0], device=device)
    target = torch.zeros(3, dtype=torch.bool, device=device)
    matrix, _ = op("confusion_matrix")(scores, target, 2, threshold=[math.nan])
    assert matrix.tolist() == [[3, 0], [0, 0]]


def test_half_scores_next_to_the_threshold(device: str) -> None:
    # 0.3 lies between two float16 values: compared in float32 both sides would differ.
    scores = torch.arange(0, 0x7C00, dtype=torch.int16).view(torch.float16)
    target = torch.zeros(len(scores), dtype=torch.bool)
    for threshold in (0.3, 0.1, 0.7, 1e-7, 65519.0):
        matrix, _ = op("confusion_matrix")(
            scores.to(device), target.to(device), 2, threshold=[threshold]
        )
        assert matrix[0, 1] == (scores > threshold).sum()


def test_scores_may_require_grad_and_stay_as_they_are(device: str) -> None:
    scores = torch.randn(2, 3, 4, device=device, requires_grad=True)
    target = labels((2, 4), 0, 3, torch.int64).to(device)
    before = scores.detach().clone()
    for name in OPS:
        counts, invalid = op(name)(scores, target, 3)
        assert not counts.requires_grad
        assert not invalid.requires_grad
        assert torch.equal(counts, op(name)(before, target, 3)[0])
    assert torch.equal(scores.detach(), before)
    assert scores.grad is None


def test_scores_that_are_a_negated_view(device: str) -> None:
    # The imaginary part of a conjugate is negative only by a flag of the tensor.
    scores = torch.randn(3, 4, 5, dtype=torch.complex64, device=device).conj().imag
    assert scores.is_neg()
    target = labels((3, 5), 0, 4, torch.int64).to(device)
    for name in OPS:
        counts, _ = op(name)(scores, target, 4)
        assert torch.equal(counts, op(name)(scores.resolve_neg(), target, 4)[0])
