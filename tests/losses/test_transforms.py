"""The losses under the transforms of torch.func."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import torchtally as tt
from torchtally import losses

LOSSES = {
    "dice": losses.DiceLoss(),
    "dice and cross-entropy": losses.DiceCELoss(ignore_index=[2, 255]),
    "weighted": losses.FocalTverskyLoss(class_weights=[1.0, 2.0, 3.0], batch=True),
    "generalized": losses.GeneralizedDiceLoss(activation="sigmoid", validate=False),
    "probabilities": losses.DiceLoss(activation="none"),
}
Loss = Callable[..., Tensor]


@pytest.fixture(params=LOSSES)
def loss(request: pytest.FixtureRequest) -> Loss:
    return LOSSES[request.param]


def example(*lead: int) -> tuple[Tensor, Tensor]:
    """Return numbers in (0, 1) as logits [..., 2, 3, 4, 5], and labels."""
    generator = torch.Generator().manual_seed(0)
    logits = torch.rand(*lead, 2, 3, 4, 5, generator=generator, dtype=torch.float64)
    return logits, torch.randint(0, 3, (*lead, 2, 4, 5), generator=generator)


def gradient(function: Loss, logits: Tensor, *rest: Any) -> Tensor:
    """Return the gradient by plain autograd."""
    x = logits.clone().requires_grad_()
    (found,) = torch.autograd.grad(function(x, *rest).sum(), x)
    return found


def gradients(function: Loss, *given: Tensor) -> Tensor:
    """Return the gradient of each example."""
    return torch.stack([gradient(function, *one) for one in zip(*given, strict=True)])


def test_grad_and_vjp(loss: Loss) -> None:
    logits, labels = example()
    expected = gradient(loss, logits, labels)
    assert expected.any()
    assert torch.equal(torch.func.grad(loss)(logits, labels), expected)
    value, pull = torch.func.vjp(lambda x: loss(x, labels), logits)
    assert torch.equal(value, loss(logits, labels))
    assert torch.equal(pull(torch.ones_like(value))[0], expected)


def test_vmap_of_grad_and_grad_of_vmap(loss: Loss) -> None:
    logits, labels = example(4)
    expected = gradients(loss, logits, labels)
    each = torch.vmap(torch.func.grad(loss))(logits, labels)
    assert torch.equal(each, expected)

    def total(x: Tensor) -> Tensor:
        return torch.vmap(loss)(x, labels).sum()

    torch.testing.assert_close(torch.func.grad(total)(logits), expected)
    torch.testing.assert_close(gradient(total, logits), expected)


def test_gradients_of_each_sample_by_the_parameters() -> None:
    model = nn.Conv2d(1, 3, 3, padding=1)
    parameters = dict(model.named_parameters())
    images, labels = torch.randn(4, 1, 6, 6), torch.randint(0, 3, (4, 6, 6))
    loss = losses.DiceCELoss()

    def of_one(given: dict[str, Tensor], image: Tensor, label: Tensor) -> Tensor:
        logits = torch.func.functional_call(model, given, (image[None],))
        return loss(logits, label[None])

    each = torch.vmap(torch.func.grad(of_one), in_dims=(None, 0, 0))
    found = each(parameters, images, labels)
    for i in range(4):
        one = loss(model(images[i : i + 1]), labels[i : i + 1])
        wanted = torch.autograd.grad(one, list(parameters.values()))
        for name, expected in zip(parameters, wanted, strict=True):
            torch.testing.assert_close(found[name][i], expected)


def test_jacrev() -> None:
    logits, labels = example()
    loss = losses.DiceLoss(reduction="none")
    found = torch.func.jacrev(lambda x: loss(x, labels))(logits)
    for n in range(2):
        for c in range(3):
            entry = gradient(lambda x, at=(n, c): loss(x, labels)[at], logits)
            torch.testing.assert_close(found[n, c], entry)


def test_masks_and_weights_for_each_example() -> None:
    logits, labels = example(3)
    mask, weight = torch.rand(labels.shape) < 0.5, torch.rand(3, 3).double()

    def entropy(x: Tensor, y: Tensor, counted: Tensor, weights: Tensor) -> Tensor:
        sums = tt.overlap_sums(x, y, mask=counted, class_weight=weights)
        return sums.cross_entropy.sum()

    given = (logits, labels, mask, weight)
    found = torch.vmap(torch.func.grad(entropy))(*given)
    torch.testing.assert_close(found, gradients(entropy, *given))


def test_the_target_has_no_gradient() -> None:
    logits, _ = example()
    loss = losses.DiceLoss()
    soft = torch.rand_like(logits)
    with pytest.raises(ValueError, match="target must not require a gradient"):
        torch.func.grad(lambda target: loss(logits, target))(soft)
    of_logits = torch.func.grad(loss)(logits, soft)
    assert torch.equal(of_logits, gradient(loss, logits, soft))


def test_what_there_is_not() -> None:
    logits, labels = example()
    loss = losses.DiceLoss()

    def slope(x: Tensor) -> Tensor:
        return torch.func.grad(loss)(x, labels).square().sum()

    with pytest.raises(NotImplementedError, match="the gradient of its gradient is"):
        torch.func.grad(slope)(logits)
    with pytest.raises(NotImplementedError, match="forward mode AD"):
        torch.func.jvp(lambda x: loss(x, labels), (logits,), (logits,))


COMPILED = """
import torch, torchtally as tt

torch.compiler.allow_in_graph(tt.overlap_sums)
loss = tt.losses.DiceCELoss(ignore_index=255)
each = torch.vmap(torch.func.grad(loss))
logits, labels = torch.randn(3, 2, 3, 5), torch.randint(0, 3, (3, 2, 5))
compiled = torch.compile(each, fullgraph=True, backend="aot_eager")
torch.testing.assert_close(compiled(logits, labels), each(logits, labels))

x = logits[0].requires_grad_()
one = torch.compile(loss, fullgraph=True, backend="aot_eager")
for step in (loss, one):
    step(x, labels[0]).backward()
torch.testing.assert_close(x.grad / 2, each(logits.detach(), labels)[0])
"""


def test_compiled_once_the_op_is_allowed_in_graphs() -> None:
    """In a process of its own, because what is allowed stays allowed."""
    command = [sys.executable, "-c", COMPILED]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
