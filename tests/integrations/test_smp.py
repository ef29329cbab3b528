"""smp's counts, scores and losses, beside the files of smp."""

from __future__ import annotations

import copy
import importlib.util
import inspect
import itertools
import pickle
import sys
import warnings
from typing import Any

import pytest
import torch
from torch import Tensor

from torchtally.integrations import smp

if importlib.util.find_spec("segmentation_models_pytorch") is None:
    pytest.skip("smp is not installed", allow_module_level=True)

import smp_files

ORIGINAL_LOSSES = {
    "DiceLoss": smp_files.dice.DiceLoss,
    "JaccardLoss": smp_files.jaccard.JaccardLoss,
    "TverskyLoss": smp_files.tversky.TverskyLoss,
}


def generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def same(found: Any, expected: Any, tolerance: float = 0) -> None:
    torch.testing.assert_close(
        found, expected, rtol=tolerance, atol=tolerance, equal_nan=True
    )


def test_every_name_has_the_arguments_of_smp() -> None:
    assert set(smp.metrics.__all__) == set(smp_files.metrics.__all__)
    for name in smp.metrics.__all__:
        mine, theirs = (
            inspect.signature(getattr(module, name)).parameters.values()
            for module in (smp.metrics, smp_files.metrics)
        )
        assert [(p.name, p.default) for p in mine] == [
            (p.name, p.default) for p in theirs
        ]
    assert smp.metrics.recall is smp.metrics.sensitivity
    for name, original in ORIGINAL_LOSSES.items():
        mine, theirs = (
            inspect.signature(loss).parameters.values()
            for loss in (getattr(smp.losses, name), original)
        )
        assert [(p.name, p.default) for p in mine] == [
            (p.name, p.default) for p in theirs
        ]


def test_nothing_of_smp_is_imported() -> None:
    assert "segmentation_models_pytorch" not in sys.modules


# Counts


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("classes", [2, 5, 150])
@pytest.mark.parametrize("ignore_index", [None, -1, 255])
@pytest.mark.parametrize("shape", [(4, 6, 7), (3, 5), (2, 3, 4, 5), (3, 0)])
@pytest.mark.parametrize("dtype", [torch.int64, torch.int32])
def test_multiclass_counts(
    shape: tuple[int, ...],
    classes: int,
    ignore_index: int | None,
    dtype: torch.dtype,
    seed: int,
) -> None:
    """Labels out of range are among the predictions and the targets."""
    output, target = (
        torch.randint(-1, classes + 1, shape, generator=generator(2 * seed + i))
        for i in range(2)
    )
    if ignore_index is not None:
        target[torch.rand(shape, generator=generator(9)) < 0.3] = ignore_index
        target[:1] = ignore_index  # a whole image
    arguments = (output.to(dtype), target.to(dtype), "multiclass", ignore_index)
    found = smp.metrics.get_stats(*arguments, num_classes=classes)
    expected = smp_files.metrics.get_stats(*arguments, num_classes=classes)
    same(found, expected)


@pytest.mark.parametrize("mode", ["binary", "multilabel"])
@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 1.0, -2.5])
@pytest.mark.parametrize(
    "dtype", [torch.float16, torch.bfloat16, torch.float32, torch.float64]
)
def test_scores_at_the_threshold_are_one(
    mode: str, threshold: float, dtype: torch.dtype
) -> None:
    labels = 1 if mode == "binary" else 4
    output = torch.randn(3, labels, 5, 6, generator=generator(0)).to(dtype)
    output[torch.rand(output.shape, generator=generator(1)) < 0.3] = threshold
    output[0, 0, 0, :2] = torch.tensor([float("nan"), float("-inf")]).to(dtype)
    target = torch.randint(0, 2, output.shape, generator=generator(2))
    found = smp.metrics.get_stats(output, target, mode, threshold=threshold)
    same(found, smp_files.metrics.get_stats(output, target, mode, None, threshold))


@pytest.mark.parametrize("dtype", [torch.bool, torch.uint8, torch.int64])
@pytest.mark.parametrize("shape", [(3, 4, 5, 6), (3, 4, 1), (3, 4)])
def test_labels_of_binary_masks(dtype: torch.dtype, shape: tuple[int, ...]) -> None:
    output, target = (
        torch.randint(0, 2, shape, generator=generator(i)).to(dtype) for i in range(2)
    )
    found = smp.metrics.get_stats(output, target, "multilabel")
    expected = smp_files.metrics.get_stats(output, target, "multilabel")
    assert all(t.dtype == torch.int64 for t in found)
    same(found, tuple(t.long() for t in expected))


def test_masks_of_255_are_cut_too() -> None:
    output, target = (
        torch.randint(0, 256, (3, 2, 9), generator=generator(i)) for i in range(2)
    )
    found = smp.metrics.get_stats(output, target, "multilabel", threshold=127)
    expected = smp_files.metrics.get_stats(output, target, "multilabel", None, 127)
    same(found, expected)
    with pytest.raises(ValueError, match="labels must lie in"):
        smp.metrics.get_stats(output, target, "multilabel")


def test_a_threshold_for_each_label() -> None:
    output = torch.rand(3, 2, 9, generator=generator(0))
    target = torch.randint(0, 2, output.shape, generator=generator(1))
    each = [
        smp.metrics.get_stats(
            output[:, i : i + 1], target[:, i : i + 1], "binary", threshold=threshold
        )
        for i, threshold in enumerate((0.2, 0.7))
    ]
    both = smp.metrics.get_stats(output, target, "multilabel", threshold=[0.2, 0.7])
    same(both, tuple(torch.cat(t, 1) for t in zip(*each, strict=True)))


LABELS, SCORES = torch.zeros(2, 3, 4).long(), torch.zeros(2, 3, 4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((LABELS, SCORES, "binary"), "target must be an integer"),
        ((SCORES, LABELS, "binary"), "threshold must be given"),
        ((SCORES, LABELS, "multiclass", None, None, 3), "output must hold labels"),
        ((LABELS, LABELS, "labels"), "mode must be one of 'binary'"),
        ((LABELS, LABELS, "multiclass", None, 0.5, 3), "threshold must be None"),
        ((LABELS, LABELS[:1], "multilabel"), r"one shape, got \[2, 3, 4\]"),
        ((LABELS, LABELS, "multilabel", 255), "ignore_index must be None"),
        ((LABELS, LABELS, "multiclass"), "num_classes must be given"),
        ((LABELS, LABELS, "multiclass", 2, None, 3), "ignore_index must be outside"),
        ((LABELS[0, 0], LABELS[0, 0], "multilabel"), r"must be \[N, C, \.\.\.\]"),
    ],
)
def test_what_smp_refuses(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        smp.metrics.get_stats(*arguments)
    with pytest.raises(ValueError):  # noqa: PT011  (its words are its own)
        smp_files.metrics.get_stats(*arguments)


def test_no_image() -> None:
    """Of which smp cannot make a shape."""
    nothing = torch.zeros(0, 4, 5).long()
    for arguments in (("multilabel",), ("multiclass", 255, None, 4)):
        stats = smp.metrics.get_stats(nothing, nothing, *arguments)
        assert [t.shape for t in stats] == [(0, 4)] * 4


def test_counts_beyond_float32_are_exact() -> None:
    """smp adds up in float32, where 2^24 + 1 is not a number."""
    output = torch.zeros(1, (1 << 24) + 1, dtype=torch.uint8)
    arguments = (output, output.clone(), "multiclass")
    assert smp.metrics.get_stats(*arguments, num_classes=2)[0][0, 0] == (1 << 24) + 1


# Scores

SCORE_NAMES = [name for name in smp.metrics.__all__ if name != "get_stats"]
REDUCTIONS = [
    "micro",
    "macro",
    "weighted",
    "micro-imagewise",
    "macro-imagewise",
    "weighted-imagewise",
    "none",
    None,
]


def counts(seed: int) -> tuple[Tensor, ...]:
    """Return counts of 5 images and 4 classes: absent, never predicted, perfect."""
    output, target = (
        torch.randint(0, 3, (5, 6, 6), generator=generator(seed + i)) for i in (0, 50)
    )
    output[1], target[1] = 0, 0
    target[2], output[3] = 2, 1
    output[4] = target[4]
    stats: tuple[Tensor, ...] = smp_files.metrics.get_stats(
        output, target, "multiclass", num_classes=4
    )
    return stats


@pytest.mark.parametrize("zero_division", ["warn", 0, 1.0, 0.3, float("nan")])
@pytest.mark.parametrize("weights", [None, [0.1, 1.0, 2.0, 3.0]])
@pytest.mark.parametrize("name", SCORE_NAMES)
def test_scores(
    name: str, weights: list[float] | None, zero_division: str | float
) -> None:
    mine, theirs = (getattr(m, name) for m in (smp.metrics, smp_files.metrics))
    options: dict[str, Any] = {"class_weights": weights, "zero_division": zero_division}
    for reduction, seed in itertools.product(REDUCTIONS, range(2)):
        if weights is None and "weighted" in (reduction or ""):
            continue
        found, messages = [], []
        for score in (mine, theirs):
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                found.append(score(*counts(seed), reduction=reduction, **options))
            messages.append([w.category for w in caught])
        assert messages[0] == messages[1]
        assert found[0].dtype == found[1].dtype == torch.float32
        same(found[0], found[1], 1e-6)


@pytest.mark.parametrize("beta", [0.0, 0.5, 2.0])
def test_beta(beta: float) -> None:
    for reduction in ("micro", "macro-imagewise", None):
        mine, theirs = (
            module.fbeta_score(*counts(0), beta, reduction)
            for module in (smp.metrics, smp_files.metrics)
        )
        same(mine, theirs, 1e-6)


@pytest.mark.parametrize("name", SCORE_NAMES)
def test_nothing_to_score(name: str) -> None:
    """``micro`` is NaN, whatever zero_division is."""
    nothing = [torch.zeros(2, 3).long()] * 4
    mine, theirs = (getattr(m, name) for m in (smp.metrics, smp_files.metrics))
    for reduction in REDUCTIONS:
        options: dict[str, Any] = {"reduction": reduction, "zero_division": 0.5}
        options["class_weights"] = [1.0, 2.0, 3.0]
        same(mine(*nothing, **options), theirs(*nothing, **options), 1e-6)
    assert mine(*nothing, reduction="micro").isnan()


def test_the_double_division_is_smps() -> None:
    """A perfect score is 1 / C, but for ``weighted``."""
    output = torch.arange(4).expand(2, 4)
    stats = smp.metrics.get_stats(output, output, "multiclass", num_classes=4)
    weights = [1.0, 1.0, 1.0, 1.0]
    for reduction in ("macro", "macro-imagewise", "weighted-imagewise"):
        score = smp.metrics.f1_score(*stats, reduction, weights)
        assert score == 0.25
        assert smp_files.metrics.f1_score(*stats, reduction, weights) == 0.25
    assert smp.metrics.f1_score(*stats, "weighted", weights) == 1


def test_scores_refused() -> None:
    stats = counts(0)
    for module in (smp.metrics, smp_files.metrics):
        with pytest.raises(ValueError, match=r"(?i)class.weights"):
            module.iou_score(*stats, "weighted")
        with pytest.raises(ValueError, match="reduction"):
            module.iou_score(*stats, "mean")
    with pytest.raises(ValueError, match="zero_division must be a number or 'warn'"):
        smp.metrics.iou_score(*stats, zero_division="nan")


def test_floating_counts_keep_their_dtype() -> None:
    stats = tuple(t.double() for t in counts(0))
    mine, theirs = (
        module.iou_score(*stats, "macro") for module in (smp.metrics, smp_files.metrics)
    )
    assert mine.dtype == torch.float64
    same(mine, theirs, 1e-15)


# Losses


def pair(
    mode: str, dtype: torch.dtype, ignored: bool, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Return logits and a target whose last class is absent."""
    classes = 1 if mode == "binary" else 4
    logits = torch.randn(3, classes, 6, 5, generator=generator(seed)).to(dtype)
    if mode == "multiclass":
        target = torch.randint(0, 3, (3, 6, 5), generator=generator(seed + 1))
    else:
        target = torch.randint(0, 2, logits.shape, generator=generator(seed + 1))
        if classes > 1:
            target[:, -1] = 0
    if ignored:
        target[torch.rand(target.shape, generator=generator(seed + 2)) < 0.3] = 255
    return logits, target


def compare(
    name: str, logits: Tensor, target: Tensor, *arguments: Any, **options: Any
) -> None:
    tolerance = 1e-12 if logits.dtype == torch.float64 else 2e-6
    # smp keeps class weights in float32.
    if logits.dtype == torch.float64 and options.get("class_weights"):
        tolerance = 1e-7
    found = []
    for loss in (getattr(smp.losses, name), ORIGINAL_LOSSES[name]):
        x = logits.clone().requires_grad_()
        value = loss(*arguments, **options)(x, target)
        value.backward()
        found.append((value.detach(), x.grad))
    same(found[0], found[1], tolerance)


GRID = [
    {},
    {"smooth": 1.0},
    {"log_loss": True},
    {"log_loss": True, "smooth": 0.5, "eps": 1e-3},
    {"classes": [1, 2]},
    {"classes": [3, 0], "log_loss": True},
    {"class_weights": [0.5, 1.0, 2.0, 3.0]},
    {"class_weights": [0.5, 1.0, 2.0, 3.0], "classes": [2, 3]},
]


@pytest.mark.parametrize("name", ORIGINAL_LOSSES)
@pytest.mark.parametrize("mode", ["binary", "multiclass", "multilabel"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_losses(name: str, mode: str, dtype: torch.dtype) -> None:
    for options, ignored in itertools.product(GRID, (False, True)):
        if mode == "binary" and set(options) & {"classes", "class_weights"}:
            continue
        given: dict[str, Any] = {**options, "ignore_index": 255 if ignored else None}
        if name == "TverskyLoss":
            given |= {"alpha": 0.3, "beta": 0.7, "gamma": 4 / 3}
        compare(name, *pair(mode, dtype, ignored), mode, **given)


@pytest.mark.parametrize("name", ORIGINAL_LOSSES)
@pytest.mark.parametrize("mode", ["binary", "multiclass", "multilabel"])
def test_probabilities_and_positions(name: str, mode: str) -> None:
    logits, target = pair(mode, torch.float64, True)
    of = logits.softmax(1) if mode == "multiclass" else logits.sigmoid()
    classes = None if mode == "binary" else [0, 2]
    compare(name, of, target, mode, classes, False, False, 0.1, 255, 1e-5)


@pytest.mark.parametrize("name", ORIGINAL_LOSSES)
def test_shapes(name: str) -> None:
    logits, target = pair("binary", torch.float64, False)
    compare(name, logits[:, 0], target[:, 0], "binary")
    compare(name, logits, target[:, 0], "binary")
    compare(name, logits, target.double(), "binary")
    logits, target = pair("multiclass", torch.float64, False)
    compare(name, logits, target.unsqueeze(1), "multiclass")
    compare(name, logits.to(memory_format=torch.channels_last), target, "multiclass")
    compare(name, logits[..., 0], target[..., 0], "multiclass")
    compare(name, logits[..., None], target[..., None], "multiclass")
    logits, target = pair("multilabel", torch.float64, False)
    compare(name, logits, target * 0.8 + 0.1, "multilabel")


@pytest.mark.parametrize("name", ORIGINAL_LOSSES)
@pytest.mark.parametrize("mode", ["binary", "multiclass", "multilabel"])
def test_nothing_counted(name: str, mode: str) -> None:
    logits, target = pair(mode, torch.float64, False)
    for log_loss in (False, True):
        compare(
            name,
            logits,
            torch.full_like(target, 255),
            mode,
            log_loss=log_loss,
            ignore_index=255,
        )
        compare(name, logits, torch.zeros_like(target), mode, log_loss=log_loss)


def test_half_precision_is_computed_in_float32() -> None:
    logits, target = pair("multiclass", torch.float16, False)
    loss = smp.losses.DiceLoss("multiclass")(logits, target)
    assert loss.dtype == torch.float32
    same(loss, ORIGINAL_LOSSES["DiceLoss"]("multiclass")(logits.float(), target), 1e-6)


@pytest.mark.parametrize("name", ORIGINAL_LOSSES)
def test_a_loss_travels_and_shows_its_options(name: str) -> None:
    logits, target = pair("multiclass", torch.float32, False)
    loss = getattr(smp.losses, name)("multiclass", class_weights=torch.ones(4))
    assert loss.mode == "multiclass"
    assert loss.class_weights == [1.0] * 4
    assert not loss.state_dict()
    for other in (copy.deepcopy(loss), pickle.loads(pickle.dumps(loss))):
        same(other(logits, target), loss(logits, target))


@pytest.mark.parametrize("name", ORIGINAL_LOSSES)
def test_losses_refused(name: str) -> None:
    made = getattr(smp.losses, name)
    with pytest.raises(ValueError, match="mode must be one of 'binary'"):
        made("labels")
    for option in ("classes", "class_weights"):
        with pytest.raises(ValueError, match=f"{option} must be None with mode"):
            made("binary", **{option: [1]})
    logits, target = pair("multiclass", torch.float32, True)
    with pytest.raises(ValueError, match="255"):
        made("multiclass")(logits, target)
