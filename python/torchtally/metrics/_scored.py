"""What metrics of scores share: one accumulation, read by any number of scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypedDict, TypeVar

import torch
from torch import Tensor

from torchtally.functional._formulas import EmptyWeight, KappaWeights, WeightType
from torchtally.functional._label_maps import LabelMap
from torchtally.functional._labels import Labels
from torchtally.functional._policy import (
    Aggregation,
    Average,
    Classes,
    ClassWeights,
    Regions,
    SampleMean,
    UndefinedWhen,
    ZeroDivision,
)
from torchtally.ops._arguments import (
    CountOptions,
    IgnoreIndex,
    OutOfRange,
    Task,
    check_choice,
)

from ._base import CountingMetric
from ._bound import SCORES, BoundScore, bound_score, options_of, read
from ._state import Keep, State
from ._streaming import COLUMNS, StreamedMean

Value = TypeVar("Value")


class ScoreMetricOptions(TypedDict, total=False):
    """The options of metrics of scores; not every score takes each."""

    task: Task
    threshold: float
    ignore_index: IgnoreIndex
    out_of_range: OutOfRange
    label_map: LabelMap
    preds_map: LabelMap
    top_k: int
    sync_on_compute: bool
    average: Average
    zero_division: ZeroDivision
    undefined_when: UndefinedWhen
    aggregation: Aggregation
    sample_mean: SampleMean
    classes: Classes
    include_background: bool
    class_weights: ClassWeights
    regions: Regions
    dtype: torch.dtype
    alpha: float
    beta: float
    weights: KappaWeights
    weight_type: WeightType
    empty_weight: EmptyWeight


#: What one count has for all scores, with its defaults.
COUNTING: dict[str, Any] = {
    "task": "multiclass",
    "threshold": 0.5,
    "ignore_index": None,
    "out_of_range": "error",
    "label_map": None,
    "preds_map": None,
    "top_k": 1,
    "sync_on_compute": True,
}

_MEANING = ("label_map", "preds_map", "top_k")  # of these, what labels mean


class ScoredMetric(CountingMetric[Value]):
    """Counts that one or several scores are read off.

    What is kept is the least that the scores need: one count of everything, integer
    sums over samples for ``aggregation="samplewise"``, or the counts of each sample
    where a score of each is asked for (``"none"``).
    """

    def __init__(
        self,
        num_classes: int | None,
        scores: Mapping[str, Mapping[str, Any]],
        options: Mapping[str, Any],
    ) -> None:
        """Keep counts for scores.

        Args:
            num_classes: C.
            scores: for each result, the options it has beside ``options``; ``score``
                is which score it is.
            options: of counting, and of every score.
        """
        counting = {name: options.get(name, COUNTING[name]) for name in COUNTING}
        shared = {name: options[name] for name in options if name not in COUNTING}
        sync_on_compute = counting.pop("sync_on_compute")
        meaning = {name: counting.pop(name) for name in _MEANING}
        checked = CountOptions.checked(type(self).__name__, num_classes, **counting)
        labels = Labels.checked(checked, **meaning)
        asked = {result: _plain(own) for result, own in scores.items()}
        shared = _plain(shared)
        bound = _bound(labels, asked, shared)
        keep = _least_for(bound.values())
        super().__init__(
            labels,
            matrix=any(score.needs_matrix for score in bound.values()),
            keep=keep,
            sync_on_compute=sync_on_compute,
            sums_for=(asked, shared) if keep == "sums" else (),
        )
        self._asked, self._shared = asked, shared
        self._bind(bound)
        if self._keep == "sums":
            entries = sum(mean.entries for mean in self._means.values())
            self.sums = torch.zeros((entries, COLUMNS), dtype=torch.int64)

    def _bind(self, bound: dict[str, BoundScore]) -> None:
        """Prepare to read scores; options that do not fit the classes are refused."""
        no_samples = torch.zeros((0, *self._group_shape), dtype=torch.int64)
        self._scores, self._means = bound, {}
        for result, score in bound.items():
            if score.policy.aggregation == "samplewise":
                mean = StreamedMean(score, no_samples, matrix=self._matrix)
                self._means[result] = mean
            else:
                read(score, no_samples, matrix=self._matrix)

    def _values_of(self, state: State) -> dict[str, Tensor]:
        """Return every score of a state, by the name of its result."""
        counts, _, sums = state
        if self._keep == "samples" and self._means:
            sums = self._sums_of(counts)
        values: dict[str, Tensor] = {}
        for result, score in self._scores.items():
            if result not in self._means:
                value = read(score, counts, matrix=self._matrix)
                assert isinstance(value, Tensor)
                values[result] = value
                continue
            assert sums is not None
            mean = self._means[result]
            values[result] = mean.value(sums[: mean.entries])
            sums = sums[mean.entries :]
        return values

    def _sums_of(self, counts: Tensor) -> Tensor:
        return torch.cat([mean.of_samples(counts) for mean in self._means.values()])

    def __getstate__(self) -> dict[str, Any]:
        # Formulas may be closures, which do not pickle; the options say it all.
        derived = ("_scores", "_means")
        return {k: v for k, v in self.__dict__.items() if k not in derived}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._bind(_bound(self._labels, self._asked, self._shared))


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options in a form that compares and pickles: tensors as lists."""
    return {
        name: value.tolist() if isinstance(value, Tensor) else value
        for name, value in options.items()
    }


def _bound(
    labels: Labels,
    asked: Mapping[str, Mapping[str, Any]],
    shared: Mapping[str, Any],
) -> dict[str, BoundScore]:
    """Return the scores that are asked for, or raise TypeError or ValueError."""
    options = labels.options
    for own in asked.values():
        check_choice(options.op, "score", own["score"], SCORES)
    known = {name for own in asked.values() for name in options_of(own["score"])}
    for name in shared:
        if name not in known:
            raise TypeError(f"{options.op}: unknown option {name!r}")
    bound = {}
    for result, own in asked.items():
        score = own["score"]
        chosen = {k: v for k, v in shared.items() if k in options_of(score)}
        chosen |= {k: v for k, v in own.items() if k != "score"}
        bound[result] = bound_score(labels, score, chosen)
    return bound


def _least_for(scores: Iterable[BoundScore]) -> Keep:
    """Return the least that must be kept for scores."""
    aggregations = {score.policy.aggregation for score in scores}
    if "none" in aggregations:
        return "samples"
    return "sums" if "samplewise" in aggregations else "total"
