"""What to say about labels that are no classes, and what would help."""

from __future__ import annotations

import numpy as np

from ._image import SHOWN_VALUES, Array
from ._problems import PairError
from ._settings import Settings


def raise_out_of_range(
    preds: Array | None, target: Array, mask: Array | None, settings: Settings
) -> None:
    """Raise PairError if labels of either side are out of range; scores are not."""
    limit = 2 if settings.task == "multilabel" else settings.num_classes
    counting = settings.counting
    leave_out = list(counting["ignore_index"] or ())
    leave_out += [v for v, c in (counting["label_map"] or {}).items() if c is None]
    kept = ~np.isin(target, leave_out)
    if mask is not None:
        kept &= mask
    sides = {"label": (target, counting["label_map"])}
    if preds is not None and preds.dtype.kind != "f":
        sides["prediction"] = (preds, counting["preds_map"])
    parts = {}
    for side, (labels, named) in sides.items():
        if named is None:
            outside = kept & ((labels < 0) | (labels >= limit))
        else:
            outside = kept & ~np.isin(labels, list(named))
        values, times = np.unique(labels[outside], return_counts=True)
        if not values.size:
            continue
        option = "--label-map" if side == "label" else "--preds-map"
        rule = f"lie in 0..{limit - 1}" if named is None else f"be named by {option}"
        hint = f"{option} may name it, with nothing behind the colon to ignore it"
        if named is None:
            hint = _hint(side, values, labels, outside, settings)
        parts[side] = (
            f"{side} must {rule}, got {_some(values)} at {times.sum():,} of "
            f"{labels.size:,} pixels ({hint})"
        )
    if parts:
        of_label = "label" in parts
        raise PairError("out of range", "; ".join(parts.values()), of_label=of_label)


def _some(values: Array) -> str:
    shown = ", ".join(str(value) for value in values[:SHOWN_VALUES])
    if values.size > SHOWN_VALUES:
        shown += f" and {values.size - SHOWN_VALUES} other values"
    return shown


def _hint(
    side: str, values: Array, labels: Array, outside: Array, settings: Settings
) -> str:
    """Say what would make classes of values out of range, or leave them out."""
    option = "--label-map" if side == "label" else "--preds-map"
    inside = np.unique(labels[~outside])
    inside = inside[(inside >= 0) & (inside < settings.num_classes)]
    several = [*inside.tolist(), *values.tolist()]
    if inside.tolist() in ([], [0]) and len(several) <= settings.num_classes:
        # Grey levels of a mask: 0 and 255, say, of two classes.
        first = 0 if inside.size else settings.num_classes - len(several)
        levels = ",".join(f"{v}:{first + n}" for n, v in enumerate(several))
        return f"if they are classes, {option} {levels} says so"
    hint = "--ignore-index looks at labels alone; see --out-of-range"
    if side == "label":
        few = ",".join(str(value) for value in values[:SHOWN_VALUES])
        hint = f"--ignore-index {few} leaves them out"
    if values.max() < 2**16 and values.min() >= 0:
        hint += f", --num-classes {int(values.max()) + 1} makes them classes"
    return hint
