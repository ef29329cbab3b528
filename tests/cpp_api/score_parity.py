"""Evaluates cases in both languages and compares what they give."""

from __future__ import annotations

import io
import re
import subprocess
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from score_case import Case
from torch import Tensor

import torchtally as tt
from torchtally import functional, metrics
from torchtally.metrics._base import CountingMetric

TOLERANCE = 1e-12

# What the reader of files in C++ does not know travels as a signed type.
_SIGNED = {
    torch.uint16: torch.int16,
    torch.uint32: torch.int32,
    torch.uint64: torch.int64,
}


@dataclass(frozen=True)
class Outcome:
    """What a call gave: tensors, or the kind and the words of an error."""

    tensors: tuple[Tensor, ...] = ()
    error: str = ""
    message: str = ""

    @property
    def text(self) -> str:
        """One line of the table."""
        if self.error:
            return f"{self.error}: {self.message}"
        return " ".join(_short(tensor) for tensor in self.tensors)


def _short(tensor: Tensor) -> str:
    values = tensor.flatten().tolist()
    shown = ", ".join(f"{v:.6g}" for v in values[:4])
    return f"[{shown}{', ...' if len(values) > 4 else ''}]"


# In Python


def in_python(case: Case) -> Outcome:
    """Evaluate a case by the Python package."""
    try:
        return Outcome(tuple(_called(case)))
    except (ValueError, TypeError, IndexError, RuntimeError) as error:
        return Outcome(error=type(error).__name__, message=str(error))


def _called(case: Case) -> Sequence[Tensor]:
    if case.batches:
        kind = getattr(metrics, case.call)
        scores = {"scores": case.scores} if case.scores else {}
        metric: CountingMetric[Any] = kind(case.num_classes, **scores, **case.options)
        for preds, target, mask in case.batches:
            metric.update(preds, target, mask)
        value = metric.compute()
        values = [value] if isinstance(value, Tensor) else _sorted(value)
        metric._persistent = True
        return [*values, *_sorted(metric.state_dict())]
    options = dict(case.options)
    function = getattr(tt, case.call, None) or getattr(functional, case.call)
    if case.call == "normalize_confusion_matrix":
        return [function(*case.tensors, options.pop("normalize", "true"), **options)]
    if case.call.endswith("_from_counts"):
        counts = case.tensors
        given = counts[0] if len(counts) == 1 else tt.functional.ClassCounts(*counts)
        found = function(given, **options)
    else:
        found = function(*case.tensors, case.num_classes, **options)
    return [found] if isinstance(found, Tensor) else list(found)


def _sorted(values: dict[str, Tensor]) -> list[Tensor]:
    return [values[name] for name in sorted(values)]


# In C++


def in_cpp(program: Path, cases: Sequence[Case], folder: Path) -> list[Outcome]:
    """Evaluate cases by a compiled ``scores_program``."""
    written, results = folder / "cases.pt", folder / "results.pt"
    torch.save([_encoded(case) for case in cases], written)
    done = subprocess.run(
        [str(program), str(written), str(results)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{program.name}: {done.stdout}{done.stderr}")
    found = torch.load(io.BytesIO(results.read_bytes()), weights_only=False)
    return [
        Outcome(
            tuple(each.get("tensors", ())),
            each.get("error", ""),
            each.get("message", ""),
        )
        for each in found
    ]


def _encoded(case: Case) -> dict[str, Any]:
    options = dict(case.options)
    return_valid = bool(options.pop("return_valid", False))
    if case.call == "normalize_confusion_matrix":
        options = {"normalize": "true", "dtype": torch.float32, **options}
    scores = {
        name: [own["score"], _plain({k: v for k, v in own.items() if k != "score"})]
        for name, own in case.scores.items()
    }
    return {
        "call": case.call,
        "tensors": [_tensor(t) for t in case.tensors],
        "num_classes": _integer(case.num_classes),
        "options": _plain(options),
        "return_valid": return_valid,
        "batches": [
            [_tensor(preds), _tensor(target), None if mask is None else _tensor(mask)]
            for preds, target, mask in case.batches
        ],
        "scores": scores,
    }


def _tensor(tensor: Tensor) -> Any:
    signed = _SIGNED.get(tensor.dtype)
    return tensor if signed is None else [str(tensor.dtype)[6:], tensor.view(signed)]


def _integer(value: int) -> int | str:
    """Return an integer as a word where the reader of files in C++ does not know it."""
    return value if -(2**31) <= value < 2**31 else str(value)


def _plain(options: dict[str, Any]) -> dict[str, Any]:
    """Return options as numbers, words and lists."""
    plain = {}
    for name, value in options.items():
        if isinstance(value, dict):
            value = [[_integer(key), named] for key, named in value.items()]
        elif isinstance(value, torch.dtype):
            value = str(value)[6:]
        elif isinstance(value, Tensor):
            value = _tensor(value)
        plain[name] = value
    return plain


# Beside each other


@dataclass(frozen=True)
class Comparison:
    """A case, what both languages gave, and whether it is the same.

    Attributes:
        verdict: ``"="`` to the bit, ``"~"`` within the tolerance, or ``"WRONG"``.
    """

    case: Case
    python: Outcome
    cpp: Outcome
    verdict: str


def compared(
    cases: Sequence[Case], python: Sequence[Outcome], cpp: Sequence[Outcome]
) -> list[Comparison]:
    """Return the comparison of every case."""
    return [
        Comparison(case, ours, theirs, _verdict(ours, theirs))
        for case, ours, theirs in zip(cases, python, cpp, strict=True)
    ]


def _verdict(python: Outcome, cpp: Outcome) -> str:
    if python.error or cpp.error:
        known = python.error in ("ValueError", "TypeError")  # else torch's own words
        same = python.error == cpp.error
        words = _without_remedy(python.message)
        return "=" if same and (not known or words == cpp.message) else "WRONG"
    if len(python.tensors) != len(cpp.tensors):
        return "WRONG"
    pairs = list(zip(python.tensors, cpp.tensors, strict=True))
    if any(a.dtype != b.dtype or a.shape != b.shape for a, b in pairs):
        return "WRONG"
    if all(_same_bits(a, b) for a, b in pairs):
        return "="
    close = all(
        a.dtype.is_floating_point
        and torch.allclose(a, b, rtol=TOLERANCE, atol=TOLERANCE, equal_nan=True)
        for a, b in pairs
        if not _same_bits(a, b)
    )
    return "~" if close else "WRONG"


def _without_remedy(message: str) -> str:
    """Return an error without what Python names instead of an unknown option."""
    return re.sub(r"(: unknown option '\w+'); .*", r"\1", message)


def _same_bits(first: Tensor, second: Tensor) -> bool:
    """Whether two tensors are equal; one NaN is like another."""
    if not first.dtype.is_floating_point:
        return torch.equal(first, second)
    return torch.equal(first.isnan(), second.isnan()) and torch.equal(
        first.nan_to_num(0.0), second.nan_to_num(0.0)
    )


def format_table(found: Sequence[Comparison]) -> str:
    """Return the table as text."""
    lines: list[str] = []
    group = None
    for each in found:
        if each.case.group != group:
            group = each.case.group
            lines += ["", group]
        lines.append(f"{each.verdict:6}{each.case.spelling}")
        lines.append(f"      Python {each.python.text}")
        if each.verdict != "=":
            lines.append(f"      C++    {each.cpp.text}")
    count = Counter(each.verdict for each in found)
    refused = sum(bool(each.python.error) for each in found)
    lines += [
        "",
        f"{len(found)} cases, {refused} of them refused: {count['=']} equal to the "
        f"bit, {count['~']} within {TOLERANCE:g}, {count['WRONG']} wrong",
    ]
    return "\n".join(lines)
