"""Scores of binary and multilabel tasks: where they are cut, and which are valid.

Without a threshold of the caller's own, scores are probabilities, or logits where that
is said. The op counts those that cannot be, as it counts labels out of range.
"""

from __future__ import annotations

from collections.abc import Set as AbstractSet

from torch import Tensor

from torchtally._options import Task, Threshold

from ._arguments import listed

LEAVE_OUT = "pass mask to leave out pixels that hold NaN"


def checked_threshold(
    op: str, task: Task, num_classes: int, threshold: Threshold, logits: bool
) -> tuple[float, ...] | None:
    """Return the thresholds, one or one for each label; None where none is given.

    Raises:
        TypeError: for a threshold that is no number, or a logits that is no bool.
        ValueError: for the wrong number of thresholds, NaN, or an option that has no
            effect.
    """
    if not isinstance(logits, bool):
        raise TypeError(f"{op}: logits must be a bool, got {type(logits).__name__}")
    name = "logits" if logits else "threshold"
    if threshold is None and not logits:
        return None
    several = threshold if isinstance(threshold, AbstractSet) else listed(threshold)
    values = several if isinstance(several, list) else [several]
    for value in [] if threshold is None else values:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise TypeError(
                f"{op}: threshold must be a number, got {type(value).__name__}"
            )
    if task == "multiclass":
        raise ValueError(
            f"{op}: {name} has no effect with task='multiclass', where the highest "
            "score wins; it is an option of task='binary' and task='multilabel'"
        )
    if threshold is None:
        return None
    if logits:
        raise ValueError(
            f"{op}: logits=True cuts scores at 0; pass it or threshold, not both"
        )
    if any(value != value for value in values):  # which Dynamo traces
        raise ValueError(f"{op}: threshold must be a number, got nan")
    allowed = (1, num_classes) if task == "multilabel" else (1,)
    if len(values) not in allowed:
        each = f", or one for each of {num_classes} labels"
        raise ValueError(
            f"{op}: threshold must be one number{each if len(allowed) > 1 else ''} for "
            f"task='{task}', got {len(values)}"
        )
    thresholds = tuple(map(float, values))
    return thresholds[:1] if len({*thresholds}) == 1 else thresholds


def invalid_scores(scores: Tensor, logits: bool) -> Tensor:
    """Return which scores are out of range, where there is no threshold: bool."""
    if logits:
        return scores.isnan()
    return ~((scores >= 0) & (scores <= 1))


def score_rule(logits: bool) -> str:
    """Return what scores must be, where there is no threshold."""
    return "be numbers, as logits are" if logits else "lie in [0, 1], as probabilities"


def score_remedy(logits: bool, example: float | None) -> str:
    """Return what to do about scores out of range, of which one may be known."""
    if logits:
        return LEAVE_OUT
    remedy = "pass logits=True for logits, or threshold for scores as they are"
    return f"{remedy}; {LEAVE_OUT}" if example is None or example != example else remedy


def fault_of_scores(op: str, scores: Tensor, counted: Tensor, logits: bool) -> str:
    """Return a sentence on the scores out of range that count; empty without any."""
    bad = scores[counted & invalid_scores(scores, logits)]
    if bad.numel() == 0:
        return ""
    example = float(bad[0])
    remedy = score_remedy(logits, example)
    return (
        f"{op}: scores must {score_rule(logits)}, but {bad.numel()} do not, such as "
        f"{example:.6g}; {remedy}"
    )
