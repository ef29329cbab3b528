"""What is refused, and in which words."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
import torch
from counting_checks import OPS, op
from torch._dynamo.testing import CompileCounterWithBackend
from torch._subclasses import FakeTensorMode

import torchtally as tt

LABELS = torch.tensor([[0, 1], [1, 0]])
SCORES = torch.rand(2, 3, 2)


@pytest.fixture
def frames() -> CompileCounterWithBackend:
    torch._dynamo.reset()
    return CompileCounterWithBackend("aot_eager")


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
    (
        [[0]],
        LABELS,
        {},
        TypeError,
        "preds must be a tensor or an array, got list; pass torch.as_tensor",
    ),
    (
        LABELS,
        LABELS.numpy().astype(object),
        {},
        TypeError,
        "target must be a tensor or an array, got ndarray of object",
    ),
    (LABELS, None, {}, TypeError, "target must be a tensor or an array, got NoneType"),
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
    (LABELS, LABELS, {"mask": [[True]]}, TypeError, "mask must be .*, got list"),
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


# A label out of range in a compiled program


def test_a_compiled_function_raises_as_it_does_eagerly(
    frames: CompileCounterWithBackend,
) -> None:
    preds, target = torch.tensor([[0, 9], [1, 1]]), torch.tensor([[0, 1], [1, -4]])
    mask = torch.tensor([[True, True], [True, False]])
    good = torch.tensor([[0, 1], [1, 1]])
    for function in (
        lambda p, t: tt.f1_score(p, t, 2, average="micro"),
        lambda p, t: tt.iou_score(p, t, 2, aggregation="samplewise", ignore_index=-4),
        lambda p, t: tt.confusion_matrix(p, t, 2, mask=mask),
        lambda p, t: tt.class_counts(p, t, 2, per_sample=True).tp,
        lambda p, t: tt.dice_score(p, t, 2, label_map={0: 0, 1: 1}),
        lambda p, t: tt.dice_score(p, t, 2, preds_map={0: 1, 1: 0}, ignore_index=-4),
        lambda p, t: tt.dice_score(p, t, 2, label_map={0: 0, 1: 1}, regions=[[1]]),
    ):
        compiled: Any = torch.compile(function, fullgraph=True, backend=frames)
        assert torch.equal(compiled(good, good.clone()), function(good, good))
        with pytest.raises(ValueError, match="labels must") as eager:
            function(preds, target)
        with pytest.raises(ValueError, match="labels must") as caught:
            compiled(preds, target)
        assert str(caught.value) == str(eager.value)
        assert frames.frame_count == 1
        torch._dynamo.reset()
        frames.frame_count = 0


def test_what_a_compiled_function_does_not_raise() -> None:
    preds, target = torch.tensor([0, 9]), torch.tensor([0, 1])
    for options in ({"validate": False}, {"out_of_range": "ignore"}):

        def score(p: torch.Tensor, t: torch.Tensor) -> torch.Tensor:
            return tt.f1_score(p, t, 2, average="micro", **options)  # noqa: B023

        compiled: Any = torch.compile(score, fullgraph=True, backend="aot_eager")
        assert compiled(preds, target) == 1.0


# Devices


@pytest.mark.parametrize("name", [*FUNCTIONS, *METRICS])
def test_tensors_of_two_devices(name: str) -> None:
    def count(preds: torch.Tensor, mask: torch.Tensor | None = None) -> None:
        if name in FUNCTIONS:
            FUNCTIONS[name](preds, LABELS, 3, mask=mask, validate=False)
        else:
            METRICS[name](3).update(preds, LABELS, mask)

    message = rf"^{name}: {{}} must be on the device of target, cpu, got meta"
    for preds in (LABELS, SCORES):
        with pytest.raises(ValueError, match=message.format("preds")):
            count(preds.to("meta"))
        with pytest.raises(ValueError, match=message.format("mask")):
            count(preds, (LABELS > 0).to("meta"))


@pytest.mark.parametrize(
    "options", [{}, {"aggregation": "samplewise"}, {"aggregation": "none"}]
)
def test_a_metric_on_another_device(options: dict[str, Any]) -> None:
    metric = tt.metrics.DiceScore(3, **options).to("meta")
    message = (
        "^DiceScore: target must be on the device of the metric, meta, got cpu; move "
        r"the metric with \.to\('cpu'\)"
    )
    for count in (metric.update, metric):
        with pytest.raises(ValueError, match=message):
            count(LABELS, LABELS)


@pytest.mark.parametrize("name", OPS)
def test_ops_with_tensors_of_two_devices(name: str) -> None:
    mask = LABELS > 0
    good = {"preds": SCORES, "target": LABELS, "mask": mask}
    state = dict(zip(("counts", "invalid"), op(name)(SCORES, LABELS, 3), strict=True))
    with FakeTensorMode() as mode:
        fake = {n: mode.from_tensor(t) for n, t in {**good, **state}.items()}
    for given in ({**good, **state}, fake):
        for moved in ("preds", "mask", "counts", "invalid"):
            bad = {**given, moved: given[moved].to("meta")}
            message = rf"{moved} must be on the device of target, cpu, got meta"
            if moved in good:
                with pytest.raises(ValueError, match=f"^{name}: {message}"):
                    op(name)(bad["preds"], bad["target"], 3, bad["mask"])
            with pytest.raises(ValueError, match=f"^{name}_: {message}"):
                op(f"{name}_")(*(bad[n] for n in (*state, *good)))


def test_sums_of_tensors_of_two_devices() -> None:
    message = r"^overlap_sums: {} must be on the device of target, cpu, got meta"
    given = {"mask": LABELS > 0, "class_weight": torch.ones(3)}
    with pytest.raises(ValueError, match=message.format("input")):
        tt.overlap_sums(SCORES.to("meta"), LABELS)
    for name, tensor in given.items():
        with pytest.raises(ValueError, match=message.format(name)):
            tt.overlap_sums(SCORES, LABELS, **{name: tensor.to("meta")})
        with pytest.raises(ValueError, match=message.format(name)):
            torch.ops.torchtally.overlap_sums(
                SCORES, LABELS, **{name: tensor.to("meta")}
            )


# Memory that is not there


def test_a_matrix_that_cannot_be_allocated() -> None:
    classes = 2**31 - 3
    with pytest.raises(RuntimeError) as caught:
        tt.confusion_matrix(LABELS, LABELS, classes)
    assert str(caught.value) == (
        f"confusion_matrix: counts of shape [{classes}, {classes}] take "
        "34359738272.0 GiB, which could not be allocated"
    )


def test_memory_that_is_not_there() -> None:
    """What torch calls the same, and C++."""
    words = r"take {} GiB, which could not be allocated$"
    labels = LABELS.view(1, -1)
    whole = (
        rf"^confusion_matrix: counts of shape .1000001, 1000001. {words.format('.*')}"
    )
    with pytest.raises(torch.OutOfMemoryError, match=whole):
        tt.confusion_matrix(labels, labels, 10**6, label_map={0: 0, 1: 1})
    pixels = 2**40
    scores = torch.zeros(1, 2, 1, 3)[..., ::2].expand(1, 2, pixels, 2)  # to be copied
    target = torch.zeros(1, 1, 1, dtype=torch.uint8).expand(1, pixels, 2)
    copied = rf"^overlap_sums: .* of input of shape .* {words.format('16384.0')}"
    with pytest.raises(torch.OutOfMemoryError, match=copied):
        tt.overlap_sums(scores, target)
    few = torch.zeros(1, 1, 1).expand(2**20, 2**22, 1)
    sums = rf"^overlap_sums: sums of shape .*, 6, .* {words.format('196608.0')}"
    with pytest.raises(torch.OutOfMemoryError, match=sums):
        tt.overlap_sums(few, torch.zeros(2**20, 1, dtype=torch.uint8))
    gradients = rf"^overlap_sums_backward: .* {words.format('8192.0')}"
    with pytest.raises(RuntimeError, match=gradients):
        torch.ops.torchtally.overlap_sums_backward(
            torch.zeros(1, 6, 2, dtype=torch.float64),
            torch.zeros(1, dtype=torch.float64),
            torch.zeros(1, 2, 1).expand(1, 2, pixels),
            target[..., 0],
        )


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
