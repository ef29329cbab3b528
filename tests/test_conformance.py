"""Every row of the conformance table agrees, or differs where the docs say so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from conformance.rows import ROWS
from conformance.table import Cell, cells, format_table

ROOT = Path(__file__).parents[1]
FOUND = cells(ROWS)


@pytest.mark.parametrize("cell", FOUND, ids=lambda c: f"{c.row.peer}, {c.case}")
def test_cell(cell: Cell) -> None:
    assert cell.recorded is not None or cell.live is not None, "nothing to compare with"
    message = f"recorded {cell.recorded}, live {cell.live}, ours {cell.ours}"
    assert cell.verdict in ("=", "differs"), message


def test_the_readme_knows_how_many_numbers_there_are() -> None:
    assert f"{len(FOUND)} numbers of torchmetrics" in (ROOT / "README.md").read_text()


def test_differences_are_documented() -> None:
    text = " ".join((ROOT / "docs" / "policies.md").read_text().split())
    for reason in {reason for row in ROWS for reason in row.differs.values()}:
        assert reason in text, reason


def test_a_wrong_number_is_seen() -> None:
    row = ROWS[0]
    wrong = type(row)(row.peer, row.call, row.options, {"a": [0.6667, 0.8, 0.0]})
    assert [cell.verdict for cell in cells([wrong])] == ["WRONG"]
    table = format_table(cells([wrong]))
    assert "WRONG" in table
    assert "1 rows, 1 numbers: 0 equal, 0 differ on purpose, 1 wrong" in table


def test_the_table_is_printed() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.conformance"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 wrong" in done.stdout
    for row in ROWS:
        assert row.peer in done.stdout
