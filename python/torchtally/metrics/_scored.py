"""What metrics of scores share: one accumulation, read by any number of scores."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any, ClassVar, NamedTuple, TypeVar

import torch
from torch import Tensor

from torchtally._options import COUNTING, METRIC, refuse_unknown
from torchtally.functional._definitions import SCORES, Score
from torchtally.functional._labels import Labels
from torchtally.functional._policy import ScorePolicy
from torchtally.functional._scoring import BoundScore, checked_parameters
from torchtally.ops._arguments import check_choice, listed
from torchtally.ops._counting import CountOptions

from ._named import NamedScores
from ._state import Keep, State
from ._streaming import COLUMNS, StreamedMean

Value = TypeVar("Value")


class Asked(NamedTuple):
    """A score that a metric is asked for: its name, and a value for every option."""

    score: str
    parameters: Mapping[str, Any]
    policy: Mapping[str, Any]


class ScoredMetric(NamedScores[Value]):
    """Counts that one or several scores are read off.

    What is kept is the least that the scores need: one count of everything, integer
    sums over samples for ``aggregation="samplewise"``, or the counts of each sample
    where a score of each is asked for (``"none"``) or has no greatest value.
    """

    def __init__(
        self,
        num_classes: int | None,
        asked: Mapping[str, Asked],
        counting: Mapping[str, Any],
        given: Mapping[str, object],
    ) -> None:
        """Keep counts for scores.

        Args:
            num_classes: C.
            asked: the scores, by the name of their result.
            counting: a value for each option of counting, and of a metric besides.
            given: the options of scores as they were given, for ``repr``.
        """
        options = CountOptions.checked(
            type(self).__name__,
            num_classes,
            counting["task"],
            counting["threshold"],
            counting["logits"],
            counting["ignore_index"],
            counting["out_of_range"],
        )
        labels = Labels.checked(
            options, counting["label_map"], counting["preds_map"], counting["top_k"]
        )
        scores = _bound(labels, asked)
        matrix, keep = _least_for(asked, scores)
        equal = {result: _equal(asked[result], scores[result]) for result in scores}
        super().__init__(
            labels,
            matrix=matrix,
            keep=keep,
            sync_on_compute=counting["sync_on_compute"],
            class_names=counting["class_names"],
            persistent=counting["persistent"],
            given=_plain({"num_classes": options.num_classes, **counting, **given}),
            read=sorted(equal.items()),
            summed=[
                (result, equal[result]._replace(dtype=None))
                for result in _means_of(asked, scores)
                if keep == "sums"
            ],
        )
        self._asked = asked
        self._bind(scores)
        if keep == "sums":
            entries = sum(mean.entries for mean in self._means.values())
            with torch.inference_mode(False):  # as the counts
                self.sums = torch.zeros((entries, COLUMNS), dtype=torch.int64)

    def _bind(self, scores: dict[str, BoundScore]) -> None:
        """Prepare to read scores; options that do not fit the classes are refused."""
        self._scores = scores
        for score in scores.values():
            score.policy.check_classes(self._options.num_classes)
        no_samples = torch.zeros((0, *self._group_shape), dtype=torch.int64)
        self._means: dict[str, StreamedMean] = {
            result: StreamedMean(scores[result], no_samples, matrix=self._matrix)
            for result in _means_of(self._asked, scores)
        }

    def _values_of(self, state: State) -> dict[str, Tensor]:
        """Return every score of a state, by the name of its result."""
        counts, _, sums = state
        if self._keep == "samples" and self._means:
            sums = self._sums_of(counts)
        values: dict[str, Tensor] = {}
        for result, mean in self._means.items():
            assert sums is not None
            values[result] = mean.value(sums[: mean.entries])
            sums = sums[mean.entries :]
        for result, score in self._scores.items():
            if result not in values:
                value = score.of_counted(counts, matrix=self._matrix)
                assert isinstance(value, Tensor)
                values[result] = value
        return {result: values[result] for result in self._scores}

    def _sums_of(self, counts: Tensor) -> Tensor:
        return torch.cat([mean.of_samples(counts) for mean in self._means.values()])

    def __getstate__(self) -> dict[str, Any]:
        # Formulas may be closures, which do not pickle; the options say it all.
        derived = ("_scores", "_means")
        return {k: v for k, v in self.__dict__.items() if k not in derived}

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        self._bind(_bound(self._labels, self._asked))


class ScoreMetric(ScoredMetric[Tensor]):
    """A score accumulated over batches, in O(C) memory; the base of every score.

    What is kept depends on ``aggregation``: one int64 count for ``"global"``; integer
    sums over samples for ``"samplewise"``, in which the order of samples, batches and
    ranks cannot be seen; the counts of each sample for ``"none"``.
    """

    _score: ClassVar[Score]

    def __init__(
        self,
        num_classes: int | None,
        unknown: Mapping[str, object],
        parameters: Mapping[str, Any],
        **options: Any,
    ) -> None:
        score = self._score
        if unknown:
            _refuse(type(self).__name__, unknown, score.state)
        policy = _plain({name: options.pop(name) for name in score.kept})
        asked = {score.name: Asked(score.name, parameters, policy)}
        super().__init__(num_classes, asked, options, {**parameters, **policy})

    def _value_of(self, state: State) -> Tensor:
        return self._values_of(state)[self._score.name]

    def _titles(self) -> dict[str, str]:
        return {self._score.name: type(self).__name__}


class SuiteMetric(ScoredMetric[dict[str, Tensor]]):
    """Any set of scores from one accumulation; the base of ``ScoreSuite``."""

    def __init__(
        self,
        num_classes: int | None,
        scores: object,
        unknown: Mapping[str, object],
        of_scores: Mapping[str, Any],
        **counting: Any,
    ) -> None:
        op = type(self).__name__
        _refuse(op, unknown, [*of_scores, *counting])
        results = _by_result(op, scores)
        shared = {
            n: value for n, value in _plain(of_scores).items() if value is not None
        }
        asked = {result: _asked(op, own, shared) for result, own in results.items()}
        taken = {n for one in asked.values() for n in (*one.parameters, *one.policy)}
        refuse_unknown(op, [n for n in shared if n not in taken], sorted(taken))
        given = {"scores": scores, **shared}
        super().__init__(num_classes, asked, counting, given)

    def _value_of(self, state: State) -> dict[str, Tensor]:
        return self._values_of(state)


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a copy of options that compares and pickles: tensors, arrays as lists."""
    plain = dict(options)
    for name, value in options.items():
        if hasattr(value, "tolist") or isinstance(value, AbstractSet):
            plain[name] = listed(value)
    return copy.deepcopy(plain)


def _bound(labels: Labels, asked: Mapping[str, Asked]) -> dict[str, BoundScore]:
    """Return the scores that are asked for, or raise TypeError or ValueError."""
    options, bound = labels.options, {}
    ignored, other = labels.ignored_classes, options.out_of_range == "miss"
    for result, (name, parameters, policy) in asked.items():
        bound[result] = BoundScore.checked(
            SCORES[name], options.op, options.task, parameters, policy, ignored, other
        )
    return bound


def _least_for(
    asked: Mapping[str, Asked], scores: Mapping[str, BoundScore]
) -> tuple[bool, Keep]:
    """Return whether scores need a matrix, and the least that must be kept."""
    matrix, keep = False, "total"
    for result, score in scores.items():
        matrix = matrix or score.needs_matrix
        aggregation = score.policy.aggregation
        if aggregation == "none" or (
            aggregation == "samplewise" and not SCORES[asked[result].score].bounded
        ):
            keep = "samples"
        elif aggregation == "samplewise" and keep == "total":
            keep = "sums"
    return matrix, keep  # type: ignore[return-value]


def _means_of(
    asked: Mapping[str, Asked], scores: Mapping[str, BoundScore]
) -> list[str]:
    """Return the results that are means over samples, in the order of their sums."""
    return sorted(
        result
        for result, score in scores.items()
        if score.policy.aggregation == "samplewise"
        and SCORES[asked[result].score].bounded
    )


def _refuse(op: str, unknown: Collection[str], known: Collection[str]) -> None:
    """Raise TypeError for options that do not exist, or are those of functions."""
    if "return_valid" in unknown:
        raise TypeError(
            f"{op}: return_valid is an option of functions, a metric returns scores "
            "alone; count a ConfusionMatrix and pass what it computes to "
            "dice_from_counts(matrix, return_valid=True), or its like"
        )
    refuse_unknown(op, unknown, known)


class _Equal(NamedTuple):
    """What equal options of a score have in common, however they were written."""

    score: str
    parameters: tuple[tuple[str, Any], ...]
    policy: ScorePolicy
    dtype: torch.dtype | None


def _equal(asked: Asked, score: BoundScore) -> _Equal:
    policy, parameters = score.policy, asked.parameters
    if parameters:
        definition = SCORES[asked.score]
        parameters = checked_parameters(policy.op, definition, parameters)
    regions = policy.regions and tuple(tuple(sorted(union)) for union in policy.regions)
    plain = replace(policy, regions=regions, ignore_index=(), dtype=torch.float32)
    return _Equal(asked.score, tuple(sorted(parameters.items())), plain, policy.dtype)


def _by_result(op: str, scores: object) -> dict[str, dict[str, Any]]:
    """Return the options of each result, with ``score`` among them."""
    if isinstance(scores, str) or not isinstance(scores, (Sequence, Mapping)):
        raise TypeError(
            f"{op}: scores must be a sequence of names or a dict from names to "
            f"options, got {type(scores).__name__}"
        )
    if not scores:
        raise ValueError(f"{op}: scores must name at least one score, got none")
    if not isinstance(scores, Mapping):
        scores = {name: {} for name in scores}
    results: dict[str, dict[str, Any]] = {}
    for name, own in scores.items():
        if not isinstance(name, str) or not isinstance(own, Mapping):
            raise TypeError(
                f"{op}: scores must map names to dicts of options, "
                f"got {name!r}: {own!r}"
            )
        counting = [k for k in own if k in COUNTING or k in METRIC]
        if counting:
            raise ValueError(
                f"{op}: {', '.join(counting)} must be the same for every score; "
                f"pass them to ScoreSuite instead of scores[{name!r}]"
            )
        results[name] = {"score": name, **own}
    return results


def _asked(op: str, own: Mapping[str, Any], shared: Mapping[str, Any]) -> Asked:
    """Return a score of a suite, its options from its own, the shared, the defaults."""
    check_choice(op, "score", own["score"], tuple(SCORES))
    score = SCORES[own["score"]]
    known: Collection[str] = [*score.parameters, *score.kept]
    _refuse(op, [name for name in own if name not in ("score", *known)], known)
    chosen = {**shared, **_plain(own)}

    def values(options: Mapping[str, Any]) -> dict[str, Any]:
        return {n: chosen.get(n, option.default) for n, option in options.items()}

    return Asked(score.name, values(score.parameters), values(score.kept))
