"""nnU-Net's losses, beside those of nnunetv2."""

from __future__ import annotations

import copy
import inspect
import itertools
import pickle
from typing import Any

import pytest
import torch
from nnunet_ranks import CHECKS, regions
from nnunetv2.training.loss import compound_losses, dice
from nnunetv2.training.loss.deep_supervision import DeepSupervisionWrapper
from nnunetv2.utilities.helpers import softmax_helper_dim1
from torch import Tensor

from distributed.ranks import Outcomes, run_ranks
from torchtally.integrations import nnunet

DICE = (nnunet.MemoryEfficientSoftDiceLoss, dice.MemoryEfficientSoftDiceLoss)


def pair(
    shape: tuple[int, ...] = (3, 4, 6, 5), ignored: bool = False, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Return logits, and labels ``[B, 1, ...]`` of which the last class is absent."""
    generator = torch.Generator().manual_seed(seed)
    logits = 2 * torch.randn(shape, generator=generator)
    of = (shape[0], 1, *shape[2:])
    target = torch.randint(0, shape[1] - 1, of, generator=generator)
    target[0] = 0
    if ignored:
        target[torch.rand(of, generator=generator) < 0.3] = 255
        target[1] = 255  # a whole sample
    return logits, target


def compare(mine: Any, theirs: Any, logits: Tensor, *given: Tensor) -> None:
    """Compare loss and gradient; nnU-Net sums in float32."""
    found = []
    for loss in (mine, theirs):
        x = logits.clone().requires_grad_()
        value = loss(x, *given)
        value.backward()
        found.append((value.detach(), x.grad))
    torch.testing.assert_close(found[0], found[1], rtol=2e-6, atol=2e-6)
    assert found[0][0].dtype == torch.float32


def test_constructors_and_calls_are_those_of_nnunet() -> None:
    for name, theirs in (
        ("MemoryEfficientSoftDiceLoss", dice.MemoryEfficientSoftDiceLoss),
        ("DC_and_CE_loss", compound_losses.DC_and_CE_loss),
        ("DC_and_BCE_loss", compound_losses.DC_and_BCE_loss),
    ):
        mine = getattr(nnunet, name)
        for function in ("__init__", "forward"):
            ours, original = (
                [
                    (p.name, None if p.name == "dice_class" else p.default)
                    for p in inspect.signature(
                        getattr(of, function)
                    ).parameters.values()
                ]
                for of in (mine, theirs)
            )
            assert ours == original


@pytest.mark.parametrize("batch_dice", [False, True])
@pytest.mark.parametrize("do_bg", [False, True])
@pytest.mark.parametrize("smooth", [0.0, 1e-5, 1.0])
@pytest.mark.parametrize("shape", [(3, 4, 6, 5), (2, 2, 3, 4, 5), (1, 3, 7)])
def test_dice(
    batch_dice: bool, do_bg: bool, smooth: float, shape: tuple[int, ...]
) -> None:
    logits, target = pair(shape)
    mask = torch.rand(target.shape) < 0.7
    one_hot = torch.zeros(shape).scatter_(1, target, 1)
    mine, theirs = (
        of(softmax_helper_dim1, batch_dice, do_bg, smooth, ddp=False) for of in DICE
    )
    for y in (target, target[:, 0], target.float(), target.to(torch.int16), one_hot):
        compare(mine, theirs, logits, y)
        compare(mine, theirs, logits, y, mask)
    for activation in (torch.sigmoid, torch.nn.Sigmoid(), torch.nn.functional.sigmoid):
        mine, theirs = (
            of(activation, batch_dice, do_bg, smooth, ddp=False) for of in DICE
        )
        compare(mine, theirs, logits, one_hot.to(torch.int8), mask)
        compare(mine, theirs, logits, one_hot * 0.7)


def _doubled(x: Tensor) -> Tensor:
    return torch.softmax(2 * x, 1)


@pytest.mark.parametrize(
    "activation",
    [None, _doubled, torch.nn.Softmax(dim=1), torch.nn.Softmax(dim=2)],
    ids=["none", "function", "softmax of classes", "softmax of rows"],
)
def test_other_activations(activation: Any) -> None:
    logits, target = pair()
    if activation is None:
        logits = logits.softmax(1)
    compare(*(of(activation, ddp=False) for of in DICE), logits, target)


@pytest.mark.parametrize("ignore_label", [None, 255])
@pytest.mark.parametrize("batch_dice", [False, True])
@pytest.mark.parametrize("single", [dice.SoftDiceLoss, DICE[0], DICE[1]])
def test_dice_and_cross_entropy(
    ignore_label: int | None, batch_dice: bool, single: Any
) -> None:
    """SoftDiceLoss, the default of nnU-Net, has the formula of the other one."""
    logits, target = pair(ignored=ignore_label is not None)
    theirs_of = dice.SoftDiceLoss if single is dice.SoftDiceLoss else DICE[1]
    entropies: list[dict[str, Any]] = [
        {},
        {"weight": torch.tensor([0.1, 1.0, 2.0, 3.0])},
        {"label_smoothing": 0.1},
        {"weight": torch.tensor([0.1, 1.0, 2.0, 3.0]), "label_smoothing": 0.2},
    ]
    for entropy, (weight_ce, weight_dice), do_bg in itertools.product(
        entropies, ((1, 1), (0.3, 2), (0, 1), (1, 0)), (False, True)
    ):
        options = {"batch_dice": batch_dice, "do_bg": do_bg, "smooth": 1e-5}
        arguments = (weight_ce, weight_dice, ignore_label)
        mine = nnunet.DC_and_CE_loss(
            options | {"ddp": False}, entropy, *arguments, dice_class=single
        )
        theirs = compound_losses.DC_and_CE_loss(
            options | {"ddp": False}, {**entropy}, *arguments, dice_class=theirs_of
        )
        compare(mine, theirs, logits, target)
        compare(mine, theirs, logits, target.float())


@pytest.mark.parametrize("use_ignore_label", [False, True])
@pytest.mark.parametrize("batch_dice", [False, True])
@pytest.mark.parametrize("dtype", [torch.int16, torch.float32, torch.bool])
def test_dice_and_binary_cross_entropy(
    use_ignore_label: bool, batch_dice: bool, dtype: torch.dtype
) -> None:
    logits, target = pair((3, 3, 6, 5), ignored=True)
    target = regions(target).to(dtype)
    if not use_ignore_label:
        target = target[:, :-1]
    for weights, do_bg in itertools.product(((1, 1), (0.3, 2), (0, 1)), (False, True)):
        options = {"batch_dice": batch_dice, "do_bg": do_bg, "smooth": 1e-5}
        mine, theirs = (
            module.DC_and_BCE_loss({}, options | {"ddp": False}, *weights, use)
            for module, use in (
                (nnunet, use_ignore_label),
                (compound_losses, use_ignore_label),
            )
        )
        compare(mine, theirs, logits, target)


@pytest.mark.parametrize("batch_dice", [False, True])
@pytest.mark.parametrize("smooth", [0.0, 1e-5, 1.0])
def test_nothing_counted(batch_dice: bool, smooth: float) -> None:
    logits, target = pair((3, 3, 6, 5))
    ignored = torch.full_like(target, 255)
    options = {"batch_dice": batch_dice, "smooth": smooth, "ddp": False}
    compare(
        *(
            of.DC_and_CE_loss(options, {}, ignore_label=255)
            for of in (nnunet, compound_losses)
        ),
        logits,
        ignored,
    )
    compare(
        *(
            of.DC_and_BCE_loss({}, options, use_ignore_label=True)
            for of in (nnunet, compound_losses)
        ),
        logits,
        regions(ignored),
    )
    mask = torch.zeros_like(target, dtype=torch.bool)
    compare(*(of(torch.sigmoid, **options) for of in DICE), logits, target, mask)


def test_half_precision_is_summed_in_float32() -> None:
    logits, target = pair()
    loss = nnunet.DC_and_CE_loss({"ddp": False}, {})
    expected = loss(logits.half().float(), target)
    torch.testing.assert_close(loss(logits.half(), target), expected)
    assert loss(logits.double(), target).dtype == torch.float64


def test_a_trainer_may_compile_the_dice() -> None:
    logits, target = pair()
    loss = nnunet.DC_and_CE_loss({"ddp": False}, {"weight": torch.ones(4)})
    expected = loss(logits, target)
    for other in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        assert other(logits, target) == expected
    loss.dc = torch.compile(loss.dc)  # as nnUNetTrainer does
    assert loss(logits, target) == expected
    assert not loss.state_dict()


def test_deep_supervision_takes_a_loss() -> None:
    levels = [pair((2, 3, side, side), True) for side in (8, 4, 2)]
    logits, targets = (list(t) for t in zip(*levels, strict=True))
    mine, theirs = (
        DeepSupervisionWrapper(
            of.DC_and_CE_loss({"ddp": False}, {}, ignore_label=255), [0.6, 0.4, 0.0]
        )
        for of in (nnunet, compound_losses)
    )
    torch.testing.assert_close(mine(logits, targets), theirs(logits, targets))


def test_one_process_is_one_rank() -> None:
    logits, target = pair()
    options = {"batch_dice": True, "smooth": 1e-5}
    loss, alone = (
        nnunet.DC_and_CE_loss(options | {"ddp": ddp}, {}) for ddp in (True, False)
    )
    assert loss(logits, target) == alone(logits, target)


def test_refused() -> None:
    logits, target = pair()
    with pytest.raises(ValueError, match="dice_class must be SoftDiceLoss or"):
        nnunet.DC_and_CE_loss({}, {}, dice_class=torch.nn.Identity)
    with pytest.raises(TypeError, match="ce_kwargs takes 'weight' and"):
        nnunet.DC_and_CE_loss({}, {"reduction": "sum"})
    with pytest.raises(TypeError, match="ce_kwargs takes 'weight' and"):
        nnunet.DC_and_CE_loss({}, {"ignore_index": 3}, ignore_label=255)
    with pytest.raises(TypeError, match="bce_kwargs takes nothing, got 'pos_weight'"):
        nnunet.DC_and_BCE_loss({"pos_weight": torch.ones(1)}, {})
    with pytest.raises(TypeError, match="clip_tp"):
        nnunet.DC_and_CE_loss({"clip_tp": 1.0}, {})
    with pytest.raises(ValueError, match="smooth"):
        nnunet.MemoryEfficientSoftDiceLoss(smooth=-1)
    loss = nnunet.DC_and_CE_loss({}, {})
    for wrong in (target[:, 0], target.expand_as(logits)):
        with pytest.raises(ValueError, match=r"target must be labels \[B, 1, \.\.\.\]"):
            loss(logits, wrong)
    with pytest.raises(ValueError, match="255"):
        loss(logits, pair(ignored=True)[1])
    with pytest.raises(TypeError, match="mask must be a bool tensor"):
        nnunet.MemoryEfficientSoftDiceLoss()(
            logits.softmax(1), target, torch.ones_like(target)
        )


@pytest.fixture(scope="module")
def outcomes() -> Outcomes:
    return run_ranks(2, CHECKS)


@pytest.mark.parametrize("check", [check.__name__ for check in CHECKS])
def test_on_two_ranks(check: str, outcomes: Outcomes) -> None:
    assert not outcomes[check], "\n".join(outcomes[check])
