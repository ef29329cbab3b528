"""Shapes and kinds of tensors that are read wrong, or refused with the remedy."""

from __future__ import annotations

import re
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import one_hot

import torchtally as tt
from torchtally.metrics import ConfusionMatrix, DiceScore

GENERATOR = torch.Generator().manual_seed(0)
INTEGERS = (torch.int64, torch.uint8, torch.bool, torch.uint16, torch.uint64)


def drawn(shape: tuple[int, ...], classes: int) -> Tensor:
    return torch.randint(0, classes, shape, generator=GENERATOR)


def hot(labels: Tensor, classes: int) -> Tensor:
    """Labels ``[N, ...]`` as ``[N, C, ...]``."""
    return one_hot(labels, classes).movedim(-1, 1)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
@pytest.mark.parametrize("classes", [2, 3, 4, 19])
@pytest.mark.parametrize("spatial", [(), (5,), (7, 6), (2, 3, 4)])
def test_one_hot_pairs_are_refused(
    classes: int, spatial: tuple[int, ...], dtype: torch.dtype
) -> None:
    preds, target = (drawn((20, *spatial), classes) for _ in range(2))
    wanted = tt.dice_score(preds, target, classes)
    given = [hot(labels, classes).to(dtype) for labels in (preds, target)]
    words = re.escape(
        f": integer preds and target {list(given[0].shape)} are one-hot over dimension "
        "1, which task='multiclass' reads as labels 0 and 1: pass preds.argmax(1) and "
        "target.argmax(1), or task='multilabel'."
    )
    with pytest.raises(ValueError, match=f"^dice_score{words}"):
        tt.dice_score(given[0], given[1], classes)
    with pytest.raises(ValueError, match=words):
        tt.confusion_matrix(*given, classes, per_sample=True, ignore_index=0)
    for metric in (DiceScore(classes), ConfusionMatrix(classes, per_sample=True)):
        with pytest.raises(ValueError, match=words):
            metric.update(*given)
        with pytest.raises(ValueError, match=words):
            metric(*given)
    # Both remedies, and labels that only look so.
    named = [labels.to(torch.int64).argmax(1) for labels in given]
    assert torch.equal(tt.dice_score(*named, classes), wanted)
    pooled = tt.dice_score(*given, classes, task="multilabel")
    torch.testing.assert_close(pooled, wanted)
    rows = [labels.unsqueeze(1) for labels in given]
    assert tt.confusion_matrix(*rows, classes).sum() == given[0].numel()


def test_labels_that_are_not_one_hot_are_counted() -> None:
    """Where dimension 1 has as many entries as there are classes."""
    for classes in (2, 3, 5):
        for spatial in ((), (4,), (3, 4)):
            preds, target = (drawn((30, classes, *spatial), classes) for _ in range(2))
            pairs = [
                (preds, target),
                (preds, hot(drawn((30, *spatial), classes), classes)),
            ]
            columns = hot(drawn((30, *spatial), classes), classes)
            columns[7, 0] = 1 - columns[7, 0]  # all but one column
            pairs += [(columns, columns), (0 * preds, 0 * target)]
            for pair in pairs:
                flat = tt.confusion_matrix(*(t.flatten() for t in pair), classes)
                assert torch.equal(tt.confusion_matrix(*pair, classes), flat)
                metric = ConfusionMatrix(classes)
                metric.update(*pair)
                assert torch.equal(metric.compute(), flat)
    for pixels, classes in ((15, 2), (3, 4)):  # so few may be so by chance
        few = hot(drawn((pixels,), classes), classes)
        assert tt.confusion_matrix(few, few, classes).sum() == few.numel()
    board = torch.tensor([[0, 1], [1, 0]])
    assert tt.dice_score(board, board, 2) == 1


def test_programs_and_vmap_count_one_hot_pairs() -> None:
    """A program that is traced has no values to look at."""
    pair = [hot(drawn((20,), 3), 3) for _ in range(2)]
    wanted = tt.confusion_matrix(*(t.flatten() for t in pair), 3)
    compiled = torch.compile(
        lambda p, t: tt.confusion_matrix(p, t, 3), backend="eager", fullgraph=True
    )
    assert torch.equal(compiled(*pair), wanted)
    each = torch.vmap(lambda p, t: tt.confusion_matrix(p, t, 3))(
        pair[0][None], pair[1][None]
    )
    assert torch.equal(each[0], wanted)


LABELS = drawn((2, 8, 9), 4)
SCORES = torch.randn(2, 4, 8, 9, generator=GENERATOR)
BITS = LABELS > 1
REFUSED: dict[str, tuple[Tensor, Tensor, int, dict[str, Any], str]] = {
    "no batch dimension": (
        SCORES[0],
        LABELS[0],
        4,
        {},
        "for [C, ...] without a batch dimension pass preds.unsqueeze(0) and "
        "target.unsqueeze(0)",
    ),
    "no batch dimension, as many samples": (
        torch.randn(4, 5, 5),
        drawn((5, 5), 4),
        5,
        {},
        "for [C, ...] without a batch dimension pass preds.unsqueeze(0) and "
        "target.unsqueeze(0)",
    ),
    "scores in the last dimension": (
        torch.randn(2, 7, 4),
        drawn((2, 7), 4),
        4,
        {},
        "for scores in the last dimension pass preds.movedim(-1, 1)",
    ),
    "channels last by shape": (
        SCORES.movedim(1, -1),
        LABELS,
        4,
        {},
        "for scores in the last dimension pass preds.movedim(-1, 1)",
    ),
    "target with a channel, scores": (
        SCORES,
        LABELS[:, None],
        4,
        {},
        "for labels pass target.squeeze(1)",
    ),
    "target with a channel, labels": (
        LABELS,
        LABELS[:, None],
        4,
        {},
        "for labels pass target.squeeze(1)",
    ),
    "preds with a channel": (
        LABELS[:, None],
        LABELS,
        4,
        {},
        "for labels pass preds.squeeze(1)",
    ),
    "target with a channel, binary": (
        torch.rand(2, 8, 9),
        BITS[:, None],
        2,
        {"task": "binary"},
        "for labels pass target.squeeze(1)",
    ),
    "scores of two classes, binary": (
        torch.rand(2, 2, 8, 9),
        BITS,
        2,
        {"task": "binary"},
        "for scores of two classes leave task='binary' out",
    ),
    "mask with a channel": (
        LABELS,
        LABELS,
        4,
        {"mask": BITS[:, None]},
        "pass mask.squeeze(1)",
    ),
    "one-hot preds": (
        hot(LABELS, 4),
        LABELS,
        4,
        {},
        "for one-hot pass preds.argmax(1)",
    ),
    "one-hot target": (
        LABELS,
        hot(LABELS, 4),
        4,
        {},
        "for one-hot pass target.argmax(1)",
    ),
    "one-hot target, scores": (
        SCORES,
        hot(LABELS, 4),
        4,
        {},
        "for one-hot pass target.argmax(1)",
    ),
    "labels in the last dimension": (
        torch.rand(2, 7, 4),
        torch.rand(2, 7, 4) < 0.5,
        4,
        {"task": "multilabel"},
        "for labels in the last dimension pass both .movedim(-1, 1)",
    ),
    "labels without a batch": (
        torch.rand(4, 7, 9),
        torch.rand(4, 7, 9) < 0.5,
        4,
        {"task": "multilabel"},
        "without a batch dimension pass both .unsqueeze(0)",
    ),
    "floating labels": (
        LABELS,
        LABELS.float(),
        4,
        {},
        "pass target.to(torch.int64) for labels",
    ),
    "floating one-hot target": (
        SCORES,
        hot(LABELS, 4).float(),
        4,
        {},
        "for one-hot pass target.argmax(1)",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_the_remedy_is_named(name: str) -> None:
    preds, target, classes, options, remedy = REFUSED[name]
    error = TypeError if name.startswith("floating") else ValueError
    with pytest.raises(error) as refused:
        tt.dice_score(preds, target, classes, **options)
    words = str(refused.value)
    assert words.startswith("dice_score: ")
    assert words.endswith(f"; {remedy}")
    mask = options.pop("mask", None)
    with pytest.raises(error, match=re.escape(remedy)):
        DiceScore(classes, **options).update(preds, target, mask)
    options |= {} if mask is None else {"mask": mask}


@pytest.mark.parametrize(
    ("logits", "target", "remedy"),
    [
        (SCORES, LABELS[:, None], "for labels pass target.squeeze(1)"),
        (
            SCORES.movedim(1, -1),
            LABELS,
            "for scores in the last dimension pass logits.movedim(-1, 1)",
        ),
        (
            SCORES[0],
            LABELS[0],
            "for [C, ...] without a batch dimension pass logits.unsqueeze(0) and "
            "target.unsqueeze(0)",
        ),
    ],
)
def test_losses_name_the_same_remedies(
    logits: Tensor, target: Tensor, remedy: str
) -> None:
    with pytest.raises(ValueError, match=rf"^DiceLoss: .*; {re.escape(remedy)}$"):
        tt.losses.DiceLoss()(logits, target)


def test_targets_with_a_channel_that_preds_have_too() -> None:
    wanted = tt.dice_score(LABELS, LABELS.flip(0), 4)
    found = tt.dice_score(LABELS[:, None], LABELS.flip(0)[:, None], 4)
    assert torch.equal(found, wanted)
    probabilities = torch.rand(2, 1, 8, 9)
    cut = tt.dice_score(probabilities, BITS, task="binary")
    assert torch.equal(tt.dice_score(probabilities, BITS[:, None], task="binary"), cut)
