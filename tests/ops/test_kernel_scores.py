"""Argmax and threshold of every instruction set: pixel for pixel those of PyTorch.

A target that holds what PyTorch predicts leaves nothing beside the diagonal, so the sum
of the diagonal says that every pixel agrees.
"""

from __future__ import annotations

import itertools
import math

import pytest
import torch
from counting_checks import SCORES, op
from torch import Tensor

from cpu_choices import LEVELS, cpu_level

SPECIAL = (0.0, -0.0, math.nan, math.inf, -math.inf, 1.0, -1.0, 1e-7, -6e-8, 1e-39)
LAYOUTS = ("contiguous", "channels_last", "every third", "offset", "planes last")
HALVES = (torch.float16, torch.bfloat16)


def assert_predicts(
    scores: Tensor, wanted: Tensor, num_classes: int, threshold: float | None = None
) -> None:
    """Assert that every level predicts the labels that are wanted."""
    given = {} if threshold is None else {"threshold": [threshold]}
    for level in LEVELS:
        with cpu_level(level):
            matrix, invalid = op("confusion_matrix")(
                scores, wanted, num_classes, **given
            )
        assert matrix.trace() == matrix.sum() == wanted.numel(), level
        assert invalid == 0


def class_scores(num_classes: int, dtype: torch.dtype, seed: int) -> Tensor:
    """Scores [2, C, 5, 107]: noise, ties, special values, and rows all equal."""
    generator = torch.Generator().manual_seed(seed)
    shape = (2, num_classes, 5, 107)
    scores = torch.randn(shape, generator=generator)
    few = torch.randint(0, 3, shape, generator=generator).float()
    scores[..., 1, :] = few[..., 1, :]
    kinds = torch.randint(0, len(SPECIAL), shape, generator=generator)
    special = torch.tensor(SPECIAL)[kinds]
    scores[..., 2, :] = special[..., 2, :]
    rare = torch.randint(0, 9, shape, generator=generator) == 0
    scores[..., 3, :] = torch.where(rare, special, few)[..., 3, :]
    scores[..., 4, :] = special[:, :1, 4, :]  # the same for every class
    return scores.to(dtype)


def laid_out(scores: Tensor, layout: str) -> Tensor:
    if layout == "channels_last":
        return scores.contiguous(memory_format=torch.channels_last)
    if layout == "every third":
        wide = scores.new_full((*scores.shape[:-1], 3 * scores.shape[-1]), math.nan)
        return wide[..., 1::3].copy_(scores)
    if layout == "offset":
        return scores.new_empty(scores.numel() + 7)[7:].view(scores.shape).copy_(scores)
    if layout == "planes last":  # classes are neither first nor last in memory
        return scores.permute(3, 1, 2, 0).contiguous().permute(3, 1, 2, 0)
    return scores


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", SCORES, ids=str)
def test_argmax_of_one_to_forty_classes(dtype: torch.dtype, layout: str) -> None:
    for num_classes in range(1, 41):
        scores = class_scores(num_classes, dtype, seed=num_classes)
        assert_predicts(laid_out(scores, layout), scores.argmax(1), num_classes)


@pytest.mark.parametrize("dtype", SCORES, ids=str)
@pytest.mark.parametrize("num_classes", [128, 253, 254, 300])
def test_argmax_of_many_classes(num_classes: int, dtype: torch.dtype) -> None:
    scores = class_scores(num_classes, dtype, seed=num_classes)
    for layout in LAYOUTS:
        assert_predicts(laid_out(scores, layout), scores.argmax(1), num_classes)


@pytest.mark.parametrize("dtype", SCORES, ids=str)
def test_argmax_of_every_size_around_a_block(dtype: torch.dtype) -> None:
    scores = class_scores(3, dtype, seed=1)[0].flatten(1)
    for size in (0, 1, 7, 8, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 255, 256, 257):
        for offset in range(10):
            window = scores[:, offset : offset + size].unsqueeze(0)
            assert_predicts(window, window.argmax(1), 3)
            last = window.mT.contiguous().mT
            assert_predicts(last, window.argmax(1), 3)


def every_half(dtype: torch.dtype) -> Tensor:
    return torch.arange(-(2**15), 2**15).to(torch.int16).view(dtype)


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_argmax_of_every_16_bit_score(dtype: torch.dtype) -> None:
    scores = every_half(dtype)
    shuffle = torch.randperm(2**16, generator=torch.Generator().manual_seed(2))
    for other in (scores[shuffle], scores, scores.flip(0), scores.roll(1), -scores):
        pair = torch.stack([scores, other]).unsqueeze(0)
        assert_predicts(pair, pair.argmax(1), 2)
        assert_predicts(pair.mT.contiguous().mT, pair.argmax(1), 2)


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_threshold_of_every_16_bit_score(dtype: torch.dtype) -> None:
    scores = every_half(dtype)
    generator = torch.Generator().manual_seed(3)
    some = scores[torch.randint(0, 2**16, (100,), generator=generator)]
    tiny = scores[torch.tensor([2**15, 2**15 + 1, 2**15 + 2, 1, 2, 31743, 31744])]
    special = [*SPECIAL, 0.3, 1 / 3, 65504.0, 65519.0, 65520.0, 1e30, 3.3e38, 3.4e38]
    for threshold in (*some.tolist(), *tiny.tolist(), *special):
        assert_predicts(scores, scores > threshold, 2, threshold)
        assert_predicts(scores[1::7], scores[1::7] > threshold, 2, threshold)


@pytest.mark.parametrize("dtype", SCORES, ids=str)
def test_threshold_compares_as_torch_does(dtype: torch.dtype) -> None:
    smallest = torch.finfo(dtype).smallest_normal
    values = [
        *SPECIAL,
        smallest,
        smallest / 2,
        -smallest / 4,
        5e-324,
        0.5,
        0.3,
        65504.0,
    ]
    scores = torch.tensor(values, dtype=torch.float64).to(dtype).repeat(97)
    for threshold in (*values, torch.finfo(dtype).max, -torch.finfo(dtype).max):
        for size, offset in itertools.product(
            (1, 15, 33, 64, 65, 257, 1500), (0, 1, 5)
        ):
            window = scores[offset : offset + size]
            assert_predicts(window, window > threshold, 2, threshold)
        assert_predicts(scores[::3], scores[::3] > threshold, 2, threshold)
        assert_predicts(
            scores[:1].expand(70), (scores[:1] > threshold).expand(70), 2, threshold
        )


def assert_reads(scores: Tensor) -> None:
    """Assert that every level reads probabilities, and logits, and counts others."""
    for logits in (False, True):
        wide = scores.double()
        valid = ~wide.isnan() if logits else (wide >= 0) & (wide <= 1)
        wanted = wide > (0.0 if logits else 0.5)
        for level in LEVELS:
            with cpu_level(level):
                matrix, invalid = op("confusion_matrix")(
                    scores, wanted, 2, logits=logits
                )
            assert matrix.trace() == matrix.sum() == valid.sum(), (level, logits)
            assert invalid == (~valid).sum(), (level, logits)


@pytest.mark.parametrize("dtype", HALVES, ids=str)
def test_every_16_bit_score_is_valid_or_not(dtype: torch.dtype) -> None:
    scores = every_half(dtype)
    assert_reads(scores)
    assert_reads(scores[1::7])
    for part in scores.split(1000):  # blocks without a fault, and with few
        assert_reads(part)


@pytest.mark.parametrize("dtype", SCORES, ids=str)
def test_scores_out_of_range(dtype: torch.dtype) -> None:
    one = torch.ones(1, dtype=dtype)
    next_to = [torch.nextafter(one.float(), one.float() + 1), one.float() / 2]
    special = torch.tensor([*SPECIAL, 5e-324, -5e-324, 0.5, 1.0001])
    edges = torch.cat([special, *next_to]).to(dtype)
    sound = torch.rand(1500, generator=torch.Generator().manual_seed(4)).to(dtype)
    for size in (1, 15, 33, 64, 65, 257, 1500):
        assert_reads(sound[:size])
        for place in {0, size // 2, size - 1}:  # one fault alone is found
            for score in edges:
                scores = sound[:size].clone()
                scores[place] = score
                assert_reads(scores)
    mixed = edges.repeat(97)
    assert_reads(mixed)
    assert_reads(mixed[3:])
    assert_reads(mixed[::3])
    assert_reads(edges[:1].expand(70))
