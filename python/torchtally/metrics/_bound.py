"""A score whose every option is chosen: counts in, number out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from torchtally.functional import Scored, scores
from torchtally.functional._policy import Formula, ScorePolicy
from torchtally.ops import ClassCounts
from torchtally.ops._arguments import Task, check_choice

#: Every score by its name: what a metric class or a ScoreSuite asks for.
FORMULAS: dict[str, Formula] = {
    "dice": scores.dice,
    "iou": scores.iou,
    "f1": scores.dice,
}

_DEFAULTS: dict[str, Any] = {
    "average": "macro",
    "zero_division": "skip",
    "undefined_when": "zero_denominator",
    "aggregation": "global",
    "sample_mean": "classes_first",
    "classes": None,
    "include_background": True,
    "class_weights": None,
    "ignore_index": None,
    "dtype": torch.float32,
}


@dataclass(frozen=True)
class BoundScore:
    """A formula, and the policy that makes a number of it."""

    policy: ScorePolicy
    task: Task
    formula: Formula
    needs_matrix: bool = False

    @classmethod
    def checked(
        cls,
        op: str,
        score: str,
        task: Task,
        options: Mapping[str, Any],
        *,
        other: bool,
    ) -> BoundScore:
        """Return a score by its name, or raise TypeError or ValueError."""
        check_choice(op, "score", score, tuple(FORMULAS))
        for name in options:
            if name not in _DEFAULTS:
                raise TypeError(f"{op}: unknown option {name!r}")
        chosen = {**_DEFAULTS, **options}
        if chosen.get("average") is None or (
            task == "binary" and "average" not in options
        ):
            chosen["average"] = "binary" if task == "binary" else "macro"
        policy = ScorePolicy.checked(
            op, task, **chosen, other=other, return_valid=False
        )
        return cls(policy, task, FORMULAS[score])

    def of(self, counts: Tensor, *, matrix: bool) -> Tensor | Scored:
        """Return the score of what an op counts: matrices, or else class counts."""
        if not matrix:
            of_classes = ClassCounts.from_op(counts, self.task)
        else:
            of_classes = ClassCounts.from_matrix(counts)
            if self.task == "multilabel":
                of_classes = ClassCounts(*(count[..., 1] for count in of_classes))
        return self.policy.score(self.formula, of_classes)

    def with_policy(self, **changes: Any) -> BoundScore:
        """Return the same score under another policy."""
        return replace(self, policy=replace(self.policy, **changes))

    def with_formula(self, formula: Formula) -> BoundScore:
        """Return another formula under the same policy."""
        return replace(self, formula=formula)
