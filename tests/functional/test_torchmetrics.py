"""Random labels: scores equal those of torchmetrics."""

from __future__ import annotations

import warnings
from typing import Any

import torch
import torchmetrics.classification
import torchmetrics.segmentation
from hypothesis import given
from hypothesis import strategies as st
from peer_inputs import LabelPairs, assert_equal, ignored_at_random, label_pairs

import torchtally as tt

STAT_SCORES: dict[str, tuple[str, dict[str, Any]]] = {
    "f1": ("F1Score", {}),
    "fbeta": ("FBetaScore", {"beta": 2.0}),
    "precision": ("Precision", {}),
    "recall": ("Recall", {}),
    "specificity": ("Specificity", {}),
    "accuracy": ("Accuracy", {}),
}


@given(
    pairs=label_pairs(),
    name=st.sampled_from(sorted(STAT_SCORES)),
    average=st.sampled_from(["micro", "macro", "weighted", "none"]),
    samplewise=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_torchmetrics_multiclass(
    pairs: LabelPairs, name: str, average: Any, samplewise: bool, seed: int
) -> None:
    preds, target, classes = pairs
    target = ignored_at_random(target, seed)
    peer, parameters = STAT_SCORES[name]
    metric = getattr(torchmetrics.classification, f"Multiclass{peer}")(
        num_classes=classes,
        average=average,
        multidim_average="samplewise" if samplewise else "global",
        ignore_index=255,
        **parameters,
    )
    options: dict[str, Any] = {"zero_division": 0, "ignore_index": 255, **parameters}
    if average == "macro":
        options["classes"] = "present"
    found = getattr(tt, f"{name}_score")(
        preds,
        target,
        classes,
        average=average,
        aggregation="none" if samplewise else "global",
        **options,
    )
    assert_equal(found, metric(preds, target))


@given(
    seed=st.integers(0, 2**31),
    name=st.sampled_from(["accuracy", "f1", "fbeta", "recall"]),
    average=st.sampled_from(["micro", "macro", "weighted"]),
    k=st.integers(2, 4),
)
def test_torchmetrics_top_k(seed: int, name: str, average: Any, k: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(25, 5, generator=generator)
    target = torch.randint(0, 5, (25,), generator=generator)
    peer, parameters = STAT_SCORES[name]
    metric = getattr(torchmetrics.classification, f"Multiclass{peer}")(
        num_classes=5, average=average, top_k=k, **parameters
    )
    # Beyond the first, the macro accuracy and recall there leave classes out that are
    # no target; F1 and F-beta go on leaving out those neither target nor predicted.
    left_out: dict[str, Any] = {}
    if name in ("accuracy", "recall"):
        left_out["undefined_when"] = "empty_target"
    found = getattr(tt, f"{name}_score")(
        scores, target, 5, average=average, top_k=k, **left_out, **parameters
    )
    assert_equal(found, metric(scores, target))


@given(
    size=st.tuples(st.integers(2, 5), st.integers(2, 4), st.integers(2, 4)),
    name=st.sampled_from(sorted(STAT_SCORES)),
    average=st.sampled_from(["micro", "macro", "weighted", "none"]),
    samplewise=st.booleans(),
    seed=st.integers(0, 2**31),
)
def test_torchmetrics_multilabel(
    size: tuple[int, int, int], name: str, average: Any, samplewise: bool, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(size, generator=generator)
    target = torch.randint(0, 2, size, generator=generator)
    target[torch.rand(size, generator=generator) < 0.2] = 9
    labels = size[1]
    peer, parameters = STAT_SCORES[name]
    metric = getattr(torchmetrics.classification, f"Multilabel{peer}")(
        num_labels=labels,
        average=average,
        multidim_average="samplewise" if samplewise else "global",
        threshold=0.4,
        ignore_index=9,
        **parameters,
    )
    found = getattr(tt, f"{name}_score")(
        scores,
        target,
        labels,
        task="multilabel",
        threshold=0.4,
        average=average,
        aggregation="none" if samplewise else "global",
        ignore_index=9,
        zero_division=0,
        **parameters,
    )
    assert_equal(found, metric(scores, target))


@given(
    seed=st.integers(0, 2**31),
    name=st.sampled_from(sorted(STAT_SCORES)),
    samplewise=st.booleans(),
)
def test_torchmetrics_binary(seed: int, name: str, samplewise: bool) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(3, 8, generator=generator)
    target = torch.randint(0, 2, (3, 8), generator=generator)
    target[torch.rand(3, 8, generator=generator) < 0.2] = -1
    peer, parameters = STAT_SCORES[name]
    metric = getattr(torchmetrics.classification, f"Binary{peer}")(
        multidim_average="samplewise" if samplewise else "global",
        ignore_index=-1,
        **parameters,
    )
    found = getattr(tt, f"{name}_score")(
        scores,
        target,
        task="binary",
        aggregation="none" if samplewise else "global",
        ignore_index=-1,
        zero_division=0,
        **parameters,
    )
    assert_equal(found, metric(scores, target))


@given(pairs=label_pairs(min_classes=3), seed=st.integers(0, 2**31))
def test_torchmetrics_scores_of_all_classes(pairs: LabelPairs, seed: int) -> None:
    preds, target, classes = pairs
    target = ignored_at_random(target, seed)
    options: dict[str, Any] = {"ignore_index": 255}
    peer = torchmetrics.classification.MulticlassMatthewsCorrCoef(classes, **options)
    found = tt.matthews_corrcoef(preds, target, classes, zero_division=0, **options)
    assert_equal(found, peer(preds, target), 1e-5)
    for weights in ("none", "linear", "quadratic"):
        kappa = torchmetrics.classification.MulticlassCohenKappa(
            classes,
            weights=weights,  # type: ignore[arg-type]
            **options,
        )
        found = tt.cohen_kappa_score(
            preds,
            target,
            classes,
            weights=weights,  # type: ignore[arg-type]
            **options,
        )
        assert_equal(found, kappa(preds, target), 1e-5)


@given(
    pairs=label_pairs(),
    weight_type=st.sampled_from(["square", "simple", "linear"]),
    background=st.booleans(),
)
def test_torchmetrics_generalized_dice_of_a_sample(
    pairs: LabelPairs, weight_type: Any, background: bool
) -> None:
    preds, target, classes = pairs
    peer = torchmetrics.segmentation.GeneralizedDiceScore(
        classes,
        include_background=background,
        weight_type=weight_type,
        input_format="index",
    )
    found = tt.generalized_dice_score(
        preds[:1],
        target[:1],
        classes,
        weight_type=weight_type,
        empty_weight="largest" if weight_type == "linear" else "zero",
        include_background=background,
        zero_division=0,
    )
    assert_equal(found, peer(preds[:1].unsqueeze(1), target[:1].unsqueeze(1)))


@given(pairs=label_pairs(), average=st.sampled_from(["micro", "macro", "weighted"]))
def test_torchmetrics_jaccard(pairs: LabelPairs, average: Any) -> None:
    preds, target, classes = pairs
    peer = torchmetrics.classification.MulticlassJaccardIndex(
        classes, average=average, ignore_index=255
    )
    target[0, 0] = 255
    if (target == 255).all():
        return
    found = tt.iou_score(preds, target, classes, average=average, ignore_index=255)
    assert_equal(found, peer(preds, target))


@given(
    pairs=label_pairs(),
    average=st.sampled_from(["micro", "macro", "none"]),
    background=st.booleans(),
)
def test_torchmetrics_dice_score(
    pairs: LabelPairs, average: Any, background: bool
) -> None:
    preds, target, classes = pairs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer = torchmetrics.segmentation.DiceScore(
            classes,
            include_background=background,
            average=average,
            aggregation_level="samplewise",
            input_format="index",
        )
    found = tt.dice_score(
        preds,
        target,
        classes,
        include_background=background,
        average=average,
        aggregation="samplewise",
    )
    assert_equal(found, peer(preds.unsqueeze(1), target.unsqueeze(1)))


@given(pairs=label_pairs(), each=st.booleans())
def test_torchmetrics_mean_iou(pairs: LabelPairs, each: bool) -> None:
    preds, target, classes = pairs
    peer = torchmetrics.segmentation.MeanIoU(
        classes, per_class=each, input_format="index"
    )
    wanted = peer(preds.unsqueeze(1), target.unsqueeze(1))
    found = tt.iou_score(
        preds,
        target,
        classes,
        aggregation="samplewise",
        sample_mean="joint",
        average="none" if each else "macro",
    )
    assert_equal(found.nan_to_num(-1.0), wanted)  # -1 there, NaN here
