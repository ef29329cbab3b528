"""What is refused, and in which words."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from counting_checks import OPS, op

import torchtally as tt

LABELS = torch.tensor([[0, 1], [1, 0]])
SCORES = torch.rand(2, 3, 2)

FUNCTIONS: dict[str, Any] = {
    "confusion_matrix": tt.confusion_matrix,
    "class_counts": tt.class_counts,
    "dice_score": tt.dice_score,
    "iou_score": tt.iou_score,
    "f1_score": tt.f1_score,
}
METRICS: dict[str, Any] = {
    "ConfusionMatrix": tt.metrics.ConfusionMatrix,
    "DiceScore": tt.metrics.DiceScore,
    "IoUScore": tt.metrics.IoUScore,
    "F1Score": tt.metrics.F1Score,
}

#: Options, the error and its words: the same for functions and metric objects.
OPTIONS: list[tuple[dict[str, Any], type[Exception], str]] = [
    (
        {"task": "regression"},
        ValueError,
        "task must be one of 'multiclass', 'binary', 'multilabel', got 'regression'",
    ),
    ({"task": None}, ValueError, "task must be one of .*, got None"),
    ({"task": ["binary"]}, ValueError, r"task must be one of .*, got \['binary'\]"),
    (
        {"out_of_range": "drop"},
        ValueError,
        "out_of_range must be one of 'error', 'ignore', 'miss', got 'drop'",
    ),
    ({"num_classes": None}, TypeError, "num_classes must be an int, got NoneType"),
    ({"num_classes": 3.0}, TypeError, "num_classes must be an int, got float"),
    ({"num_classes": True}, TypeError, "num_classes must be an int, got bool"),
    (
        {"num_classes": 0},
        ValueError,
        "num_classes must lie in \\[1, 2147483645\\], got 0",
    ),
    (
        {"num_classes": -3},
        ValueError,
        "num_classes must lie in \\[1, 2147483645\\], got -3",
    ),
    (
        {"task": "binary", "num_classes": 3},
        ValueError,
        "num_classes must be 2 for task='binary', got 3",
    ),
    ({"threshold": "0.5"}, TypeError, "threshold must be a number, got str"),
    ({"threshold": True}, TypeError, "threshold must be a number, got bool"),
    (
        {"ignore_index": 255.0},
        TypeError,
        "ignore_index must be None, an int or a sequence of int, got float",
    ),
    (
        {"ignore_index": "255"},
        TypeError,
        "ignore_index must be None, an int or a sequence of int, got str",
    ),
    ({"ignore_index": [255, 1.0]}, TypeError, "ignore_index must hold int, got float"),
    ({"ignore_index": True}, TypeError, "ignore_index must hold int, got bool"),
    ({"ignore_index": 2**63}, ValueError, "ignore_index must fit int64, got 9223372"),
    ({"ignore_index": [-(2**63) - 1]}, ValueError, "ignore_index must fit int64"),
]


@pytest.mark.parametrize(("options", "error", "message"), OPTIONS, ids=str)
@pytest.mark.parametrize("name", [*FUNCTIONS, *METRICS])
def test_options(
    name: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    arguments = {"num_classes": 3, **options}
    inputs = [LABELS, LABELS] if name in FUNCTIONS else []
    with pytest.raises(error, match=rf"^{name}: {message}"):
        {**FUNCTIONS, **METRICS}[name](*inputs, **arguments)


INPUTS: list[tuple[Any, Any, dict[str, Any], type[Exception], str]] = [
    ([[0]], LABELS, {}, TypeError, "preds must be a tensor, got list"),
    (LABELS, LABELS.numpy(), {}, TypeError, "target must be a tensor, got ndarray"),
    (LABELS, None, {}, TypeError, "target must be a tensor, got NoneType"),
    (
        LABELS,
        LABELS.float(),
        {},
        TypeError,
        "target must be an integer or bool tensor, got torch.float32",
    ),
    (
        LABELS.to(torch.complex64),
        LABELS,
        {},
        TypeError,
        "preds must hold integer or bool labels, or float16, bfloat16, float32 or "
        "float64 scores, got torch.complex64",
    ),
    (
        LABELS[0],
        LABELS,
        {},
        ValueError,
        r"integer preds must have target's shape \[2, 2\], got \[2\]",
    ),
    (
        LABELS.float(),
        LABELS,
        {},
        ValueError,
        r"floating preds are class scores \[N, C, ...\] for target \[N, ...\], "
        r"got preds \[2, 2\] and target \[2, 2\]",
    ),
    (SCORES[0, :, 0], LABELS[0, 0], {}, ValueError, "floating preds are class scores"),
    (
        SCORES[:, :2],
        LABELS,
        {},
        ValueError,
        r"preds must hold num_classes = 3 scores in dimension 1, got \[2, 2, 2\]",
    ),
    (
        SCORES[..., :1],
        LABELS,
        {},
        ValueError,
        r"preds \[N, C, ...\] must match target \[N, ...\] beside C, "
        r"got preds \[2, 3, 1\] and target \[2, 2\]",
    ),
    (
        LABELS,
        LABELS,
        {"mask": LABELS},
        TypeError,
        "mask must be a bool tensor, got torch.int64",
    ),
    (
        LABELS,
        LABELS,
        {"mask": LABELS[0].bool()},
        ValueError,
        r"mask must have target's shape \[2, 2\], got \[2\]",
    ),
    (LABELS, LABELS, {"mask": [[True]]}, TypeError, "mask must be a tensor, got list"),
    (
        LABELS[0],
        LABELS,
        {"task": "binary", "num_classes": 2},
        ValueError,
        r"preds must have target's shape \[2, 2\] \(or one channel in dimension 1\) "
        r"for task='binary', got \[2\]",
    ),
    (
        LABELS,
        LABELS,
        {"task": "multilabel"},
        ValueError,
        r"preds and target must be \[N, L, ...\] with L = num_classes = 3 for "
        r"task='multilabel', got \[2, 2\]",
    ),
    (
        LABELS[0],
        LABELS[0],
        {"task": "multilabel", "num_classes": 2},
        ValueError,
        r"target must have at least 2 dimension\(s\) here, got shape \[2\]",
    ),
    (
        LABELS.unsqueeze(1),
        LABELS,
        {"task": "multilabel", "num_classes": 2},
        ValueError,
        r"preds must have target's shape \[2, 2\] for task='multilabel', "
        r"got \[2, 1, 2\]",
    ),
]


@pytest.mark.parametrize(("preds", "target", "options", "error", "message"), INPUTS)
@pytest.mark.parametrize("name", [*FUNCTIONS, *METRICS])
def test_inputs(
    name: str,
    preds: Any,
    target: Any,
    options: dict[str, Any],
    error: type[Exception],
    message: str,
) -> None:
    given = {"num_classes": 3, **options}
    mask = given.pop("mask", None)
    if name in FUNCTIONS:
        count = partial(FUNCTIONS[name], **given)
    else:
        count = METRICS[name](**given).update
    with pytest.raises(error, match=rf"^{name}: {message}"):
        count(preds, target, mask=mask)


def test_a_sample_dimension_is_needed_for_samples() -> None:
    one = torch.tensor(1)
    message = r"^{}: target must have at least 1 dimension\(s\) here, got shape \[\]"
    for name in ("confusion_matrix", "class_counts"):
        with pytest.raises(ValueError, match=message.format(name)):
            FUNCTIONS[name](one, one, 2, per_sample=True)
    with pytest.raises(ValueError, match=message.format("dice_score")):
        tt.dice_score(one, one, 2, aggregation="samplewise")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_labels_out_of_range_are_named(name: str) -> None:
    function = FUNCTIONS[name]
    preds = torch.tensor([0, 9, 1, 7, 8, 6, -4])
    target = torch.tensor([0, 1, -5, 0, 255, 255, 0])
    with pytest.raises(ValueError, match=rf"^{name}: labels must lie in") as caught:
        function(preds, target, 3, ignore_index=255)
    assert str(caught.value) == (
        f"{name}: labels must lie in [0, 3) or equal ignore_index [255], but 4 pair(s) "
        "hold another label (target has -5; preds has -4, 7, 9). Name it in "
        "ignore_index, or pass out_of_range='ignore' or 'miss'"
    )
    mask = torch.tensor([True, False, False, True, True, True, True])
    with pytest.raises(ValueError, match=r"2 pair\(s\).*\(preds has -4, 7\)"):
        function(preds, target, 3, ignore_index=255, mask=mask)
    for out_of_range in ("ignore", "miss"):
        function(preds, target, 3, ignore_index=255, out_of_range=out_of_range)
    function(preds, target, 3, ignore_index=255, validate=False)


def test_without_validation_pairs_out_of_range_are_left_out() -> None:
    preds, target = torch.tensor([0, 9, 1]), torch.tensor([0, 1, -1])
    left_out = tt.confusion_matrix(preds, target, 2, out_of_range="ignore")
    found = tt.confusion_matrix(preds, target, 2, validate=False)
    assert torch.equal(found, left_out)
    assert found.sum() == 1


def test_the_label_named_is_the_label_given() -> None:
    zeros = torch.zeros(2, dtype=torch.uint8)
    largest = torch.tensor([0, 2**64 - 1], dtype=torch.uint64)
    with pytest.raises(ValueError, match=r"\(target has 18446744073709551615\)"):
        tt.confusion_matrix(zeros, largest, 2)
    # An ignored -1 is no 255, in bytes neither.
    byte = torch.tensor([0, 255], dtype=torch.uint8)
    with pytest.raises(ValueError, match=r"ignore_index \[-1\].*\(target has 255\)"):
        tt.confusion_matrix(zeros, byte, 2, ignore_index=-1)


@pytest.mark.parametrize(
    "dtype", [torch.bool, torch.uint8, torch.uint16, torch.uint32, torch.uint64]
)
def test_labels_out_of_range_beside_values_the_target_cannot_hold(
    dtype: torch.dtype,
) -> None:
    target = torch.tensor([0, 1]).to(dtype)
    preds = torch.tensor([0, 9])
    with pytest.raises(ValueError, match=r"1 pair\(s\).*\(preds has 9\)"):
        tt.confusion_matrix(preds, target, 2, ignore_index=[-100, 300, 2**40])


def test_limits_of_the_compiled_op_are_value_errors() -> None:
    with pytest.raises(ValueError, match="ignore_index must hold at most 64 values"):
        tt.confusion_matrix(LABELS, LABELS, 2, ignore_index=range(-65, 0))
    with pytest.raises(ValueError, match="num_classes must lie in"):
        tt.class_counts(LABELS, LABELS, 2**31)


def test_while_compiling_nothing_is_raised() -> None:
    @torch.compile(fullgraph=True, backend="eager")
    def score(preds: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        return tt.f1_score(preds, target, 2, average="micro")

    assert score(torch.tensor([0, 9]), torch.tensor([0, 1])) == 1.0


# The second line, behind the compiled op: RuntimeError in the op's name. C++ callers
# have no other rules about tensors.


@pytest.mark.parametrize("name", OPS)
@pytest.mark.parametrize(
    ("preds", "target", "num_classes", "options", "message"),
    [
        (LABELS, LABELS, 0, {}, r"num_classes must lie in \[1, 2147483645\], got 0"),
        (LABELS, LABELS, 2**31 - 2, {}, "num_classes must lie in"),
        (LABELS, LABELS.float(), 2, {}, "target must be an integer or bool tensor"),
        (LABELS.to(torch.complex64), LABELS, 2, {}, "preds must hold integer or bool"),
        (
            LABELS[0],
            LABELS,
            2,
            {},
            r"integer preds must have target's shape \[2, 2\], got \[2\]",
        ),
        (LABELS.float(), LABELS, 3, {}, "which needs num_classes = 2, got 3"),
        (
            SCORES,
            LABELS,
            4,
            {},
            r"preds must hold num_classes = 4 scores in dimension 1, got \[2, 3, 2\]",
        ),
        (
            SCORES[..., :1],
            LABELS,
            3,
            {},
            r"must match target \[N, ...\] beside C, got preds \[2, 3, 1\]",
        ),
        (SCORES, LABELS, 3, {"per_label": True}, "per_label takes one score a label"),
        (SCORES[0, :, 0], LABELS[0, 0], 3, {}, "need a target with a batch dimension"),
        (
            LABELS[0],
            LABELS[0],
            2,
            {"per_label": True},
            r"at least 2 dimension\(s\) here, got shape \[2\]",
        ),
        (LABELS, LABELS, 2, {"mask": LABELS}, "mask must be a bool tensor"),
        (
            LABELS,
            LABELS,
            2,
            {"mask": LABELS[0].bool()},
            r"mask must have target's shape \[2, 2\], got \[2\]",
        ),
    ],
)
def test_compiled_op(
    name: str,
    preds: Any,
    target: Any,
    num_classes: int,
    options: dict[str, Any],
    message: str,
) -> None:
    with pytest.raises(RuntimeError, match=rf"{name}: .*{message}"):
        op(name)(preds, target, num_classes, **options)
