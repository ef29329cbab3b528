"""Scores by name, bound to their options: what metrics read off their counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from torchtally.functional import Scored, scores
from torchtally.functional._policy import Formula, ScorePolicy
from torchtally.ops import ClassCounts
from torchtally.ops._arguments import CountOptions, Task

#: The formula of every score, by name.
FORMULAS: dict[str, Formula] = {
    "dice": scores.dice,
    "iou": scores.iou,
    "f1": scores.dice,
}
#: Names of scores: what a metric class or a ScoreSuite asks for.
SCORES = tuple(FORMULAS)

_DEFAULTS: dict[str, Any] = {
    "zero_division": "skip",
    "undefined_when": "zero_denominator",
    "aggregation": "global",
    "sample_mean": "classes_first",
    "classes": None,
    "include_background": True,
    "class_weights": None,
    "dtype": torch.float32,
}


@dataclass(frozen=True)
class BoundScore:
    """A formula, and the policy that makes a number of it."""

    policy: ScorePolicy
    task: Task
    formula: Formula
    needs_matrix: bool = False


def options_of(_score: str) -> Collection[str]:
    """Return the names of the options that a score takes beside those of counting."""
    return {"average", *_DEFAULTS}


def bound_score(
    counting: CountOptions, score: str, options: Mapping[str, Any]
) -> BoundScore:
    """Return a score with its options, or raise TypeError or ValueError.

    Args:
        counting: what is counted, in whose name errors are raised.
        score: one of ``SCORES``.
        options: its own.
    """
    for name in options:
        if name not in options_of(score):
            raise TypeError(f"{counting.op}: unknown option {name!r}")
    average = "binary" if counting.task == "binary" else "macro"
    chosen = {"average": average, **_DEFAULTS, **options}
    policy = ScorePolicy.checked(
        counting.op,
        counting.task,
        **chosen,
        ignore_index=counting.ignore_index,
        other=counting.out_of_range == "miss",
        return_valid=False,
    )
    return BoundScore(policy, counting.task, FORMULAS[score])


def read(score: BoundScore, counts: Tensor, *, matrix: bool) -> Tensor | Scored:
    """Return the score of what an op counts: matrices, or else class counts."""
    if not matrix:
        of_classes = ClassCounts.from_op(counts, score.task)
    else:
        of_classes = ClassCounts.from_matrix(counts)
        if score.task == "multilabel":
            of_classes = ClassCounts(*(count[..., 1] for count in of_classes))
    return score.policy.score(score.formula, of_classes)


def with_policy(score: BoundScore, **changes: Any) -> BoundScore:
    """Return the same score under another policy."""
    return replace(score, policy=replace(score.policy, **changes))


def with_formula(score: BoundScore, formula: Formula) -> BoundScore:
    """Return another formula under the same policy."""
    return replace(score, formula=formula)
