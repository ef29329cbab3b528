"""The loss functions against a naive reference, PyTorch and MONAI."""

from __future__ import annotations

from typing import Any

import hypothesis
import monai.losses
import pytest
import torch
from hypothesis import strategies as st
from loss_reference import overlap_loss
from torch import Tensor

import torchtally as tt
from torchtally import losses
from torchtally.functional.losses._definitions import LOSSES

CLASSES = 4
NAMES = [loss.module for loss in LOSSES.values()]


def example(
    seed: int = 0, samples: int = 3, dtype: torch.dtype = torch.float64
) -> tuple[Tensor, Tensor]:
    """Return logits [N, 4, 5, 6] and labels [N, 5, 6], class 3 in sample 0 only."""
    generator = torch.Generator().manual_seed(seed)
    logits = torch.randn(samples, CLASSES, 5, 6, generator=generator).to(dtype)
    target = torch.randint(0, CLASSES, (samples, 5, 6), generator=generator)
    target[1:][target[1:] == 3] = 1
    return logits, target


def gradient(loss: Any, logits: Tensor, *args: Any) -> tuple[Tensor, Tensor]:
    """Return a loss and the gradient of its sum."""
    x = logits.detach().clone().requires_grad_()
    value = loss(x, *args)
    (grad,) = torch.autograd.grad(value.sum(), x)
    return value.detach(), grad


OPTIONS = st.fixed_dictionaries(
    {
        "activation": st.sampled_from(["softmax", "sigmoid"]),
        "classes": st.sampled_from([None, [2, 1], [3], [0, 1, 3]]),
        "include_background": st.sampled_from([True, True, False]),
        "squared_pred": st.booleans(),
        "alpha": st.sampled_from([0.5, 0.3, 1.0]),
        "beta": st.sampled_from([0.5, 0.7, 1.0]),
        "batch": st.booleans(),
        "average": st.sampled_from(["macro", "micro"]),
        "absent": st.sampled_from(["keep", "zero", "skip"]),
        "class_weights": st.sampled_from([None, [0.1, 1.0, 2.0, 3.0]]),
        "normalize_weights": st.booleans(),
        "form": st.sampled_from(["complement", "negative", "log"]),
        "reduction": st.sampled_from(["mean", "sum", "none"]),
    }
)


@hypothesis.given(
    options=OPTIONS,
    seed=st.integers(0, 50),
    smooth=st.sampled_from([1e-5, 1e-2, 1.0]),
    ignore=st.sampled_from([-1, 0, 2]),
    samples=st.integers(1, 3),
)
@hypothesis.settings(max_examples=60)
def test_any_options_against_the_reference(
    options: dict[str, Any], seed: int, smooth: float, ignore: int, samples: int
) -> None:
    logits, target = example(seed, samples)
    weighed = options["class_weights"] is not None
    # Normalising by the weights of pooled classes, or of no mean, is refused.
    pooled = options["average"] == "micro" or options["reduction"] != "mean"
    if pooled or not weighed:
        options = {**options, "normalize_weights": False}

    def naive(x: Tensor) -> Tensor:
        return overlap_loss(x, target, ignore=ignore, smooth=smooth, **options)

    loss = losses.TverskyLoss(
        **options, smooth_nr=smooth / 2, smooth_dr=smooth / 2, ignore_index=ignore
    )
    expected, expected_grad = gradient(naive, logits)
    found, found_grad = gradient(loss, logits, target)
    torch.testing.assert_close(found, expected.reshape(found.shape))
    torch.testing.assert_close(found_grad, expected_grad)


@pytest.mark.parametrize("gamma", [0.75, 4 / 3, 2.0])
def test_focal_tversky(gamma: float) -> None:
    logits, target = example()

    def naive(x: Tensor) -> Tensor:
        return overlap_loss(x, target, alpha=0.3, beta=0.7, smooth=2e-5, gamma=gamma)

    found = gradient(losses.FocalTverskyLoss(gamma=gamma), logits, target)
    for ours, theirs in zip(found, gradient(naive, logits), strict=True):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("reduction", ["none", "mean", "sum"])
@pytest.mark.parametrize("activation", ["softmax", "sigmoid", "none"])
@pytest.mark.parametrize("name", NAMES)
def test_gradcheck(name: str, activation: str, reduction: str) -> None:
    if name == "DiceCELoss" and activation == "none":
        return  # refused: there are no logits
    loss = getattr(losses, name)(activation=activation, reduction=reduction)
    logits = torch.rand(2, 3, 4, dtype=torch.float64) * 0.8 + 0.1
    if activation != "none":
        logits = logits * 6 - 3
    target = torch.tensor([[0, 1, 2, 1], [0, 0, 1, 1]])
    logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda x: loss(x, target), (logits,))


@pytest.mark.parametrize("option", [{}, {"squared_pred": True}, {"soft_label": True}])
@pytest.mark.parametrize("batch", [False, True])
def test_soft_targets_against_monai(option: dict[str, bool], batch: bool) -> None:
    logits, _ = example(dtype=torch.float64)
    target = torch.rand(3, CLASSES, 5, 6, dtype=torch.float64)
    peer = monai.losses.DiceLoss(softmax=True, batch=batch, **option)
    expected = gradient(peer, logits, target)
    found = gradient(losses.DiceLoss(batch=batch, **option), logits, target)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-7, rtol=1e-6)


MONAI_OPTIONS = [
    {},
    {"include_background": False},
    {"batch": True},
    {"jaccard": True},
    {"squared_pred": True},
    {"reduction": "sum"},
    {"smooth_nr": 0.0, "smooth_dr": 1.0},
    {"weight": [0.5, 1.0, 2.0], "include_background": False},
]


@pytest.mark.parametrize("options", MONAI_OPTIONS, ids=str)
def test_dice_against_live_monai(options: dict[str, Any]) -> None:
    logits, target = example(1)
    peer = monai.losses.DiceLoss(softmax=True, to_onehot_y=True, **options)
    ours = losses.DiceLoss.preset("monai", softmax=True, to_onehot_y=True, **options)
    expected = gradient(peer, logits, target.unsqueeze(1))
    for mine, theirs in zip(gradient(ours, logits, target), expected, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"lambda_dice": 0.3, "lambda_ce": 2.0},
        {"label_smoothing": 0.1, "weight": torch.tensor([0.5, 1.0, 2.0, 4.0])},
        {"reduction": "sum", "include_background": False},
    ],
    ids=str,
)
def test_dice_ce_against_live_monai(options: dict[str, Any]) -> None:
    logits, target = example(2)
    options = {
        n: v.double() if isinstance(v, Tensor) else v for n, v in options.items()
    }
    peer = monai.losses.DiceCELoss(softmax=True, to_onehot_y=True, **options)
    ours = losses.DiceCELoss.preset("monai", **options)
    expected = gradient(peer, logits, target.unsqueeze(1))
    for mine, theirs in zip(gradient(ours, logits, target), expected, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-7, rtol=1e-6)


@pytest.mark.parametrize("w_type", ["square", "simple", "uniform"])
@pytest.mark.parametrize("batch", [False, True])
def test_generalized_dice_against_live_monai(w_type: str, batch: bool) -> None:
    logits, target = example(3)
    peer = monai.losses.GeneralizedDiceLoss(
        softmax=True, to_onehot_y=True, w_type=w_type, batch=batch
    )
    ours = losses.GeneralizedDiceLoss.preset("monai", w_type=w_type, batch=batch)
    expected = gradient(peer, logits, target.unsqueeze(1))
    for mine, theirs in zip(gradient(ours, logits, target), expected, strict=True):
        torch.testing.assert_close(mine, theirs, atol=1e-7, rtol=1e-6)


def test_monai_dice_ce_of_one_channel() -> None:
    logits, target = example(4)
    logits, target = logits[:, :1], (target == 1).double().unsqueeze(1)
    peer = monai.losses.DiceCELoss(sigmoid=True)
    ours = losses.DiceCELoss.preset("monai", sigmoid=True)
    for mine, theirs in zip(
        gradient(ours, logits, target), gradient(peer, logits, target), strict=True
    ):
        torch.testing.assert_close(mine, theirs)
    # The same labels without a channel, some of them ignored.
    labels = target.squeeze(1).to(torch.uint8)
    torch.testing.assert_close(ours(logits, labels), peer(logits, target))
    labels[:, 0] = 255
    expected = losses.DiceCELoss(activation="sigmoid")(
        logits, (labels == 1).unsqueeze(1), labels != 255
    )
    with_ignore = losses.DiceCELoss(activation="sigmoid", ignore_index=255)
    torch.testing.assert_close(with_ignore(logits, labels), expected)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("soft", [False, True])
def test_cross_entropy_is_pytorchs(
    weighted: bool, smoothing: float, soft: bool
) -> None:
    logits, target = example(5)
    weight = torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=torch.float64)
    truth = target
    if soft:
        truth = torch.rand(3, CLASSES, 5, 6, dtype=torch.float64)
    for reduction in ("mean", "sum"):
        ours = losses.DiceCELoss(
            lambda_dice=0.0,
            ce_weight=weight if weighted else None,
            label_smoothing=smoothing,
            reduction=reduction,
        )
        expected = torch.nn.functional.cross_entropy(
            logits,
            truth,
            weight if weighted else None,
            label_smoothing=smoothing,
            reduction=reduction,
        )
        torch.testing.assert_close(ours(logits, truth), expected)


def test_every_loss_is_its_function_and_that_of_its_sums() -> None:
    logits, target = example(6)
    for name in ("DiceLoss", "DiceCELoss", "JaccardLoss", "TverskyLoss"):
        stem = {"DiceCELoss": "dice_ce"}.get(name, name.removesuffix("Loss").lower())
        expected = getattr(losses, name)(batch=True)(logits, target)
        function = getattr(tt.functional, f"{stem}_loss")
        assert torch.equal(function(logits, target, batch=True), expected)
        sums = tt.overlap_sums(logits, target)
        from_sums = getattr(tt.functional, f"{stem}_loss_from_sums")
        assert torch.equal(from_sums(sums, batch=True), expected)
    assert torch.equal(
        losses.LogDiceLoss()(logits, target),
        losses.DiceLoss(form="log")(logits, target),
    )


def test_dice_ce_for_each_sample() -> None:
    logits, target = example(7)
    each = losses.DiceCELoss(reduction="none")(logits, target)
    whole = losses.DiceCELoss()
    expected = [whole(logits[n : n + 1], target[n : n + 1]) for n in range(3)]
    torch.testing.assert_close(each, torch.stack(expected))
    torch.testing.assert_close(each.mean(), whole(logits, target))


def test_shapes_of_no_reduction() -> None:
    logits, target = example(8)

    def shape(**options: Any) -> list[int]:
        return list(losses.DiceLoss(reduction="none", **options)(logits, target).shape)

    assert shape() == [3, 4]
    assert shape(include_background=False) == [3, 3]
    assert shape(batch=True) == [4]
    assert shape(average="micro") == [3]
    assert shape(average="micro", batch=True) == []


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", ["DiceLoss", "DiceCELoss", "GeneralizedDiceLoss"])
def test_half_precision(name: str, dtype: torch.dtype) -> None:
    logits, target = example(9, dtype=dtype)
    loss = getattr(losses, name)()
    value, grad = gradient(loss, logits, target)
    expected, expected_grad = gradient(loss, logits.double(), target)
    assert value.dtype == torch.float32
    assert grad.dtype == dtype
    torch.testing.assert_close(value.double(), expected, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(grad.double(), expected_grad, atol=1e-6, rtol=2**-7)
    assert losses.DiceLoss()(logits.float(), target).dtype == torch.float32
    assert losses.DiceLoss()(logits.double(), target).dtype == torch.float64


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_of_a_large_volume_that_is_mostly_background(
    dtype: torch.dtype,
) -> None:
    size = 128
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(1, 2, size, size, size, generator=generator)
    logits = (logits + torch.tensor([2.0, -2.0]).view(2, 1, 1, 1)).to(dtype)
    target = torch.zeros(1, size, size, size, dtype=torch.uint8)
    target[0, :5, :5, :5] = 1  # 125 voxels of 2 million
    scale = 1024.0  # what a GradScaler does for float16
    loss = losses.DiceCELoss()
    value, grad = gradient(lambda x: loss(x, target) * scale, logits)
    expected, expected_grad = gradient(
        lambda x: loss(x, target) * scale, logits.double()
    )
    torch.testing.assert_close(value.double(), expected, atol=0, rtol=1e-5)
    inside = grad[0, :, :5, :5, :5].double()
    expected_inside = expected_grad[0, :, :5, :5, :5]
    assert (inside != 0).all()
    step = 2**-7 if dtype == torch.bfloat16 else 2**-9
    torch.testing.assert_close(inside, expected_inside, atol=1e-7, rtol=step)
    assert (grad != 0).double().mean() > 0.99
