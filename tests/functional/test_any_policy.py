"""Any combination of options gives what loops over samples and classes give."""

from __future__ import annotations

from typing import Any

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import torchtally as tt
from conformance.rates import RATES
from references import class_counts_reference
from score_reference import Count, score_reference
from torchtally import functional
from torchtally.functional._definitions import SCORES


def assert_score(found: Tensor, expected: Any) -> None:
    wanted = torch.tensor(expected, dtype=torch.float64)
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-12, equal_nan=True)


@st.composite
def policies(draw: st.DrawFn) -> tuple[Tensor, Tensor, int, dict[str, Any]]:
    task = draw(st.sampled_from(["multiclass", "multilabel", "binary"]))
    classes = 2 if task == "binary" else draw(st.integers(1, 4))
    samples, pixels = draw(st.integers(1, 4)), draw(st.integers(0, 5))
    shape = (samples, classes, pixels) if task == "multilabel" else (samples, pixels)
    size = torch.Size(shape).numel()
    out_of_range = draw(st.sampled_from(["error", "ignore", "miss"]))
    top = 2 if task == "multilabel" else classes
    label = st.integers(0, top - 1 if out_of_range == "error" else top + 1)
    preds, target = (
        torch.tensor(
            draw(st.lists(label, min_size=size, max_size=size)), dtype=torch.int64
        ).view(shape)
        for _ in range(2)
    )
    averages = ["micro", "macro", "weighted", "none"]
    averages += {"binary": ["binary"], "multilabel": ["samples"]}.get(task, [])
    average = draw(st.sampled_from(averages))
    aggregations = ["global", "samplewise"] + ["none"] * (average != "samples")
    options: dict[str, Any] = {
        "task": task,
        "out_of_range": out_of_range,
        "average": average,
        "aggregation": draw(st.sampled_from(aggregations)),
        "zero_division": draw(st.sampled_from(["skip", "nan", 0, 1.0, 0.25])),
        "undefined_when": draw(
            st.sampled_from(["zero_denominator", "empty_target", "both_empty"])
        ),
        "sample_mean": "classes_first",
        "ignore_index": draw(st.lists(st.integers(0, top), max_size=2)),
    }
    if average == "samples" or options["aggregation"] == "samplewise":
        means = ["classes_first", "samples_first", "joint"]
        options["sample_mean"] = draw(st.sampled_from(means))
    if average != "binary":
        if draw(st.booleans()):
            some = st.lists(st.integers(0, classes - 1), min_size=1, unique=True)
            options["classes"] = draw(st.just("present") | some)
        named = options.get("classes", "present")
        left = [c for c in range(classes) if named == "present" or c in named]
        left = [c for c in left if c != 0]
        options["include_background"] = draw(st.booleans()) or not left
    if average == "macro" and draw(st.booleans()):
        weight = st.sampled_from([0.0, 0.5, 1.0, 3.0])
        weights = draw(st.lists(weight, min_size=classes, max_size=classes))
        options["class_weights"] = weights if any(weights) else None
    return preds, target, classes, options


def counts_of_samples(
    preds: Tensor, target: Tensor, classes: int, options: dict[str, Any]
) -> list[list[Count]]:
    """Return (tp, fp, fn, tn) of each sample and class, by the reference counts."""
    multilabel = options["task"] == "multilabel"
    counts, _ = class_counts_reference(
        preds,
        target,
        2 if multilabel else classes,
        ignore_index=options["ignore_index"],
        per_sample=True,
        per_label=multilabel,
        other=options["out_of_range"] == "miss",
    )
    total = (counts[..., 0, :] + counts[..., 2, :]).sum(-1)  # [N] or [N, L]
    if multilabel:
        counts = counts[..., 1].mT  # [N, L, 3, 2 or 3] -> [N, 3, L]
    else:
        total = total.unsqueeze(-1)
    tn = total - counts.sum(1)
    return [
        [(tp, fp, fn, tn) for tp, fp, fn, tn in zip(*rows, strict=True)]
        for rows in torch.cat([counts, tn.unsqueeze(1)], 1).tolist()
    ]


@given(problem=policies(), name=st.sampled_from(sorted(RATES)))
@settings(max_examples=2000)
def test_any_policy(
    problem: tuple[Tensor, Tensor, int, dict[str, Any]], name: str
) -> None:
    preds, target, classes, options = problem
    wanted = {
        key: value
        for key, value in options.items()
        if key not in ("task", "out_of_range")
    }
    multilabel = options["task"] == "multilabel"
    if multilabel:
        wanted["ignore_index"] = ()
    rate = RATES[name]
    expected, valid = score_reference(
        (rate.multilabel or rate.ratio) if multilabel else rate.ratio,
        counts_of_samples(preds, target, classes, options),
        other=options["out_of_range"] == "miss" and not multilabel,
        **wanted,
    )
    of_pixels = getattr(tt, SCORES[name].function)
    from_counts = getattr(functional, SCORES[name].counts_function)
    parameters: dict[str, Any] = rate.parameters
    found = of_pixels(
        preds,
        target,
        classes,
        return_valid=True,
        dtype=torch.float64,
        **options,
        **parameters,
    )
    assert_score(found.score, expected)
    assert found.valid.tolist() == valid
    matrix = tt.confusion_matrix(
        preds,
        target,
        classes,
        task=options["task"],
        per_sample=True,
        ignore_index=options["ignore_index"],
        out_of_range=options["out_of_range"],
    )
    again = from_counts(
        matrix,
        task=options["task"],
        other=options["out_of_range"] == "miss",
        return_valid=True,
        dtype=torch.float64,
        **wanted,
        **parameters,
    )
    assert_score(again.score, expected)
    assert again.valid.tolist() == valid


def test_every_score_of_single_classes_has_a_reference() -> None:
    averaged = {
        name
        for name, score in SCORES.items()
        if score.sees == "class" and not score.fixed
    }
    assert averaged == set(RATES)
