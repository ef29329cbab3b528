"""What a score is: a formula, its own parameters, and the options that it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor

from torchtally.ops import ClassCounts
from torchtally.ops._arguments import TASKS, Task, check_choice

from ._formulas import Formula, MatrixFormula
from ._options import COUNTED, COUNTING, POLICY, Option
from ._policy import Scored, ScorePolicy

#: What a formula sees: each class alone, the scored classes together, or every class.
Sees: TypeAlias = Literal["class", "scored", "all"]

_OF_MEANS = frozenset({"average", "sample_mean", "class_weights"})
_OF_CLASSES = frozenset({"classes", "include_background", "regions"})
_REFUSED: dict[Sees, frozenset[str]] = {
    "class": frozenset(),
    "scored": _OF_MEANS,
    "all": _OF_MEANS | _OF_CLASSES,
}


@dataclass(frozen=True)
class BoundFormula:
    """A formula whose parameters are chosen; of the matrix where counts do not do."""

    sees: Sees
    of_counts: Formula | None
    of_matrix: MatrixFormula | None = None


@dataclass(frozen=True)
class BoundScore:
    """A score whose every option is chosen: counts in, number out."""

    policy: ScorePolicy
    task: Task
    formula: BoundFormula

    @property
    def needs_matrix(self) -> bool:
        """Whether class counts do not say enough."""
        return self.formula.of_counts is None or self.policy.regions is not None

    def of_matrix(self, matrix: Tensor) -> Tensor | Scored:
        """Return the score of matrices ``[..., C, C]``, or ``[..., L, 2, 2]``."""
        if self.task == "multilabel":
            counts = ClassCounts.from_matrix(matrix)
            return self.of_counts(ClassCounts(*(t[..., 1] for t in counts)))
        if self.formula.of_matrix is not None:
            return self.policy.score_matrix(self.formula.of_matrix, matrix)
        if self.policy.regions is not None:
            return self._reduced(self.policy.region_counts(matrix))
        return self._reduced(ClassCounts.from_matrix(matrix))

    def of_counts(self, counts: ClassCounts) -> Tensor | Scored:
        """Return the score of class counts ``[..., C]``."""
        if self.needs_matrix:
            reason = "regions" if self.policy.regions is not None else "these weights"
            raise ValueError(
                f"{self.policy.op}: {reason} need a confusion matrix, got ClassCounts"
            )
        if self.task == "multilabel" and self.formula.sees == "all":
            counts = _two_classes(counts)
        return self._reduced(counts)

    def _reduced(self, counts: ClassCounts) -> Tensor | Scored:
        formula = self.formula.of_counts
        assert formula is not None
        if self.formula.sees == "class":
            return self.policy.score(formula, counts)
        scored_only = self.formula.sees == "scored"
        return self.policy.score_whole(formula, counts, scored_only=scored_only)


def _two_classes(counts: ClassCounts) -> ClassCounts:
    """Count labels as pixels of two classes, not set and set: ``[..., 2]``."""
    tp, fp, fn, tn = (t.sum(-1, True) for t in counts)
    pairs = ((tn, tp), (fn, fp), (fp, fn), (tp, tn))
    return ClassCounts(*(torch.cat(pair, -1) for pair in pairs))


@dataclass(frozen=True)
class ScoreDefinition:
    """A score: its names, its formula, and which options it takes.

    Attributes:
        stem: of the names ``<stem>_score`` and ``<stem>_from_counts``.
        title: one line, with the formula.
        source: where the formula is defined.
        bind: from (operation, task, parameters) to the formula; checks parameters.
        example: a doctest of the function of counts.
        sees: what its formulas see.
        parameters: the score's own options.
        fixed: policy options that the definition decides.
        defaults: options with another default than elsewhere.
        score_name: of the function of pixels, where it is not ``<stem>_score``.
    """

    stem: str
    title: str
    source: str
    bind: Callable[..., BoundFormula]
    example: str
    sees: Sees = "class"
    parameters: Mapping[str, Option] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    score_name: str = ""

    # Options, looked up in every call: of the policy, of all that makes counts a score,
    # of the function of pixels, and of the function of counts.
    policy_options: dict[str, Option] = field(init=False, repr=False, compare=False)
    own_options: dict[str, Option] = field(init=False, repr=False, compare=False)
    pixel_options: dict[str, Option] = field(init=False, repr=False, compare=False)
    counts_options: dict[str, Option] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        policy = {
            name: option._replace(default=self.defaults.get(name, option.default))
            for name, option in POLICY.items()
            if name not in _REFUSED[self.sees] | set(self.fixed)
            and (name != "class_weights" or not self.fixed)
        }
        counted = {name: COUNTED[name] for name in ("ignore_index", "other")}
        derived = {
            "score_name": self.score_name or f"{self.stem}_score",
            "policy_options": policy,
            "own_options": {**self.parameters, **policy, **counted},
            "pixel_options": {**self.parameters, **COUNTING, **policy},
            "counts_options": {**self.parameters, **COUNTED, **policy},
        }
        for name, value in derived.items():
            object.__setattr__(self, name, value)

    @property
    def counts_name(self) -> str:
        """The name of the function of counts."""
        return f"{self.stem}_from_counts"

    def bound(self, op: str, task: Task, options: Mapping[str, Any]) -> BoundScore:
        """Check parameters and policy options in the name of an operation.

        Args:
            op: name of the operation, for messages.
            task: what was counted.
            options: parameters, policy options, ``ignore_index`` and ``other``; what
                is left out has its default.

        Raises:
            TypeError: for an option of the wrong kind, or that the score lacks.
            ValueError: for a wrong value.
        """
        check_choice(op, "task", task, TASKS)
        chosen = with_defaults(op, options, self.own_options)
        if task == "binary" and self._is_of_class_one(options):
            chosen["average"] = "binary"
        parameters = {name: chosen.pop(name) for name in self.parameters}
        formula = self.bind(op, task, **parameters)
        policy = ScorePolicy.checked(op, task, **chosen, **self.fixed)
        return BoundScore(policy, task, formula)

    def _is_of_class_one(self, options: Mapping[str, Any]) -> bool:
        """Whether a binary task is scored as class 1 where no average is named."""
        decided = {"average"} & ({*self.fixed} | {*self.defaults} | {*options})
        return self.sees == "class" and not decided


def with_defaults(
    op: str, options: Mapping[str, Any], known: Mapping[str, Option]
) -> dict[str, Any]:
    """Return a value for every known option; TypeError for another option."""
    for option in options:
        if option not in known:
            raise TypeError(f"{op}: unknown option {option!r}")
    return {name: options.get(name, option.default) for name, option in known.items()}
