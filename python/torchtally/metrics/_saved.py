"""What a metric writes into a ``state_dict``, and what it takes out of one.

Counts mean something only beside the options that they were counted with, so these
travel as text, in a tensor, because some formats of checkpoints hold nothing else. The
text is that of the C++ metrics.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from torchtally.functional._definitions import SCORES
from torchtally.functional._labels import Labels
from torchtally.ops._counting import has_values

from ._state import Keep, State

#: Where torch's own tools expect what is no parameter or buffer.
_OPTIONS = "_extra_state"
#: Every name that a metric may write.
KEYS = (*State._fields, _OPTIONS)

_KEPT = {"total": "one count", "sums": "sums over samples", "samples": "samples"}
_NOT_COUNTED = ("op", "aggregation", "dtype")


def saved_state(state: State, options: str) -> dict[str, Tensor]:
    """Return what is saved, by name: the tensors of a state, and its options."""
    text = torch.tensor(list(options.encode()), dtype=torch.uint8)
    return {**state.named(), _OPTIONS: text}


def loaded_state(
    saved: Mapping[str, Any], own: State, options: str, *, samples: bool
) -> State:
    """Return the state that was saved; nothing is changed.

    Args:
        saved: what ``saved_state`` returned.
        own: the state that it is to replace.
        options: what the own counts depend on.
        samples: whether there are the counts of each sample, of any number.

    Raises:
        ValueError: if it is no state that was counted with these options.
    """
    names = [*own.named(), _OPTIONS]
    missing = [name for name in names if name not in saved]
    if missing:
        raise ValueError(
            f"the saved state must hold {', '.join(names)}, lacks {', '.join(missing)}"
        )
    written = _text_of(saved[_OPTIONS])
    if written != options:
        raise ValueError(
            f"the saved state must be counted with the same options, {options}, "
            f"got {written}"
        )
    for name, wanted in own.named().items():
        _check_counts(name, saved[name], wanted, samples and name == "counts")
    return State(**{name: saved[name] for name in own.named()})


def _text_of(options: object) -> str:
    if (
        not isinstance(options, Tensor)
        or options.dtype != torch.uint8
        or not has_values(options)
    ):
        return f"{options!r}"
    return bytes(options.reshape(-1).tolist()).decode(errors="replace")


def _check_counts(name: str, given: object, wanted: Tensor, samples: bool) -> None:
    """Raise ValueError unless a tensor may take the place of another."""
    if (
        not isinstance(given, Tensor)
        or given.dtype != torch.int64
        or given.dim() != wanted.dim()
        or given.shape[samples:] != wanted.shape[samples:]
    ):
        got = type(given).__name__
        if isinstance(given, Tensor):
            got = f"{given.dtype} {list(given.shape)}"
        beside = " beside the samples" if samples else ""
        raise ValueError(
            f"{name} must be int64 of shape {list(wanted.shape)}{beside}, got {got}"
        )
    # High and low parts of sums have a sign.
    numbers = given[:, 2:] if name == "sums" else given
    if numbers.numel() and has_values(numbers) and (least := int(numbers.min())) < 0:
        raise ValueError(f"{name} must not be negative, got {least}")


def options_text(
    labels: Labels, keep: Keep, matrix: bool, *means: tuple[str, Any]
) -> str:
    """Return the options that counts depend on, the same text for equal options.

    Args:
        labels: what is counted.
        keep: what is kept of it.
        matrix: whether matrices are counted, or class counts.
        means: name and options of each mean over samples.
    """
    counting = {**asdict(labels.options), "top_k": labels.top_k}
    for side in ("target", "preds"):
        values = labels.maps and getattr(labels.maps, side)
        counting["label_map" if side == "target" else "preds_map"] = values and {
            value: None if values[value] < 0 else values[value]
            for value in sorted(values)
        }
    counted = "matrices" if matrix else "class counts"
    text = f"{_listed(counting)}, keeps {counted} as {_KEPT[keep]}"
    for result, mean in means:
        policy = asdict(mean.policy)
        if policy.pop("present"):
            policy["classes"] = "present"
        taken = {name: policy[name] for name in SCORES[mean.score].kept}
        text += (
            f"; {result}: {mean.score}, {_listed({**taken, **dict(mean.parameters)})}"
        )
    return text


def _listed(options: Mapping[str, Any]) -> str:
    """Return options in the order of their names, without those that are not set."""
    return ", ".join(
        f"{name}={_plain(value)!r}"
        for name, value in sorted(options.items())
        if value is not None and value != () and name not in _NOT_COUNTED
    )


def _plain(value: Any) -> Any:
    return [_plain(v) for v in value] if isinstance(value, tuple) else value
