"""Nothing to count, nothing missed, and inputs that are mistaken for others."""

from __future__ import annotations

import copy
import pickle
import re
import warnings
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._dynamo.testing import CompileCounterWithBackend
from torch._subclasses.fake_tensor import FakeTensorMode

import torchtally as tt
from torchtally import losses
from torchtally.functional.losses import _inputs
from torchtally.functional.losses._definitions import LOSSES
from torchtally.ops._counting import has_values

NAMES = [loss.module for loss in LOSSES.values()]
PEERS = {
    "DiceLoss": ["monai", "smp", "nnunet", "kornia"],
    "DiceCELoss": ["monai", "nnunet"],
    "JaccardLoss": ["monai", "smp"],
    "TverskyLoss": ["monai", "smp"],
    "FocalTverskyLoss": ["smp"],
    "GeneralizedDiceLoss": ["monai"],
}
PRESETS = [(name, peer) for name, peers in PEERS.items() for peer in peers]


@pytest.fixture(autouse=True)
def _forget_warnings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_inputs, "_warned", set())


def made(name: str, peer: str | None = None, **options: Any) -> losses.OverlapLoss:
    kind = getattr(losses, name)
    loss = kind(**options) if peer is None else kind.preset(peer, **options)
    assert isinstance(loss, losses.OverlapLoss)
    return loss


def gradient(loss: Any, logits: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    x = logits.clone().requires_grad_()
    value = loss(x, target)
    (grad,) = torch.autograd.grad(value.sum(), x)
    return value, grad


ALL = [(name, None) for name in NAMES] + PRESETS


@pytest.mark.parametrize(("name", "peer"), ALL)
@pytest.mark.parametrize("samples", [0, 2])
def test_nothing_counted_is_loss_and_gradient_0(
    name: str, peer: str | None, samples: int
) -> None:
    option = "ignore_label" if (name, peer) == ("DiceCELoss", "nnunet") else None
    ignore = {option or "ignore_index": 255}
    if peer == "nnunet" and name == "DiceLoss":
        ignore = {}
        if samples:
            return  # that peer's loss ignores nothing
    loss = made(name, peer, **ignore)
    logits = torch.randn(samples, 3, 4)
    value, grad = gradient(loss, logits, torch.full((samples, 4), 255))
    assert value == 0
    assert value.dtype == torch.float32
    assert torch.equal(grad, torch.zeros_like(logits))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_nothing_counted_without_smoothing(name: str, reduction: str) -> None:
    plain = {"smooth_nr": 0.0, "smooth_dr": 0.0, "reduction": reduction}
    loss = made(name, ignore_index=0, **plain)
    value, grad = gradient(loss, torch.randn(2, 3, 4), torch.zeros(2, 4).long())
    assert not value.any()
    assert not grad.any()


@pytest.mark.parametrize("name", NAMES)
def test_one_sample_ignored_leaves_the_gradient_of_the_other(name: str) -> None:
    loss = made(name, ignore_index=255)
    target = torch.tensor([[0, 1, 2, 1], [255, 255, 255, 255]])
    value, grad = gradient(loss, torch.randn(2, 3, 4), target)
    assert value.isfinite()
    assert grad[0].any()
    assert not grad[1].any()


@pytest.mark.parametrize("name", NAMES)
def test_a_perfect_prediction_has_loss_0_and_no_nan(name: str) -> None:
    if name == "DiceCELoss":
        return
    target = torch.tensor([[0, 1, 2, 1]])
    one_hot = torch.nn.functional.one_hot(target, 3).movedim(-1, 1).double()
    for smooth in (0.0, 1e-5):
        loss = made(name, activation="none", smooth_nr=smooth, smooth_dr=smooth)
        value, grad = gradient(loss, one_hot, target)
        assert value.item() == pytest.approx(0.0, abs=1e-12)
        assert grad.isfinite().all()


def test_generalized_dice_without_any_finite_weight() -> None:
    loss = made("GeneralizedDiceLoss", include_background=False)
    value, grad = gradient(loss, torch.randn(1, 3, 4), torch.zeros(1, 4).long())
    assert value == 0
    assert not grad.any()


def test_absent_classes() -> None:
    logits, target = torch.randn(1, 3, 4), torch.tensor([[0, 1, 0, 1]])
    each = made("DiceLoss", reduction="none")(logits, target)[0]
    assert each[2] > 0.999
    zero = made("DiceLoss", absent="zero")(logits, target)
    torch.testing.assert_close(zero, each[:2].sum() / 3)
    skip = made("DiceLoss", absent="skip")(logits, target)
    torch.testing.assert_close(skip, each[:2].mean())
    background = made("DiceLoss", absent="skip", classes=[2])
    assert background(logits, target) == 0


def test_weights_without_the_background() -> None:
    logits, target = torch.randn(1, 3, 4), torch.tensor([[0, 1, 2, 1]])
    dropped = made("DiceLoss", class_weights=[9.0, 1.0, 2.0], include_background=False)
    short = made("DiceLoss", "monai", weight=[1.0, 2.0], include_background=False)
    full = made("DiceLoss", "monai", weight=[9.0, 1.0, 2.0], include_background=False)
    assert torch.equal(dropped(logits, target), short(logits, target))
    assert torch.equal(dropped(logits, target), full(logits, target))
    same = made("DiceLoss", class_weights=2.0)(logits, target)
    torch.testing.assert_close(same, 2 * made("DiceLoss")(logits, target))
    normalized = made("DiceLoss", class_weights=2.0, normalize_weights=True)
    torch.testing.assert_close(normalized(logits, target), same / 2)


def test_a_probability_looking_input_warns_once() -> None:
    probabilities = torch.randn(2, 3, 5).softmax(1)
    target = torch.zeros(2, 5).long()
    with pytest.warns(UserWarning, match="leave the last activation"):
        losses.DiceLoss()(probabilities, target)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses.DiceCELoss()(probabilities, target)
    with pytest.warns(UserWarning, match=r"within \[0, 1\]"):
        losses.DiceLoss(activation="sigmoid")(probabilities, target)


@pytest.mark.parametrize("options", [{}, {"activation": "sigmoid"}])
def test_logits_do_not_warn(options: dict[str, Any]) -> None:
    target = torch.zeros(2, 5).long()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        losses.DiceLoss(**options)(torch.randn(2, 3, 5), target)
        losses.DiceLoss(**options)(torch.zeros(2, 3, 5), target)
        probabilities = torch.full((2, 3, 5), 1 / 3)
        losses.DiceLoss(validate=False, **options)(probabilities, target)
        losses.DiceLoss(activation="none")(probabilities, target)


@pytest.mark.parametrize("bad", [-0.5, 1.5, float("nan")])
def test_probabilities_out_of_range(bad: float) -> None:
    probabilities, target = torch.full((1, 2, 3), 0.5), torch.zeros(1, 3).long()
    probabilities[0, 1, 2] = bad
    with pytest.raises(ValueError, match=r"must lie in \[0, 1\] with activation="):
        losses.DiceLoss(activation="none")(probabilities, target)
    losses.DiceLoss(activation="none", validate=False)(probabilities, target)


def test_values_are_not_looked_at_where_there_are_none() -> None:
    with FakeTensorMode():
        assert not has_values(torch.zeros(1, 2, 3))
    assert not has_values(torch.zeros(1, 2, 3, device="meta"))
    seen = []
    torch.vmap(lambda x: seen.append(has_values(x)) or x)(torch.zeros(2, 3))
    assert seen == [False]


BAD_OPTIONS: list[tuple[str, dict[str, Any], type[Exception], str]] = [
    ("DiceLoss", {"alpha": 0.3}, TypeError, "DiceLoss: unknown option 'alpha'; it"),
    ("DiceLoss", {"mask": None}, TypeError, "unknown option 'mask'"),
    ("DiceLoss", {"activation": "relu"}, ValueError, "activation must be one of"),
    ("DiceLoss", {"reduction": "median"}, ValueError, "reduction must be one of"),
    ("DiceLoss", {"average": "weighted"}, ValueError, "average must be one of"),
    ("DiceLoss", {"absent": "drop"}, ValueError, "absent must be one of"),
    ("DiceLoss", {"form": "exp"}, ValueError, "form must be one of"),
    ("DiceLoss", {"batch": 1}, TypeError, "batch must be a bool, got int"),
    ("DiceLoss", {"jaccard": "no"}, TypeError, "jaccard must be a bool"),
    ("DiceLoss", {"smooth_nr": -1.0}, ValueError, "smooth_nr must be finite and not"),
    ("DiceLoss", {"eps": "1"}, TypeError, "eps must be a number"),
    ("DiceLoss", {"classes": 1}, TypeError, "classes must be None or a sequence"),
    ("DiceLoss", {"classes": [1, 1]}, ValueError, "each once"),
    ("DiceLoss", {"classes": [0.5]}, TypeError, "classes must hold int"),
    ("DiceLoss", {"ignore_index": 0.5}, TypeError, "ignore_index must be None"),
    ("DiceLoss", {"class_weights": [-1.0]}, ValueError, "finite and not negative"),
    ("DiceLoss", {"class_weights": "abc"}, TypeError, "class_weights must be"),
    ("DiceLoss", {"class_weights": [None]}, TypeError, "must hold float"),
    ("DiceLoss", {"class_weights": torch.ones(2, 2)}, ValueError, r"real \[C\]"),
    ("DiceLoss", {"class_weights": torch.tensor([-1.0])}, ValueError, "not negative"),
    ("DiceLoss", {"process_group": object}, ValueError, "it needs batch=True"),
    ("DiceCELoss", {"activation": "none"}, ValueError, "leaves no logits"),
    ("DiceCELoss", {"label_smoothing": 2.0}, ValueError, r"must lie in \[0, 1\]"),
    ("DiceCELoss", {"lambda_ce": -1.0}, ValueError, "lambda_ce must be"),
    ("DiceCELoss", {"reduction": "none", "batch": True}, ValueError, "each sample"),
    ("TverskyLoss", {"gamma": 0.0}, ValueError, "gamma must be greater than 0"),
    ("TverskyLoss", {"gamma": 2.0, "form": "negative"}, ValueError, "gamma must be 1"),
    (
        "TverskyLoss",
        {"gamma": 2.0, "gamma_of": "mean", "reduction": "sum"},
        ValueError,
        "needs reduction='mean'",
    ),
    (
        "DiceLoss",
        {"soft_label": True, "squared_pred": True},
        ValueError,
        "soft_label=True has no effect with squared_pred=True; pass squared_pred=False",
    ),
    (
        "JaccardLoss",
        {"log_eps": 1e-3},
        ValueError,
        "log_eps=0.001 has no effect with form='complement'; pass form='log'",
    ),
    (
        "DiceCELoss",
        {"normalize_weights": True, "average": "micro"},
        ValueError,
        "normalize_weights=True has no effect with average='micro'",
    ),
    (
        "DiceLoss",
        {"normalize_weights": True, "reduction": "none"},
        ValueError,
        "no effect with reduction='none'; pass reduction='mean'",
    ),
    ("GeneralizedDiceLoss", {"weight_type": "cube"}, ValueError, "weight_type must"),
    ("GeneralizedDiceLoss", {"average": "micro"}, TypeError, "unknown option"),
]


@pytest.mark.parametrize(("name", "options", "error", "message"), BAD_OPTIONS, ids=str)
def test_bad_options(
    name: str, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        made(name, **options)
    assert str(caught.value).startswith(f"{name}: ")


BAD_INPUTS: list[tuple[dict[str, Any], Any, Any, type[Exception], str]] = [
    (
        {},
        [0.5],
        torch.zeros(1),
        TypeError,
        "logits must be a tensor or an array, got list",
    ),
    (
        {},
        torch.zeros(1, 2, 3),
        0,
        TypeError,
        "target must be a tensor or an array, got int",
    ),
    ({}, torch.zeros(3), torch.zeros(3), ValueError, r"\[N, C, ...\]"),
    ({}, torch.zeros(1, 0, 3), torch.zeros(1, 3), ValueError, "at least one class"),
    (
        {},
        torch.zeros(1, 1, 3),
        torch.zeros(1, 3).long(),
        ValueError,
        "softmax of one class is always 1; pass activation='sigmoid'",
    ),
    (
        {"activation": "sigmoid"},
        torch.zeros(1, 1, 3),
        torch.tensor([[0, 1, 7]]),
        ValueError,
        "labels of one class must be 0, 1 or equal ignore_index, got 7",
    ),
    (
        {},
        torch.zeros(1, 2, 3),
        torch.tensor([[0, 1, 7]]),
        ValueError,
        r"must lie in \[0, 2\)",
    ),
    (
        {"classes": [4]},
        torch.zeros(1, 2, 3),
        torch.zeros(1, 3).long(),
        ValueError,
        r"classes must lie in \[0, 2\), got 4",
    ),
    (
        {"classes": [0], "include_background": False},
        torch.zeros(1, 2, 3),
        torch.zeros(1, 3).long(),
        ValueError,
        "must leave a class",
    ),
    (
        {"class_weights": [1.0, 2.0, 3.0]},
        torch.zeros(1, 2, 3),
        torch.zeros(1, 3).long(),
        ValueError,
        "one weight for each of 2 classes, got 3",
    ),
    (
        {"ignore_index": 5},
        torch.zeros(1, 2, 3),
        torch.tensor([[5, 1, 7]]),
        ValueError,
        r"equal ignore_index \[5\], but 1 pixel.* another label \(target has 7\)",
    ),
    (
        {},
        torch.zeros(1, 2, 3).long(),
        torch.zeros(1, 3).long(),
        TypeError,
        "logits must be float16, bfloat16, float32 or float64, got torch.int64",
    ),
    (
        {},
        torch.zeros(1, 2, 3),
        torch.zeros(1, 3, 3),
        ValueError,
        r"must have logits' shape \[1, 2, 3\], got \[1, 3, 3\]",
    ),
    (
        {"activation": "sigmoid"},
        torch.zeros(1, 1, 3),
        torch.zeros(1, 3),
        TypeError,
        r"for values of one class pass target\.unsqueeze\(1\)",
    ),
    (
        {},
        torch.zeros(1, 2, 3),
        torch.zeros(1, 2, 3, requires_grad=True),
        ValueError,
        r"which flows to logits alone; pass target\.detach\(\)",
    ),
]


@pytest.mark.parametrize(
    ("options", "logits", "target", "error", "message"),
    BAD_INPUTS,
    ids=[case[-1] for case in BAD_INPUTS],
)
def test_bad_inputs(
    options: dict[str, Any],
    logits: Any,
    target: Any,
    error: type[Exception],
    message: str,
) -> None:
    with pytest.raises(error, match=f"^DiceLoss: .*{message}"):
        losses.DiceLoss(**options)(logits, target)


SHARES = (
    torch.float64,
    torch.float32,
    torch.float16,
    torch.bfloat16,
    torch.uint8,
    torch.int8,
    torch.uint16,
    torch.int32,
    torch.uint64,
    torch.int64,
)


@pytest.mark.parametrize("dtype", SHARES, ids=str)
@pytest.mark.parametrize("name", NAMES)
def test_a_mask_of_other_values_than_0_and_1(name: str, dtype: torch.dtype) -> None:
    loss, logits = made(name, activation="sigmoid"), -torch.rand(2, 1, 4, 4)
    high = 100 if dtype == torch.int8 else 255
    mask = torch.rand(2, 1, 4, 4) < 0.5
    mask[0, 0, 0, 0] = True
    target = (mask.int() * high).to(dtype)
    message = (
        f"^{name}: target of logits' shape must lie in \\[0, 1\\], got {high}; pass"
    )
    with pytest.raises(ValueError, match=message):
        loss(logits, target)
    made(name, activation="sigmoid", validate=False)(logits, target)
    counted = ~mask[:, 0]  # pixels that do not count may hold anything
    assert torch.equal(loss(logits, target, counted), loss(logits, mask, counted))


def test_a_soft_target_of_other_values_than_shares() -> None:
    logits, target = torch.randn(1, 3, 5), torch.full((1, 3, 5), 1 / 3)
    loss = losses.DiceLoss()
    loss(logits, target + 1e-6 - 1 / 3)  # rounding
    for value, named in ((float("nan"), "nan"), (-0.25, "-0.25"), (1.0001, "1.0001")):
        target[0, 1, 2] = value
        with pytest.raises(ValueError, match=rf"\[0, 1\], got {named}; pass"):
            loss(logits, target)
        with FakeTensorMode() as mode:
            loss(mode.from_tensor(logits), mode.from_tensor(target))


def test_rows_that_are_taken_for_classes_warn_once() -> None:
    logits, mask = torch.randn(2, 1, 16, 24), torch.rand(2, 16, 24) < 0.5
    loss = losses.DiceLoss(activation="sigmoid")
    with pytest.warns(
        UserWarning, match="2 samples of 16 classes: for masks of one class"
    ):
        loss(logits.squeeze(1), mask)
    right = loss(logits, mask)
    assert torch.equal(loss(logits, mask.unsqueeze(1)), right)
    assert loss(logits.squeeze(1), mask) != right


@pytest.mark.parametrize("shape", [(2, 16), (2, 7, 7), (2, 20, 64, 64), (2, 1, 8, 8)])
def test_classes_are_not_taken_for_rows(shape: tuple[int, ...]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        loss = losses.DiceLoss(activation="sigmoid")
        loss(-torch.rand(shape), torch.rand(shape) < 0.5)
        losses.DiceLoss(activation="sigmoid", validate=False)(
            -torch.rand(2, 16, 16), torch.rand(2, 16, 16) < 0.5
        )


def test_an_ignored_value_that_labels_of_one_class_cannot_hold() -> None:
    logits = torch.randn(1, 1, 4)
    target = torch.tensor([[0, 1, 1, 0]], dtype=torch.uint8)
    ignoring = made("DiceLoss", activation="sigmoid", ignore_index=257)  # 1 in uint8
    plain = made("DiceLoss", activation="sigmoid")
    assert torch.equal(ignoring(logits, target), plain(logits, target))


def test_bad_weights_of_cross_entropy_and_bad_sums() -> None:
    loss = losses.DiceCELoss(ce_weight=[1.0, 2.0])
    with pytest.raises(ValueError, match="ce_weight must have one weight for each of"):
        loss(torch.zeros(1, 3, 3), torch.zeros(1, 3).long())
    with pytest.raises(TypeError, match="sums must be OverlapSums, got tuple"):
        tt.functional.dice_loss_from_sums(())  # type: ignore[arg-type]


def test_bad_presets() -> None:
    with pytest.raises(ValueError, match="one of 'monai', 'smp', got 'kornia'"):
        losses.TverskyLoss.preset("kornia")
    with pytest.raises(ValueError, match="LogDiceLoss: preset must be one of none"):
        losses.LogDiceLoss.preset("smp")
    for options, message in (
        ({"smooth_nr": 1.0}, "'smooth_nr'; did you mean 'smooth'?"),
        ({"proces_group": 1}, "'proces_group'; did you mean 'process_group'?"),
        (
            {"alpha": 1.0},
            "'alpha'; it takes mode, classes, log_loss, from_logits, smooth, "
            "ignore_index, eps, class_weights, process_group, validate",
        ),
    ):
        message = re.escape(f"DiceLoss.preset('smp'): unknown option {message}")
        with pytest.raises(TypeError, match=f"^{message}$"):
            losses.DiceLoss.preset("smp", **options)
    for name, option, message in (
        ("ce_kwargs", "reduction", "it takes weight, label_smoothing"),
        ("soft_dice_kwargs", "smoth", "did you mean 'smooth'?"),
    ):
        message = re.escape(f"'nnunet'), {name}: unknown option '{option}'; {message}")
        with pytest.raises(TypeError, match=f"{message}$"):
            losses.DiceCELoss.preset("nnunet", **{name: {option: 1}})


PEERS_REFUSE: list[tuple[str, str, dict[str, Any], type[Exception], str]] = [
    (
        "DiceLoss",
        "monai",
        {"sigmoid": True, "softmax": True},
        ValueError,
        "must not bo",
    ),
    ("DiceLoss", "monai", {"include_background": "no"}, TypeError, "must be a bool, g"),
    ("TverskyLoss", "monai", {"to_onehot_y": 1}, TypeError, "must be a bool, got int"),
    ("DiceLoss", "smp", {"mode": "labels"}, ValueError, "mode must be one of 'binary'"),
    ("DiceLoss", "smp", {"log_loss": 1}, TypeError, "log_loss must be a bool, got int"),
    (
        "JaccardLoss",
        "smp",
        {"mode": "binary", "class_weights": [2.0]},
        ValueError,
        "class_weights must be None with mode='binary', got [2.0]",
    ),
    (
        "TverskyLoss",
        "smp",
        {"mode": "binary", "classes": [0]},
        ValueError,
        "classes must be None with mode='binary', got [0]",
    ),
]


@pytest.mark.parametrize(("name", "peer", "options", "error", "words"), PEERS_REFUSE)
def test_what_peers_refuse(
    name: str, peer: str, options: dict[str, Any], error: type[Exception], words: str
) -> None:
    start = re.escape(f"{name}.preset('{peer}'): ")
    with pytest.raises(error, match=f"^{start}.*{re.escape(words)}"):
        made(name, peer, **options)


def test_what_presets_do_not_have() -> None:
    one, several = torch.randn(1, 1, 4), torch.randn(1, 3, 4)
    monai = made("DiceCELoss", "monai", sigmoid=True, weight=[2.0])
    with pytest.raises(ValueError, match="ce_weight must be None for one class"):
        monai(one, torch.zeros(1, 1, 4))
    soft = torch.full((1, 3, 4), 1 / 3)
    with pytest.raises(ValueError, match="got class 1 of a soft one; pass mask"):
        made("DiceLoss", "monai", ignore_index=1)(several, soft)
    for peer, option in (("smp", {"ignore_index": 255}), (None, {"ignore_index": 255})):
        with pytest.raises(ValueError, match="DiceLoss: ignore_index is for labels"):
            made("DiceLoss", peer, **option)(several, soft)
    with pytest.raises(ValueError, match=r"labels must be whole numbers, got 0\.5"):
        made("DiceLoss", "monai")(several, torch.full((1, 1, 4), 0.5))
    with pytest.raises(ValueError, match=r"pass target\.squeeze\(1\)"):
        made("DiceLoss")(several, torch.zeros(1, 1, 4).long())


def test_labels_left_out_one_by_one_with_a_mask() -> None:
    logits, target = torch.randn(2, 3, 6), torch.randint(0, 2, (2, 3, 6))
    target[:, 1, :2] = 255
    mask = torch.rand(2, 6) < 0.7
    options = {"activation": "sigmoid", "reduction": "none"}
    loss = made("DiceLoss", conventions="smp", ignore_index=255, **options)
    each = [
        made("DiceLoss", **options)(
            logits[:, c : c + 1],
            target[:, c : c + 1] == 1,
            mask & (target[:, c] != 255),
        )
        for c in range(3)
    ]
    value, grad = gradient(lambda x, y: loss(x, y, mask), logits, target)
    torch.testing.assert_close(value, torch.cat(each, 1))
    assert not grad[:, 1, :2].any()
    assert grad[:, 0, :2].any() == mask[:, :2].any()


@pytest.mark.parametrize(("name", "peer"), PRESETS)
def test_presets_take_what_losses_share(name: str, peer: str) -> None:
    loss = made(name, peer, validate=False)
    value = loss(torch.randn(1, 3, 4).softmax(1), torch.tensor([[0, 1, 2, 0]]))
    assert value.isfinite()


def test_modules_hold_options() -> None:
    loss = losses.DiceCELoss(class_weights=[0.1, 1.0], ce_weight=torch.tensor([1, 2]))
    assert "class_weights=[0.1, 1.0]" in repr(loss)
    assert not loss.state_dict()
    assert not list(loss.parameters())
    assert set(dict(loss.named_buffers())) == {"class_weights", "ce_weight"}
    logits, target = torch.randn(1, 2, 4), torch.tensor([[0, 1, 1, 0]])
    expected = loss(logits, target)
    loss.to(torch.bfloat16)
    assert torch.equal(loss(logits, target), expected)
    for copied in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert torch.equal(copied(logits, target), expected)


def test_weights_outlive_what_fills_buffers() -> None:
    loss = losses.DiceCELoss(class_weights=[0.5, 1.0], ce_weight=3.0)
    logits, target = torch.randn(1, 2, 4), torch.tensor([[0, 1, 1, 0]])
    expected = loss(logits, target)
    model = torch.nn.Sequential(torch.nn.Linear(1, 1), loss)
    for device in ("cpu", "meta", "cpu"):  # as a model is made on meta and filled later
        model.to_empty(device=device)
        assert loss.get_buffer("class_weights").device.type == device
    assert torch.equal(loss(logits, target), expected)
    loss.class_weights = torch.tensor([0.25, 1.0], dtype=torch.float64)
    changed = loss(logits, target)
    assert changed != expected
    assert torch.equal(model.half()[1](logits, target), changed)
    assert torch.equal(model.to_empty(device="cpu")[1](logits, target), changed)


@pytest.mark.parametrize("name", NAMES)
def test_fullgraph_compile(name: str) -> None:
    torch._dynamo.reset()
    loss = made(name, ignore_index=0, classes=[2, 1] if name != "DiceCELoss" else None)
    compiled = torch.compile(loss, fullgraph=True, backend="aot_eager")
    logits, target = torch.randn(2, 3, 5), torch.randint(0, 3, (2, 5))
    expected = gradient(loss, logits, target)
    for found, eager in zip(gradient(compiled, logits, target), expected, strict=True):
        torch.testing.assert_close(found, eager)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("one_class", [False, True])
def test_compiled_losses_look_at_labels(name: str, one_class: bool) -> None:
    torch._dynamo.reset()
    options = {"activation": "sigmoid"} if one_class else {}
    loss = made(name, ignore_index=255, **options)
    counter = CompileCounterWithBackend("aot_eager")
    compiled = torch.compile(loss, fullgraph=True, backend=counter)
    channels = 1 if one_class else 3
    for _ in range(2):
        logits = torch.randn(2, channels, 5)
        target = torch.randint(0, max(channels, 2), (2, 5))
        target[0, 0] = 255
        found, wanted = (gradient(of, logits, target) for of in (compiled, loss))
        torch.testing.assert_close(found, wanted)
        target[1, 3] = 77
        messages = []
        for called in (compiled, loss):
            with pytest.raises(ValueError, match=rf"^{name}: labels .*77") as caught:
                called(logits.clone().requires_grad_(), target)
            messages.append(str(caught.value))
        assert messages[0] == messages[1]
    assert counter.frame_count == 1


def test_compiled_sums_look_at_labels() -> None:
    torch._dynamo.reset()
    logits, target = torch.randn(1, 3, 4), torch.tensor([[0, 1, 2, 9]])
    for field in ("intersection", "cross_entropy"):

        def total(x: Tensor, y: Tensor, field: str = field) -> Tensor:
            return getattr(tt.overlap_sums(x, y), field).sum()  # type: ignore[no-any-return]

        compiled = torch.compile(total, fullgraph=True, backend="aot_eager")
        with pytest.raises(ValueError, match=r"^overlap_sums: labels .*has 9\)"):
            compiled(logits, target)


def test_functions_compile_too() -> None:
    torch._dynamo.reset()

    def train(x: Tensor, y: Tensor) -> Tensor:
        return tt.functional.dice_ce_loss(
            x, y, class_weights=[0.5, 1.0, 2.0], ignore_index=0, batch=True
        )

    compiled = torch.compile(train, fullgraph=True, backend="aot_eager", dynamic=True)
    for size in (5, 7):
        x, y = torch.randn(2, 3, size), torch.randint(0, 3, (2, size))
        torch.testing.assert_close(compiled(x, y), train(x, y))


def test_a_mask_counts_like_ignored_labels() -> None:
    logits, target = torch.randn(2, 3, 6), torch.randint(0, 3, (2, 6))
    mask = torch.rand(2, 6) < 0.5
    expected = losses.DiceCELoss(ignore_index=9)(logits, target.masked_fill(~mask, 9))
    torch.testing.assert_close(losses.DiceCELoss()(logits, target, mask), expected)
    found = tt.functional.dice_ce_loss(logits, target, mask=mask)
    torch.testing.assert_close(found, expected)
