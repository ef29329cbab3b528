"""The torchrun example: no sample counts twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "distributed_evaluation.py"


def test_two_ranks_count_every_sample_once() -> None:
    pytest.importorskip("sklearn")
    # 1,197 samples: rank 1 is given one of them again.
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node", "2", str(EXAMPLE)],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "2 ranks, 1197 samples, 1197 counted" in done.stdout
    assert done.stdout.rstrip().endswith("\nthe same as one process")
