"""Probabilities, logits and thresholds of binary and multilabel scores."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

import torchtally as tt
from references import confusion_matrix_reference
from torchtally.metrics import ConfusionMatrix, DiceScore, F1Score, ScoreSuite

GENERATOR = torch.Generator().manual_seed(0)
LOGITS = torch.randn(4, 3, 9, 8, generator=GENERATOR)
TARGET = LOGITS > 0
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
TASKS: dict[str, tuple[int, dict[str, Any]]] = {
    "binary": (2, {"task": "binary"}),
    "multilabel": (3, {"task": "multilabel"}),
}
NOT_PROBABILITIES = (
    r"scores must lie in \[0, 1\], as probabilities, but \d+ do not, such as "
    r"-?[\d.]+; pass logits=True for logits, or threshold for scores as they are$"
)


def references(preds: Tensor, task: str, **options: Any) -> tuple[Tensor, Tensor]:
    return confusion_matrix_reference(
        preds, TARGET, 2, per_label=task == "multilabel", **options
    )


@pytest.mark.parametrize("task", TASKS)
def test_a_perfect_model_scores_one(task: str) -> None:
    classes, options = TASKS[task]
    assert tt.f1_score(LOGITS, TARGET, classes, logits=True, **options) == 1
    assert tt.f1_score(LOGITS.sigmoid(), TARGET, classes, **options) == 1
    assert tt.f1_score(LOGITS, TARGET, classes, threshold=0, **options) == 1
    with pytest.raises(ValueError, match=rf"^f1_score: {NOT_PROBABILITIES}"):
        tt.f1_score(LOGITS, TARGET, classes, **options)
    # An explicit threshold is taken as it is.
    cut = tt.f1_score(LOGITS, TARGET, classes, threshold=0.5, **options)
    assert torch.equal(cut, tt.f1_score(LOGITS > 0.5, TARGET, classes, **options))


@pytest.mark.parametrize("dtype", FLOATS, ids=str)
@pytest.mark.parametrize("task", TASKS)
def test_scores_out_of_range_are_labels_out_of_range(
    task: str, dtype: torch.dtype
) -> None:
    classes, options = TASKS[task]
    scores = torch.rand(LOGITS.shape, generator=GENERATOR).to(dtype)
    scores[0, :, 0, :4] = torch.tensor([math.nan, -0.25, 1.5, -0.0]).to(dtype)
    for logits in (False, True):
        named = {"logits": logits}
        wanted, invalid = references(scores, task, **named)
        assert invalid.sum() == (3 if logits else 9)
        given = {**named, **options}
        found = tt.confusion_matrix(
            scores, TARGET, classes, out_of_range="ignore", **given
        )
        assert torch.equal(found, wanted)
        found = tt.confusion_matrix(scores, TARGET, classes, validate=False, **given)
        assert torch.equal(found, wanted)
        other, _ = references(scores, task, other=True, **named)
        found = tt.confusion_matrix(
            scores, TARGET, classes, out_of_range="miss", **given
        )
        assert torch.equal(found, other)
        for function in (tt.class_counts, tt.dice_score, tt.confusion_matrix):
            with pytest.raises(ValueError, match=r"but \d do not, such as nan; "):
                function(scores, TARGET, classes, **given)


@pytest.mark.parametrize("task", TASKS)
def test_what_is_ignored_or_masked_is_not_looked_at(task: str) -> None:
    classes, options = TASKS[task]
    scores = torch.rand(LOGITS.shape, generator=GENERATOR)
    mask = torch.rand(LOGITS.shape, generator=GENERATOR) < 0.7
    target = torch.where(mask, TARGET.long(), 255)
    wanted = tt.confusion_matrix(scores, TARGET, classes, mask=mask, **options)
    wrong = torch.where(mask, scores, torch.tensor(math.nan))
    wrong[0, 0, 0][~mask[0, 0, 0]] = 7.0
    found = tt.confusion_matrix(wrong, TARGET, classes, mask=mask, **options)
    assert torch.equal(found, wanted)
    found = tt.confusion_matrix(wrong, target, classes, ignore_index=255, **options)
    assert torch.equal(found, wanted)
    wrong[mask.nonzero(as_tuple=True)] = 7.0
    number = int(mask.sum())
    with pytest.raises(ValueError, match=rf"but {number} do not, such as 7; "):
        tt.confusion_matrix(wrong, TARGET, classes, mask=mask, **options)


def test_labels_and_scores_are_told_apart() -> None:
    target = TARGET.long()
    target[0, 0, 0, 0] = 7
    scores = LOGITS.sigmoid()
    labels = r"labels must lie in \[0, 2\) .*, but 1 pair\(s\) hold another label "
    labels += r"\(target has 7\)\. Name it in ignore_index, or pass out_of_range="
    with pytest.raises(ValueError, match=labels + r"'ignore' or 'miss'$"):
        tt.dice_score(scores, target, task="binary")
    scores[0, 0, 1, 1] = 1.25
    scores[0, 0, 0, 0] = 1.5  # of the same pair as the label
    both = labels + r".*'miss'\. dice_score: scores must lie in \[0, 1\], as "
    both += r"probabilities, but 2 do not, such as 1\.5; pass logits=True"
    with pytest.raises(ValueError, match=both):
        tt.dice_score(scores, target, task="binary")


@pytest.mark.parametrize("aggregation", ["global", "samplewise", "none"])
@pytest.mark.parametrize("task", TASKS)
def test_metrics_raise_when_they_compute(task: str, aggregation: str) -> None:
    classes, options = TASKS[task]
    options = {**options, "aggregation": aggregation}
    metric = F1Score(classes, **options)
    metric.update(LOGITS, TARGET)
    words = (
        r"^F1Score: labels must lie in \[0, 2\) or equal ignore_index \[\], and scores "
        r"lie in \[0, 1\], as probabilities, but \d+ pair\(s\) hold another label or "
        r"score\. .*pass logits=True for logits, or threshold for scores as they are; "
        r"pass mask to leave out pixels that hold NaN$"
    )
    with pytest.raises(ValueError, match=words):
        metric.compute()
    with pytest.raises(ValueError, match=words):
        F1Score(classes, **options)(LOGITS, TARGET)
    for right in ({"logits": True}, {"threshold": 0.0}):
        metric = F1Score(classes, **right, **options)
        metric.update(LOGITS[:2], TARGET[:2])
        metric.update(LOGITS[2:], TARGET[2:])
        assert (metric.compute() == 1).all()
    left_out = DiceScore(classes, out_of_range="ignore", **options)
    left_out.update(LOGITS, TARGET)
    wanted = tt.dice_score(LOGITS, TARGET, classes, out_of_range="ignore", **options)
    torch.testing.assert_close(left_out.compute(), wanted)


def test_metrics_of_logits_and_of_explicit_thresholds_say_what_holds() -> None:
    logits = LOGITS.clone()
    logits[0, 0, 0, 0] = math.nan
    metric: Any = ConfusionMatrix(task="binary", logits=True)
    metric.update(logits, TARGET)
    with pytest.raises(ValueError, match=r"and scores be numbers, as logits are, but "):
        metric.compute()
    metric = ConfusionMatrix(task="binary", threshold=0.0)
    metric.update(logits, TARGET.long() + 7 * logits.isnan())
    with pytest.raises(ValueError, match=r"but 1 pair\(s\) hold another label\. Name"):
        metric.compute()
    metric = ScoreSuite(task="binary", logits=True)
    metric.update(LOGITS, TARGET)
    assert all(value == 1 for value in metric.compute().values())


def test_a_threshold_for_each_label() -> None:
    thresholds = [-0.5, 0.25, 1.0]
    limits = torch.tensor(thresholds).view(3, 1, 1)
    wanted = tt.confusion_matrix(limits < LOGITS, TARGET, 3, task="multilabel")
    given: tuple[Any, ...] = (
        thresholds,
        tuple(thresholds),
        torch.tensor(thresholds),
        torch.tensor(thresholds, dtype=torch.float64),
    )
    for threshold in given:
        options: dict[str, Any] = {"task": "multilabel", "threshold": threshold}
        assert torch.equal(tt.confusion_matrix(LOGITS, TARGET, 3, **options), wanted)
        rows = tt.class_counts(LOGITS, TARGET, 3, **options)
        assert torch.equal(rows.tp, wanted[:, 1, 1])
        each = tt.dice_score(LOGITS, TARGET, 3, aggregation="none", **options)
        metric = DiceScore(3, aggregation="none", **options)
        metric.update(LOGITS, TARGET)
        assert torch.equal(metric.compute(), each)
        assert "threshold=[-0.5" in repr(metric) or "threshold=(-0.5" in repr(metric)
    same = [DiceScore(3, task="multilabel", threshold=t) for t in (0.25, [0.25] * 3)]
    same[0].merge(same[1])
    with pytest.raises(ValueError, match="must count with the same options"):
        same[0].merge(DiceScore(3, task="multilabel", logits=True))


def test_scores_are_rounded_as_torch_compares_them() -> None:
    scores = torch.tensor([[0.3, 0.1], [0.30005, 0.0999]], dtype=torch.float16)
    target = torch.zeros(2, 2, dtype=torch.bool)
    matrix = tt.confusion_matrix(
        scores, target, 2, task="multilabel", threshold=[0.3, 0.1]
    )
    limits = torch.tensor([0.3, 0.1], dtype=torch.float16)
    assert torch.equal(matrix[:, 0, 1], (scores > limits).sum(0))


REFUSED: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"logits": 1}, TypeError, "logits must be a bool, got int"),
    ({"threshold": [0.5, "0.1"]}, TypeError, "threshold must be a number, got str"),
    ({"threshold": [[0.5]]}, TypeError, "threshold must be a number, got list"),
    ({"threshold": math.nan}, ValueError, "threshold must be a number, got nan"),
    (
        {"threshold": 0.5, "logits": True},
        ValueError,
        "logits=True cuts scores at 0; pass it or threshold, not both",
    ),
    (
        {"threshold": [0.5, 0.5]},
        ValueError,
        "threshold must be one number, or one for each of 3 labels for "
        "task='multilabel', got 2",
    ),
    (
        {"threshold": [0.5] * 3, "task": "binary", "num_classes": 2},
        ValueError,
        "threshold must be one number for task='binary', got 3",
    ),
    *(
        (
            {option: value, "task": "multiclass"},
            ValueError,
            f"{option} has no effect with task='multiclass', where the highest score "
            "wins; it is an option of task='binary' and task='multilabel'",
        )
        for option, value in (("threshold", 0.5), ("logits", True))
    ),
]


@pytest.mark.parametrize(("options", "error", "words"), REFUSED)
def test_refused(options: dict[str, Any], error: type[Exception], words: str) -> None:
    given = {"task": "multilabel", "num_classes": 3, **options}
    makes: list[Callable[[], Any]] = [
        lambda: tt.iou_score(LOGITS, TARGET, **given),
        lambda: tt.confusion_matrix(LOGITS, TARGET, **given),
        lambda: tt.class_counts(LOGITS, TARGET, **given),
        lambda: DiceScore(**given),
        lambda: ConfusionMatrix(**given),
        lambda: ScoreSuite(**given),
    ]
    for make in makes:
        with pytest.raises(error) as refused:
            make()
        assert str(refused.value).endswith(f": {words}")


@pytest.mark.parametrize("option", [{"threshold": 0.5}, {"logits": True}])
@pytest.mark.parametrize("task", TASKS)
def test_options_without_effect_on_labels(task: str, option: dict[str, Any]) -> None:
    classes, options = TASKS[task]
    words = rf"{next(iter(option))} has no effect on preds of torch.bool, which are"
    metric = DiceScore(classes, **option, **options)
    for call in (
        lambda: tt.dice_score(TARGET, TARGET, classes, **option, **options),
        lambda: metric.update(TARGET, TARGET),
    ):
        with pytest.raises(ValueError, match=words):
            call()


def test_label_maps_with_scores() -> None:
    raw = torch.where(TARGET, 26, 7)
    raw[0, 0] = -1
    maps: dict[str, Any] = {"task": "binary", "label_map": {7: 0, 26: 1, -1: None}}
    assert tt.dice_score(LOGITS, raw, logits=True, **maps) == 1
    wrong = LOGITS.sigmoid()
    wrong[0, 0] = math.nan  # of ignored pixels
    assert tt.dice_score(wrong, raw, **maps) == 1
    wrong[1, 0, 0, 0] = -3.5
    with pytest.raises(ValueError, match=r"^dice_score: .*but 1 do not, such as -3.5"):
        tt.dice_score(wrong, raw, **maps)
    raw[1, 1, 0, 0] = 5
    both = r"named by label_map.*and scores lie in .*but 2 pair\(s\) hold another label"
    with pytest.raises(ValueError, match=both + r" or score \(target has 5\)\."):
        tt.dice_score(wrong, raw, **maps)
    metric = DiceScore(**maps)
    metric.update(wrong, raw)
    with pytest.raises(ValueError, match=both + r" or score\. Map it to None"):
        metric.compute()
    with pytest.raises(
        TypeError, match=r"for label_map and preds_map, got torch.float"
    ):
        tt.dice_score(LOGITS.sigmoid(), raw.float(), **maps)
    # An ignored label is none of a multilabel task, whose target is rewritten.
    bits = torch.where(TARGET, 26, 7)
    maps |= {"task": "multilabel", "num_classes": 3}
    assert tt.dice_score(LOGITS, bits, logits=True, **maps) == 1
    with pytest.raises(ValueError, match=NOT_PROBABILITIES):
        tt.dice_score(LOGITS, bits, **maps)


@pytest.mark.parametrize("dynamic", [False, True])
def test_compiled_functions_raise_on_cpu(dynamic: bool) -> None:
    for task, options in itertools.product(
        TASKS, ({}, {"logits": True}, {"threshold": 0.25})
    ):
        classes, given = TASKS[task]
        torch._dynamo.reset()
        compiled = torch.compile(
            lambda s, t, c=classes, g={**given, **options}: tt.dice_score(s, t, c, **g),
            backend="eager",
            fullgraph=True,
            dynamic=dynamic,
        )
        for number in (4, 3):
            scores, target = LOGITS[:number], TARGET[:number]
            if options:
                wanted = tt.dice_score(scores, target, classes, **given, **options)
                assert torch.equal(compiled(scores, target), wanted)
            else:
                with pytest.raises(ValueError, match=NOT_PROBABILITIES):
                    compiled(scores, target)
                assert compiled(scores.sigmoid(), target) == 1
    raw = {"task": "binary", "label_map": {0: 0, 1: 1}}
    compiled = torch.compile(lambda s, t: tt.iou_score(s, t, **raw), backend="eager")
    with pytest.raises(ValueError, match=NOT_PROBABILITIES):
        compiled(LOGITS, TARGET)


def test_compiled_updates() -> None:
    metric = DiceScore(3, task="multilabel", threshold=[0.1, 0.2, 0.3])
    update = torch.compile(metric.update, fullgraph=True, dynamic=True, backend="eager")
    for number in (4, 2, 3):
        update(LOGITS[:number], TARGET[:number])
    eager = DiceScore(3, task="multilabel", threshold=[0.1, 0.2, 0.3])
    for number in (4, 2, 3):
        eager.update(LOGITS[:number], TARGET[:number])
    assert torch.equal(metric.compute(), eager.compute())


def test_traced_and_vmapped() -> None:
    """There the pair is left out, and nothing is raised."""
    for options in ({}, {"logits": True}, {"threshold": [0.1, 0.2, 0.3]}):
        given = {"task": "multilabel", **options}

        def count(scores: Tensor, target: Tensor, given: Any = given) -> Tensor:
            return tt.confusion_matrix(scores[None], target[None], 3, **given)

        each = torch.vmap(count)(LOGITS, TARGET)
        wanted = tt.confusion_matrix(
            LOGITS, TARGET, 3, per_sample=True, validate=False, **given
        )
        assert torch.equal(each, wanted)
        meta = tt.confusion_matrix(LOGITS.to("meta"), TARGET.to("meta"), 3, **given)
        with FakeTensorMode() as mode:
            scores, target = mode.from_tensor(LOGITS), mode.from_tensor(TARGET)
            fake = tt.confusion_matrix(scores, target, 3, **given)
        assert meta.shape == fake.shape == (3, 2, 2)


@pytest.mark.parametrize("target_dtype", FLOATS, ids=str)
@pytest.mark.parametrize("task", TASKS)
def test_floating_targets_of_zero_and_one(task: str, target_dtype: torch.dtype) -> None:
    classes, options = TASKS[task]
    scores = LOGITS.sigmoid()
    wanted = tt.dice_score(scores > 0.3, TARGET, classes, **options)
    options = {**options, "threshold": 0.3}
    target = TARGET.to(target_dtype)
    assert torch.equal(tt.dice_score(scores, target, classes, **options), wanted)
    metric = DiceScore(classes, **options)
    metric.update(scores, target)
    assert torch.equal(metric.compute(), wanted)
    suite = ScoreSuite(classes, aggregation="samplewise", **options)
    suite.update(scores, target)
    samplewise = tt.dice_score(
        scores, TARGET, classes, aggregation="samplewise", **options
    )
    torch.testing.assert_close(suite.compute()["dice"], samplewise)
    # Labels as preds, with a target that is floating.
    labels = tt.dice_score(TARGET, target, classes, **TASKS[task][1])
    assert labels == 1

    ignored = target.clone()
    ignored[:, :, 0] = 255
    ignored[:, :, 1] = -1
    named = {**options, "ignore_index": [255, -1]}
    rows = tt.dice_score(scores[:, :, 2:], TARGET[:, :, 2:], classes, **options)
    assert torch.equal(tt.dice_score(scores, ignored, classes, **named), rows)

    wrong = target.clone()
    wrong[0, 0, 0, 0] = 0.375
    wrong[1, 2, 3, 4] = 0.5
    words = r"but 2 pair\(s\) hold another label \(target has 0.375\)\. Name it in "
    with pytest.raises(ValueError, match=words):
        tt.dice_score(scores, wrong, classes, **options)
    metric.update(scores, wrong)
    with pytest.raises(ValueError, match=r"but 2 pair\(s\) hold another label"):
        metric.compute()
    mask = torch.ones_like(TARGET)
    mask[0, 0, 0, 0] = mask[1, 2, 3, 4] = False
    left = tt.dice_score(scores, wrong, classes, mask=mask, **options)
    assert left == tt.dice_score(scores, TARGET, classes, mask=mask, **options)
    wrong[0, 0, 0, 0] = math.nan
    words = r"\(target has nan\)\..*; pass mask to leave out pixels that hold NaN$"
    with pytest.raises(ValueError, match=words):
        tt.dice_score(scores, wrong, classes, **options)
    compiled = torch.compile(
        lambda s, t: tt.dice_score(s, t, classes, **options), backend="eager"
    )
    assert torch.equal(compiled(scores, target), wanted)
    with pytest.raises(ValueError, match=words):
        compiled(scores, wrong)


def test_bootstrap_of_logits() -> None:
    cases = tt.confusion_matrix(
        LOGITS, TARGET, 3, task="multilabel", logits=True, per_sample=True
    )
    found = tt.bootstrap_ci(
        cases, tt.functional.dice_from_counts, task="multilabel", resamples=50, seed=1
    )
    assert found.low == found.estimate == found.high == 1
