"""The rows of both conformance tables as the pages of docs/move show them."""

from __future__ import annotations

import itertools
import math
import warnings
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from typing import Any, NamedTuple

import loss_conformance

from .cases import CASES, Case
from .peers import SETUPS, smp_files
from .row import Row
from .rows import ROWS
from .table import cells

#: Options for what an absent class is worth, which only input a tells apart.
OF_ABSENT = {"classes", "zero_division"}


class Page(NamedTuple):
    """A page of docs/move: how its peer is called there, and its distribution."""

    peer: str
    distribution: str


#: Rows begin with the peer; what has none is on the page of the inputs.
PAGES = {
    "torchmetrics": Page("torchmetrics", "torchmetrics"),
    "monai": Page("MONAI", "monai"),
    "scikit-learn": Page("scikit-learn", "scikit-learn"),
    "ignite": Page("ignite", "pytorch-ignite"),
    "smp": Page("smp", "segmentation_models_pytorch"),
    "mmsegmentation": Page("mmsegmentation", "mmsegmentation"),
    "nnunet": Page("nnU-Net", "nnunetv2"),
    "detectron2": Page("detectron2", "detectron2"),
    "kornia": Page("kornia", "kornia"),
    "inputs": Page("torch", "torch"),
}


@dataclass(frozen=True)
class Number:
    """The numbers of both on one input.

    Attributes:
        input: a case, or the target of a loss.
        theirs: what the peer gives, or gave.
        ours: what our call gives.
        computed: whether the peer was called, rather than recorded.
        tolerance: within which they are equal where ``reason`` is empty.
        reason: why they differ on purpose.
        gradient: of losses, the sums of the absolute gradients.
    """

    input: str
    theirs: list[float]
    ours: list[float]
    computed: bool
    tolerance: float
    reason: str = ""
    gradient: tuple[float, float] | None = None


@dataclass(frozen=True)
class Entry:
    """A call of a peer beside ours: code, and a number for each input.

    Attributes:
        name: that of the row.
        page: its page.
        theirs: the peer's call on the input that is shown, if there is a peer.
        ours: our call on it.
        numbers: those of every input.
        shown: the one that stands beside the calls.
    """

    name: str
    page: str
    theirs: str
    ours: str
    numbers: list[Number]
    shown: Number


def page_of(name: str) -> str:
    """Return the page of a row or of a peer's name."""
    return next(
        (p for p, (peer, _) in PAGES.items() if name.startswith(peer)), "inputs"
    )


@cache
def scores() -> list[Entry]:
    """Call every peer and ours; the entries of all pages."""
    found = []
    every = cells(ROWS)
    for row in ROWS:
        numbers = [
            Number(
                cell.case,
                cell.recorded if cell.live is None else cell.live,
                cell.ours,
                cell.live is not None,
                0.51e-4 if cell.live is None else 1e-6,
                row.differs.get(cell.case, ""),
            )
            for cell in every
            if cell.row is row
        ]
        shown = _shown(row)
        case = CASES[shown]
        (beside,) = (number for number in numbers if number.input == shown)
        page = page_of(row.peer)
        theirs, ours = folded(row.peers(case)), folded(row.ours(case))
        found.append(Entry(row.peer, page, theirs, ours, numbers, beside))
    return found


def _shown(row: Row) -> str:
    absent = OF_ABSENT & row.options.keys() and "a" not in row.differs
    for name in ("a", "b") if absent else ("b",):
        if name in row.cases:
            return name
    return row.cases[0]


@cache
def losses() -> list[Entry]:
    """Compute every loss, and every peer's that is installed."""
    found = []
    for row in loss_conformance.ROWS:
        value, gradient = row.ours()
        live = _live_loss(row)
        value_there, gradient_there = (row.value, row.grad) if live is None else live
        classes = "" if row.classes == 4 else f", C={row.classes}"
        number = Number(
            f"{row.target}{classes}",
            [value_there],
            [value],
            live is not None,
            row.tolerance,
            gradient=(gradient_there, gradient),
        )
        ours = folded(f"loss = tt.losses.{row.spelling}\nloss(logits, target)")
        page = "inputs" if row.peer == "torch" else page_of(row.peer)
        found.append(
            Entry(
                f"{row.peer} {row.case}",
                page,
                folded(row.theirs),
                ours,
                [number],
                number,
            )
        )
    return found


def _live_loss(row: loss_conformance.Row) -> tuple[float, float] | None:
    names: dict[str, Any] | None = {}
    if row.peer == "smp":
        names = smp_files()
    else:
        try:
            exec(loss_conformance.SETUPS[row.peer], names)
        except ImportError:
            return None
    if names is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return row.live(names)


def entries(page: str, kind: str) -> list[Entry]:
    """Return the entries of a page: its ``"scores"`` or its ``"losses"``."""
    every = {"scores": scores, "losses": losses}[kind]()
    return [entry for entry in every if entry.page == page]


def setup(page: str, kind: str) -> str:
    """Return the code that comes before the calls of a page."""
    peer = PAGES[page].peer
    lines = ["import torch", "import torchtally as tt"]
    if kind == "losses":
        lines += [loss_conformance.SETUPS[peer]] * (peer != "torch")
        return "\n".join(lines)
    imported: dict[str, set[str]] = {}
    for row in ROWS:
        if row.live is not None and page_of(row.peer) == page:
            module, names = row.live.imported
            imported.setdefault(module, set()).update(names)
    for module, found in sorted(imported.items()):
        if found:
            lines.append(_import(module, sorted(found)))
    own = SETUPS.get(peer, "").splitlines()
    lines += [line for line in own if "import " in line]
    for name in sorted({entry.shown.input for entry in entries(page, kind)}):
        lines += ["", f"# input {name}", arrays(CASES[name])]
    made = derived(page)
    return "\n".join([*lines, *(["", made] if made else [])])


def derived(page: str) -> str:
    """Return the code that makes a peer's arguments of ``preds`` and ``target``."""
    own = SETUPS.get(PAGES[page].peer, "").splitlines()
    return "\n".join(line for line in own if "import " not in line)


def _import(module: str, names: list[str]) -> str:
    line = f"from {module} import {', '.join(names)}"
    if len(line) <= 72:
        return line
    body = "".join(f"    {name},\n" for name in names)
    return f"from {module} import (\n{body})"


def arrays(case: Case) -> str:
    """Return a case as code."""
    return (
        f"preds = torch.tensor({case.preds.tolist()})\n"
        f"target = torch.tensor({case.target.tolist()})"
    )


def origin(page: str, kind: str) -> str:
    """Return where the peer's numbers of a page are from, as a sentence."""
    peer, distribution = PAGES[page]
    found = [n.computed for entry in entries(page, kind) for n in entry.numbers]
    if not any(found):
        return (
            f"{peer} is not called here: its numbers were recorded, and ours are "
            "compared with them."
        )
    release = metadata.version(distribution)
    text = f"The numbers of {peer} {release} were computed when this page was built"
    if all(found):
        return f"{text}."
    return f"{text}, but for calls that are marked as recorded."


def folded(code: str, width: int = 42) -> str:
    """Break lines that are too long inside their longest brackets."""
    return "\n".join(_fold(line, width) for line in code.splitlines())


def _fold(line: str, width: int) -> str:
    if len(line) <= width:
        return line
    depth, commas, start = 0, [], 0
    groups: list[tuple[int, int, list[int]]] = []
    for place, letter in enumerate(line):
        if letter in "([{":
            depth += 1
            if depth == 1:
                start, commas = place, []
        elif letter in ")]}":
            depth -= 1
            if depth == 0:
                groups.append((start, place, commas))
        elif letter == "," and depth == 1:
            commas.append(place)
    if not groups:
        return line
    start, end, commas = max(groups, key=lambda group: group[1] - group[0])
    cuts = [start, *commas, end]
    parts = [line[a + 1 : b].strip() for a, b in itertools.pairwise(cuts)]
    lines = [""]
    for part in parts:
        joined = f"{lines[-1]} {part},".lstrip()
        if lines[-1] and len(joined) > width - 4:
            lines.append(f"{part},")
        else:
            lines[-1] = joined
    body = "".join(f"\n    {text}" for text in lines).removesuffix(",")
    return f"{line[: start + 1]}{body}\n{line[end:]}"


def written(values: list[float], digits: int = 4) -> str:
    """Return numbers as text."""
    return " ".join("nan" if math.isnan(v) else f"{v:.{digits}f}" for v in values)
