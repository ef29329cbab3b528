"""MONAI's losses and their gradients beside those of the integration."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import monai.losses
import pytest
import torch
from monai.data import MetaTensor
from monai_inputs import grid, labels_at_random, one_hot
from torch import Tensor

from torchtally.integrations import monai as ours
from torchtally.integrations.monai.losses import _OfSums

CLASSES = ("DiceLoss", "DiceCELoss", "TverskyLoss", "GeneralizedDiceLoss")
GRID: dict[str, tuple[Any, ...]] = {
    "include_background": (True, False),
    "to_onehot_y": (True, False),
    "activation": ("softmax", "sigmoid", "none"),
    "squared_pred": (False, True),
    "jaccard": (False, True),
    "reduction": ("mean", "sum", "none"),
    "batch": (False, True),
    "smooth": (1e-5, 0.5),
    "weight": (None, "of each", 2.0),
    "soft_label": (False, True),
    "ignore_index": (None, 1, 255),
    "alpha": (0.5, 0.3),
    "w_type": ("square", "simple", "uniform"),
    "lambda_dice": (1.0, 0.3),
    "label_smoothing": (0.0, 0.1),
}


def options_of(name: str) -> list[dict[str, Any]]:
    """Return the argument grid of a loss, but for what MONAI refuses."""
    arguments = inspect.signature(getattr(monai.losses, name)).parameters
    values = {
        key: value
        for key, value in GRID.items()
        if key in arguments or key in ("activation", "smooth")
    }
    every = []
    for options in grid(_all, **values):
        activation, smooth = options.pop("activation"), options.pop("smooth")
        if activation != "none":
            options[activation] = True
        options["smooth_nr"], options["smooth_dr"] = smooth, smooth + 1e-5
        if "alpha" in options:
            options["beta"] = 1 - options["alpha"]
        if name == "DiceCELoss":
            if options["reduction"] == "none" or options["weight"] == 2.0:
                continue
            options["lambda_ce"] = 0.7
        if options.get("weight") == "of each":
            weight = torch.tensor([0.5, 1.0, 3.0])
            short = name == "DiceLoss" and not options["include_background"]
            options["weight"] = weight[1:] if short else weight
        every.append(options)
    return every


def _all(
    include_background: Any,
    to_onehot_y: Any,
    activation: Any,
    squared_pred: Any,
    jaccard: Any,
    reduction: Any,
    batch: Any,
    smooth: Any,
    weight: Any,
    soft_label: Any,
    ignore_index: Any,
    alpha: Any,
    w_type: Any,
    lambda_dice: Any,
    label_smoothing: Any,
) -> None:
    """Have every option of the grid."""  # fmt: skip


def targets(options: dict[str, Any], dtype: torch.dtype) -> Iterator[Tensor]:
    """Yield targets that a loss of these options takes."""
    _, labels = labels_at_random(1, samples=2)
    if options.get("ignore_index") == 255 and options["to_onehot_y"]:
        labels[0, 0, :2] = 255
    if options["to_onehot_y"]:
        yield labels
        yield labels.to(dtype)
        yield labels.to(torch.uint8)
        return
    hot = one_hot(labels, 3, dtype)
    if options.get("ignore_index") == 255:
        hot[0, :, :2] = 0
    yield hot
    if options.get("ignore_index") is None:
        yield 0.8 * hot + 0.05


def value_and_gradient(loss: Any, logits: Tensor, target: Tensor) -> tuple[Tensor, Any]:
    leaf = logits.detach().clone().requires_grad_()
    value = loss(leaf, target)
    value.sum().backward()
    return value.detach(), leaf.grad


def check(name: str, options: dict[str, Any], dtype: torch.dtype) -> None:
    logits = torch.randn(2, 3, 7, 9, generator=torch.Generator().manual_seed(2))
    logits = logits.to(dtype)
    if not (options.get("softmax") or options.get("sigmoid")):
        logits = logits.sigmoid()
    tolerance = 1e-10 if dtype == torch.float64 else 1e-5
    if name == "GeneralizedDiceLoss" or options["to_onehot_y"]:
        tolerance = max(tolerance, 1e-6)  # float32 there: weights, and one-hot targets
    for target in targets(options, dtype):
        wanted = getattr(monai.losses, name)(**options)
        found = getattr(ours, name)(**options)
        if dtype == torch.float64 and isinstance(options.get("weight"), Tensor):
            wanted, found = wanted.double(), found.double()
        value, gradient = value_and_gradient(found, logits, target)
        expected, slope = value_and_gradient(wanted, logits, target)
        torch.testing.assert_close(value, expected, rtol=tolerance, atol=tolerance)
        # Gradients that cancel to nothing are noise of float32 there.
        atol = tolerance * max(float(slope.abs().max()), 1e-2)
        torch.testing.assert_close(gradient, slope, rtol=tolerance, atol=atol)


@pytest.fixture
def computed(monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[bool]]:
    """Return which of the calls of losses since were computed from sums."""
    calls: list[bool] = []
    for name in CLASSES:
        kind = getattr(ours, name)

        def counted(
            self: Any, logits: Any, target: Any, of: Any = kind._of_sums
        ) -> Any:
            calls.append(False)
            loss = of(self, logits, target)
            calls[-1] = loss is not None
            return loss

        monkeypatch.setattr(kind, "_of_sums", counted)
    return lambda: [calls.pop(0) for _ in range(len(calls))]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", CLASSES)
def test_losses(
    name: str, dtype: torch.dtype, computed: Callable[[], list[bool]]
) -> None:
    every = options_of(name)
    for options in every[:: len(every) // 60 | 1]:
        check(name, options, dtype)
    assert all(computed())


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("name", CLASSES)
def test_losses_widely(name: str, dtype: torch.dtype) -> None:
    every = options_of(name)
    for options in every[:: len(every) // 700 | 1]:
        check(name, options, dtype)


@pytest.mark.parametrize("shape", [(2, 3, 11), (2, 3, 4, 5, 6), (2, 1, 6, 7)], ids=str)
@pytest.mark.parametrize("name", CLASSES)
def test_shapes(
    name: str, shape: tuple[int, ...], computed: Callable[[], list[bool]]
) -> None:
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(shape, generator=generator)
    target = torch.randint(0, 2, shape, generator=generator).float()
    for options in grid(getattr(monai.losses, name), reduction=("mean", "sum", "none")):
        if name == "DiceCELoss" and options["reduction"] == "none":
            continue
        wanted = getattr(monai.losses, name)(sigmoid=True, **options)(logits, target)
        found = getattr(ours, name)(sigmoid=True, **options)(logits, target)
        torch.testing.assert_close(found, wanted, rtol=1e-5, atol=1e-6)
    assert all(computed())


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("name", CLASSES)
def test_half_precision_is_float32_within(name: str, dtype: torch.dtype) -> None:
    logits = torch.randn(2, 3, 7, 9, generator=torch.Generator().manual_seed(4))
    logits, (_, labels) = logits.to(dtype), labels_at_random(4, samples=2)
    options = {"to_onehot_y": True, "softmax": True}
    wanted = getattr(monai.losses, name)(**options)(logits.float(), labels)
    found = getattr(ours, name)(**options)(logits, labels)
    torch.testing.assert_close(found, wanted)  # float32 too


@pytest.mark.filterwarnings("ignore:single channel prediction")
@pytest.mark.parametrize("name", CLASSES)
def test_what_falls_back(name: str, computed: Callable[[], list[bool]]) -> None:
    logits = torch.randn(2, 3, 7, 9, generator=torch.Generator().manual_seed(5))
    _, labels = labels_at_random(5, samples=2)
    one = logits[:, :1]
    calls: list[tuple[dict[str, Any], Tensor, Tensor]] = [
        ({"to_onehot_y": True, "other_act": torch.tanh}, logits, labels),
        ({"to_onehot_y": True, "softmax": True}, one, one.sigmoid()),
        ({"sigmoid": True, "include_background": False}, one, one.sigmoid()),
        ({"to_onehot_y": True, "softmax": True}, logits, labels + 0.25),
    ]
    if "soft_label" in inspect.signature(getattr(ours, name)).parameters:
        calls.append(({"soft_label": True}, logits, logits.tanh()))
    else:
        weight = torch.tensor([2.0])
        calls.append(({"sigmoid": True, "weight": weight}, one, one.sigmoid()))
    for options, *pair in calls:
        wanted, slope = value_and_gradient(
            getattr(monai.losses, name)(**options), *pair
        )
        found, gradient = value_and_gradient(getattr(ours, name)(**options), *pair)
        assert (found.equal(wanted), gradient.equal(slope)) == (True, True)
    assert not any(computed())


@pytest.mark.parametrize("name", CLASSES)
def test_warnings_are_those_of_monai(name: str) -> None:
    pair = torch.rand(2, 2, 1, 4, 4).unbind()
    for option in ("softmax", "to_onehot_y", "include_background"):
        loss = getattr(ours, name)(**{option: option != "include_background"})
        with pytest.warns(UserWarning, match=f"single channel.*{option}"):
            loss(*pair)


def test_a_target_that_needs_a_gradient_falls_back() -> None:
    logits, target = torch.randn(2, 2, 3, 5, 5).unbind()
    slopes = []
    for module in (monai.losses, ours):
        leaf = target.sigmoid().detach().requires_grad_()
        module.DiceLoss(sigmoid=True)(logits, leaf).backward()
        slopes.append(leaf.grad)
    assert torch.equal(slopes[0], slopes[1])


def message(function: Any, *args: Any, **options: Any) -> tuple[type, str] | None:
    try:
        function(*args, **options)
    except Exception as error:
        return type(error), str(error)
    return None


@pytest.mark.parametrize("name", CLASSES)
def test_errors_are_those_of_monai(name: str) -> None:
    logits, (_, labels) = torch.randn(2, 3, 7, 9), labels_at_random(6, samples=2)
    hot, onehot = one_hot(labels, 3), {"to_onehot_y": True, "softmax": True}
    calls: list[tuple[dict[str, Any], Any, Any]] = [
        ({}, logits, labels), (onehot, logits, hot), ({}, logits, hot[:, :2]),
        ({}, logits, hot[..., :3]), (onehot, logits, labels + 9), (onehot, 1.0, labels),
        ({}, logits, hot[0]), (onehot, logits.long(), labels),
    ]  # fmt: skip
    if name in ("DiceLoss", "DiceCELoss"):
        for bad in ([1.0, 2.0], [1.0, 2.0, -3.0]):
            calls += [({**onehot, "weight": torch.tensor(bad)}, logits, labels)]
    if name == "DiceLoss":  # whose weights are those of the scored classes
        options = {**onehot, "include_background": False, "weight": [1.0, 2.0, 3.0]}
        calls += [(options, logits, labels)]
    for options, *pair in calls:
        wanted = message(getattr(monai.losses, name)(**options), *pair)
        assert wanted is not None
        assert message(getattr(ours, name)(**options), *pair) == wanted
    for options in ({"sigmoid": True, "softmax": True}, {"other_act": 3}):
        wanted = message(getattr(monai.losses, name), **options)
        assert message(getattr(ours, name), **options) == wanted


def test_signatures_and_kinds() -> None:
    for name in CLASSES:
        original, kind = getattr(monai.losses, name), getattr(ours, name)
        assert issubclass(kind, original)
        assert inspect.signature(kind) == inspect.signature(original)


@pytest.mark.parametrize("name", CLASSES)
def test_copies_and_meta_tensors(name: str) -> None:
    logits, (_, labels) = torch.randn(2, 3, 7, 9), labels_at_random(7, samples=2)
    loss = getattr(ours, name)(to_onehot_y=True, softmax=True)
    wanted = loss(logits, labels)
    for other in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert torch.equal(other(logits, labels), wanted)
    assert loss.state_dict().keys() == getattr(monai.losses, name)().state_dict().keys()
    found = loss(MetaTensor(logits), MetaTensor(labels))
    assert type(found) is Tensor
    assert torch.equal(found, wanted)


def test_options_are_read_at_each_call() -> None:
    logits, (_, labels) = torch.randn(2, 3, 7, 9), labels_at_random(8, samples=2)
    wanted = monai.losses.DiceCELoss(to_onehot_y=True, softmax=True)
    found = ours.DiceCELoss(to_onehot_y=True, softmax=True)
    for loss in (wanted, found):
        loss(logits, labels)
        loss.lambda_ce, loss.dice.jaccard, loss.dice.batch = 0.25, True, True
    torch.testing.assert_close(found(logits, labels), wanted(logits, labels))


@pytest.mark.filterwarnings("ignore:.*torch.jit:DeprecationWarning")
@pytest.mark.parametrize("name", CLASSES)
def test_scripts_are_those_of_monai(name: str) -> None:
    logits, (_, labels) = torch.randn(2, 3, 7, 9), labels_at_random(9, samples=2)
    options = {"to_onehot_y": True, "softmax": True}
    script = torch.jit.script(getattr(ours, name)(**options))
    wanted = torch.jit.script(getattr(monai.losses, name)(**options))
    assert script.original_name == name
    assert torch.equal(script(logits, labels), wanted(logits, labels))


def test_a_loss_of_a_user_is_not_scripted_as_another() -> None:
    class Mine(ours.DiceLoss):
        def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: A002
            return super().forward(input, target) + 1

    loss = Mine()
    assert loss.__prepare_scriptable__() is loss
    assert isinstance(loss, _OfSums)


@pytest.mark.parametrize("name", CLASSES)
def test_compiled_whole(name: str) -> None:
    logits, (_, labels) = torch.randn(2, 3, 7, 9), labels_at_random(10, samples=2)
    loss = getattr(ours, name)(to_onehot_y=True, softmax=True)
    compiled = torch.compile(loss, backend="aot_eager", fullgraph=True)
    value, gradient = value_and_gradient(compiled, logits, labels)
    wanted, slope = value_and_gradient(loss, logits, labels)
    torch.testing.assert_close((value, gradient), (wanted, slope))
