"""The torchrun examples: no sample counts twice, and no count is lost."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def printed_by(example: str) -> str:
    """Return what two ranks of an example print."""
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    done = subprocess.run(
        [*torchrun, "--nproc-per-node", "2", str(EXAMPLES / example)],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_two_ranks_count_every_sample_once() -> None:
    pytest.importorskip("sklearn")
    # 1,197 samples: rank 1 is given one of them again.
    printed = printed_by("distributed_evaluation.py")
    assert "2 ranks, 1197 samples, 1197 counted" in printed
    assert printed.rstrip().endswith("\nthe same as one process")


PAIRS = [
    r"pixels of each class (\[.+\]), in truth (\[.+\])",
    r"test IoU (\S+), of the test batch alone (\S+)",
    r"(?s)averaged.*?pixels counted (\d+) of (\d+)",
    r"IoU (\S+), saved at (\S+)",
    r"(?s)exported.*?pixels counted (\d+) of (\d+)",
]


def test_metrics_keep_what_they_counted() -> None:
    printed = printed_by("metric_state.py")
    for pair in PAIRS:
        found = re.search(pair, printed)
        assert found is not None, printed
        assert found[1] == found[2], printed
    assert "a checkpoint from before the model had a metric loads" in printed
    assert "counted with the same options, ignore_index=[255], " in printed
    assert printed.rstrip().endswith("by the metric itself 0")
