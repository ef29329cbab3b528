"""The policy of scores, written out as loops over samples and classes.

Plain numbers and lists: no tensor arithmetic is shared with the library. A count is
``(tp, fp, fn, tn)``; ``None`` marks an entry that is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

Count = tuple[int, int, int, int]
Entry = float | None
Ratio = Callable[[int, int, int, int], tuple[float, float]]


def entry(ratio: Ratio, count: Count, zero_division: Any, undefined_when: str) -> Entry:
    """Return what one (sample, class) is worth."""
    tp, fp, fn, tn = count
    numerator, denominator = ratio(tp, fp, fn, tn)
    undefined = denominator == 0
    if undefined_when == "empty_target" and tp + fn == 0:
        undefined = True
    if undefined_when == "both_empty" and tp + fn == 0 and tp + fp == 0:
        undefined = True
    if not undefined:
        return numerator / denominator
    if zero_division == "skip":
        return None
    return math.nan if zero_division == "nan" else float(zero_division)


def mean(
    entries: Sequence[Entry], weights: Sequence[float], zero_division: Any
) -> Entry:
    """Return the weighted mean of what is not left out.

    Where nothing is left, the mean is left out too. Where everything left weighs
    nothing, the mean is 0 / 0: undefined, and worth what other undefined entries are.
    """
    kept = [(e, w) for e, w in zip(entries, weights, strict=True) if e is not None]
    if not kept:
        return None
    total = sum(w for _, w in kept)
    if total == 0:
        if zero_division == "skip":
            return None
        return math.nan if zero_division == "nan" else float(zero_division)
    return sum(e * w for e, w in kept) / total


def add(counts: Sequence[Count]) -> Count:
    """Add counts up."""
    tp, fp, fn, tn = (sum(c[i] for c in counts) for i in range(4))
    return tp, fp, fn, tn


def score_reference(
    ratio: Ratio,
    samples: Sequence[Sequence[Count]],
    *,
    average: str = "macro",
    zero_division: Any = "skip",
    undefined_when: str = "zero_denominator",
    aggregation: str = "global",
    sample_mean: str = "classes_first",
    classes: Sequence[int] | str | None = None,
    include_background: bool = True,
    class_weights: Sequence[float] | None = None,
    ignore_index: Sequence[int] = (),
    other: bool = False,
) -> tuple[Any, Any]:
    """Return ``(score, valid)`` as floats, ints or nested lists.

    ``samples[n][c]`` is the count of class c in sample n; with ``other`` the last
    class is "other".
    """
    if average == "samples":
        average, aggregation = "micro", "samplewise"
    if aggregation == "global":
        number = len(samples[0])
        samples = [[add([sample[c] for sample in samples]) for c in range(number)]]
    num_classes = len(samples[0]) - other
    present = classes == "present"
    chosen = None if present or classes is None else [int(c) for c in classes]
    scored = list(range(num_classes)) if chosen is None else chosen
    if not include_background:
        scored = [c for c in scored if c != 0]
    if average == "binary":
        scored = [1]

    rows: list[list[Entry]] = []
    weights: list[list[float]] = []
    for sample in samples:
        if average == "micro":
            pooled = [sample[c] for c in scored if c not in ignore_index]
            if other and chosen is None:
                pooled.append(sample[-1])
            rows.append([entry(ratio, add(pooled), zero_division, undefined_when)])
            weights.append([1.0])
            continue
        rows.append(
            [
                None
                if c in ignore_index or (present and not any(sample[c][:3]))
                else entry(ratio, sample[c], zero_division, undefined_when)
                for c in scored
            ]
        )
        if average == "weighted":
            weights.append([float(sample[c][0] + sample[c][2]) for c in scored])
        elif class_weights is not None:
            weights.append([class_weights[c] for c in scored])
        else:
            weights.append([1.0] * len(scored))

    def reduce(
        entries: Sequence[Entry], entry_weights: Sequence[float]
    ) -> tuple[Entry, int]:
        value = mean(entries, entry_weights, zero_division)
        return value, 0 if value is None else sum(e is not None for e in entries)

    if aggregation == "global" or aggregation == "none":
        if average == "none":
            values = [[shown(e) for e in row] for row in rows]
            valid = [[int(e is not None) for e in row] for row in rows]
        else:
            pairs = [reduce(r, w) for r, w in zip(rows, weights, strict=True)]
            values = [shown(value) for value, _ in pairs]  # type: ignore[misc]
            valid = [count for _, count in pairs]  # type: ignore[misc]
        return (values[0], valid[0]) if aggregation == "global" else (values, valid)

    columns = [[row[i] for row in rows] for i in range(len(rows[0]))]
    even = [1.0] * len(rows)
    if average == "none":
        pairs = [reduce(column, even) for column in columns]
        return [shown(value) for value, _ in pairs], [count for _, count in pairs]
    if sample_mean == "classes_first":
        means = [reduce(r, w)[0] for r, w in zip(rows, weights, strict=True)]
        value, count = reduce(means, even)
    elif sample_mean == "samples_first":
        means = [reduce(column, even)[0] for column in columns]
        of_class = [
            sum(w[i] for w in weights) if average == "weighted" else weights[0][i]
            for i in range(len(columns))
        ]
        value, count = reduce(means, of_class)
    else:
        value, count = reduce(
            [e for row in rows for e in row], [w for row in weights for w in row]
        )
    return shown(value), count


def shown(value: Entry) -> float:
    """Return an entry as the library shows it: NaN where it is left out."""
    return math.nan if value is None else value
