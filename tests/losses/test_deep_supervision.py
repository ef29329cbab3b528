"""One loss of several outputs."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from torchtally.losses import DeepSupervision, DiceCELoss, DiceLoss
from torchtally.losses.deep_supervision import nearest


def outputs() -> list[torch.Tensor]:
    return [torch.randn(2, 3, size, size) for size in (8, 4, 2)]


def test_weighted_sum_of_several_targets() -> None:
    logits = outputs()
    targets = [torch.randint(0, 3, (2, size, size)) for size in (8, 4, 2)]
    loss = DiceCELoss()
    parts = [loss(x, y) for x, y in zip(logits, targets, strict=True)]
    found = DeepSupervision(loss, [0.5, 0.0, 0.25])(logits, targets)
    torch.testing.assert_close(found, 0.5 * parts[0] + 0.25 * parts[2])


def test_one_target_is_brought_to_each_resolution() -> None:
    logits, target = outputs(), torch.randint(0, 3, (2, 8, 8), dtype=torch.uint8)
    mask = torch.rand(2, 8, 8) < 0.8
    loss = DiceLoss()
    expected = loss(logits[0], target, mask) + 0.5 * loss(
        logits[1], target[:, 1::2, 1::2], mask[:, 1::2, 1::2]
    )
    found = DeepSupervision(loss, [1.0, 0.5, 0.0])(logits, target, mask)
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("size", [(4, 6), (8, 9), (3, 5), (16, 18)])
def test_nearest_is_pytorchs(size: tuple[int, int]) -> None:
    target = torch.randint(0, 255, (2, 8, 9), dtype=torch.uint8)
    expected = torch.nn.functional.interpolate(
        target.unsqueeze(1), size, mode="nearest-exact"
    ).squeeze(1)
    assert torch.equal(nearest(target, size), expected)


def test_no_output_at_all_keeps_the_graph() -> None:
    logits = [x.requires_grad_() for x in outputs()]
    loss = DeepSupervision(DiceLoss(), [0.0, 0.0, 0.0])
    value = loss(logits, torch.zeros(2, 8, 8).long())
    value.backward()
    assert value == 0


@pytest.mark.parametrize(
    ("weights", "error"),
    [([], ValueError), (1.0, ValueError), ([-1.0], ValueError), ("a", TypeError)],
)
def test_bad_weights(weights: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match="DeepSupervision: weights"):
        DeepSupervision(DiceLoss(), weights)


def test_bad_inputs() -> None:
    loss, target = DeepSupervision(DiceLoss(), [1.0, 0.5]), torch.zeros(2, 8, 8).long()
    with pytest.raises(TypeError, match="logits must be a sequence"):
        loss(outputs()[0], target)
    with pytest.raises(ValueError, match="must be 2 logits, one for each weight"):
        loss(outputs(), target)
    with pytest.raises(ValueError, match="must be 2 targets, one for each weight"):
        loss(outputs()[:2], [target])
    with pytest.raises(ValueError, match="mask goes with a single target"):
        loss(outputs()[:2], [target, target], target > 0)
