"""One case of the parity table, and what cases are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from torchtally.functional._definitions import SCORES as DEFINITIONS

#: preds, target and mask of one update.
Batch = tuple[Tensor, Tensor, Tensor | None]

SCORES = tuple(DEFINITIONS)
METRICS = {score.name: score.metric for score in DEFINITIONS.values()}
LABELS = (
    torch.uint8,
    torch.int8,
    torch.int16,
    torch.int32,
    torch.int64,
    torch.uint16,
    torch.uint32,
    torch.uint64,
)
FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)
AVERAGES = ("macro", "micro", "weighted", "none")
AGGREGATIONS = ("global", "samplewise", "none")
SAMPLE_MEANS = ("classes_first", "samples_first", "joint")
UNDEFINED = ("zero_denominator", "empty_target", "both_empty")
WORTHS = ("skip", "nan", 0.0, 1.0, -37.25)


@dataclass(frozen=True)
class Case:
    """One call, in both languages.

    Attributes:
        group: of the table.
        call: a function, or a class of ``metrics``.
        tensors: preds and target; a matrix; or four class counts.
        num_classes: C, where the call takes it.
        options: by the names of Python.
        batches: of a metric.
        scores: of a suite, from results to their options.
    """

    group: str
    call: str
    tensors: tuple[Tensor, ...] = ()
    num_classes: int = 0
    options: dict[str, Any] = field(default_factory=dict)
    batches: tuple[Batch, ...] = ()
    scores: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def spelling(self) -> str:
        """The call as a user writes it."""
        options = {**({"scores": self.scores} if self.scores else {}), **self.options}
        text = "".join(
            f", {name}={'...' if isinstance(value, Tensor) else repr(value)}"
            for name, value in options.items()
        )
        inputs = ", ".join(f"{str(t.dtype)[6:]}{list(t.shape)}" for t in self.tensors)
        return f"{self.call}({inputs}{text})"


def function_of(score: str) -> str:
    """Return the name of a score's function of pixels."""
    return DEFINITIONS[score].function


def labels(
    generator: torch.Generator, shape: tuple[int, ...], classes: int
) -> tuple[Tensor, Tensor]:
    """Return preds and target that agree in half of the pixels; a class is absent."""
    target = torch.randint(0, classes, shape, generator=generator)
    target[0] = target[0].clamp(max=0)
    preds = torch.randint(0, classes, shape, generator=generator)
    same = torch.rand(shape, generator=generator) < 0.5
    return torch.where(same, target, preds), target
