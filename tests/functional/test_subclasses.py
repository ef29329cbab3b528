"""Tensors of a class of their own give the plain numbers of plain tensors."""

from __future__ import annotations

import copy
import io
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import Parameter

import torchtally as tt
from torchtally.metrics import ConfusionMatrix, DiceScore, IoUScore, ScoreSuite

GENERATOR = torch.Generator().manual_seed(0)
SCORES = torch.randn(2, 3, 6, 6, generator=GENERATOR)
TARGET = torch.randint(0, 3, (2, 6, 6), generator=GENERATOR)
MASK = torch.rand(2, 6, 6, generator=GENERATOR) < 0.8
MATRIX = torch.tensor([[[3, 1], [0, 2]], [[1, 1], [2, 2]]])
PATIENT = "patient_007.nii.gz"


class Image(Tensor):
    """A class of which every result is one too, as torch does by default."""


class Label(Tensor):
    """Another; torch lets no operation take both."""


def image(tensor: Tensor) -> Tensor:
    return tensor.as_subclass(Image)


def label(tensor: Tensor) -> Tensor:
    return tensor.as_subclass(Label)


def meta_tensor(tensor: Tensor) -> Tensor:
    """Make what MONAI's transforms return."""
    data = pytest.importorskip("monai.data")
    return data.MetaTensor(tensor, meta={"filename_or_obj": PATIENT})


KINDS: dict[str, Callable[[], tuple[Tensor, Tensor, Tensor | None]]] = {
    "MetaTensor": lambda: (meta_tensor(SCORES), meta_tensor(TARGET), meta_tensor(MASK)),
    "target alone": lambda: (SCORES, meta_tensor(TARGET), None),
    "mask alone": lambda: (SCORES, TARGET, image(MASK)),
    "two that exclude each other": lambda: (image(SCORES), label(TARGET), image(MASK)),
    "a parameter": lambda: (Parameter(SCORES.clone()), TARGET, MASK),
}


def updated(metric: Any, preds: Tensor, target: Tensor, mask: Tensor | None) -> Any:
    """Return everything that a metric computes and keeps."""
    metric._persistent = True
    metric.update(preds, target, mask)
    batch = metric(preds, target, mask)
    twin = copy.deepcopy(metric)
    metric.merge(twin)
    file = io.BytesIO()
    torch.save(metric.state_dict(), file)
    assert PATIENT.encode() not in file.getvalue()
    return [batch, metric.compute(), *metric.state_dict().values()]


def loss(name: str, **options: Any) -> Any:
    def call(logits: Tensor, target: Tensor, mask: Tensor | None) -> Any:
        leaf = copy.copy(logits).detach().requires_grad_()
        value = getattr(tt.losses, name)(**options)(leaf, target, mask)
        value.sum().backward()
        assert leaf.grad is not None
        assert leaf.grad.count_nonzero() > 0
        return value

    return call


SAMPLEWISE: Any = {"aggregation": "samplewise"}
RAW: Any = {"label_map": {0: 0, 1: 1, 2: 2}}
CALLS: dict[str, Callable[..., Any]] = {
    "dice": lambda p, t, m: tt.dice_score(p, t, 3, mask=m),
    "valid": lambda p, t, m: tt.iou_score(
        p, t, 3, mask=m, return_valid=True, **SAMPLEWISE
    ),
    "matrix": lambda p, t, m: tt.confusion_matrix(p, t, 3, mask=m),
    "shares": lambda p, t, m: tt.confusion_matrix(p, t, 3, mask=m, normalize="all"),
    "counts": lambda p, t, m: tt.class_counts(p, t, 3, mask=m),
    "raw": lambda p, t, m: tt.iou_score(p, t, 3, mask=m, **RAW),
    "rewritten": lambda p, t, m: tt.iou_score(
        p, t, 3, mask=m, label_map={0: 0, 1: 1, 2: 2, -5: 1}
    ),
    "top-k": lambda p, t, m: tt.f1_score(p, t, 3, mask=m, top_k=2),
    "regions": lambda p, t, m: tt.f1_score(p, t, 3, mask=m, regions=[[1, 2], [2]]),
    "one label": lambda p, t, m: tt.f1_score(p[:, 1] > 0, t == 1, task="binary"),
    "overlap": lambda p, t, m: tt.overlap_sums(p.detach(), t, mask=m),
    "DiceCELoss": loss("DiceCELoss"),
    "TverskyLoss": loss("TverskyLoss", activation="sigmoid"),
    "GeneralizedDiceLoss": loss("GeneralizedDiceLoss", reduction="none"),
    "update in place": lambda *batch: updated(DiceScore(3), *batch),
    "sums": lambda *batch: updated(DiceScore(3, **SAMPLEWISE), *batch),
    "samples": lambda *batch: updated(IoUScore(3, aggregation="none"), *batch),
    "matrices": lambda *batch: updated(ConfusionMatrix(3, per_sample=True), *batch),
    "mapped": lambda *batch: updated(ConfusionMatrix(3, **RAW), *batch),
    "best": lambda *batch: updated(IoUScore(3, top_k=2), *batch),
    "suite": lambda *batch: updated(ScoreSuite(3, average="none"), *batch),
}


def tensors(result: Any) -> Iterable[Tensor]:
    """Yield every tensor of a result."""
    if isinstance(result, Tensor):
        yield result
        return
    for part in result.values() if isinstance(result, Mapping) else result:
        yield from tensors(part)


def same(found: Any, wanted: Any) -> None:
    pairs = list(zip(tensors(found), tensors(wanted), strict=True))
    assert pairs
    for got, plain in pairs:
        assert type(got) is Tensor
        torch.testing.assert_close(got, plain, rtol=0, atol=0, equal_nan=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("call", CALLS)
def test_results_and_states_are_plain(call: str, kind: str) -> None:
    batch = KINDS[kind]()
    plain = (SCORES, TARGET, None if batch[2] is None else MASK)
    same(CALLS[call](*batch), CALLS[call](*plain))


@pytest.mark.parametrize("made", [image, meta_tensor])
def test_counts_and_weights_too(made: Callable[[Tensor], Tensor]) -> None:
    f = tt.functional
    same(f.dice_from_counts(made(MATRIX)), f.dice_from_counts(MATRIX))
    same(
        f.normalize_confusion_matrix(made(MATRIX), "true"),
        f.normalize_confusion_matrix(MATRIX, "true"),
    )
    counts = tt.class_counts(SCORES, TARGET, 3)
    same(f.iou_from_counts(counts._make(map(made, counts))), f.iou_from_counts(counts))
    found, wanted = (
        tt.bootstrap_ci(matrix, f.dice_from_counts, resamples=20)
        for matrix in (made(MATRIX), MATRIX)
    )
    same(found[:3], wanted[:3])
    weights = torch.tensor([1.0, 2.0, 3.0])
    for options in ({"class_weights": weights}, {"ce_weight": weights}):
        own = {name: made(value) for name, value in options.items()}
        same(
            tt.losses.DiceCELoss(**own)(SCORES, TARGET),
            tt.losses.DiceCELoss(**options)(SCORES, TARGET),
        )
    sums = tt.overlap_sums(SCORES, TARGET)
    dice = f.losses.dice_loss_from_sums
    same(dice(sums._make(map(made, sums))), dice(sums))
    same(
        tt.dice_score(SCORES, TARGET, 3, class_weights=made(weights)),
        tt.dice_score(SCORES, TARGET, 3, class_weights=weights),
    )
