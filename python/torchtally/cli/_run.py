"""Cases one after the other; only one pair is in memory at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ._case import CaseResult, evaluate_case
from ._pairing import Pair
from ._settings import Settings


def run_cases(pairs: Iterable[Pair], settings: Settings) -> Iterator[CaseResult]:
    """Yield the result of each pair, in the order of the pairs.

    Args:
        pairs: What to count; consumed one by one.
        settings: The classes, the policy and the checks.
    """
    for pair in pairs:
        yield evaluate_case(pair, settings)
