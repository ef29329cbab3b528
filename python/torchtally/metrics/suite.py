"""Any set of scores from one accumulation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from torch import Tensor
from typing_extensions import Unpack

from ._plot_scores import plot_scores
from ._scored import COUNTING, ScoredMetric, ScoreMetricOptions
from ._state import State


class ScoreSuite(ScoredMetric[dict[str, Tensor]]):
    """Any set of scores from one accumulation: each batch is counted once.

    ``compute`` and ``forward`` return a dict. The options are those of a single score
    and hold for every score; those that a score is given by name hold for it alone.

    Args:
        num_classes: C, or the number of labels L for ``task="multilabel"``. May be
            left out for ``task="binary"``.
        scores: names of scores; or from the name of a result to its own options, where
            ``score`` says which score it is if the name does not.
        options: by keyword, those of counting and of every score.

    Raises:
        TypeError: for an option that does not exist, or of the wrong kind.
        ValueError: for a score that does not exist, or a wrong value.

    Example:
        >>> suite = ScoreSuite(
        ...     num_classes=2,
        ...     scores={"dice": {}, "each": {"score": "iou", "average": "none"}},
        ... )
        >>> suite.update(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]))
        >>> suite.compute()
        {'dice': tensor(0.6667), 'each': tensor([0.5000, 0.5000])}
    """

    def __init__(
        self,
        num_classes: int | None = None,
        scores: Sequence[str] | Mapping[str, Mapping[str, Any]] = ("dice", "iou", "f1"),
        **options: Unpack[ScoreMetricOptions],
    ) -> None:
        super().__init__(num_classes, _by_result(scores), options)

    def _value_of(self, state: State) -> dict[str, Tensor]:
        return self._values_of(state)

    def plot(self, ax: Any = None, *, class_names: Sequence[str] | None = None) -> Any:
        """Draw every score as a bar, or as a bar for each class, with matplotlib.

        Args:
            ax: matplotlib axes to draw on; a new figure without.
            class_names: a name for each class of scores with ``average="none"``.

        Returns:
            The axes.

        Raises:
            ImportError: if matplotlib is not installed.
            ValueError: for the wrong number of names, scores for each sample, or
                scores of single classes beside others.
        """
        return plot_scores("ScoreSuite.plot", self.compute(), ax, class_names)


def _by_result(scores: object) -> dict[str, dict[str, Any]]:
    """Return the options of each result, with ``score`` among them."""
    if isinstance(scores, str) or not isinstance(scores, (Sequence, Mapping)):
        raise TypeError(
            "ScoreSuite: scores must be a sequence of names or a dict from names to "
            f"options, got {type(scores).__name__}"
        )
    if not scores:
        raise ValueError("ScoreSuite: scores must name at least one score, got none")
    if not isinstance(scores, Mapping):
        scores = {name: {} for name in scores}
    results: dict[str, dict[str, Any]] = {}
    for name, own in scores.items():
        if not isinstance(name, str) or not isinstance(own, Mapping):
            raise TypeError(
                "ScoreSuite: scores must map names to dicts of options, "
                f"got {name!r}: {own!r}"
            )
        counting = [k for k in own if k in COUNTING]
        if counting:
            raise ValueError(
                f"ScoreSuite: {', '.join(counting)} must be the same for every score; "
                f"pass them to ScoreSuite instead of scores[{name!r}]"
            )
        results[name] = {"score": name, **own}
    return results
