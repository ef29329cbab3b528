"""Scores by name, bound to their options: what metrics read off their counts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from torch import Tensor

from torchtally.functional._definition import BoundFormula, BoundScore
from torchtally.functional._formulas import Formula
from torchtally.functional._labels import Labels
from torchtally.functional._policy import Scored
from torchtally.functional.scores import DEFINITIONS
from torchtally.ops import ClassCounts

__all__ = [
    "SCORES",
    "BoundScore",
    "bound_score",
    "options_of",
    "read",
    "with_formula",
    "with_policy",
]

#: Names of scores: what a metric class or a ScoreSuite asks for.
SCORES = tuple(DEFINITIONS)


def options_of(score: str) -> Collection[str]:
    """Return the names of the options that a score takes beside those of counting."""
    return DEFINITIONS[score].own_options.keys() - {"ignore_index", "other"}


def bound_score(labels: Labels, score: str, options: Mapping[str, Any]) -> BoundScore:
    """Return a score with its options, or raise TypeError or ValueError.

    Args:
        labels: what is counted, in whose name errors are raised.
        score: one of ``SCORES``.
        options: its own.
    """
    counting = labels.options
    for name in options:
        if name not in options_of(score):
            raise TypeError(f"{counting.op}: unknown option {name!r}")
    chosen = {
        **options,
        "ignore_index": labels.ignored_classes,
        "other": counting.out_of_range == "miss",
    }
    return DEFINITIONS[score].bound(counting.op, counting.task, chosen)


def read(score: BoundScore, counts: Tensor, *, matrix: bool) -> Tensor | Scored:
    """Return the score of what an op counts: matrices, or else class counts."""
    if matrix:
        return score.of_matrix(counts)
    return score.of_counts(ClassCounts.from_op(counts, score.task))


def with_policy(score: BoundScore, **changes: Any) -> BoundScore:
    """Return the same score under another policy."""
    return replace(score, policy=replace(score.policy, **changes))


def with_formula(score: BoundScore, formula: Formula) -> BoundScore:
    """Return another formula of single classes under the same policy."""
    return replace(score, formula=BoundFormula("class", formula))
