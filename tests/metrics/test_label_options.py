"""Metrics of raw labels and of top-k: what the functions say of the whole."""

from __future__ import annotations

import copy
import itertools
import pickle
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._dynamo.testing import CompileCounterWithBackend
from torch.utils._python_dispatch import TorchDispatchMode

import torchtally as tt
from torchtally.metrics import (
    AccuracyScore,
    CohenKappaScore,
    ConfusionMatrix,
    DiceScore,
    F1Score,
    IoUScore,
    ScoreSuite,
    state_as_buffers,
)

SIZES = (2, 1, 4)
GENERATOR = torch.Generator().manual_seed(3)
SCORES = torch.randn(7, 4, 5, 6, generator=GENERATOR)
LABELS = torch.randint(0, 4, (7, 5, 6), generator=GENERATOR)
MASK = torch.rand(LABELS.shape, generator=GENERATOR) < 0.8

IDS = {0: None, 7: 0, 8: 1, 11: 2, 26: 3, -1: None}
RAW = torch.tensor([0, 7, 8, 11, 26, -1])
RAW = RAW[torch.randint(0, 6, LABELS.shape, generator=GENERATOR)].to(torch.int16)
UNKNOWN = torch.where(torch.rand(RAW.shape, generator=GENERATOR) < 0.1, 99, RAW)
FAR = torch.where(RAW == 26, -300, RAW.to(torch.int32))
FAR_IDS = {**IDS, -300: 3}

#: preds, target, number of classes, options.
Case = tuple[Tensor, Tensor, int, dict[str, Any]]
CASES: dict[str, Case] = {
    "labels": (LABELS, RAW, 4, {"label_map": IDS}),
    "scores": (SCORES, RAW, 4, {"label_map": IDS}),
    "fewer scores than ids": (SCORES[:, :3], RAW % 3, 3, {"label_map": {2: 0, 0: 1}}),
    "both": (RAW, RAW.flip(0), 4, {"label_map": IDS, "preds_map": IDS}),
    "preds": (SCORES, LABELS % 2, 2, {"preds_map": {0: 1, 1: 0, 2: 1, 3: None}}),
    "far": (LABELS, FAR, 4, {"label_map": FAR_IDS}),
    "far preds": (FAR, LABELS, 4, {"preds_map": FAR_IDS}),
    "raw values ignored": (
        LABELS,
        RAW,
        4,
        {"label_map": IDS, "ignore_index": [26, 11]},
    ),
    "unknown ignored": (
        LABELS,
        UNKNOWN,
        4,
        {"label_map": IDS, "out_of_range": "ignore"},
    ),
    "unknown missed": (SCORES, UNKNOWN, 4, {"label_map": IDS, "out_of_range": "miss"}),
    "binary": (
        SCORES[:, 0],
        RAW,
        2,
        {"task": "binary", "threshold": 0.25, "label_map": {**IDS, 11: 0, 26: 1}},
    ),
    "multilabel": (
        SCORES,
        RAW[:, None].expand(-1, 4, -1, -1),
        4,
        {"task": "multilabel", "label_map": {7: 0, 8: 1, 11: 1, 26: 0, 0: None}},
    ),
    "top 2": (SCORES, LABELS, 4, {"top_k": 2}),
    "top 3, unknown missed": (
        SCORES,
        LABELS + 1,
        4,
        {"top_k": 3, "out_of_range": "miss", "ignore_index": 2},
    ),
}
CASES["fewer scores than ids"][3]["out_of_range"] = "ignore"
CASES["multilabel"][3]["out_of_range"] = "ignore"


@pytest.fixture(params=CASES)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


def batches(*whole: Tensor) -> list[tuple[Tensor, ...]]:
    """Cut tensors into batches."""
    edges = [0, *itertools.accumulate(SIZES)]
    return [tuple(t[a:b] for t in whole) for a, b in itertools.pairwise(edges)]


def updated(metric: Any, *whole: Tensor) -> Any:
    for batch in batches(*whole):
        metric.update(*batch)
    return metric


def same(found: Any, wanted: Any) -> None:
    torch.testing.assert_close(found, wanted, rtol=0, atol=0, equal_nan=True)


# What the functions say


@pytest.mark.parametrize("per_sample", [False, True])
def test_matrices(case: Case, per_sample: bool) -> None:
    preds, target, classes, options = case
    metric = ConfusionMatrix(classes, per_sample=per_sample, **options)
    mask = MASK if target.dim() == 3 else MASK[:, None].expand(target.shape)
    updated(metric, preds, target, mask)
    options = {**options, "per_sample": per_sample}
    wanted = tt.confusion_matrix(preds, target, classes, mask=mask, **options)
    assert wanted.sum() > 0
    same(metric.compute(), wanted)
    for *batch, of_batch in batches(preds, target, mask):
        wanted = tt.confusion_matrix(*batch, classes, mask=of_batch, **options)
        same(metric(*batch, of_batch), wanted)


SCORED: dict[str, dict[str, Any]] = {
    "global": {},
    "samplewise": {"aggregation": "samplewise"},
    "each": {"aggregation": "none", "average": "none"},
    "micro": {"average": "micro"},
    "classes": {"average": "none", "zero_division": 0.5},
}


@pytest.mark.parametrize("scored", SCORED)
def test_scores(case: Case, scored: str) -> None:
    preds, target, classes, options = case
    options = {**options, **SCORED[scored], "dtype": torch.float64}
    metric = updated(IoUScore(classes, **options), preds, target)
    wanted = tt.iou_score(preds, target, classes, **options)
    torch.testing.assert_close(
        metric.compute(), wanted, rtol=1e-15, atol=0, equal_nan=True
    )
    for batch in batches(preds, target):
        torch.testing.assert_close(
            metric(*batch),
            tt.iou_score(*batch, classes, **options),
            rtol=1e-15,
            atol=0,
            equal_nan=True,
        )


def test_scores_keep_no_matrix_for_a_map() -> None:
    assert DiceScore(4, label_map=IDS).counts.shape == (3, 4)


def test_scores_that_need_the_matrix_and_classes_that_are_ignored() -> None:
    options: dict[str, Any] = {"label_map": IDS}
    kappa = updated(CohenKappaScore(4, weights="linear", **options), SCORES, RAW)
    wanted = tt.cohen_kappa_score(SCORES, RAW, 4, weights="linear", **options)
    same(kappa.compute(), wanted)
    options |= {"average": "none", "regions": [[0, 1], [3]]}
    dice = updated(DiceScore(4, **options), SCORES, RAW)
    same(dice.compute(), tt.dice_score(SCORES, RAW, 4, **options))
    ignoring: dict[str, Any] = {"label_map": IDS, "ignore_index": 8, "average": "none"}
    found = updated(F1Score(4, **ignoring), LABELS, RAW).compute()
    assert found.isnan().tolist() == [False, True, False, False]


def test_accuracy_and_top_k_of_labels() -> None:
    metric = updated(AccuracyScore(4, top_k=3), SCORES, LABELS)
    same(metric.compute(), tt.accuracy_score(SCORES, LABELS, 4, top_k=3))
    message = r"^AccuracyScore: top_k=3 needs class scores \[N, C, ...\], got preds of"
    with pytest.raises(TypeError, match=message):
        metric.update(LABELS, LABELS)


def test_a_suite_counts_mapped_labels_once() -> None:
    scores: Any = {"dice": {}, "each": {"score": "iou", "average": "none"}}
    found = updated(ScoreSuite(4, scores, label_map=IDS), SCORES, RAW).compute()
    same(found["dice"], tt.dice_score(SCORES, RAW, 4, label_map=IDS))
    wanted = tt.iou_score(SCORES, RAW, 4, label_map=IDS, average="none")
    same(found["each"], wanted)
    message = r"label_map must be the same for every score; .* of scores\['dice'\]"
    with pytest.raises(ValueError, match=f"^ScoreSuite: {message}"):
        ScoreSuite(4, {"dice": {"label_map": IDS}})


# How they travel


@pytest.mark.parametrize("aggregation", ["global", "samplewise", "none"])
def test_copies_merges_and_saved_states(case: Case, aggregation: Any) -> None:
    preds, target, classes, options = case
    options = {**options, "aggregation": aggregation, "dtype": torch.float64}
    options["persistent"] = True
    wanted = updated(DiceScore(classes, **options), preds, target).compute()
    first, *rest = batches(preds, target)
    metric = DiceScore(classes, **options)
    metric.update(*first)
    loaded = DiceScore(classes, **options)
    loaded.load_state_dict(metric.state_dict())
    other = DiceScore(classes, **options)
    twins = [pickle.loads(pickle.dumps(metric)), copy.deepcopy(metric), loaded]
    for batch in rest:
        for each in (*twins, other):
            each.update(*batch)
    metric.merge(other)
    for each in (metric, *twins):
        same(each.compute(), wanted)
    metric.reset()
    same(updated(metric, preds, target).compute(), wanted)


def test_merge_refuses_other_maps() -> None:
    metric = DiceScore(4, label_map=IDS)
    metric.merge(DiceScore(4, label_map=dict(reversed(IDS.items()))))
    others: list[dict[str, Any]] = [
        {},
        {"label_map": {**IDS, 0: 1}},
        {"label_map": IDS, "preds_map": {0: 0}},
        {"top_k": 2},
    ]
    for options in others:
        message = "DiceScore.merge: other must count with the same options"
        with pytest.raises(ValueError, match=message):
            metric.merge(DiceScore(4, **options))
    with pytest.raises(ValueError, match=message):
        DiceScore(4, top_k=3).merge(DiceScore(4, top_k=2))


def test_a_map_that_changes_later_changes_nothing() -> None:
    own = dict(IDS)
    metric = DiceScore(4, label_map=own)
    own.clear()
    same(metric(LABELS, RAW), tt.dice_score(LABELS, RAW, 4, label_map=IDS))


def test_repr() -> None:
    metric = DiceScore(2, label_map={4: 1, 9: None}, preds_map={0: 0})
    text = "DiceScore(num_classes=2, label_map={4: 1, 9: None}, preds_map={0: 0})"
    assert repr(metric) == text
    assert repr(F1Score(4, top_k=2)) == "F1Score(num_classes=4, top_k=2)"


# Errors


@pytest.mark.parametrize("aggregation", ["global", "samplewise", "none"])
def test_unknown_labels_are_told_at_compute(aggregation: Any) -> None:
    metric = DiceScore(4, label_map=IDS, aggregation=aggregation)
    updated(metric, LABELS, UNKNOWN)
    bad = int((UNKNOWN == 99).sum())
    message = (
        "^DiceScore: labels must be named by label_map and preds_map, but "
        rf"{bad} pair\(s\) hold another label\. Map it to None, or pass "
        r"out_of_range='ignore' or 'miss'$"
    )
    for _ in range(2):
        with pytest.raises(ValueError, match=message):
            metric.compute()
    with pytest.raises(ValueError, match=message):
        metric.reset() or metric(LABELS, UNKNOWN)  # type: ignore[func-returns-value]
    metric.reset()
    metric.update(LABELS, RAW)
    metric.compute()


def test_unknown_pairs_of_each_label() -> None:
    metric = ConfusionMatrix(2, task="multilabel", label_map={4: 0, 5: 1})
    metric.update(torch.ones(3, 2), torch.tensor([[4, 5], [6, 7], [5, 8]]))
    assert metric.invalid.tolist() == [1, 2]
    with pytest.raises(ValueError, match=r"^ConfusionMatrix: .* but 3 pair\(s\) hold"):
        metric.compute()


def test_a_target_out_of_range_is_in_no_top_k() -> None:
    metric = DiceScore(4, top_k=2)
    metric.update(SCORES, LABELS + 1)
    bad = int((LABELS == 3).sum())
    message = rf"^DiceScore: labels must lie in \[0, 4\) .* but {bad} pair\(s\) hold"
    with pytest.raises(ValueError, match=message):
        metric.compute()


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"label_map": [0]}, TypeError, "label_map must be a mapping .*, got list"),
        ({"preds_map": {}}, ValueError, "preds_map must name at least one label"),
        ({"label_map": {0: 3}}, ValueError, r"map to classes in \[0, 3\) or None"),
        (
            {"preds_map": {0: 0}, "task": "multilabel"},
            ValueError,
            "preds_map does not apply to task='multilabel'",
        ),
        ({"top_k": 0}, ValueError, r"top_k must be 1, or lie in \[1, 3\]"),
        ({"top_k": True}, TypeError, "top_k must be an int, got bool"),
        ({"top_k": 2, "label_map": {0: 1}}, ValueError, "got top_k=2$"),
        ({"top_k": 2, "task": "multilabel"}, ValueError, "task='multilabel'"),
    ],
    ids=str,
)
def test_options_that_are_refused(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    for kind in (ConfusionMatrix, DiceScore, ScoreSuite):
        with pytest.raises(error, match=f"^{kind.__name__}: .*{message}"):
            kind(3, **options)


# Shares


@pytest.mark.parametrize("normalize", ["true", "pred", "all"])
def test_shares(normalize: Any) -> None:
    options: dict[str, Any] = {"normalize": normalize, "label_map": IDS}
    for dtype in (torch.float32, torch.float64):
        metric = ConfusionMatrix(4, dtype=dtype, **options)
        updated(metric, LABELS, RAW)
        wanted = tt.confusion_matrix(LABELS, RAW, 4, dtype=dtype, **options)
        same(metric.compute(), wanted)
        same(ConfusionMatrix(4, dtype=dtype, **options)(LABELS, RAW), wanted)
    counts = ConfusionMatrix(4, label_map=IDS)
    counts.merge(metric)  # what is kept are counts
    same(counts.compute(), tt.confusion_matrix(LABELS, RAW, 4, label_map=IDS))


def test_shares_that_are_refused() -> None:
    with pytest.raises(ValueError, match=r"^ConfusionMatrix: normalize must be one of"):
        ConfusionMatrix(2, normalize="rows")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"^ConfusionMatrix: dtype must be torch.flo"):
        ConfusionMatrix(2, normalize="all", dtype=torch.float16)


# What it costs


class Calls(TorchDispatchMode):
    """Names every op that is called."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        self.names.append(str(func))
        return func(*args, **(kwargs or {}))


def test_an_update_of_classes_is_one_op() -> None:
    for metric, op in (
        (ConfusionMatrix(4, normalize="all"), "confusion_matrix_"),
        (DiceScore(4, top_k=1, label_map=None), "class_counts_"),
        (DiceScore(4, aggregation="none"), "class_counts"),
    ):
        with Calls() as calls:
            metric.update(SCORES, LABELS)
        assert calls.names == [f"torchtally.{op}.default"]


def test_an_update_of_raw_labels_passes_over_pixels_once() -> None:
    metric = DiceScore(4, label_map=IDS)
    raw = torch.zeros(2, 1000, dtype=torch.int64)
    names = []

    class Large(TorchDispatchMode):
        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            if any(isinstance(a, Tensor) and a.numel() >= raw.numel() for a in args):
                names.append(str(func))
            return func(*args, **(kwargs or {}))

    with Large():
        metric.update(raw, raw)
    assert names == ["torchtally.confusion_matrix.default"]


# Compiled


COMPILED: dict[str, tuple[Any, dict[str, Any]]] = {
    f"{name}, {aggregation}": (
        DiceScore,
        {**CASES[name][3], "aggregation": aggregation},
    )
    for name in CASES
    for aggregation in (
        ("global", "samplewise", "none") if name == "both" else ["none"]
    )
}


@pytest.mark.parametrize("name", COMPILED)
def test_updates_are_one_frame(name: str) -> None:
    kind, options = COMPILED[name]
    preds, target, classes, _ = CASES[name.rpartition(",")[0]]
    metric, eager = kind(classes, **options), kind(classes, **options)
    torch._dynamo.reset()
    frames = CompileCounterWithBackend("aot_eager")
    update = torch.compile(metric.update, backend=frames, fullgraph=True, dynamic=True)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for size in (7, 3, 5, 6, 2):  # at first like no other dimension
            update(preds[:size].clone(), target[:size].clone())
            eager.update(preds[:size], target[:size])
    assert frames.frame_count == 1
    torch.testing.assert_close(
        metric.compute(), eager.compute(), rtol=1e-6, atol=0, equal_nan=True
    )
    same(metric.counts, eager.counts)


def test_export_goes_on_counting() -> None:
    class Step(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.metric = IoUScore(4, label_map=IDS)

        def forward(self, preds: Tensor, target: Tensor) -> Tensor:
            self.metric.update(preds, target)
            return self.metric.counts.clone()

    size = {0: torch.export.Dim("batch", min=2, max=64)}
    shapes = {"preds": size, "target": size}
    step = Step()
    with state_as_buffers(step):
        program = torch.export.export(step, (SCORES, RAW), dynamic_shapes=shapes)
    module, eager = program.module(), Step()
    for end in (3, 7, 5):
        same(module(SCORES[:end], RAW[:end]), eager(SCORES[:end], RAW[:end]))
