"""overlap_sums against plain float64 operations, values and gradients."""

from __future__ import annotations

import itertools
from typing import Any

import hypothesis.strategies as st
import pytest
import torch
from hypothesis import given, settings

import torchtally as tt
from cpu_choices import LEVELS, cpu_level, cpu_threads
from overlap_checks import (
    ACTIVATIONS,
    DTYPES,
    INTEGERS,
    KINDS,
    LAYOUTS,
    assert_background_keeps_its_gradient,
    assert_nan_stays,
    assert_nothing_counts,
    assert_sums,
    laid_out,
    logits,
    options_of,
    targets,
)

OP = torch.ops.torchtally.overlap_sums.default
BACKWARD = torch.ops.torchtally.overlap_sums_backward.default


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_sums_and_gradients(
    dtype: torch.dtype, layout: str, activation: str, kind: str, level: str
) -> None:
    shape = (2, 9, 7, 19)
    values = laid_out(logits(shape, dtype, activation), layout)
    target = targets(shape, kind)
    for options in options_of(shape, kind):
        assert_sums(values, target, activation=activation, **options)


@pytest.mark.parametrize("pixels", [1, 15, 16, 17, 63, 64, 65, 255, 257, 2049])
def test_sizes_around_vectors_and_blocks(pixels: int, level: str) -> None:
    for dtype, layout in itertools.product(DTYPES, ("planar", "channels_last")):
        shape = (2, 9, pixels)
        values = laid_out(logits(shape, dtype), layout)
        for kind in ("labels", "soft"):
            assert_sums(values, targets(shape, kind))


@pytest.mark.parametrize("classes", [1, 2, 3, 7, 8, 24, 49, 100, 300])
def test_numbers_of_classes(classes: int, level: str) -> None:
    for dtype, layout in itertools.product(
        (torch.float32, torch.float64, torch.float16), ("planar", "channels_last")
    ):
        shape = (1, classes, 11, 13)
        values = laid_out(logits(shape, dtype), layout)
        target = targets(shape, "labels")
        assert_sums(values, target, ignore_index=255, label_smoothing=0.2)


@pytest.mark.parametrize("layout", ["planar", "channels_last"])
def test_volumes_lists_and_chunks(layout: str, level: str) -> None:
    for shape in ((2, 4, 5, 6, 7), (50, 10), (1, 2, 16384), (2, 3, 16385)):
        if len(shape) > 2 or layout == "planar":
            values = laid_out(logits(shape, torch.float32), layout)
            assert_sums(values, targets(shape, "labels"), ignore_index=0)


@pytest.mark.parametrize("dtype", INTEGERS, ids=str)
def test_every_dtype_of_a_target(dtype: torch.dtype) -> None:
    classes = 2 if dtype == torch.bool else 5
    shape = (2, classes, 9, 17)
    for kind, values in itertools.product(
        ("labels", "one-hot"), (torch.float32, torch.float64)
    ):
        target = targets(shape, kind, dtype)
        for activation in ACTIVATIONS:
            given_logits = logits(shape, values, activation)
            assert_sums(given_logits, target, activation=activation)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_soft_targets_of_every_dtype_and_layout(dtype: torch.dtype) -> None:
    shape = (2, 9, 6, 11)
    soft = targets(shape, "soft").to(dtype)
    for values, layout in itertools.product(DTYPES, LAYOUTS):
        assert_sums(logits(shape, values), laid_out(soft, layout))


def test_negative_soft_targets_of_integers_keep_their_sign() -> None:
    target = torch.full((1, 2, 3), -1, dtype=torch.int8)
    assert_sums(logits((1, 2, 3)), target, activation="sigmoid")


def test_labels_and_masks_of_other_strides() -> None:
    shape = (2, 3, 8, 12)
    labels = targets(shape, "labels")
    mask = torch.rand(labels.shape) < 0.5
    for dtype in (torch.int64, torch.uint8):
        for change in (
            lambda t: t.transpose(1, 2).contiguous().transpose(1, 2),
            lambda t: torch.stack((t, t), -1)[..., 0],
        ):
            assert_sums(
                logits(shape, torch.float32),
                change(labels.to(dtype)),
                mask=change(mask),
            )


def test_expanded_logits() -> None:
    values = logits((1, 4, 1, 5)).expand(3, 4, 6, 5)
    target = targets((3, 4, 6, 5), "labels")
    found = tt.overlap_sums(values, target)
    wanted = tt.overlap_sums(values.contiguous(), target)
    for have, want in zip(found, wanted, strict=True):
        torch.testing.assert_close(have, want)


# Numbers that are hard


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_large_and_infinite_logits(dtype: torch.dtype, level: str) -> None:
    values = logits((1, 4, 50), dtype, scale=100.0)
    values[0, 3] = -torch.inf
    target = targets((1, 3, 50), "labels")
    assert_sums(values, target)
    one_hot = torch.nn.functional.one_hot(target, 4).movedim(-1, 1)
    assert_sums(values, one_hot)
    values[0, 3] = 30000.0
    assert_sums(values, target)
    found = assert_sums(values, one_hot, activation="sigmoid")
    assert found.cross_entropy.isfinite().all()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nan_stays_with_its_pixel(activation: str, level: str) -> None:
    for bits in (0x7FC00000, 0x7F800001, -1):
        assert_nan_stays(activation, 2, bits)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_nothing_counts(activation: str, kind: str) -> None:
    assert_nothing_counts(activation, kind)


@pytest.mark.parametrize("shape", [(0, 3, 4), (2, 3, 0, 5), (0, 3), (2, 1, 0)])
def test_empty(shape: tuple[int, ...]) -> None:
    for kind, dtype in itertools.product(("labels", "soft"), DTYPES):
        target = torch.zeros(
            (shape[0], *shape[2:]) if kind == "labels" else shape, dtype=torch.int64
        )
        found = assert_sums(torch.zeros(shape, dtype=dtype), target)
        assert all(field.eq(0).all() for field in found)


def test_empty_of_any_strides() -> None:
    values = torch.zeros(2, 3, 5, 4).transpose(2, 3)[:, :, :0].requires_grad_()
    target = torch.zeros(2, 5, 4).long().transpose(1, 2)[:, :0]
    sums = tt.overlap_sums(values, target, mask=target == 0)
    sums.squared.sum().backward()
    assert not sums.squared.any()
    assert values.grad is not None
    assert values.grad.shape == values.shape


@pytest.mark.parametrize("side", [32, 128])
@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_map_of_background_keeps_its_gradient(dtype: torch.dtype, side: int) -> None:
    assert_background_keeps_its_gradient(dtype, side)


# Determinism


@pytest.mark.parametrize("layout", ["planar", "channels_last"])
def test_threads_and_runs_do_not_change_a_bit(layout: str, level: str) -> None:
    shape = (2, 5, 150, 251)  # three chunks a sample, the last one short
    values = laid_out(logits(shape, torch.float32), layout)
    target = targets(shape, "labels")
    weights = (torch.randn(2, 6, 5).double(), torch.randn(2).double())
    found = []
    for count in (1, 1, 2, 3, 4):
        with cpu_threads(count):
            sums = OP(values, target, None, None, ignore_index=[1])
            found.append((*sums, BACKWARD(*weights, values, target)))
    for other in found[1:]:
        assert all(torch.equal(a, b) for a, b in zip(found[0], other, strict=True))


# Gradients


@pytest.mark.parametrize("kind", ["labels", "soft"])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradcheck(activation: str, kind: str) -> None:
    shape = (2, 3, 5)
    values = logits(shape, torch.float64, activation, scale=1.0).requires_grad_()
    target = targets(shape, kind)
    for options in options_of(shape, kind)[-1:]:
        torch.autograd.gradcheck(
            lambda x, options=options: tuple(
                tt.overlap_sums(x, target, activation=activation, **options)[:7]
            ),
            (values,),
        )


def windows(dtype: torch.dtype) -> torch.Tensor:
    """Return windows ``[5, 1, 8, 8, 8]`` of a volume, which share pixels."""
    volume = logits((12, 8, 8), dtype)
    return volume.unfold(0, 8, 1).permute(0, 3, 1, 2).unsqueeze(1)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize("kind", ["labels", "soft"])
def test_overlapping_windows(kind: str, dtype: torch.dtype) -> None:
    """They can be read where they lie; torch gives the gradient strides that cannot."""
    values = windows(dtype)
    target = targets(tuple(values.shape), kind)
    assert not torch.empty_like(values).is_contiguous()
    weights = torch.randn(5, 6, 1).double(), torch.randn(5).double()
    for activation in ("sigmoid", "softmax"):
        options = {"activation": activation}
        found = OP(values, target, **options)
        wanted = OP(values.contiguous(), target, **options)
        assert all(map(torch.equal, found, wanted))
        gradient = BACKWARD(*weights, values, target, **options)
        assert gradient.shape == values.shape
        dense = BACKWARD(*weights, values.contiguous(), target, **options)
        assert torch.equal(gradient, dense)


def test_a_loss_of_overlapping_windows() -> None:
    volume = logits((12, 8, 8), torch.float64)
    gradients = []
    for dense in (False, True):
        x = volume.clone().requires_grad_()
        values = x.unfold(0, 8, 1).permute(0, 3, 1, 2).unsqueeze(1)
        values = values.contiguous() if dense else values
        target = targets(tuple(values.shape), "labels")
        loss = tt.functional.dice_ce_loss(values, target, activation="sigmoid")
        gradients += torch.autograd.grad(loss, x)
    torch.testing.assert_close(*gradients, atol=1e-15, rtol=1e-12)


@pytest.mark.parametrize(("tensor", "size"), [("target", (1, 3, 4)), ("weight", 3)])
def test_what_gets_no_gradient_must_not_ask_for_one(tensor: str, size: Any) -> None:
    values = logits((1, 3, 4)).requires_grad_()
    asking = torch.ones(size).requires_grad_()
    target = asking if tensor == "target" else targets((1, 3, 4), "soft")
    weight = asking if tensor == "weight" else None
    name = {"weight": "class_weight"}.get(tensor, tensor)
    message = (
        rf"^overlap_sums: {name} must not require a gradient, which flows to input "
        rf"alone; pass {name}\.detach\(\)$"
    )
    with pytest.raises(ValueError, match=message):
        tt.overlap_sums(values, target, class_weight=weight)
    with torch.no_grad():
        tt.overlap_sums(values, target, class_weight=weight)
    weight = None if weight is None else weight.detach()
    found = tt.overlap_sums(values, target.detach(), class_weight=weight)
    sum(field.sum() for field in found[:7]).backward()
    assert values.grad is not None
    assert not found.count.requires_grad


def test_the_gradient_of_the_gradient_is_refused() -> None:
    values = logits((1, 3, 4)).requires_grad_()
    found = tt.overlap_sums(values, targets((1, 3, 4), "labels"))
    (gradient,) = torch.autograd.grad(found.squared.sum(), values, create_graph=True)
    with pytest.raises(NotImplementedError, match="gradient of its gradient"):
        gradient.sum().backward()


@settings(max_examples=60)
@given(data=st.data())
def test_properties(data: st.DataObject) -> None:
    draw = data.draw
    classes = draw(st.integers(1, 12))
    spatial = draw(st.lists(st.integers(1, 20), max_size=3))
    shape = (draw(st.integers(1, 3)), classes, *spatial)
    activation = draw(st.sampled_from(ACTIVATIONS))
    kind = draw(st.sampled_from(KINDS))
    seed = draw(st.integers(0, 1000))
    values = logits(shape, draw(st.sampled_from(DTYPES)), activation, seed)
    if len(shape) > 2:
        values = laid_out(values, draw(st.sampled_from(LAYOUTS)))
    target = targets(shape, kind, seed=seed)
    options: dict[str, Any] = {
        "label_smoothing": draw(st.sampled_from([0.0, 0.25, 1.0])),
        "class_weight": draw(st.sampled_from([None, torch.rand(classes)])),
    }
    if draw(st.booleans()):
        options["mask"] = torch.rand((shape[0], *spatial)) < 0.5
    if kind == "labels":
        options["ignore_index"] = draw(st.sampled_from([(), (0,), (0, 255, -7)]))
    with cpu_level(draw(st.sampled_from(LEVELS))):
        found = assert_sums(values, target, activation=activation, **options)
    if activation == "softmax":
        torch.testing.assert_close(
            found.prediction.sum(1), found.count.double(), rtol=1e-5, atol=1e-5
        )


# What it refuses


def test_labels_out_of_range() -> None:
    values = logits((2, 3, 5), torch.float32)
    target = torch.tensor([[0, 1, 2, 3, -1], [0, 0, 255, 7, 2]])
    message = r"\[0, 3\).*\[255\], but 3 pixel.*\(target has -1, 3, 7\)$"
    with pytest.raises(ValueError, match=message):
        tt.overlap_sums(values, target, ignore_index=255)
    with pytest.raises(ValueError, match=r"but 1 pixel.*\(target has 7\)$"):
        tt.overlap_sums(values, target, ignore_index=255, mask=target > 3)
    huge = torch.tensor([[-1, 1]]).view(torch.uint64)
    with pytest.raises(ValueError, match=rf"\(target has {2**64 - 1}\)$"):
        tt.overlap_sums(values[:1, :, :2], huge)
    sums, _, count, invalid = OP(values, target, ignore_index=[255])
    assert count.tolist() == [3, 3]
    assert invalid.tolist() == [2, 1]
    assert sums[:, 3].sum() == 6
    gradient = BACKWARD(
        torch.ones(2, 6, 3).double(), torch.ones(2).double(), values, target
    )
    assert gradient[0, :, 3:].eq(0).all()


X, Y = torch.zeros(2, 3, 4), torch.zeros(2, 4, dtype=torch.int64)
WRONG: list[tuple[type[Exception], str, tuple[Any, Any], dict[str, Any]]] = [
    (TypeError, "input must be a tensor or an array, got list", ([0.0], Y), {}),
    (TypeError, "input must be float16", (Y, Y), {}),
    (TypeError, "target must be a tensor or an array, got NoneType", (X, None), {}),
    (TypeError, "target must hold", (X, Y.to(torch.complex64)), {}),
    (TypeError, "labels must be an integer", (X, Y.float()), {}),
    (ValueError, "input must be", (torch.zeros(3), Y), {}),
    (ValueError, "input must be", (torch.zeros(2, 0, 4), Y), {}),
    (ValueError, "target must be labels", (X, Y[:, :3]), {}),
    (ValueError, r"target\.squeeze\(1\)", (X, Y[:, None]), {}),
    (ValueError, "must have input's shape", (X, torch.zeros(2, 3, 5)), {}),
    (ValueError, "pass mask instead", (X, X), {"ignore_index": 0}),
    (TypeError, "ignore_index must hold int", (X, Y), {"ignore_index": [0.5]}),
    (ValueError, "'softmax', 'sigmoid', 'none'", (X, Y), {"activation": "relu"}),
    (TypeError, "mask must be a bool", (X, Y), {"mask": Y}),
    (ValueError, "mask must be", (X, Y), {"mask": X.bool()}),
    (TypeError, "class_weight must be a floating", (X, Y), {"class_weight": Y[0, :3]}),
    (ValueError, r"must have shape \[3\]", (X, Y), {"class_weight": torch.ones(4)}),
    (TypeError, "label_smoothing must be a number", (X, Y), {"label_smoothing": "a"}),
    (ValueError, r"lie in \[0, 1\], got 1.5", (X, Y), {"label_smoothing": 1.5}),
]


@pytest.mark.parametrize(("error", "message", "tensors", "options"), WRONG, ids=str)
def test_wrong_arguments(
    error: type[Exception], message: str, tensors: Any, options: dict[str, Any]
) -> None:
    with pytest.raises(error, match=f"^overlap_sums: .*{message}"):
        tt.overlap_sums(*tensors, **options)


@pytest.mark.parametrize(("tensors", "options", "message"), [
    ((Y, Y), {}, "input must be float16"),
    ((torch.zeros(3), Y), {}, r"input must be \[N, C, ...\]"),
    ((torch.zeros(2, 0, 4), Y), {}, "at least one class"),
    ((X, Y.to(torch.complex64)), {}, "target must hold"),
    ((X, Y.float()), {}, "labels must be an integer"),
    ((X, Y[:, :3]), {}, "target must be labels"),
    ((X, torch.zeros(2, 3, 5)), {}, "target with a class dimension must"),
    ((X, X), {"ignore_index": [0]}, "pass mask"),
    ((X, Y), {"ignore_index": list(range(65))}, "at most 64 values"),
    ((X, Y), {"activation": "relu"}, "got 'relu'"),
    ((X, Y, Y), {}, "mask must be a bool"),
    ((X, Y, X.bool()), {}, r"mask must be \[N, ...\]"),
    ((X, Y, None, Y[0, :3]), {}, "class_weight must be a floating"),
    ((X, Y, None, torch.ones(4)), {}, r"class_weight must have shape \[3\]"),
    ((X, Y), {"label_smoothing": -0.5}, r"lie in \[0, 1\], got -0.5"),
], ids=str)  # fmt: skip
def test_the_op_checks_its_arguments(
    tensors: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(RuntimeError, match=f"^overlap_sums: .*{message}"):
        OP(*tensors, **options)


def test_the_backward_op_checks_what_comes_in() -> None:
    sums, entropy = torch.ones(2, 6, 3).double(), torch.ones(2).double()
    for wrong in ((sums.float(), entropy), (sums[:1], entropy), (sums, entropy[:1])):
        with pytest.raises(RuntimeError, match=r"^overlap_sums_backward: grad_"):
            BACKWARD(*wrong, X, Y)
