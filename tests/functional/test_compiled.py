"""Every score compiles into one graph, and vmap sees through scores of counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor

import torchtally as tt
from torchtally import functional
from torchtally.functional._definitions import SCORES as DEFINITIONS

GENERATOR = torch.Generator().manual_seed(0)
SCORES = torch.randn(3, 4, 6, 5, generator=GENERATOR)
TARGET = torch.randint(0, 4, (3, 6, 5), generator=GENERATOR)


def compiled_once(function: Callable[..., Tensor], *inputs: Tensor) -> Tensor:
    torch._dynamo.reset()
    compiled: Any = torch.compile(function, fullgraph=True, backend="aot_eager")
    found: Tensor = compiled(*inputs)
    return found


@pytest.mark.parametrize("stem", DEFINITIONS)
def test_scores_of_pixels(stem: str) -> None:
    score = getattr(tt, DEFINITIONS[stem].function)
    for options in ({}, {"aggregation": "samplewise", "ignore_index": 2}):
        chosen: dict[str, Any] = {"dtype": torch.float64, **options}

        def of_batch(scores: Tensor, target: Tensor) -> Tensor:
            return score(scores, target, 4, **chosen)  # noqa: B023

        found = compiled_once(of_batch, SCORES, TARGET)
        torch.testing.assert_close(found, of_batch(SCORES, TARGET))


@pytest.mark.parametrize(
    "options",
    [
        {"regions": [[1, 2], [3]]},
        {"classes": "present", "zero_division": 0},
        {"label_map": {0: 0, 1: 2, 2: 1, 3: None}},
        {"label_map": {0: 0, 1: 2, 2: 1, 300: 3}, "out_of_range": "miss"},
        {"preds_map": {0: 1, 1: 0, 2: 2, 3: None}},
        {"top_k": 2},
        {"average": "weighted", "aggregation": "samplewise", "sample_mean": "joint"},
    ],
    ids=str,
)
def test_options(options: dict[str, Any]) -> None:
    def of_batch(scores: Tensor, target: Tensor) -> Tensor:
        return tt.dice_score(scores, target, 4, **options)

    found = compiled_once(of_batch, SCORES, TARGET)
    torch.testing.assert_close(found, of_batch(SCORES, TARGET))


@pytest.mark.parametrize("aggregation", ["global", "samplewise"])
def test_one_graph_for_every_batch_size(aggregation: Any) -> None:
    from torch._dynamo.testing import CompileCounter

    torch._dynamo.reset()
    graphs = CompileCounter()

    def of_batch(scores: Tensor, target: Tensor) -> Tensor:
        return tt.dice_score(scores, target, 4, aggregation=aggregation)

    compiled: Any = torch.compile(
        of_batch, fullgraph=True, dynamic=True, backend=graphs
    )
    for size in (3, 2, 5, 4, 7):
        scores = torch.randn(size, 4, 6, 5, generator=GENERATOR)
        target = torch.randint(0, 4, (size, 6, 5), generator=GENERATOR)
        torch.testing.assert_close(compiled(scores, target), of_batch(scores, target))
    assert graphs.frame_count == 1


@pytest.mark.parametrize("stem", DEFINITIONS)
def test_vmap_is_a_leading_dimension(stem: str) -> None:
    score = getattr(functional, DEFINITIONS[stem].counts_function)
    matrices = torch.randint(0, 9, (2, 5, 3, 3), generator=GENERATOR)
    wanted = torch.stack([score(matrix) for matrix in matrices])
    torch.testing.assert_close(torch.vmap(score)(matrices), wanted)
    torch.testing.assert_close(score(matrices), wanted)
    each = score(matrices, aggregation="none")
    assert each.shape == (2, 5)
    torch.testing.assert_close(each[1], score(matrices[1], aggregation="none"))
