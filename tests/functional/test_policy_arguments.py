"""Policies that are refused, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
import torch

import torchtally as tt

LABELS = torch.tensor([[0, 1], [1, 0]])
METRICS = {"dice": "DiceScore", "iou": "IoUScore", "f1": "F1Score"}

POLICIES: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"average": "mean"}, ValueError, "average must be one of 'macro', .*, got 'mean'"),
    ({"undefined_when": "never"}, ValueError, "undefined_when must be one of"),
    ({"aggregation": "batch"}, ValueError, "aggregation must be one of"),
    ({"sample_mean": "any"}, ValueError, "sample_mean must be one of"),
    (
        {"sample_mean": "joint"},
        ValueError,
        "sample_mean='joint' has no effect with aggregation='global'; pass "
        "aggregation='samplewise'",
    ),
    (
        {"include_background": "no"},
        TypeError,
        "include_background must be a bool, got str",
    ),
    ({"include_background": 0}, TypeError, "include_background must be .*, got int"),
    ({"average": 0}, ValueError, "average must be one of 'macro', .*, got 0"),
    (
        {"zero_division": "warn"},
        ValueError,
        "zero_division must be one of 'skip', 'nan', got 'warn'",
    ),
    (
        {"zero_division": None},
        TypeError,
        "zero_division must be 'skip', 'nan' or a number, got NoneType",
    ),
    ({"zero_division": True}, TypeError, "zero_division must be .*, got bool"),
    (
        {"classes": 1},
        TypeError,
        "classes must be None, 'present' or a sequence of int, got int",
    ),
    ({"classes": [0, 1.0]}, TypeError, "classes must hold int, got float"),
    ({"classes": "01"}, ValueError, "classes must be None, 'present' or .*, got '01'"),
    ({"classes": []}, ValueError, r"classes must name at least one class.*got \[\]"),
    ({"classes": [1, 1]}, ValueError, r"each once, got \[1, 1\]"),
    ({"classes": [0, 3]}, ValueError, r"classes must lie in \[0, 3\), got 3"),
    ({"classes": [-1]}, ValueError, r"classes must lie in \[0, 3\), got -1"),
    (
        {"classes": [0], "include_background": False},
        ValueError,
        r"must leave a class to score, got classes \[0\]",
    ),
    (
        {"class_weights": [1, 1]},
        ValueError,
        "class_weights must have one weight for each of 3 classes, got 2",
    ),
    (
        {"class_weights": [1, 1, 1], "average": "weighted"},
        ValueError,
        "class_weights weigh the classes of average='macro', got average='weighted'",
    ),
    ({"class_weights": [0, 0, 0]}, ValueError, "not all zero, got"),
    ({"class_weights": [1, -1, 1]}, ValueError, "finite, not negative"),
    ({"class_weights": [1, float("inf"), 1]}, ValueError, "finite, not negative"),
    ({"class_weights": 3}, TypeError, "class_weights must be a sequence of float"),
    ({"class_weights": ["a", 1, 1]}, TypeError, "class_weights must"),
    (
        {"class_weights": torch.ones(1, 3)},
        (TypeError, ValueError),
        "class_weights must",
    ),
    ({"average": "binary"}, ValueError, "average='binary' needs 2 classes, got 3"),
    (
        {"average": "binary", "classes": [1]},
        ValueError,
        "average='binary' scores class 1 alone",
    ),
    (
        {"average": "samples"},
        ValueError,
        "average='samples' is the mean over samples of a multilabel task, got "
        "task='multiclass', aggregation='global'",
    ),
    ({"dtype": torch.float16}, ValueError, "dtype must be torch.float32 or"),
]


@pytest.mark.parametrize(("options", "error", "message"), POLICIES, ids=str)
@pytest.mark.parametrize("score", ["dice", "iou", "f1"])
def test_policies(
    score: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    matrix = torch.eye(3, dtype=torch.int64)
    with pytest.raises(error, match=rf"^{score}_score: .*{message}"):
        getattr(tt, f"{score}_score")(LABELS, LABELS, 3, **options)
    with pytest.raises(error, match=rf"^{score}_from_counts: .*{message}"):
        getattr(tt.functional, f"{score}_from_counts")(matrix, **options)
    metric = getattr(tt.metrics, METRICS[score])
    with pytest.raises(error, match=rf"^{METRICS[score]}: .*{message}"):
        metric(3, **options).compute()


@pytest.mark.parametrize("score", ["dice", "iou", "f1"])
def test_counts(score: str) -> None:
    function = getattr(tt.functional, f"{score}_from_counts")
    name = f"^{score}_from_counts: "
    wrong = (
        r"counts must be a matrix \[C, C\] or \[..., N, C, C\], or ClassCounts, got a "
    )
    for shape in ([3], [2, 3], [2, 2, 3], []):
        with pytest.raises(ValueError, match=name + wrong + "tensor of shape"):
            function(torch.zeros(shape, dtype=torch.int64))
    with pytest.raises(TypeError, match=name + "counts must be .*, got list"):
        function([[1, 0], [0, 1]])
    for aggregation in ("samplewise", "none"):
        message = f"aggregation='{aggregation}' needs counts with a sample dimension"
        with pytest.raises(ValueError, match=name + message):
            function(torch.eye(3, dtype=torch.int64), aggregation=aggregation)
    for option in ("mask", "threshold", "colour"):
        with pytest.raises(TypeError, match=f"{name}unknown option '{option}'"):
            function(torch.eye(3, dtype=torch.int64), **{option: None})


@pytest.mark.parametrize("score", ["dice", "cohen_kappa", "generalized_dice"])
def test_counts_of_labels(score: str) -> None:
    function = getattr(tt.functional, f"{score}_from_counts")
    message = (
        rf"^{score}_from_counts: counts must be a matrix \[L, 2, 2\] or "
        r"\[..., N, L, 2, 2\], or ClassCounts, got a tensor of shape"
    )
    for shape, options in (([2, 2], {}), ([4, 3, 3], {}), ([4, 2, 2], {"other": True})):
        with pytest.raises(ValueError, match=message):
            function(
                torch.zeros(shape, dtype=torch.int64), task="multilabel", **options
            )
    with pytest.raises(ValueError, match="task must be one of 'multiclass', "):
        function(torch.zeros(2, 2, dtype=torch.int64), task="regression")
