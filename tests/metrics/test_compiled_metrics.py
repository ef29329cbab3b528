"""Metrics inside torch.compile, torch.export and AOTInductor."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._dynamo.testing import CompileCounterWithBackend

from torchtally.metrics import (
    ConfusionMatrix,
    DiceScore,
    F1Score,
    IoUScore,
    ScoreSuite,
    state_as_buffers,
)

CLASSES = 4
SIZES = (2, 3, 5, 8, 4)
METRICS: dict[str, Callable[[], Any]] = {
    "ConfusionMatrix": lambda: ConfusionMatrix(CLASSES),
    "DiceScore": lambda: DiceScore(CLASSES),
    "F1Score": lambda: F1Score(CLASSES, out_of_range="miss"),
    "samplewise": lambda: DiceScore(CLASSES, aggregation="samplewise"),
    "each": lambda: DiceScore(CLASSES, aggregation="none"),
    "suite": lambda: ScoreSuite(
        CLASSES, {"dice": {}, "iou": {"aggregation": "samplewise"}}
    ),
}


@pytest.fixture
def frames() -> CompileCounterWithBackend:
    torch._dynamo.reset()
    return CompileCounterWithBackend("aot_eager")


def batch(size: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(size)
    scores = torch.randn(size, CLASSES, 6, 7, generator=generator)
    return scores, torch.randint(0, CLASSES, (size, 6, 7), generator=generator)


def same(found: Any, wanted: Any, rtol: float = 0) -> None:
    torch.testing.assert_close(found, wanted, rtol=rtol, atol=0, equal_nan=True)


@pytest.mark.parametrize("name", METRICS)
def test_updates_are_one_frame(name: str, frames: CompileCounterWithBackend) -> None:
    metric, eager = METRICS[name](), METRICS[name]()
    places = [tensor.data_ptr() for tensor in metric._state().tensors()]
    update = torch.compile(metric.update, backend=frames, fullgraph=True, dynamic=True)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for turn in range(50):
            update(*batch(SIZES[turn % 5]))
            eager.update(*batch(SIZES[turn % 5]))
    assert frames.frame_count == 1
    same(metric.compute(), eager.compute(), rtol=1e-6)
    same(metric.counts, eager.counts)
    if metric._keep != "samples":  # nothing is copied: the state stays where it is
        assert [t.data_ptr() for t in metric._state().tensors()] == places


@pytest.mark.parametrize("name", ["DiceScore", "suite"])
def test_the_state_is_an_input_at_a_fixed_address(name: str) -> None:
    """Without a copy CUDA graphs can add to such inputs alone."""
    fixed: list[str] = []

    def backend(graph: torch.fx.GraphModule, _inputs: Any) -> Callable[..., Any]:
        for node in graph.graph.find_nodes(op="placeholder"):
            given = node.meta.get("tensor_dict", {})
            if given.get("_dynamo_static_input_type") is not None:
                fixed.append(node.name)
        return graph.forward

    torch._dynamo.reset()
    metric = METRICS[name]()
    torch.compile(metric.update, backend=backend, fullgraph=True)(*batch(3))
    for state in metric._state().named():
        assert any(state in place for place in fixed), fixed
    assert len(fixed) == len(metric._state().named())


def test_compiled_and_other_updates_may_take_turns(
    frames: CompileCounterWithBackend,
) -> None:
    frames.backend = "eager"
    for name in ("each", "samplewise"):
        torch._dynamo.reset()
        metric, eager = METRICS[name](), METRICS[name]()
        update = torch.compile(metric.update, backend=frames, fullgraph=True)
        for turn, size in enumerate((3, 4, 5, 6, 7)):
            (metric.update if turn % 2 else update)(*batch(size))
            eager.update(*batch(size))
        same(metric.compute(), eager.compute(), rtol=1e-6)
        metric.reset()
        update(*batch(3))
        same(metric.compute(), METRICS[name]()(*batch(3)), rtol=1e-6)


def test_forward_and_compute_compile(frames: CompileCounterWithBackend) -> None:
    metric, eager = METRICS["suite"](), METRICS["suite"]()

    @torch.compile(backend=frames, fullgraph=True, dynamic=True)
    def step(preds: Tensor, target: Tensor) -> tuple[Any, Any]:
        return metric(preds, target), metric.compute()

    for size in SIZES:
        found = step(*batch(size))
        same(found, (eager(*batch(size)), eager.compute()), rtol=1e-6)
    assert frames.frame_count == 1


def test_a_training_step_compiles_with_its_metric() -> None:
    torch._dynamo.reset()
    frames = CompileCounterWithBackend("inductor")
    torch.manual_seed(0)
    model = nn.Conv2d(3, CLASSES, 1)
    metric, eager = (ScoreSuite(CLASSES) for _ in range(2))
    place = metric.counts.data_ptr()

    @torch.compile(backend=frames, fullgraph=True, dynamic=True)
    def step(images: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        logits = model(images)
        metric.update(logits, target)
        return nn.functional.cross_entropy(logits, target), logits

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    with torch._dynamo.config.patch(error_on_recompile=True):
        for size in SIZES:
            loss, logits = step(torch.randn(size, 3, 6, 7), batch(size)[1])
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
            eager.update(logits, batch(size)[1])
    assert frames.frame_count == 1
    same(metric.counts, eager.counts)
    assert metric.counts.data_ptr() == place


RECOMPILES = """
import torch
import torchtally as tt

metric = tt.metrics.DiceScore(4, aggregation="samplewise")
update = torch.compile(metric.update, backend="eager", fullgraph=True, dynamic=True)
for turn in range(50):
    size = (2, 3, 5, 8, 4)[turn % 5]
    update(torch.randn(size, 4, 9), torch.randint(0, 4, (size, 9)))
print(metric.compute().shape)
"""


def test_the_log_of_recompiles_is_empty() -> None:
    done = subprocess.run(
        [sys.executable, "-c", RECOMPILES],
        env={**os.environ, "TORCH_LOGS": "recompiles,graph_breaks"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "torch.Size([])\n"
    assert "ecompil" not in done.stderr, done.stderr
    assert "Graph break" not in done.stderr, done.stderr


class Evaluation(nn.Module):
    """An evaluation step: it counts, and returns the scores so far."""

    def __init__(self, metric: Callable[[], Any]) -> None:
        super().__init__()
        self.scores = metric()

    def forward(self, logits: Tensor, target: Tensor) -> dict[str, Any]:
        self.scores.update(logits, target)
        return {"score": self.scores.compute(), "counts": self.scores.counts.clone()}


def exported(metric: Callable[[], Any]) -> torch.export.ExportedProgram:
    size = {0: torch.export.Dim("batch", min=2, max=64)}
    shapes = {"logits": size, "target": size}
    module = Evaluation(metric)
    with state_as_buffers(module):
        return torch.export.export(module, batch(3), dynamic_shapes=shapes)


def check_program(program: Callable[..., Any], metric: Callable[[], Any]) -> None:
    """Run a program over batches; its state must go on from one to the next."""
    eager = Evaluation(metric)
    for size in SIZES:
        same(program(*batch(size)), eager(*batch(size)), rtol=1e-6)


def test_export_saves_and_loads(tmp_path: Path) -> None:
    torch.export.save(exported(METRICS["suite"]), tmp_path / "step.pt2")
    program = torch.export.load(tmp_path / "step.pt2").module()
    check_program(program, METRICS["suite"])


@pytest.mark.skipif(
    not any(map(shutil.which, ("c++", "g++", "clang++"))),
    reason="AOTInductor needs a C++ compiler",
)
def test_aot_inductor_compiles_loads_and_runs(tmp_path: Path) -> None:
    package = torch._inductor.aoti_compile_and_package(
        exported(METRICS["DiceScore"]), package_path=str(tmp_path / "step.pt2")
    )
    check_program(torch._inductor.aoti_load_package(package), METRICS["DiceScore"])


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"aggregation": "samplewise"},
        {"aggregation": "none"},
        {"label_map": {0: 0, 1: 1}},
        {"regions": [[1]]},
    ],
    ids=str,
)
def test_a_compiled_metric_raises_as_it_does_eagerly(options: dict[str, Any]) -> None:
    preds, target = torch.tensor([[0, 1], [1, 1]]), torch.tensor([[0, 1], [1, 7]])
    eager = IoUScore(2, **options)
    metric = IoUScore(2, **options)
    eager.update(preds, target)
    metric.update(preds, target)
    torch._dynamo.reset()
    for call in (lambda m: m.compute(), lambda m: m(preds, target)):
        compiled: Any = torch.compile(call, fullgraph=True, backend="aot_eager")
        with pytest.raises(ValueError, match="labels must") as wanted:
            call(eager)
        with pytest.raises(ValueError, match="labels must") as caught:
            compiled(metric)
        assert str(caught.value) == str(wanted.value)
    for one in (eager, metric):
        one.reset()
    assert torch.equal(compiled_forward(metric, preds), eager(preds, preds))
    assert eager.to("meta").compute().is_meta


def compiled_forward(metric: Any, preds: Tensor) -> Tensor:
    torch._dynamo.reset()
    step: Any = torch.compile(metric, fullgraph=True, backend="aot_eager")
    found: Tensor = step(preds, preds)
    return found
