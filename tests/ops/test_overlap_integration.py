"""overlap_sums under PyTorch's machinery: opcheck, compile, export, vmap, autocast."""

from __future__ import annotations

import io
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.checkpoint import checkpoint

import torchtally as tt
from overlap_checks import ACTIVATIONS, laid_out, logits, targets

OP = torch.ops.torchtally.overlap_sums.default
BACKWARD = torch.ops.torchtally.overlap_sums_backward.default
SHAPE = (2, 3, 4, 5)


def loss_of(values: Tensor, target: Tensor, **options: Any) -> Tensor:
    """Dice plus cross-entropy."""
    sums = tt.overlap_sums(values, target, **options)
    dice = (2 * sums.intersection + 1) / (sums.prediction + sums.target + 1)
    return 1 - dice.mean() + sums.cross_entropy.sum() / sums.count.sum()


@pytest.mark.parametrize("layout", ["planar", "channels_last", "transposed"])
@pytest.mark.parametrize("kind", ["labels", "soft"])
def test_opcheck(layout: str, kind: str) -> None:
    target = targets(SHAPE, kind)
    values = laid_out(logits(SHAPE, torch.float32), layout)
    mask, weight = torch.rand(2, 4, 5) < 0.5, torch.rand(3)
    for activation in ACTIVATIONS:
        options = {"activation": activation, "label_smoothing": 0.1}
        given = values.clone(memory_format=torch.preserve_format).requires_grad_()
        torch.library.opcheck(OP, (given, target, mask, weight), options)
    gradients = torch.randn(2, 6, 3).double(), torch.randn(2).double()
    torch.library.opcheck(BACKWARD, (*gradients, values, target, mask, weight))


def test_fake_tensors_have_the_real_shapes() -> None:
    values, target = logits(SHAPE, torch.float16), targets(SHAPE, "labels")
    real, meta = OP(values, target), OP(values.to("meta"), target.to("meta"))
    for have, want in zip(meta, real, strict=True):
        assert (have.shape, have.dtype) == (want.shape, want.dtype)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_compile_to_one_graph(activation: str) -> None:
    torch._dynamo.reset()
    frames = CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(loss_of, backend=frames, fullgraph=True, dynamic=True)
    for size in (2, 3, 5):
        shape = (size, 3, 4, 4 + size)
        target = targets(shape, "labels", seed=size)
        found, wanted = (logits(shape, torch.float32).requires_grad_() for _ in "ab")
        mask = torch.rand(target.shape) < 0.5
        options = {"activation": activation, "ignore_index": 0, "mask": mask}
        loss = compiled(found, target, **options)
        loss.backward()
        loss_of(wanted, target, **options).backward()
        assert torch.equal(found.grad, wanted.grad)
    assert frames.frame_count <= 2


def test_inductor_compiles_a_training_step() -> None:
    torch._dynamo.reset()
    layer = nn.Conv2d(1, 3, 1)

    def step(image: Tensor, target: Tensor) -> Tensor:
        return loss_of(layer(image), target)

    image, target = torch.randn(2, 1, 8, 8), targets((2, 3, 8, 8), "labels")
    wanted = torch.autograd.grad(step(image, target), layer.weight)[0]
    loss = torch.compile(step, fullgraph=True)(image, target)
    torch.testing.assert_close(torch.autograd.grad(loss, layer.weight)[0], wanted)


def test_export() -> None:
    class Loss(nn.Module):
        def forward(self, values: Tensor, target: Tensor) -> Tensor:
            return loss_of(values, target)

    given = logits(SHAPE, torch.float32), targets(SHAPE, "labels")
    batch = torch.export.Dim("batch", min=2)
    exported = torch.export.export(
        Loss(), given, dynamic_shapes=({0: batch}, {0: batch})
    )
    for size in (2, 5):
        shape = (size, *SHAPE[1:])
        given = logits(shape, torch.float32), targets(shape, "labels")
        torch.testing.assert_close(exported.module()(*given), loss_of(*given))


def step_of_a_model() -> tuple[nn.Module, Tensor, Tensor, Tensor]:
    """Return a model that ends with a loss, its input, and the gradient of a weight."""

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Conv2d(1, 3, 1)
            self.loss = tt.losses.DiceCELoss()

        def forward(self, image: Tensor, target: Tensor) -> Tensor:
            loss: Tensor = self.loss(self.layer(image), target)
            return loss

    model = Model()
    image, target = torch.randn(2, 1, 4, 5), targets((2, 3, 4, 5), "labels")
    (wanted,) = torch.autograd.grad(model(image, target), model.layer.weight)
    return model, image, target, wanted


def test_a_checkpoint_of_a_step() -> None:
    model, image, target, wanted = step_of_a_model()
    loss = checkpoint(model, image, target, use_reentrant=False)
    (found,) = torch.autograd.grad(loss, model.layer.weight)
    assert torch.equal(found, wanted)


def test_a_traced_step() -> None:
    model, image, target, wanted = step_of_a_model()
    traced = torch.jit.trace(model, (image, target))
    (found,) = torch.autograd.grad(traced(image, target), traced.layer.weight)
    torch.testing.assert_close(found, wanted)
    torch.jit.save(traced, io.BytesIO())


@pytest.mark.parametrize("name", ["eager", "aot_eager"])
def test_compiled_autograd(name: str) -> None:
    torch._dynamo.reset()
    model, image, target, wanted = step_of_a_model()
    loss = model(image, target)
    with torch._dynamo.compiled_autograd._enable(torch.compile(backend=name)):
        loss.backward()
    torch.testing.assert_close(model.layer.weight.grad, wanted)


def test_saved_tensor_hooks() -> None:
    model, image, target, wanted = step_of_a_model()
    with torch.autograd.graph.saved_tensors_hooks(Tensor.clone, lambda saved: saved):
        loss = model(image, target)
    (found,) = torch.autograd.grad(loss, model.layer.weight)
    assert torch.equal(found, wanted)


@pytest.mark.parametrize("kind", ["labels", "soft"])
@pytest.mark.parametrize("dims", [(0, 0), (1, 0), (0, None), (None, 0), (2, 1)])
def test_vmap(dims: tuple[int | None, int | None], kind: str) -> None:
    size = 4
    values = [logits(SHAPE, torch.float32, seed=i) for i in range(size)]
    wanted_targets = [targets(SHAPE, kind, seed=i) for i in range(size)]
    given = [
        one[0] if dim is None else torch.stack(one, dim)
        for one, dim in zip((values, wanted_targets), dims, strict=True)
    ]
    weight = torch.rand(3)

    def fields(x: Tensor, y: Tensor) -> Any:
        return tuple(tt.overlap_sums(x, y, class_weight=weight))

    found = torch.vmap(fields, in_dims=dims)(*given)
    for i in range(size):
        x = values[0 if dims[0] is None else i]
        y = wanted_targets[0 if dims[1] is None else i]
        for have, want in zip(found, fields(x, y), strict=True):
            assert torch.equal(have[i], want)


def test_vmap_of_masks_weights_and_gradients() -> None:
    size = 3
    values = torch.stack([logits(SHAPE, torch.float32, seed=i) for i in range(size)])
    target = torch.stack([targets(SHAPE, "labels", seed=i) for i in range(size)])
    mask, weight = torch.rand(size, 2, 4, 5) < 0.5, torch.rand(3, size)
    found = torch.vmap(OP, in_dims=(0, 0, 0, 1))(values, target, mask, weight)
    sums, entropy = torch.randn(size, 2, 6, 3).double(), torch.randn(size, 2).double()
    given = (sums, entropy, values, target, mask)
    gradient = torch.vmap(BACKWARD)(*given)
    each = torch.vmap(BACKWARD, in_dims=(0, 0, 0, 0, 0, 1))(*given, weight)
    for i in range(size):
        one = (values[i], target[i], mask[i], weight[:, i])
        for have, want in zip(found, OP(*one), strict=True):
            assert torch.equal(have[i], want)
        assert torch.equal(gradient[i], BACKWARD(sums[i], entropy[i], *one[:3]))
        assert torch.equal(each[i], BACKWARD(sums[i], entropy[i], *one))


def test_autocast_takes_half_precision_as_it_is() -> None:
    values = logits(SHAPE, torch.bfloat16).requires_grad_()
    target = targets(SHAPE, "labels")
    plain = tt.overlap_sums(values, target)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        under = tt.overlap_sums(values, target)
        loss_of(values, target).backward()
    assert all(torch.equal(a, b) for a, b in zip(under, plain, strict=True))
    assert values.grad.dtype == torch.bfloat16


def test_sums_of_the_target_alone_have_no_gradient() -> None:
    values = logits(SHAPE, torch.float32).requires_grad_()
    sums = tt.overlap_sums(values, targets(SHAPE, "labels"))
    assert [name for name, field in sums._asdict().items() if field.requires_grad] == [
        "intersection",
        "prediction",
        "squared",
        "difference",
        "cross_entropy",
    ]


@pytest.mark.parametrize("field", ["intersection", "difference", "cross_entropy"])
def test_a_gradient_of_one_field_is_that_of_a_graph(field: str) -> None:
    values = logits(SHAPE, torch.float64).requires_grad_()
    target = targets(SHAPE, "labels")
    (found,) = torch.autograd.grad(
        getattr(tt.overlap_sums(values, target), field).sum(), values
    )
    sums, cross_entropy, _, _ = OP(values, target, activation="softmax")
    fields = dict(zip(tt.OverlapSums._fields, sums.unbind(1), strict=False))
    fields["cross_entropy"] = cross_entropy
    (expected,) = torch.autograd.grad(fields[field].sum(), values)
    assert torch.equal(found, expected)


class Dispatched(TorchDispatchMode):
    """The operations that a step asks for, one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


def test_a_step_is_few_operations() -> None:
    # A GPU waits for the host between them: each is a launch.
    values = logits(SHAPE, torch.float32).requires_grad_()
    target = targets(SHAPE, "labels")
    loss = tt.losses.DiceCELoss()
    with Dispatched() as step:
        loss(values, target).backward()
    assert step.names.count("torchtally.overlap_sums.default") == 1
    assert step.names.count("torchtally.overlap_sums_backward.default") == 1
    assert len(step.names) <= 44


def test_nothing_but_the_arguments_is_saved() -> None:
    values = logits(SHAPE, torch.float32).requires_grad_()
    target = targets(SHAPE, "labels")
    saved: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        saved.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        OP(values, target)
    given = {values.data_ptr(), target.data_ptr()}
    assert {tensor.data_ptr() for tensor in saved} == given
