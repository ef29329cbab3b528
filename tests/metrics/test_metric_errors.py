"""When metric objects raise, and when they do not."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import torchtally as tt
from torchtally.metrics import ConfusionMatrix, DiceScore, F1Score, IoUScore

# Labels out of range


@pytest.mark.parametrize("samplewise", [False, True])
def test_labels_out_of_range_are_told_at_compute(samplewise: bool) -> None:
    metric = DiceScore(2, aggregation="samplewise" if samplewise else "global")
    good = torch.tensor([[0, 1]])
    metric.update(good, good)
    metric.update(torch.tensor([[7, 1]]), good)
    metric.update(good, torch.tensor([[-1, 9]]))
    metric.update(good, good)
    message = (
        r"^DiceScore: labels must lie in \[0, 2\) or equal ignore_index \[\], but "
        r"3 pair\(s\) hold another label\. Name it in ignore_index, or pass "
        r"out_of_range='ignore' or 'miss'$"
    )
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            metric.compute()
    metric.reset()
    metric.update(good, good)
    assert metric.compute() == 1.0


def test_invalid_labels_survive_merging_and_saving() -> None:
    good, bad = torch.tensor([0, 1]), torch.tensor([0, 5])
    metric, other, loaded = (ConfusionMatrix(2, persistent=True) for _ in range(3))
    metric.update(good, good)
    other.update(bad, good)
    metric.merge(other)
    loaded.load_state_dict(metric.state_dict())
    for each in (metric, loaded):
        with pytest.raises(ValueError, match=r"ConfusionMatrix: .*1 pair\(s\)"):
            each.compute()


def test_forward_raises_for_its_own_batch() -> None:
    metric = DiceScore(2)
    with pytest.raises(ValueError, match=r"DiceScore: .*1 pair\(s\)"):
        metric(torch.tensor([0, 5]), torch.tensor([0, 1]))
    # What was counted stays counted: compute tells of it too.
    with pytest.raises(ValueError, match=r"1 pair\(s\)"):
        metric.compute()


@pytest.mark.parametrize("out_of_range", ["ignore", "miss"])
def test_other_policies_never_raise(out_of_range: Any) -> None:
    preds, target = torch.tensor([0, 5, 1]), torch.tensor([0, 1, -3])
    metric = F1Score(2, out_of_range=out_of_range, average="micro")
    metric.update(preds, target)
    wanted = tt.f1_score(preds, target, 2, out_of_range=out_of_range, average="micro")
    assert metric.compute() == wanted
    assert metric(preds, target) == wanted


def test_multilabel_counts_invalid_pairs_of_each_label() -> None:
    metric = ConfusionMatrix(2, task="multilabel")
    target = torch.tensor([[0, 1], [5, 6], [1, 7]])
    metric.update(torch.ones_like(target), target)
    assert metric.invalid.tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"3 pair\(s\)"):
        metric.compute()


# What merge refuses


def test_merge_refuses_another_kind_and_other_options() -> None:
    metric = DiceScore(3)
    for other in (IoUScore(3), ConfusionMatrix(3), None):
        name = type(other).__name__
        message = f"DiceScore.merge: other must be a DiceScore, got {name}"
        with pytest.raises(TypeError, match=message):
            metric.merge(other)  # type: ignore[arg-type]
    for other in (
        DiceScore(4),
        DiceScore(3, ignore_index=0),
        DiceScore(3, out_of_range="miss"),
        DiceScore(3, aggregation="samplewise"),
        DiceScore(3, task="multilabel"),
    ):
        message = "DiceScore.merge: other must count with the same options"
        with pytest.raises(ValueError, match=message):
            metric.merge(other)
