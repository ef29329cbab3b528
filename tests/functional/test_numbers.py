"""A number of another library goes wherever a number goes, and nothing else does."""

from __future__ import annotations

import enum
import fractions
from typing import Any

import numpy as np
import pytest
import torch

import torchtally as tt

PREDS = torch.tensor([[0, 1, 2, 1], [2, 2, 0, 1]])
TARGET = torch.tensor([[0, 1, 1, 1], [2, 0, 0, 255]])
SCORES = torch.randn(2, 3, 4, generator=torch.Generator().manual_seed(0))


class Label(enum.IntEnum):
    """Named labels, as data sets have them."""

    VOID = 255


# The option as a Python number, and what stands for the same.
SAME: list[tuple[str, dict[str, Any], list[Any]]] = [
    (
        "dice_score",
        {"num_classes": 3},
        [np.int64(3), np.uint8(3), np.array(3), torch.tensor(3)],
    ),
    (
        "dice_score",
        {"ignore_index": 255},
        [
            np.uint8(255),
            np.array(255),
            np.array([255]),
            torch.tensor([255], dtype=torch.uint8),
            {255},
            frozenset({255}),
            range(255, 256),
            (np.int16(255),),
            Label.VOID,
            [Label.VOID],
            dict.fromkeys([255]).keys(),
        ],
    ),
    ("dice_score", {"ignore_index": [0, 255]}, [{255, 0}, np.array([0, 255], "u1")]),
    (
        "dice_score",
        {"include_background": False},
        [np.False_, np.array(False), torch.tensor(False)],
    ),
    ("dice_score", {"validate": True}, [np.True_]),
    (
        "dice_score",
        {"zero_division": 0.5},
        [np.float32(0.5), np.array(0.5), fractions.Fraction(1, 2)],
    ),
    ("dice_score", {"zero_division": 1.0}, [1, np.int8(1), torch.tensor(1)]),
    (
        "dice_score",
        {"classes": [1, 2]},
        [np.array([1, 2]), range(1, 3), {2, 1}, (np.int8(1), 2), torch.tensor([1, 2])],
    ),
    (
        "dice_score",
        {"class_weights": [1.0, 2.0, 3.0]},
        [np.arange(1, 4), np.arange(1, 4, dtype="f2"), range(1, 4), torch.arange(1, 4)],
    ),
    (
        "dice_score",
        {"regions": [[1, 2], [2]]},
        [[{1, 2}, np.array([2])], {"a": range(1, 3), "b": {2}}],
    ),
    (
        "dice_score",
        {"label_map": {0: 0, 1: 1, 2: 2, 255: None}},
        [{np.int64(k): np.uint8(k) if k < 3 else None for k in (0, 1, 2, 255)}],
    ),
    ("dice_score", {"average": "macro"}, [None, np.str_("macro")]),
    ("accuracy_score", {"average": "micro"}, [None]),
    (
        "fbeta_score",
        {"beta": 2.0},
        [2, np.float16(2), np.int64(2), torch.tensor(2.0), fractions.Fraction(2)],
    ),
    ("confusion_matrix", {"per_sample": True}, [np.True_, torch.tensor(True)]),
]
CASES = [(op, dict(given), other) for op, given, others in SAME for other in others]


@pytest.mark.parametrize(
    ("op", "given", "other"),
    CASES,
    ids=[f"{o}-{[*g]}-{n}" for n, (o, g, _) in enumerate(CASES)],
)
def test_what_stands_for_a_number(op: str, given: dict[str, Any], other: Any) -> None:
    (name,) = given
    options: dict[str, Any] = {"num_classes": 3, "ignore_index": 255} | given
    function = getattr(tt, op)
    wanted = function(PREDS, TARGET, **options)
    found = function(PREDS, TARGET, **{**options, name: other})
    assert torch.equal(found, wanted)
    if op == "dice_score" and name != "validate":
        metric = tt.metrics.DiceScore(**{**options, name: other})
        metric.update(PREDS, TARGET)
        assert torch.equal(metric.compute(), wanted)
        twin = tt.metrics.DiceScore(**options)
        if name != "regions":  # of which names are another thing
            metric.merge(twin)


def test_top_k_and_thresholds() -> None:
    labels = TARGET.clamp(max=2)
    wanted = tt.accuracy_score(SCORES, labels, 3, top_k=2)
    assert torch.equal(tt.accuracy_score(SCORES, labels, 3, top_k=np.int64(2)), wanted)
    metric = tt.metrics.AccuracyScore(3, top_k=np.int64(2))
    assert torch.equal(metric(SCORES, labels), wanted)
    scores, truth = SCORES.sigmoid()[:, 0], labels > 0
    wanted = tt.f1_score(scores, truth, task="binary", threshold=0.25)
    for threshold in (np.float32(0.25), torch.tensor(0.25), fractions.Fraction(1, 4)):
        found = tt.f1_score(scores, truth, task="binary", threshold=threshold)  # type: ignore[call-overload]
        assert torch.equal(found, wanted)


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("ignore_index", 255, np.uint8(255)),
        ("ignore_index", [255, 7], {7, 255}),
        ("smooth_nr", 0.5, np.float32(0.5)),
        ("smooth_dr", 1.0, torch.tensor(1)),
        ("batch", True, np.True_),
        ("classes", [1, 2], np.array([1, 2])),
        ("class_weights", 2.0, np.float32(2)),
        ("class_weights", [1.0, 2.0, 3.0], [np.float32(1), 2, np.int8(3)]),
        ("ce_weight", [1.0, 2.0, 3.0], np.arange(1, 4)),
        ("label_smoothing", 0.25, np.float64(0.25)),
        ("lambda_ce", 2.0, np.int64(2)),
    ],
    ids=str,
)
def test_what_stands_for_a_number_of_a_loss(name: str, value: Any, other: Any) -> None:
    losses = [
        tt.losses.DiceCELoss(**{"ignore_index": 255, name: v}) for v in (value, other)
    ]
    wanted, found = (loss(SCORES, TARGET) for loss in losses)
    assert torch.equal(found, wanted)
    preset = tt.losses.DiceLoss.preset("monai", batch=np.True_, smooth_nr=np.float32(1))
    assert repr(preset) == repr(
        tt.losses.DiceLoss.preset("monai", batch=True, smooth_nr=1.0)
    )


REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("dice_score", {"num_classes": True}, "num_classes must be an int, got bool"),
    ("dice_score", {"num_classes": np.True_}, "num_classes must be an int, got bool"),
    ("dice_score", {"num_classes": 3.0}, "num_classes must be an int, got float"),
    (
        "dice_score",
        {"num_classes": np.float64(3)},
        "num_classes must be an int, got float",
    ),
    (
        "dice_score",
        {"num_classes": torch.tensor([3])},
        "num_classes must be an int, got Tensor",
    ),
    (
        "dice_score",
        {"ignore_index": torch.tensor([1.0])},
        "ignore_index must hold int, got float",
    ),
    (
        "dice_score",
        {"ignore_index": np.array([True])},
        "ignore_index must hold int, got bool",
    ),
    ("dice_score", {"ignore_index": {1, "a"}}, "ignore_index must hold int, got str"),
    (
        "dice_score",
        {"ignore_index": {255: None}},
        "ignore_index must be None, an int or .*, got dict",
    ),
    (
        "dice_score",
        {"include_background": "no"},
        "include_background must be a bool, got str",
    ),
    (
        "dice_score",
        {"include_background": 1},
        "include_background must be a bool, got int",
    ),
    ("dice_score", {"return_valid": "yes"}, "return_valid must be a bool, got str"),
    ("dice_score", {"validate": "no"}, "validate must be a bool, got str"),
    (
        "dice_score",
        {"class_weights": {1.0, 2.0}},
        "class_weights must be a sequence of float",
    ),
    ("confusion_matrix", {"per_sample": "no"}, "per_sample must be a bool, got str"),
    ("class_counts", {"per_sample": 1}, "per_sample must be a bool, got int"),
    ("class_counts", {"validate": None}, "validate must be a bool, got NoneType"),
    ("accuracy_score", {"top_k": np.True_}, "top_k must be an int, got bool"),
    ("fbeta_score", {"beta": "2"}, "beta must be a number, got str"),
    ("fbeta_score", {"beta": np.array([2.0])}, "beta must be a number, got ndarray"),
    (
        "fbeta_score",
        {"beta": torch.tensor(2.0, requires_grad=True)},
        "beta must be a number, got Tensor",  # whose gradient would be lost
    ),
    (
        "fbeta_score",
        {"beta": torch.tensor(2.0, device="meta")},
        "beta must be a number, got Tensor",  # on another device the host would wait
    ),
]


@pytest.mark.parametrize(
    ("op", "options", "message"),
    REFUSED,
    ids=[f"{op}-{'-'.join(options)}-{n}" for n, (op, options, _) in enumerate(REFUSED)],
)
def test_what_is_no_number(op: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(TypeError, match=rf"^{op}: {message}"):
        getattr(tt, op)(PREDS, PREDS, **{"num_classes": 3, **options})


def test_flags_of_others() -> None:
    matrix = torch.eye(3, dtype=torch.int64)
    with pytest.raises(
        TypeError, match=r"^dice_from_counts: other must be a bool, got"
    ):
        tt.functional.dice_from_counts(matrix, other="no")  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=r"^ConfusionMatrix: per_sample must be a bool"):
        tt.metrics.ConfusionMatrix(3, per_sample="no")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match=r"^DiceScore: sync_on_compute must be a bool"):
        tt.metrics.DiceScore(3, sync_on_compute="no")  # type: ignore[arg-type]
    assert tt.metrics.DiceScore(3, sync_on_compute=np.False_)._sync_on_compute is False
    preset = r"^DiceLoss.preset\('smp'\): smooth must be a number, got str"
    with pytest.raises(TypeError, match=preset):
        tt.losses.DiceLoss.preset("smp", smooth="1")
    interval = tt.bootstrap_ci(
        matrix.expand(4, 3, 3),
        tt.functional.dice_from_counts,
        resamples=np.int64(5),
        seed=np.int8(1),
        confidence=np.float32(0.5),
    )
    assert interval.confidence == 0.5
