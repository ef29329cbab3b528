"""Scores of counts on a device are those on the CPU, and stay on the device."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import torchtally as tt
from torchtally import functional
from torchtally.functional._definitions import SCORES as DEFINITIONS

GENERATOR = torch.Generator().manual_seed(0)
MATRICES = torch.randint(0, 50, (3, 4, 4), generator=GENERATOR)


@pytest.mark.parametrize("stem", DEFINITIONS)
def test_scores_of_counts(stem: str, device: str) -> None:
    score = getattr(functional, DEFINITIONS[stem].counts_function)
    for options in ({}, {"aggregation": "samplewise", "ignore_index": 1}):
        found = score(MATRICES.to(device), **options)
        assert found.device.type == device
        torch.testing.assert_close(found.cpu(), score(MATRICES, **options))


@pytest.mark.parametrize(
    "options",
    [
        {"regions": [[0, 1], [3]]},
        {"classes": [3, 0], "average": "none"},
        {"classes": "present", "class_weights": [1, 2, 3, 4]},
        {"label_map": {0: 3, 1: 2, 2: None, 3: 0}},
        {"label_map": {-5: 3, 0: 2, 1: None, 2: 0, 3: 1}},
        {"preds_map": {0: 3, 1: 2, 2: None, 3: 0}},
        {"top_k": 2},
    ],
    ids=str,
)
def test_scores_of_pixels(options: dict[str, Any], device: str) -> None:
    scores = torch.randn(2, 4, 30, generator=GENERATOR)
    target = torch.randint(0, 4, (2, 30), generator=GENERATOR)
    found = tt.iou_score(scores.to(device), target.to(device), 4, **options)
    assert found.device.type == device
    torch.testing.assert_close(found.cpu(), tt.iou_score(scores, target, 4, **options))


def test_intervals_and_shares(device: str) -> None:
    score = functional.dice_from_counts
    found = tt.bootstrap_ci(MATRICES.to(device), score, resamples=20)
    wanted = tt.bootstrap_ci(MATRICES, score, resamples=20)
    assert found.low.device.type == device
    torch.testing.assert_close(found.low.cpu(), wanted.low)
    shares = functional.normalize_confusion_matrix(MATRICES.to(device), "true")
    assert shares.device.type == device
