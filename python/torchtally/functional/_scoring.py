"""From pixels, or counts, to a score: a definition with every option chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from torchtally._options import (
    CHOICES,
    Array,
    IgnoreIndex,
    LabelMap,
    OutOfRange,
    Task,
    Threshold,
    refuse_idle,
    refuse_unknown,
)
from torchtally.ops._arguments import (
    check_choice,
    check_dense,
    ignore_values,
    not_a_tensor,
    plain,
)
from torchtally.ops._counting import ClassCounts, CountOptions

from . import _checks
from ._definitions import Score, Sees
from ._formulas import Formula, MatrixFormula
from ._labels import Labels
from ._policy import Scored, ScorePolicy


def score_of_pixels(
    score: Score,
    preds: Array,
    target: Array,
    num_classes: int | None,
    unknown: Mapping[str, object],
    parameters: Mapping[str, Any],
    *,
    task: Task,
    threshold: Threshold,
    logits: bool,
    top_k: int,
    ignore_index: IgnoreIndex,
    label_map: LabelMap,
    preds_map: LabelMap,
    mask: Array | None,
    out_of_range: OutOfRange,
    validate: bool,
    **policy: Any,
) -> Tensor | Scored:
    """Count pixels and score the counts; the arguments are those of the score.

    ``parameters`` are its own options, ``unknown`` those that it does not take.
    """
    op = score.function
    if unknown:
        refuse_unknown(op, unknown, score.pixels)
    if type(validate) is not bool:
        validate = _checks.flag(op, "validate", validate)
    counting = CountOptions.checked(
        op, num_classes, task, threshold, logits, ignore_index, out_of_range
    )
    given: CountOptions | Labels = counting
    ignored = counting.ignore_index
    if (
        label_map is not None
        or preds_map is not None
        or type(top_k) is not int
        or top_k != 1
    ):
        given = Labels.checked(counting, label_map, preds_map, top_k)
        ignored = given.ignored_classes
    bound = BoundScore.checked(
        score, op, task, parameters, policy, ignored, out_of_range == "miss"
    )
    matrix = bound.needs_matrix
    if type(given) is Labels and given.maps is not None:
        matrix = matrix or given.maps.folds(preds := plain(preds))
    per_sample = bound.policy.aggregation != "global"
    counts = given.count(matrix, preds, target, mask, per_sample, validate)
    return bound.of_counted(counts, matrix=matrix)


def score_of_counts(
    score: Score,
    counts: Array | ClassCounts,
    unknown: Mapping[str, object],
    parameters: Mapping[str, Any],
    *,
    task: Task,
    ignore_index: IgnoreIndex,
    other: bool,
    **policy: Any,
) -> Tensor | Scored:
    """Score counts that were taken before; the arguments are those of the score."""
    op = score.counts_function
    if isinstance(counts, ClassCounts):
        counts = ClassCounts(*map(plain, counts))
    counts = plain(counts)
    if unknown:
        refuse_unknown(op, unknown, score.counts)
    check_choice(op, "task", task, CHOICES["Task"])
    ignored = tuple(ignore_values(op, ignore_index))
    other = _checks.flag(op, "other", other)
    bound = BoundScore.checked(score, op, task, parameters, policy, ignored, other)
    if isinstance(counts, ClassCounts):
        return bound.of_counts(checked_class_counts(op, "counts", counts))
    if not isinstance(counts, Tensor):
        raise not_a_tensor(op, "counts", counts, " or ClassCounts")
    check_dense(op, "counts", counts)
    least, shape, square = 2, "[C, C] or [..., N, C, C]", counts.shape[-2:-1] * 2
    if task == "multilabel":
        least, shape = 3, "[L, 2, 2] or [..., N, L, 2, 2]"
        square = torch.Size([3, 3] if other else [2, 2])
    if counts.dim() < least or counts.shape[-2:] != square:
        raise ValueError(
            f"{op}: counts must be a matrix {shape}, or ClassCounts, "
            f"got a tensor of shape {list(counts.shape)}"
        )
    return bound.of_matrix(*_checks.counts(op, {"counts": counts}))


def checked_class_counts(op: str, name: str, counts: ClassCounts) -> ClassCounts:
    """Return class counts as int64 or float64, or raise TypeError or ValueError."""
    named = {f"{name}.{field}": t for field, t in counts._asdict().items()}
    return ClassCounts(*_checks.counts(op, named))


@dataclass(frozen=True)
class BoundScore:
    """A score whose every option is chosen: counts in, number out."""

    policy: ScorePolicy
    task: Task
    sees: Sees
    formula: Formula | MatrixFormula

    @classmethod
    def checked(
        cls,
        score: Score,
        op: str,
        task: Task,
        parameters: Mapping[str, Any],
        policy: Mapping[str, Any],
        ignored: tuple[int, ...],
        other: bool,
    ) -> BoundScore:
        """Check parameters and policy options in the name of an operation.

        Args:
            score: the definition.
            op: name of the operation, for messages.
            task: what was counted.
            parameters: a value for each of the score's own options.
            policy: a value for each option of the policy.
            ignored: the classes that were ignored in counting.
            other: whether the last class counted is "other".

        Raises:
            TypeError: for an option of the wrong kind.
            ValueError: for a wrong value.
        """
        if task not in score.tasks:
            check_choice(op, "task", task, score.tasks)
        if score.ratio is not None:
            formula = _of_float64(score.ratio) if score.products else score.ratio
        else:
            assert score.make is not None
            formula = score.make(task, **checked_parameters(op, score, parameters))
        chosen = {**policy, **score.fixed}
        for name in score.changed:
            kind = score.kept[name].type
            if kind in CHOICES:
                check_choice(op, name, chosen[name], CHOICES[kind])
        if chosen.get("average") is None:
            of_class_one = task == "binary" and score.sees == "class"
            chosen["average"] = "binary" if of_class_one else "macro"
            if "average" in score.changed:
                chosen["average"] = score.kept["average"].default
        checked = ScorePolicy.checked(
            op, task, ignore_index=ignored, other=other, **chosen
        )
        for name, option in score.dependent.items():
            given = parameters if name in parameters else policy
            if given[name] != option.default:
                values = {**parameters, **vars(checked)}
                refuse_idle(op, name, option, values)
        return cls(checked, task, score.sees, formula)

    @property
    def needs_matrix(self) -> bool:
        """Whether class counts do not say enough."""
        return self.policy.regions is not None or type(self.formula) is MatrixFormula

    def of_counted(self, counts: Tensor, *, matrix: bool) -> Tensor | Scored:
        """Return the score of what an op counts: matrices, or else class counts."""
        if matrix:
            return self.of_matrix(counts)
        return self.of_counts(ClassCounts.from_op(counts, self.task))

    def of_matrix(self, matrix: Tensor) -> Tensor | Scored:
        """Return the score of matrices ``[..., C, C]``, or ``[..., L, 2, 2]``."""
        if self.task == "multilabel":
            counts = ClassCounts.from_matrix(matrix)
            return self.of_counts(ClassCounts(*(t[..., 1] for t in counts)))
        if isinstance(self.formula, MatrixFormula):
            return self.policy.score_matrix(self.formula, matrix)
        if self.policy.regions is not None:
            counts = self.policy.region_counts(matrix)
        else:
            counts = ClassCounts.from_matrix(matrix)
        return self.policy.score(self.sees, self.formula, counts)

    def of_counts(self, counts: ClassCounts) -> Tensor | Scored:
        """Return the score of class counts ``[..., C]``."""
        policy, formula = self.policy, self.formula
        if policy.regions is not None or isinstance(formula, MatrixFormula):
            reason = "these weights" if policy.regions is None else "regions"
            raise ValueError(
                f"{policy.op}: {reason} need a confusion matrix, got ClassCounts"
            )
        if self.task == "multilabel" and self.sees == "all":
            counts = _two_classes(counts)
        return policy.score(self.sees, formula, counts)


def checked_parameters(
    op: str, score: Score, given: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the own options of a score, or raise TypeError or ValueError."""
    checked = {}
    for name, option in score.parameters.items():
        value = given[name]
        if option.type == "float":
            value = _checks.non_negative(op, name, value, finite=option.finite)
        else:
            check_choice(op, name, value, CHOICES[option.type])
        checked[name] = value
    return checked


def _of_float64(ratio: Formula) -> Formula:
    """Let a formula that multiplies counts see float64, which does not overflow."""
    return lambda counts: ratio(ClassCounts(*(t.double() for t in counts)))


def _two_classes(counts: ClassCounts) -> ClassCounts:
    """Count labels as pixels of two classes, not set and set: ``[..., 2]``."""
    tp, fp, fn, tn = (t.sum(-1, True) for t in counts)
    pairs = ((tn, tp), (fn, fp), (fp, fn), (tp, tn))
    return ClassCounts(*(torch.cat(pair, -1) for pair in pairs))
