"""The cells of the table: the peer's number, ours, and whether they agree."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

import torchtally as tt

from .cases import CASES, Case
from .peers import evaluate
from .row import Row

_DIGITS = 0.51e-4  # recorded numbers have four digits


@dataclass(frozen=True)
class Cell:
    """One number of a peer on one case.

    Attributes:
        recorded: what the peer's release gave, four digits; None where not recorded.
        live: what the installed peer gives; None where it is not installed.
        ours: what our spelling gives.
        verdict: ``"="``, ``"differs"`` on purpose, or ``"WRONG"``.
    """

    row: Row
    case: str
    recorded: Any
    live: Any
    ours: list[float]
    verdict: str


def ours(row: Row, case: Case) -> Tensor:
    """Return the score of our spelling."""
    names = {"tt": tt, "preds": case.preds, "target": case.target}
    return torch.as_tensor(evaluate(row.ours(case), names))


def cells(rows: Iterable[Row]) -> list[Cell]:
    """Compute every cell of the rows."""
    found = []
    for row in rows:
        for name in row.cases:
            case = CASES[name]
            recorded = row.recorded.get(name)
            live = None if row.live is None else row.live(case)
            number = ours(row, case)
            agrees = all(
                _equal(number, peer, tolerance)
                for peer, tolerance in ((recorded, _DIGITS), (live, 1e-6))
                if peer is not None
            )
            verdict = "=" if agrees else "differs" if name in row.differs else "WRONG"
            if agrees and name in row.differs:
                verdict = "WRONG"  # a difference that is no more
            if recorded is not None and live is not None:
                same = _equal(torch.as_tensor(np.asarray(live)), recorded, _DIGITS)
                verdict = verdict if same else "WRONG"
            found.append(
                Cell(row, name, _flat(recorded), _flat(live), _flat(number), verdict)
            )
    return found


def _flat(value: Any) -> Any:
    if value is None:
        return None
    return np.asarray(value, dtype=float).flatten().tolist()


def _equal(found: Tensor, wanted: Any, tolerance: float) -> bool:
    first, second = _flat(found), _flat(wanted)
    return len(first) == len(second) and all(
        math.isclose(a, b, rel_tol=0, abs_tol=tolerance)
        or (math.isnan(a) and math.isnan(b))
        for a, b in zip(first, second, strict=True)
    )


def format_table(found: list[Cell]) -> str:
    """Return the table as text."""
    lines = [f"case {name}: {case.meaning}" for name, case in CASES.items()] + [
        "",
        f"{'':8}{'peer':28}{'torchtally':28}",
    ]
    last = None
    for cell in found:
        if cell.row is not last:
            last = cell.row
            spelling = cell.row.spelling.replace("\n", "; ")
            lines += ["", cell.row.peer, f"    {spelling}"]
        peer = cell.live if cell.live is not None else cell.recorded
        reason = cell.row.differs.get(cell.case, "")
        numbers = f"{_text(peer):28}{_text(cell.ours):28}"
        lines.append(f"    {cell.case:4}{numbers}{cell.verdict} {reason}".rstrip())
    equal = sum(cell.verdict == "=" for cell in found)
    differ = sum(cell.verdict == "differs" for cell in found)
    wrong = len(found) - equal - differ
    lines += [
        "",
        f"{len({cell.row.peer for cell in found})} rows, {len(found)} numbers: "
        f"{equal} equal, {differ} differ on purpose, {wrong} wrong",
    ]
    return "\n".join(lines)


def _text(values: list[float]) -> str:
    return " ".join("nan" if math.isnan(v) else f"{v:.4f}" for v in values)
