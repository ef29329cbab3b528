"""What goes wrong elsewhere, and must not here."""

from __future__ import annotations

import pytest
import sklearn.metrics
import torch

import torchtally as tt


def test_labels_of_one_byte_with_many_classes_do_not_wrap() -> None:
    generator = torch.Generator().manual_seed(0)
    for classes in (16, 17, 100, 256):
        wide = torch.randint(0, classes, (2, 5000), generator=generator)
        bytes_ = wide.to(torch.uint8)
        matrix = tt.confusion_matrix(bytes_[0], bytes_[1], classes)
        assert torch.equal(matrix, tt.confusion_matrix(wide[0], wide[1], classes))
        wanted = sklearn.metrics.confusion_matrix(
            wide[1], wide[0], labels=range(classes)
        )
        assert matrix.tolist() == wanted.tolist()


def test_a_prediction_of_c_does_not_become_another_cell() -> None:
    preds, target = torch.tensor([3, 0]), torch.tensor([0, 0])
    with pytest.raises(ValueError, match="preds has 3"):
        tt.confusion_matrix(preds, target, 3)
    matrix = tt.confusion_matrix(preds, target, 3, out_of_range="ignore")
    assert matrix.sum() == matrix[0, 0] == 1
    matrix = tt.confusion_matrix(preds, target, 3, out_of_range="miss")
    assert matrix[0, 3] == 1


def test_bool_masks_are_hits() -> None:
    target = torch.tensor([[True, True, False, False]])
    preds = torch.tensor([[True, False, False, True]])
    assert tt.dice_score(preds, target, task="binary") == 0.5
    assert tt.confusion_matrix(preds, target, 2).tolist() == [[1, 1], [1, 1]]


def test_counting_past_what_float32_can_hold() -> None:
    pixels = 2**24 + 1
    zeros = torch.zeros(1, dtype=torch.uint8).expand(pixels)
    metric = tt.metrics.F1Score(2, average="none", dtype=torch.float64)
    for _ in range(3):
        metric.update(zeros, zeros)
    metric.update(torch.ones(1, dtype=torch.uint8), zeros[:1])
    tp = 3 * pixels
    assert metric.compute().tolist() == [2 * tp / (2 * tp + 1), 0.0]
    assert tt.confusion_matrix(zeros, zeros, 2)[0, 0] == 16_777_217
