"""The ops under PyTorch's machinery: opcheck, compile, export, vmap, functionalize."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
import torch
from counting_checks import BATCH, OPS, example, labels, op
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend
from torch._subclasses import FakeTensorMode
from torch.fx.experimental.proxy_tensor import make_fx

import torchtally as tt
from torchtally import _library

SAMPLES: list[tuple[str, dict[str, Any]]] = [
    ("labels", {}),
    ("labels", {"ignore_index": [255, -1], "other": True}),
    ("labels", {"per_sample": True, "mask": True}),
    ("labels", {"per_sample": True, "per_label": True}),
    ("scores", {}),
    ("scores", {"per_sample": True, "mask": True, "ignore_index": [0]}),
    ("scores", {"requires_grad": True}),
    ("threshold", {"threshold": [0.3], "per_label": True}),
    ("threshold", {"threshold": [0.3, 0.5, 0.7, 0.2], "per_label": True}),
    ("threshold", {"logits": True}),
    ("threshold", {"requires_grad": True}),
]


@pytest.mark.parametrize(("kind", "options"), SAMPLES, ids=str)
@pytest.mark.parametrize("name", OPS)
def test_opcheck(name: str, kind: str, options: dict[str, Any], device: str) -> None:
    preds, target, num_classes = (
        t.to(device) if isinstance(t, Tensor) else t for t in example(kind)
    )
    given = dict(options)
    mask = torch.rand(BATCH, device=device) < 0.7 if given.pop("mask", False) else None
    preds.requires_grad_(given.pop("requires_grad", False))
    torch.library.opcheck(op(name), (preds, target, num_classes, mask), given)
    counts, invalid = op(name)(preds, target, num_classes, mask, **given)
    torch.library.opcheck(op(f"{name}_"), (counts, invalid, preds, target, mask), given)


@pytest.mark.parametrize("name", OPS)
def test_opcheck_of_empty_tensors(name: str) -> None:
    for shape in ((0, 3), (2, 0)):
        empty = torch.zeros(shape, dtype=torch.uint8)
        torch.library.opcheck(op(name), (empty, empty, 3), {"per_sample": True})


@pytest.mark.parametrize("name", OPS)
def test_fake_and_meta_tensors_have_the_real_shapes(name: str) -> None:
    for kind, per_sample, per_label, other in itertools.product(
        ("labels", "scores", "threshold"), [False, True], [False, True], [False, True]
    ):
        if kind == "scores" and per_label:
            continue
        groups = {"per_sample": per_sample, "per_label": per_label, "other": other}
        preds, target, num_classes = example(kind)
        real = op(name)(preds, target, num_classes, **groups)
        meta = op(name)(preds.to("meta"), target.to("meta"), num_classes, **groups)
        with FakeTensorMode() as mode:
            fake = op(name)(
                mode.from_tensor(preds), mode.from_tensor(target), num_classes, **groups
            )
        for found in (meta, fake):
            assert [t.shape for t in found] == [t.shape for t in real]
            assert [t.dtype for t in found] == [torch.int64, torch.int64]
        op(f"{name}_")(*meta, preds.to("meta"), target.to("meta"), **groups)


FUNCTIONALS: dict[str, Callable[..., Any]] = {
    "confusion_matrix": tt.confusion_matrix,
    "confusion_matrix per_sample": lambda p, t, c: tt.confusion_matrix(
        p, t, c, per_sample=True, ignore_index=255
    ),
    "confusion_matrix miss": lambda p, t, c: tt.confusion_matrix(
        p, t, c, out_of_range="miss"
    ),
    "class_counts": tt.class_counts,
    "dice_score": tt.dice_score,
    "iou_score none": lambda p, t, c: tt.iou_score(
        p, t, c, average="none", out_of_range="ignore", zero_division=0
    ),
    "f1_score samplewise": lambda p, t, c: tt.f1_score(
        p, t, c, aggregation="samplewise", ignore_index=[255, 0], validate=False
    ),
    "dice_score weighted": lambda p, t, c: tt.dice_score(
        p, t, c, average="weighted", classes=[1, 3], out_of_range="miss"
    ),
    "iou_score class_weights": lambda p, t, c: tt.iou_score(
        p, t, c, class_weights=[1.0, 2.0, 0.5, 1.0], include_background=False
    ),
    "from counts": lambda p, t, c: tt.functional.dice_from_counts(
        tt.confusion_matrix(p, t, c), average="none"
    ),
}


@pytest.fixture
def frames() -> CompileCounterWithBackend:
    torch._dynamo.reset()
    return CompileCounterWithBackend("inductor")


def batch_of(size: int, kind: str) -> tuple[Tensor, Tensor]:
    target = labels((size, 6, 7), 0, 4, torch.int64, seed=size)
    if kind == "labels":
        return labels((size, 6, 7), 0, 4, torch.uint8, seed=size + 1), target
    generator = torch.Generator().manual_seed(size)
    return torch.randn(size, 4, 6, 7, generator=generator), target


@pytest.mark.parametrize("kind", ["labels", "scores"])
@pytest.mark.parametrize("name", FUNCTIONALS)
def test_functionals_compile_to_one_graph(
    name: str, kind: str, frames: CompileCounterWithBackend
) -> None:
    function = FUNCTIONALS[name]
    frames.backend = "aot_eager"
    compiled = torch.compile(function, backend=frames, fullgraph=True, dynamic=True)
    for size in (2, 3, 5, 8):
        preds, target = batch_of(size, kind)
        found, wanted = compiled(preds, target, 4), function(preds, target, 4)
        torch.testing.assert_close(found, wanted, equal_nan=True)
    assert frames.frame_count <= 2


def test_inductor_compiles_a_model_with_its_score(
    frames: CompileCounterWithBackend,
) -> None:
    weight = torch.randn(4, 1, 1)

    def evaluate(images: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        logits = (images * weight).relu()
        matrix = tt.confusion_matrix(logits, target, 4)
        return matrix, tt.functional.iou_from_counts(matrix)

    compiled = torch.compile(evaluate, backend=frames, fullgraph=True, dynamic=True)
    for size in (3, 5, 9):
        images = torch.randn(size, 1, 6, 7)
        target = labels((size, 6, 7), 0, 4, torch.int64, seed=size)
        matrix, score = compiled(images, target)
        assert matrix.sum() == target.numel()
        assert torch.equal(score, tt.functional.iou_from_counts(matrix))
    assert frames.frame_count <= 2


METRICS: dict[str, Callable[[], Any]] = {
    "ConfusionMatrix": lambda: tt.metrics.ConfusionMatrix(4),
    "DiceScore": lambda: tt.metrics.DiceScore(4, ignore_index=0),
    "F1Score": lambda: tt.metrics.F1Score(4, out_of_range="miss"),
}


@pytest.mark.parametrize("name", METRICS)
def test_metric_updates_compile_to_one_graph(
    name: str, frames: CompileCounterWithBackend
) -> None:
    eager, metric = METRICS[name](), METRICS[name]()
    state = metric.counts.data_ptr()

    @torch.compile(backend=frames, fullgraph=True, dynamic=True)
    def step(preds: Tensor, target: Tensor) -> None:
        metric.update(preds, target)

    for size in (2, 3, 5, 8, 4, 4, 6, 7):
        preds, target = batch_of(size, "scores")
        step(preds, target)
        eager.update(preds, target)
    assert torch.equal(metric.counts, eager.counts)
    torch.testing.assert_close(metric.compute(), eager.compute())
    assert metric.counts.data_ptr() == state
    assert frames.frame_count <= 2


def test_samplewise_updates_compile_to_one_graph(
    frames: CompileCounterWithBackend,
) -> None:
    frames.backend = "aot_eager"
    eager, metric = (
        tt.metrics.DiceScore(4, aggregation="samplewise") for _ in range(2)
    )

    @torch.compile(backend=frames, fullgraph=True, dynamic=True)
    def step(preds: Tensor, target: Tensor) -> None:
        metric.update(preds, target)

    for size in (2, 3, 5, 8):
        preds, target = batch_of(size, "scores")
        step(preds, target)
        eager.update(preds, target)
    torch.testing.assert_close(metric.compute(), eager.compute())


class Evaluation(nn.Module):
    """Logits and labels in, matrix out."""

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        return tt.confusion_matrix(logits, target, 4, ignore_index=255)


@pytest.mark.parametrize("strict", [False, True])
def test_export(strict: bool) -> None:
    preds, target = batch_of(3, "scores")
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(
        Evaluation(),
        (preds, target),
        dynamic_shapes={"logits": {0: batch}, "target": {0: batch}},
        strict=strict,
    )
    targets = [node.target for node in program.graph.nodes]
    assert torch.ops.torchtally.confusion_matrix.default in targets
    for size in (2, 3, 9):
        preds, target = batch_of(size, "scores")
        found = program.module()(preds, target)
        assert torch.equal(found, tt.confusion_matrix(preds, target, 4))


class Accumulation(nn.Module):
    """A metric inside a module that is exported."""

    def __init__(self) -> None:
        super().__init__()
        self.metric = tt.metrics.ConfusionMatrix(4)

    def forward(self, logits: Tensor, target: Tensor) -> Tensor:
        self.metric.update(logits, target)
        return logits.argmax(1)


@pytest.mark.parametrize("strict", [False, True])
def test_export_of_a_module_with_state(strict: bool) -> None:
    preds, target = batch_of(3, "scores")
    accumulation = Accumulation()
    with tt.metrics.state_as_buffers(accumulation):
        program = torch.export.export(accumulation, (preds, target), strict=strict)
    module = program.module()
    for _ in range(2):
        assert torch.equal(module(preds, target), preds.argmax(1))
    counts = dict(module.named_buffers())["metric.counts"]
    assert torch.equal(counts, 2 * tt.confusion_matrix(preds, target, 4))
    assert accumulation.metric.counts.sum() == 0


@pytest.mark.parametrize("name", OPS)
def test_functionalize_and_make_fx(name: str) -> None:
    preds, target, num_classes = example("scores")

    def accumulate(p: Tensor, t: Tensor) -> Tensor:
        counts, invalid = op(name)(p, t, num_classes)
        op(f"{name}_")(counts, invalid, p, t)
        return counts + invalid

    wanted = accumulate(preds, target)
    for mode in ("real", "fake", "symbolic"):
        graph = make_fx(accumulate, tracing_mode=mode)(preds, target)
        assert torch.equal(graph(preds, target), wanted)
    # torch.func.functionalize refuses any custom op that writes to its arguments.
    count = torch.func.functionalize(lambda p, t: op(name)(p, t, num_classes)[0])
    assert torch.equal(count(preds, target), op(name)(preds, target, num_classes)[0])
    graph = make_fx(count)(preds, target)
    assert torch.equal(graph(preds, target), count(preds, target))


@pytest.mark.parametrize("context", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("name", OPS)
def test_without_gradients(name: str, context: Any) -> None:
    preds, target, num_classes = example("scores")
    wanted = op(name)(preds, target, num_classes)
    with context():
        counts, invalid = op(name)(preds.clone(), target.clone(), num_classes)
        assert torch.equal(counts, wanted[0])
        op(f"{name}_")(counts, invalid, preds, target)
        assert torch.equal(counts, 2 * wanted[0])


def test_gradients_pass_by_the_counts() -> None:
    weights = torch.randn(4, 4, requires_grad=True)
    scores = torch.randn(5, 4) @ weights
    metric = tt.metrics.ConfusionMatrix(4)
    target = torch.tensor([0, 1, 2, 3, 0])
    metric.update(scores, target)
    nn.functional.cross_entropy(scores, target).backward()
    assert weights.grad is not None
    assert metric.counts.sum() == 5
    assert not metric.counts.requires_grad


@pytest.mark.skipif(
    not _library.cuda_unavailable_reason, reason="the CUDA library is loaded"
)
def test_cuda_tensors_meet_a_message_without_the_cuda_library() -> None:
    assert "CUDA" in _library.cuda_unavailable_reason
    assert tt.build_info()["cuda"] == _library.cuda_unavailable_reason
    for name in OPS:
        for suffix in ("", "_"):
            qualified = f"torchtally::{name}{suffix}"
            assert torch._C._dispatch_has_kernel_for_dispatch_key(qualified, "CUDA")
            assert torch._C._dispatch_has_kernel_for_dispatch_key(qualified, "CPU")
