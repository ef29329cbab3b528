"""From the counts of cases to scores: the rows of the report.

Counts are integers and are added up in the order of the cases, so the report does not
depend on where or when a case was counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

import torch
from torch import Tensor

from torchtally.functional import ClassCounts
from torchtally.functional._formulas import MatrixFormula
from torchtally.functional._policy import Scored
from torchtally.functional._scoring import BoundScore

from ._case import CaseResult, Pixels
from ._folders import NotEvaluated
from ._pairing import Pairing
from ._problems import Note, Problem
from ._settings import MATRIX_CLASSES, Settings

# Dense counts of so many cases at once: 8 MiB of int64, 256 rows of the report.
_CELLS, _CASES = 1 << 20, 256
OVERALL = "overall"  # of scores that are one number of all classes

# Undefined is NaN in tensors and None in a report.
Scores: TypeAlias = dict[str, float | None]


@dataclass(frozen=True)
class ClassRow:
    """One class, label or region: its pixels, and its scores.

    Attributes:
        index: of the class or region.
        name: of it.
        support: pixels with its label.
        predicted: pixels predicted as it.
        ignored: named by --ignore-index, or by --label-map as nothing: never scored.
        averaged: whether it enters averages where its scores are defined.
        scores: by the key of the column.
    """

    index: int
    name: str
    support: int
    predicted: int
    ignored: bool
    averaged: bool
    scores: Scores


@dataclass(frozen=True)
class FileRow:
    """One pair of files; classes is empty where there are too many to list."""

    name: str
    prediction: str | None
    label: str
    pixels: Pixels
    dtypes: tuple[str, str]
    notes: tuple[Note, ...]
    averages: dict[str, Scores]
    classes: list[Scores]


@dataclass(frozen=True)
class Report:
    """Everything that is shown or written."""

    settings: Settings
    classes: list[ClassRow]
    averages: dict[str, Scores]
    results: Sequence[CaseResult]  # of the pairs that were counted
    pixels: Pixels
    matrix: Tensor | None  # int64 [C, C] or [C + 1, C + 1], rows are labels
    problems: list[Problem]
    not_evaluated: list[NotEvaluated] = field(default_factory=list)

    def case_counts(self) -> Iterator[tuple[CaseResult, Tensor]]:
        """Yield each case that was counted with its counts, few of them at a time."""
        for part, dense in _Samples(self.results, self.settings).chunks():
            yield from zip(part, dense, strict=True)

    def file_rows(self) -> Iterator[FileRow]:
        """Yield the scores of each file; few are in memory at a time."""
        return _file_rows(_Samples(self.results, self.settings), self.settings)


@dataclass(frozen=True)
class Columns:
    """Every score that is reported, with its options, for one aggregation.

    Attributes:
        classes: of each class, by column.
        averages: by the name of the row, then by column.
    """

    classes: dict[str, BoundScore]
    averages: dict[str, dict[str, BoundScore]]

    @classmethod
    def of(cls, settings: Settings, aggregation: str) -> Columns:
        """Bind the scores of the settings."""
        classes = {}
        averages: dict[str, dict[str, BoundScore]] = {
            name: {} for name in settings.averages
        }
        whole = {}
        chosen = {"aggregation": aggregation}
        for column in settings.scores:
            if not column.of_classes:
                whole[column.key] = settings.bound(column, **chosen)
                continue
            classes[column.key] = settings.bound(
                column,
                average="none",
                classes=None,
                include_background=True,
                **chosen,
            )
            for name, row in averages.items():
                if name == "samples" and aggregation == "none":
                    continue  # a mean over files
                row[column.key] = settings.bound(column, average=name, **chosen)
        averages = {name: row for name, row in averages.items() if row}
        if whole:
            averages[OVERALL] = whole
        return cls(classes, averages)


def build_report(
    results: Sequence[CaseResult], pairing: Pairing, settings: Settings
) -> Report:
    """Derive the scores of each class and of the averages."""
    counted = [result for result in results if result.counts is not None]
    problems = [result.problem for result in results if result.problem is not None]
    total = _total(counted, settings)
    columns = Columns.of(settings, settings.policy["aggregation"])
    samples = _Samples(counted, settings)
    classes = _class_rows(total, columns, samples, settings)
    averages = {
        name: {key: _number(samples.score(bound, total)) for key, bound in row.items()}
        for name, row in columns.averages.items()
    }
    square = settings.with_matrix and settings.task != "multilabel"
    return Report(
        settings=settings,
        classes=classes,
        averages=averages,
        results=counted,
        pixels=sum((result.pixels for result in counted), Pixels()),
        matrix=total if square and settings.num_classes <= MATRIX_CLASSES else None,
        problems=sorted(
            [*pairing.problems, *problems], key=lambda problem: problem.file
        ),
        not_evaluated=pairing.not_evaluated,
    )


def _total(counted: Iterable[CaseResult], settings: Settings) -> Tensor:
    total = torch.zeros(settings.counts_shape, dtype=torch.int64)
    flat = total.view(-1)
    for result in counted:
        assert result.counts is not None
        result.counts.add_to(flat)
    return total


@dataclass(frozen=True)
class _Samples:
    """The counts of cases, of which few are dense at a time."""

    counted: Sequence[CaseResult]
    settings: Settings

    def chunks(self) -> Iterator[tuple[Sequence[CaseResult], Tensor]]:
        """Yield cases and their counts [N, ...]."""
        shape = self.settings.counts_shape
        step = max(1, min(_CASES, _CELLS // torch.Size(shape).numel()))
        for start in range(0, len(self.counted), step):
            part = self.counted[start : start + step]
            dense = torch.zeros(len(part), *shape, dtype=torch.int64)
            for result, counts in zip(part, dense, strict=True):
                assert result.counts is not None
                result.counts.add_to(counts.view(-1))
            yield part, dense

    def score(self, bound: BoundScore, total: Tensor) -> Tensor:
        """Return a score of all cases, [] or [E]."""
        matrix = self.settings.with_matrix
        if bound.policy.aggregation == "global" or not self.counted:
            return _score(bound, total.unsqueeze(0), matrix)
        policy = bound.policy
        if isinstance(bound.formula, MatrixFormula) or bound.sees != "class":
            return self._mean_of_cases(bound)
        parts = [_class_counts(bound, dense, matrix) for _, dense in self.chunks()]
        counts = ClassCounts(*(torch.cat(t) for t in zip(*parts, strict=True)))
        scored = policy.score(bound.sees, bound.formula, counts)
        return scored.score if isinstance(scored, Scored) else scored

    def _mean_of_cases(self, bound: BoundScore) -> Tensor:
        """Return the mean of a score that is one number of a case."""
        alone = replace(bound.policy, aggregation="none", return_valid=True)
        of_case = replace(bound, policy=alone)
        values, valid = [], []
        for _, dense in self.chunks():
            scored = of_case.of_counted(dense, matrix=self.settings.with_matrix)
            assert isinstance(scored, Scored)
            values.append(scored.score)
            valid.append(scored.valid > 0)
        mean, _ = bound.policy.mean(torch.cat(values), torch.cat(valid), None, -1)
        return mean


def _score(bound: BoundScore, counts: Tensor, matrix: bool) -> Tensor:
    scored = bound.of_counted(counts, matrix=matrix)
    return scored.score if isinstance(scored, Scored) else scored


def _class_counts(bound: BoundScore, counts: Tensor, matrix: bool) -> ClassCounts:
    """Return the counts [..., E] of classes, labels or regions."""
    if not matrix:
        return ClassCounts.from_op(counts, bound.task)
    if bound.task == "multilabel":
        each = ClassCounts.from_matrix(counts)
        return ClassCounts(*(t[..., 1] for t in each))
    if bound.policy.regions is not None:
        return bound.policy.region_counts(counts)
    return ClassCounts.from_matrix(counts)


def _class_rows(
    total: Tensor, columns: Columns, samples: _Samples, settings: Settings
) -> list[ClassRow]:
    if not columns.classes:
        return []
    first = next(iter(columns.classes.values()))
    counts = _class_counts(first, total, settings.with_matrix)
    support = (counts.tp + counts.fn).tolist()
    predicted = (counts.tp + counts.fp).tolist()
    scores = {
        key: _numbers(samples.score(bound, total))
        for key, bound in columns.classes.items()
    }
    of_classes = settings.policy["regions"] is None and settings.task != "multilabel"
    ignored = settings.counter.ignored_classes if of_classes else ()
    averaged = _averaged(settings)
    return [
        ClassRow(
            index=index,
            name=name,
            support=support[index],
            predicted=predicted[index],
            ignored=index in ignored,
            averaged=index in averaged and index not in ignored,
            scores={key: values[index] for key, values in scores.items()},
        )
        for index, name in enumerate(settings.entry_names)
    ]


def _averaged(settings: Settings) -> set[int]:
    """Return what enters the averages."""
    everything = set(range(len(settings.entry_names)))
    if settings.policy["regions"] is not None:
        return everything
    chosen = settings.policy["classes"]
    if chosen is not None and chosen != "present":
        everything &= set(chosen)
    if not settings.policy["include_background"]:
        everything -= {0}
    return {1} if settings.averages == ("binary",) else everything


def _file_rows(samples: _Samples, settings: Settings) -> Iterator[FileRow]:
    columns = Columns.of(settings, "none")
    matrix = settings.with_matrix
    few = len(settings.entry_names) <= MATRIX_CLASSES
    for part, dense in samples.chunks():
        averages = {
            name: {
                key: _numbers(_score(bound, dense, matrix))
                for key, bound in row.items()
            }
            for name, row in columns.averages.items()
        }
        scores = {
            key: _score(bound, dense, matrix).tolist()
            for key, bound in (columns.classes.items() if few else ())
        }
        for number, result in enumerate(part):
            yield FileRow(
                name=result.name,
                prediction=result.prediction,
                label=result.label,
                pixels=result.pixels,
                dtypes=result.dtypes,
                notes=result.notes,
                averages={
                    name: {key: values[number] for key, values in row.items()}
                    for name, row in averages.items()
                },
                classes=[
                    {key: _defined(v[number][index]) for key, v in scores.items()}
                    for index in range(len(settings.entry_names) if scores else 0)
                ],
            )


def _number(value: Tensor) -> float | None:
    return _defined(value.item())


def _numbers(values: Tensor) -> list[float | None]:
    return [_defined(value) for value in values.tolist()]


def _defined(value: float) -> float | None:
    return None if value != value else float(value)
