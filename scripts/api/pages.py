"""The tables of the documentation that list what there is."""

from __future__ import annotations

from pathlib import Path

from torchtally.functional._definitions import SCORES, Score

from .symbols import text

_PAGE = "docs/policies.md"
_BEGIN = "<!-- scores, written by scripts/generate_api.py -->\n"
_END = "<!-- end of scores -->\n"


def files(root: Path) -> dict[str, str]:
    """Return the text of every page with a table, by its path."""
    page = (root / _PAGE).read_text(encoding="utf-8")
    before, rest = page.split(_BEGIN)
    _, after = rest.split(_END)
    rows = "".join(f"{_row(score)}\n" for score in SCORES.values())
    table = f"\n| function | metric | what it is |\n|---|---|---|\n{rows}\n"
    return {_PAGE: f"{before}{_BEGIN}{table}{_END}{after}"}


def _row(score: Score) -> str:
    what = f"{score.title}: {text(score)}" if score.ratio else score.title
    own = ", ".join(f"`{name}`" for name in score.parameters)
    what += f"; {own}" if own else ""
    return f"| `{score.function}` | `{score.metric}` | {what} |"
