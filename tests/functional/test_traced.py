"""Functions of pixels while a program is traced, and tensors that hold no pixels."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

import torchtally as tt
from torchtally import functional
from torchtally.functional import losses

GENERATOR = torch.Generator().manual_seed(0)
SCORES = torch.randn(2, 3, 8, generator=GENERATOR)
PREDS, TARGET = torch.randint(0, 3, (2, 2, 8), generator=GENERATOR)
SWAP = {0: 1, 1: 0, 2: 2}

FUNCTIONS: dict[str, Callable[..., Any]] = {
    "dice_score": tt.dice_score,
    "samplewise": lambda p, t, c: tt.iou_score(p, t, c, aggregation="samplewise"),
    "label_map": lambda p, t, c: tt.iou_score(p, t, c, label_map=SWAP),
    "top_k": lambda p, t, c: tt.accuracy_score(
        p, t, c, top_k=2 if p.is_floating_point() else 1
    ),
    "confusion_matrix": tt.confusion_matrix,
    "shares": lambda p, t, c: tt.confusion_matrix(p, t, c, normalize="true"),
    "class_counts": lambda p, t, c: tt.class_counts(p, t, c).fp,
}


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("preds", [SCORES, PREDS], ids=["scores", "labels"])
def test_tracing(name: str, preds: Tensor) -> None:
    function = FUNCTIONS[name]
    wanted = function(preds, TARGET, 3)
    with FakeTensorMode() as mode:
        fake = function(mode.from_tensor(preds), mode.from_tensor(TARGET), 3)
    meta = function(preds.to("meta"), TARGET.to("meta"), 3)
    for found in (fake, meta):
        assert (found.shape, found.dtype) == (wanted.shape, wanted.dtype)
    assert meta.is_meta

    def traced(p: Tensor, t: Tensor) -> Any:
        return function(p, t, 3)

    for tracing_mode in ("real", "fake", "symbolic"):
        graph = make_fx(traced, tracing_mode=tracing_mode)(preds, TARGET)
        assert torch.equal(graph(preds, TARGET), wanted)
    found = torch.func.functionalize(traced)(preds, TARGET)
    assert torch.equal(found, wanted)
    each = torch.vmap(traced)(preds.unsqueeze(1), TARGET.unsqueeze(1))
    alone = [traced(preds[i : i + 1], TARGET[i : i + 1]) for i in range(2)]
    assert torch.equal(each.nan_to_num(-1), torch.stack(alone).nan_to_num(-1))


def dice_of_probabilities(logits: Tensor, target: Tensor) -> Tensor:
    return losses.dice_loss(logits.softmax(1), target, activation="none")


@pytest.mark.parametrize(
    "traced",
    [
        lambda logits, target: tt.overlap_sums(logits, target).intersection,
        lambda logits, target: losses.dice_ce_loss(logits, target),
        dice_of_probabilities,
        lambda logits, target: losses.dice_loss(
            logits[:, :1], target > 0, activation="sigmoid"
        ),
    ],
)
def test_losses_are_traced(traced: Callable[..., Tensor]) -> None:
    wanted = traced(SCORES, TARGET)
    for tracing_mode in ("real", "fake", "symbolic"):
        graph = make_fx(traced, tracing_mode=tracing_mode)(SCORES, TARGET)
        assert torch.equal(graph(SCORES, TARGET), wanted)
    assert traced(SCORES.to("meta"), TARGET.to("meta")).is_meta


@pytest.mark.parametrize(
    "options",
    [
        {"label_map": SWAP},
        {"label_map": {-5: 0, 0: 1, 1: 0, 2: 2}},
        {"preds_map": SWAP},
        {"class_weights": [1.0, 2.0, 3.0]},
        {"ignore_index": 1},
        {"regions": [[0, 1]]},
        {"classes": [2, 0], "average": "none"},
        {"aggregation": "samplewise"},
    ],
    ids=str,
)
def test_a_default_device(options: dict[str, Any]) -> None:
    wanted = tt.dice_score(PREDS, TARGET, 3, **options)
    with torch.device("meta"):
        found = tt.dice_score(PREDS, TARGET, 3, **options)
        metric = tt.metrics.DiceScore(3, **options)
    torch.testing.assert_close(found, wanted)
    with torch.device("cpu"):
        metric = tt.metrics.DiceScore(3, **options)
    with torch.device("meta"):
        metric.update(PREDS, TARGET)
        found = metric.compute()
    torch.testing.assert_close(found, wanted)


def test_a_default_device_of_intervals_and_weights() -> None:
    cases = tt.confusion_matrix(PREDS, TARGET, 3, per_sample=True)
    wanted = tt.bootstrap_ci(cases, functional.dice_from_counts, resamples=7)
    weighted = tt.losses.DiceCELoss(class_weights=[1, 2, 3], ce_weight=[1, 2, 3])
    with torch.device("meta"):
        found = tt.bootstrap_ci(cases, functional.dice_from_counts, resamples=7)
        loss = tt.losses.DiceCELoss(class_weights=[1, 2, 3], ce_weight=[1, 2, 3])
    assert found[:3] == wanted[:3]
    assert torch.equal(loss(SCORES, TARGET), weighted(SCORES, TARGET))


def strange(tensor: Tensor) -> dict[str, Tensor]:
    """Return a tensor as others of its values, by what messages call them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of prototypes
        return {
            "layout torch.sparse_coo; ": tensor.to_sparse(),
            "layout torch.sparse_csr; ": tensor.to_sparse_csr(),
            "a nested one; ": torch.nested.nested_tensor([*tensor]),
            "a nested one": torch.nested.nested_tensor([*tensor], layout=torch.jagged),
        }


@pytest.mark.parametrize("name", ["confusion_matrix", "dice_score", "DiceScore"])
def test_tensors_that_are_not_dense(name: str) -> None:
    def count(preds: Tensor, target: Tensor, mask: Tensor | None = None) -> None:
        if name == "DiceScore":
            tt.metrics.DiceScore(3).update(preds, target, mask)
        else:
            getattr(tt, name)(preds, target, 3, mask=mask)

    message = rf"^{name}: {{}} must be a dense tensor, got {{}}"
    for words, other in strange(TARGET).items():
        with pytest.raises(TypeError, match=message.format("target", words)):
            count(PREDS, other)
        with pytest.raises(TypeError, match=message.format("preds", words)):
            count(other, TARGET)
    for words, other in strange(TARGET > 0).items():
        with pytest.raises(TypeError, match=message.format("mask", words)):
            count(PREDS, TARGET, other)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantized = torch.quantize_per_tensor(SCORES.sigmoid(), 0.1, 0, torch.quint8)
    with pytest.raises(TypeError, match="preds must not be quantized"):
        count(quantized, TARGET)


def test_counts_and_sums_that_are_not_dense() -> None:
    for words, other in strange(torch.eye(2).long()).items():
        for function in (
            functional.dice_from_counts,
            lambda m: functional.normalize_confusion_matrix(m, "true"),
            lambda m: tt.bootstrap_ci(m, functional.dice_from_counts),
        ):
            with pytest.raises(TypeError, match=f"must be a dense tensor, got {words}"):
                function(other)
    for words, other in strange(TARGET).items():
        message = f"^overlap_sums: target must be a dense tensor, got {words}"
        with pytest.raises(TypeError, match=message):
            tt.overlap_sums(SCORES, other)
        message = f"^dice_loss: target must be a dense tensor, got {words}"
        with pytest.raises(TypeError, match=message):
            losses.dice_loss(SCORES, other)
    with pytest.raises(TypeError, match="logits must be a dense tensor"):
        losses.dice_loss(SCORES.to_sparse(), TARGET)
