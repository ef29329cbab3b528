"""Random labels: scores equal those of scikit-learn.

Its zero_division=nan leaves undefined entries out, as our "skip".
"""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np
import sklearn.metrics
import torch
from hypothesis import given
from hypothesis import strategies as st
from peer_inputs import LabelPairs, assert_equal, ignored_at_random, label_pairs
from torch import Tensor

import torchtally as tt

OURS: dict[str, Any] = {
    name: getattr(tt, f"{name}_score")
    for name in ("f1", "iou", "precision", "recall", "fbeta")
}
PEER: dict[str, Any] = {
    "f1": sklearn.metrics.f1_score,
    "iou": sklearn.metrics.jaccard_score,
    "precision": sklearn.metrics.precision_score,
    "recall": sklearn.metrics.recall_score,
    "fbeta": sklearn.metrics.fbeta_score,
}
PARAMETERS: dict[str, dict[str, float]] = {"fbeta": {"beta": 0.5}}
ZERO_DIVISION = {"skip": math.nan, 0: 0.0, 1: 1.0}


@given(pairs=label_pairs())
def test_sklearn_confusion_matrix(pairs: LabelPairs) -> None:
    preds, target, classes = pairs
    wanted = sklearn.metrics.confusion_matrix(
        target.flatten(), preds.flatten(), labels=range(classes)
    )
    assert tt.confusion_matrix(preds, target, classes).tolist() == wanted.tolist()
    labels = sklearn.metrics.multilabel_confusion_matrix(
        target.flatten(), preds.flatten(), labels=range(classes)
    )
    counts = tt.class_counts(preds, target, classes)
    for cell, found in (
        ((0, 0), counts.tn),
        ((0, 1), counts.fp),
        ((1, 0), counts.fn),
        ((1, 1), counts.tp),
    ):
        assert found.tolist() == labels[:, cell[0], cell[1]].tolist()


def without_support(each: Tensor, support: Tensor) -> bool:
    """Whether no defined entry of a weighted mean weighs anything.

    The mean is the plain one there, and undefined here.
    """
    return not (support[~each.isnan()] > 0).any()


@given(
    pairs=label_pairs(),
    name=st.sampled_from(sorted(PEER)),
    average=st.sampled_from(["micro", "macro", "weighted", "none"]),
    worth=st.sampled_from(["skip", 0, 1]),
    data=st.data(),
)
def test_sklearn_scores(
    pairs: LabelPairs,
    name: str,
    average: Any,
    worth: Any,
    data: st.DataObject,
) -> None:
    preds, target, classes = pairs
    order = data.draw(st.permutations(range(classes)))
    labels = order[: data.draw(st.integers(1, classes))]
    if name == "iou" and worth == "skip":
        worth = 0  # jaccard_score knows 0 and 1
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = PEER[name](
            target.flatten().numpy(),
            preds.flatten().numpy(),
            labels=list(labels),
            average=None if average == "none" else average,
            zero_division=ZERO_DIVISION[worth],
            **PARAMETERS.get(name, {}),
        )
    found = OURS[name](
        preds,
        target,
        classes,
        average=average,
        zero_division=worth,
        classes=labels,
        **PARAMETERS.get(name, {}),
    )
    if average == "weighted":
        options = {"zero_division": worth, "classes": labels}
        each = OURS[name](preds, target, classes, average="none", **options)
        support = torch.stack([(target == label).sum() for label in labels])
        if without_support(each, support):
            assert found.isnan() or found == worth
            return
    assert_equal(found, wanted)


@given(
    size=st.tuples(st.integers(1, 6), st.integers(2, 4)),  # one column is binary there
    seed=st.integers(0, 2**31),
    average=st.sampled_from(["samples", "micro", "macro", "weighted", "none"]),
    worth=st.sampled_from(["skip", 0, 1]),
    name=st.sampled_from(sorted(PEER)),
)
def test_sklearn_multilabel(
    size: tuple[int, int], seed: int, average: Any, worth: Any, name: str
) -> None:
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(size, generator=generator)
    target = torch.rand(size, generator=generator) < 0.3
    if name == "iou" and worth == "skip":
        worth = 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = PEER[name](
            target.numpy(),
            (scores > 0.6).numpy(),
            average=None if average == "none" else average,
            zero_division=ZERO_DIVISION[worth],
            **PARAMETERS.get(name, {}),
        )
    found = OURS[name](
        scores,
        target,
        size[1],
        task="multilabel",
        threshold=0.6,
        average=average,
        zero_division=worth,
        **PARAMETERS.get(name, {}),
    )
    if average == "weighted":
        options = {"task": "multilabel", "threshold": 0.6, "zero_division": worth}
        each = OURS[name](scores, target, size[1], average="none", **options)
        if without_support(each, target.sum(0)):
            assert found.isnan() or found == worth
            return
    assert_equal(found, wanted)


@given(pairs=label_pairs(), ignored=st.integers(0, 5))
def test_sklearn_labels_are_our_ignored_class(pairs: LabelPairs, ignored: int) -> None:
    preds, target, classes = pairs
    ignored %= classes
    kept = target != ignored
    if not kept.any():
        return
    labels = [c for c in range(classes) if c != ignored]
    for average in ("micro", "macro"):
        wanted = sklearn.metrics.f1_score(
            target[kept], preds[kept], labels=labels, average=average, zero_division=1
        )
        found = tt.f1_score(
            preds,
            target,
            classes,
            ignore_index=ignored,
            average=average,  # type: ignore[arg-type]
            zero_division=1,
        )
        assert_equal(found, wanted)


@given(
    pairs=label_pairs(),
    name=st.sampled_from(sorted(PEER)),
    average=st.sampled_from(["macro", "weighted"]),
    seed=st.integers(0, 2**31),
)
def test_sklearn_without_labels_scores_present_classes(
    pairs: LabelPairs, name: str, average: Any, seed: int
) -> None:
    preds, target, classes = pairs
    target = ignored_at_random(target, seed)
    kept = target != 255
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = PEER[name](
            target[kept].numpy(),
            preds[kept].numpy(),
            average=average,
            zero_division=0.0,
            **PARAMETERS.get(name, {}),
        )
    found = OURS[name](
        preds,
        target,
        classes,
        average=average,
        classes="present",
        zero_division=0,
        ignore_index=255,
        **PARAMETERS.get(name, {}),
    )
    assert_equal(found, wanted)


@given(pairs=label_pairs(), seed=st.integers(0, 2**31))
def test_sklearn_scores_of_all_classes(pairs: LabelPairs, seed: int) -> None:
    preds, target, classes = pairs
    target = ignored_at_random(target, seed)
    kept = target != 255
    inputs = target[kept].numpy(), preds[kept].numpy()
    options: dict[str, Any] = {"ignore_index": 255, "dtype": torch.float64}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        accuracy = sklearn.metrics.accuracy_score(*inputs)
        balanced = sklearn.metrics.balanced_accuracy_score(*inputs)
        matthews = sklearn.metrics.matthews_corrcoef(*inputs)
        kappas = {
            weights: sklearn.metrics.cohen_kappa_score(
                *inputs,
                weights=None if weights == "none" else weights,
                labels=range(classes),
            )
            for weights in ("none", "linear", "quadratic")
        }
    assert_equal(tt.accuracy_score(preds, target, classes, **options), accuracy)
    assert_equal(
        tt.balanced_accuracy_score(preds, target, classes, **options), balanced
    )
    found = tt.matthews_corrcoef(preds, target, classes, zero_division=0, **options)
    assert_equal(found, matthews)
    for weights, wanted in kappas.items():
        found = tt.cohen_kappa_score(
            preds,
            target,
            classes,
            weights=weights,  # type: ignore[arg-type]
            **options,
        )
        assert_equal(found, wanted)


@given(pairs=label_pairs())
def test_sklearn_binary(pairs: LabelPairs) -> None:
    preds, target = (labels % 2 for labels in pairs[:2])
    inputs = target.flatten().numpy(), preds.flatten().numpy()
    for name, peer in PEER.items():
        parameters = PARAMETERS.get(name, {})
        wanted = peer(*inputs, zero_division=0.0, labels=[0, 1], **parameters)
        found = OURS[name](preds, target, task="binary", zero_division=0, **parameters)
        assert_equal(found, wanted)
    wanted = sklearn.metrics.accuracy_score(*inputs)
    assert_equal(tt.accuracy_score(preds, target, task="binary"), wanted)


@given(pairs=label_pairs(), normalize=st.sampled_from(["true", "pred", "all"]))
def test_sklearn_shares(pairs: LabelPairs, normalize: Any) -> None:
    preds, target, classes = pairs
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wanted = sklearn.metrics.confusion_matrix(
            target.flatten(),
            preds.flatten(),
            labels=range(classes),
            normalize=normalize,
        )
    found = tt.confusion_matrix(preds, target, classes, normalize=normalize)
    assert_equal(found.nan_to_num(0), np.nan_to_num(wanted))  # 0 there, NaN here


@given(size=st.tuples(st.integers(1, 6), st.integers(1, 4)), seed=st.integers(0, 2**31))
def test_sklearn_hamming(size: tuple[int, int], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    preds, target = torch.randint(0, 2, (2, *size), generator=generator)
    wanted = 1 - sklearn.metrics.hamming_loss(target.numpy(), preds.numpy())
    found = tt.accuracy_score(preds, target, size[1], task="multilabel")
    assert_equal(found, wanted)
