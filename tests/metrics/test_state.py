"""The state of a metric: what reaches it and what does not, and how it is saved."""

from __future__ import annotations

import copy
import io
import pickle
import warnings
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

from torchtally.metrics import (
    ConfusionMatrix,
    DiceScore,
    F1Score,
    IoUScore,
    ScoreSuite,
    state_as_buffers,
)

GENERATOR = torch.Generator().manual_seed(4)
BATCHES = [
    (
        torch.randint(0, 3, (size, 6), generator=GENERATOR),
        torch.randint(0, 3, (size, 6), generator=GENERATOR),
    )
    for size in (2, 3)
]
MEANS: dict[str, Any] = {"aggregation": "samplewise"}
METRICS: dict[str, Callable[..., Any]] = {
    "matrix": lambda **o: ConfusionMatrix(3, **o),
    "matrices": lambda **o: ConfusionMatrix(3, per_sample=True, **o),
    "dice": lambda **o: DiceScore(3, **o),
    "means": lambda **o: DiceScore(3, **MEANS, **o),
    "each": lambda **o: IoUScore(3, aggregation="none", **o),
    "mapped": lambda **o: IoUScore(
        2, label_map={0: None, 1: 0, 2: 1}, preds_map={0: 1, 1: 0, 2: 1}, **o
    ),
    "suite": lambda **o: ScoreSuite(3, {"dice": MEANS, "iou": {}}, **o),
}


@pytest.fixture(params=METRICS)
def make(request: pytest.FixtureRequest) -> Callable[..., Any]:
    return METRICS[request.param]


def updated(metric: Any, batches: Any = BATCHES) -> Any:
    for preds, target in batches:
        metric.update(preds, target)
    return metric


def state_of(metric: Any) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in metric._state().named().items()}


def same(found: Any, wanted: Any) -> None:
    torch.testing.assert_close(found, wanted, rtol=0, atol=0, equal_nan=True)


class Model(nn.Module):
    """A layer with buffers of its own, and a metric."""

    def __init__(self, metric: Any) -> None:
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.metric = metric

    def forward(self, x: Tensor) -> Any:
        return self.norm(x)


# What walks over buffers


@pytest.mark.parametrize("use_buffers", [False, True])
@pytest.mark.parametrize("persistent", [False, True])
def test_averaged_models_leave_counts_alone(
    make: Any, persistent: bool, use_buffers: bool
) -> None:
    model = Model(make(persistent=persistent))
    average = get_ema_avg_fn(0.9)
    averaged = AveragedModel(model, avg_fn=average, use_buffers=use_buffers)
    metric = updated(averaged.module.metric, BATCHES[1:])
    before = state_of(metric)
    for _ in range(3):
        updated(model.metric)
        model(torch.randn(5, 3))
        averaged.update_parameters(model)
    same(state_of(metric), before)
    assert averaged.module.norm.running_mean.any()  # a buffer, which is not left


def test_a_checkpoint_from_before_the_metric_loads(make: Any) -> None:
    before, model = Model(nn.Identity()), Model(updated(make()))
    counted = state_of(model.metric)
    model.load_state_dict(before.state_dict())
    before.load_state_dict(model.state_dict())
    same(state_of(model.metric), counted)


CHANGES: dict[str, Callable[[nn.Module], object]] = {
    "half": lambda m: m.half(),
    "type": lambda m: m.type(torch.float16),
    "to a dtype": lambda m: m.to(torch.bfloat16),
    "to a device": lambda m: m.to("cpu", non_blocking=True),
    "cpu": lambda m: m.cpu(),
    "to_empty": lambda m: m.to_empty(device="cpu"),
    "a function": lambda m: m._apply(torch.zeros_like),
    "share_memory": lambda m: m.share_memory(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_changes_parameters_leaves_counts(make: Any, change: str) -> None:
    metric, wanted = updated(make(), BATCHES[:1]), updated(make())
    CHANGES[change](Model(metric))
    updated(metric, BATCHES[1:])
    same(state_of(metric), state_of(wanted))


def test_shared_memory_is_shared() -> None:
    model = Model(updated(ScoreSuite(3)))
    model.share_memory()
    assert all(tensor.is_shared() for tensor in model.metric._state().tensors())


def test_counts_that_leave_meta_are_zero(make: Any) -> None:
    with torch.device("meta"):
        made = make()
    moved = updated(make()).to("meta")
    for metric in (made, moved):
        assert all(tensor.is_meta for tensor in metric._state().tensors())
        for leave in (
            lambda m: m.to("cpu"),
            lambda m: m.to_empty(device="cpu"),
            lambda m: m.half().cpu(),
        ):
            back = leave(copy.deepcopy(metric))
            assert all(not tensor.any() for tensor in back._state().tensors())
            back.reset()
            same(updated(back).compute(), updated(make()).compute())


# Inference mode


def test_inference_mode_may_come_and_go(make: Any) -> None:
    wanted = updated(make(persistent=True))
    with torch.inference_mode():
        made = updated(make(persistent=True), BATCHES[:1])
        made.to(torch.float16)
        twins = [copy.deepcopy(made), pickle.loads(pickle.dumps(made))]
        loaded = make(persistent=True)
        loaded.load_state_dict(made.state_dict())
        merged = make(persistent=True)
        merged.merge(made)
        reset = updated(make(persistent=True))
        reset.reset()
        updated(reset, BATCHES[:1])
        back = make().to("meta").to("cpu")
        updated(back, BATCHES[:1])
        averaged = AveragedModel(Model(made)).module.metric
    for metric in (made, *twins, loaded, merged, reset, back, averaged):
        assert not metric.invalid.is_inference()
        updated(metric, BATCHES[1:])
        same(state_of(metric), state_of(wanted))
        same(metric.compute(), wanted.compute())
        metric.load_state_dict(metric.state_dict())
        metric.share_memory()
        copy.deepcopy(metric).reset()


# Saved states


def saved_by(metric: Any) -> dict[str, Any]:
    file = io.BytesIO()
    torch.save(metric.state_dict(), file)
    file.seek(0)
    found: dict[str, Any] = torch.load(file, weights_only=True)
    return found


def test_a_saved_state_says_what_was_counted() -> None:
    """The text stays from version to version; options that are not set do not show."""
    matrix = ConfusionMatrix(3, ignore_index=[255, -1], persistent=True)
    saved = saved_by(updated(matrix))
    assert list(saved) == ["counts", "invalid", "_extra_state"]
    text = bytes(saved["_extra_state"].tolist()).decode()
    for part in (
        "ignore_index=[-1, 255], ",
        "num_classes=3, out_of_range='error', task='multiclass', ",
        "top_k=1, keeps matrices as one count",
    ):
        assert part in text
    metric = DiceScore(3, label_map={2: 0, 1: None}, classes=[1, 0], **MEANS)
    assert metric._options_text().startswith("label_map={1: None, 2: 0}, ")
    assert metric._options_text().endswith(
        ", keeps class counts as sums over samples; dice: dice, average='macro', "
        "classes=[1, 0], include_background=True, sample_mean='classes_first', "
        "undefined_when='zero_denominator', zero_division='skip'"
    )


OTHER: dict[str, tuple[Any, Any]] = {
    "ignore_index": (DiceScore(3, ignore_index=255), DiceScore(3)),
    "threshold": (F1Score(task="binary"), F1Score(task="binary", threshold=0.7)),
    "out_of_range": (DiceScore(3), DiceScore(3, out_of_range="ignore")),
    "label_map": (DiceScore(3), DiceScore(3, label_map={0: 0, 1: 1, 2: 2})),
    "top_k": (DiceScore(3, top_k=3), DiceScore(3, top_k=2)),
    "num_classes": (DiceScore(3), DiceScore(4)),
    "counts of the same shape": (DiceScore(3), ConfusionMatrix(3)),
    "kept": (DiceScore(3, aggregation="none"), DiceScore(3)),
    "sums of another score": (DiceScore(3, **MEANS), IoUScore(3, **MEANS)),
    "sums of another option": (
        DiceScore(3, **MEANS),
        DiceScore(3, zero_division=1.0, **MEANS),
    ),
    "sums under other names": (
        ScoreSuite(3, {"a": {"score": "dice"}, "b": {"score": "iou"}}, **MEANS),
        ScoreSuite(3, {"b": {"score": "dice"}, "a": {"score": "iou"}}, **MEANS),
    ),
}


@pytest.mark.parametrize("name", OTHER)
def test_a_state_with_other_options_does_not_load(name: str) -> None:
    metric, other = copy.deepcopy(OTHER[name])
    labels = torch.tensor([[0, 1], [1, 1]])
    preds = {
        "top_k": nn.functional.one_hot(labels, 3).movedim(-1, 1).float(),
        "threshold": labels.float(),
    }
    for one in (metric, other):
        one._persistent = True
        one.update(preds.get(name, labels), labels)
    before = state_of(other)
    kind = type(other).__name__
    message = f"\t{kind}: the saved state must be counted with the same options, "
    for strict in (True, False):
        with pytest.raises(RuntimeError) as caught:
            other.load_state_dict(saved_by(metric), strict=strict)
        for text in (message, metric._options_text(), other._options_text()):
            assert text in str(caught.value)
        same(state_of(other), before)


def test_what_is_read_off_does_not_matter() -> None:
    counted = updated(DiceScore(3, ignore_index=[0, 255], persistent=True))
    for reader in (
        IoUScore(3, ignore_index=(255, 0), average="micro", persistent=True),
        ScoreSuite(3, ignore_index=[255, 0], persistent=True),
    ):
        reader.load_state_dict(counted.state_dict())
        same(reader.counts, counted.counts)


def test_sums_of_several_scores_go_by_name() -> None:
    scores: dict[str, Any] = {
        "b": {"score": "iou", "average": "none", **MEANS},
        "a": {"score": "dice", **MEANS},
    }
    suite = updated(ScoreSuite(3, scores, persistent=True))
    other = ScoreSuite(3, dict(reversed(scores.items())), persistent=True)
    other.load_state_dict(saved_by(suite))
    for name in scores:
        same(other.compute()[name], suite.compute()[name])


def spoilt(name: str, change: Callable[[Tensor], object]) -> Any:
    """Return a function that changes a tensor of a saved state."""

    def spoil(saved: dict[str, Any]) -> None:
        saved[name] = change(saved[name])

    return spoil


SPOILT: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "negative": (
        spoilt("counts", lambda t: t - 100),
        r"counts must not be negative, got -\d+",
    ),
    "negative invalid": (
        spoilt("invalid", lambda t: t - 1),
        "invalid must not be negative, got -1",
    ),
    "negative numbers of samples": (
        spoilt("sums", lambda t: -t),
        r"sums must not be negative, got -\d+",
    ),
    "float": (
        spoilt("counts", lambda t: t.half()),
        r"counts must be int64 of shape \[.*\].*, got torch.float16 \[",
    ),
    "nan": (
        spoilt("counts", lambda t: t * torch.nan),
        r"counts must be int64 of shape \[.*\].*, got torch.float32 \[",
    ),
    "int32": (spoilt("invalid", lambda t: t.int()), "invalid must be int64 of .*int32"),
    "another shape": (
        spoilt("counts", lambda t: t[..., :1]),
        r"counts must be int64 of shape \[.*\d\].*, got torch.int64 \[.*1\]",
    ),
    "no tensor": (spoilt("counts", Tensor.tolist), "counts must be int64 .*, got list"),
    "a part": (
        lambda saved: saved.pop("invalid"),
        "the saved state must hold counts, .*_extra_state, lacks invalid",
    ),
    "no options": (
        lambda saved: saved.pop("_extra_state"),
        "the saved state must hold counts, .*_extra_state, lacks _extra_state",
    ),
    "spoilt options": (
        spoilt("_extra_state", lambda t: t.float()),
        "the saved state must be counted with the same options, ",
    ),
}


@pytest.mark.parametrize("name", SPOILT)
def test_a_spoilt_state_is_refused_before_anything_changes(
    make: Any, name: str
) -> None:
    spoil, message = SPOILT[name]
    metric, other = updated(make(persistent=True)), updated(make(persistent=True))
    saved = saved_by(metric)
    if name == "negative numbers of samples" and "sums" not in saved:
        pytest.skip("no sums")
    spoil(saved)
    other.update(*BATCHES[0])
    before = state_of(other)
    for strict in (True, False):
        kind = type(other).__name__
        with pytest.raises(RuntimeError, match=rf"\t{kind}: {message}"):
            other.load_state_dict(saved, strict=strict)
        same(state_of(other), before)
    updated(other)  # batches that waited are still there


def test_a_persistent_metric_misses_what_is_not_there(make: Any) -> None:
    model = Model(updated(make(persistent=True)))
    before = state_of(model.metric)
    checkpoint = Model(nn.Identity()).state_dict()
    with pytest.raises(RuntimeError, match=r'Missing.*"metric\.counts"'):
        model.load_state_dict(checkpoint)
    model.load_state_dict(checkpoint, strict=False)
    same(state_of(model.metric), before)


def test_a_metric_that_does_not_persist_leaves_saved_counts_alone(make: Any) -> None:
    """Such as the test score, while the best checkpoint is loaded."""
    saved = saved_by(Model(updated(make(persistent=True), BATCHES[1:])))
    model = Model(updated(make()))
    before = state_of(model.metric)
    message = (
        r": the state_dict holds counts, metric\.counts and others, which are left"
    )
    with pytest.warns(UserWarning, match=message):
        model.load_state_dict(saved)
    same(state_of(model.metric), before)
    saved["metric.count"] = saved.pop("metric.counts")
    with (
        pytest.warns(UserWarning, match=message),
        pytest.raises(RuntimeError, match=r'Unexpected.*"metric\.count"\.'),
    ):
        model.load_state_dict(saved)


@pytest.mark.parametrize("assign", [False, True])
def test_loading_keeps_the_place_of_the_state(make: Any, assign: bool) -> None:
    """Captured CUDA graphs and compiled programs know it."""
    metric, source = updated(make(persistent=True)), updated(make(persistent=True))
    source.update(*BATCHES[1])
    places = [tensor.data_ptr() for tensor in metric._state().tensors()]
    metric.load_state_dict(source.state_dict(), assign=assign)
    if metric._keep != "samples":
        assert [tensor.data_ptr() for tensor in metric._state().tensors()] == places
    same(state_of(metric), state_of(source))
    metric.update(*BATCHES[0])  # of its own alone
    same(source.compute(), updated(make(), [*BATCHES, BATCHES[1]]).compute())


def test_a_model_on_meta_takes_a_checkpoint_over(make: Any) -> None:
    saved = Model(updated(make(persistent=True))).state_dict()
    with torch.device("meta"):
        model = Model(make(persistent=True))
    model.load_state_dict(saved, assign=True)
    same(updated(model.metric).compute(), updated(updated(make())).compute())


@pytest.mark.parametrize("persistent", [0, None, "yes"])
def test_persistent_is_a_bool(persistent: Any) -> None:
    for make in (DiceScore, ConfusionMatrix, ScoreSuite):
        with pytest.raises(TypeError, match=f"^{make.__name__}: persistent must be a"):
            make(3, persistent=persistent)


# Exported programs


class Step(nn.Module):
    def __init__(self, metric: Any) -> None:
        super().__init__()
        self.metric = metric

    def forward(self, preds: Tensor, target: Tensor) -> Tensor:
        self.metric.update(preds, target)
        return self.metric.counts.clone()


@pytest.mark.parametrize("strict", [False, True])
@pytest.mark.parametrize("name", ["matrix", "mapped", "suite"])
def test_a_program_that_could_not_count_is_not_exported(
    name: str, strict: bool
) -> None:
    message = r"torch\.export takes counts that are no buffers for constants"
    with pytest.raises(Exception, match=message):
        torch.export.export(Step(METRICS[name]()), BATCHES[0], strict=strict)


@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("name", ["matrix", "means", "mapped", "suite"])
def test_a_program_and_its_metric_count_apart(name: str, persistent: bool) -> None:
    step = Step(updated(METRICS[name](persistent=persistent)))
    before = state_of(step.metric)
    with state_as_buffers(step):
        program = torch.export.export(step, BATCHES[0])
    assert not list(step.buffers())
    assert len(step.state_dict()) == persistent * (len(before) + 1)
    module = program.module()
    after = state_of(updated(METRICS[name](), [*BATCHES, BATCHES[0], BATCHES[0]]))
    module(*BATCHES[0])
    same(module(*BATCHES[0]), after["counts"])
    same({n: dict(module.named_buffers())[f"metric.{n}"] for n in after}, after)
    same(state_of(step.metric), before)


def test_a_metric_alone_is_exported() -> None:
    metric = METRICS["means"]()
    with state_as_buffers(metric):
        program = torch.export.export(metric, BATCHES[0]).module()
    for _ in range(2):  # its forward pass is the value of the batch
        same(program(*BATCHES[0]), METRICS["means"]()(*BATCHES[0]))
    assert dict(program.named_buffers())["sums"].any()
    assert not metric.sums.any()


def test_counts_of_each_sample_are_not_exported() -> None:
    steps = nn.ModuleList([Step(METRICS["matrix"]()), Step(METRICS["each"]())])
    message = r"^IoUScore\.state_as_buffers: the metric keeps the counts of each sample"
    with pytest.raises(RuntimeError, match=message), state_as_buffers(steps):
        pass
    assert not list(steps.buffers())


def test_nothing_warns_in_plain_use(make: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for persistent in (False, True):
            metric = updated(make(persistent=persistent))
            model = Model(metric)
            model.load_state_dict(model.state_dict())
            metric.compute()
