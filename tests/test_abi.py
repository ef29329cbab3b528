"""What docs/abi.md promises: the schemas never change, and the versions agree."""

from __future__ import annotations

import ctypes
import re
from pathlib import Path

import pytest
import torch

from torchtally import _library

pytestmark = pytest.mark.libraries

HEADER = Path(__file__).parents[1] / "csrc/include/torchtally/detail/ops.h"

COUNTING = (
    "Tensor preds, Tensor target, int num_classes, Tensor? mask=None, *, "
    "int[] ignore_index=[], float[]? threshold=None, bool logits=False, "
    "bool per_sample=False, bool per_label=False, bool other=False"
)
COUNTING_INTO = (
    "Tensor(b!) invalid, Tensor preds, Tensor target, Tensor? mask=None, *, "
    "int[] ignore_index=[], float[]? threshold=None, bool logits=False, "
    "bool per_sample=False, bool per_label=False, bool other=False"
)
OVERLAP = (
    "Tensor input, Tensor target, Tensor? mask=None, Tensor? class_weight=None, *, "
    'str activation="softmax", int[] ignore_index=[], float label_smoothing=0.'
)

#: Frozen. A line may be added; none may change or go, however small the change:
#: exported programs, AOTInductor packages and C++ callers hold these signatures.
SCHEMAS = {
    "class_counts": f"({COUNTING}) -> (Tensor counts, Tensor invalid)",
    "class_counts_": f"(Tensor(a!) counts, {COUNTING_INTO}) -> ()",
    "confusion_matrix": f"({COUNTING}) -> (Tensor matrix, Tensor invalid)",
    "confusion_matrix_": f"(Tensor(a!) matrix, {COUNTING_INTO}) -> ()",
    "overlap_sums": (
        f"({OVERLAP}) -> "
        "(Tensor sums, Tensor cross_entropy, Tensor count, Tensor invalid)"
    ),
    "overlap_sums_backward": (
        f"(Tensor grad_sums, Tensor grad_cross_entropy, {OVERLAP}) -> Tensor"
    ),
}


def registered() -> dict[str, str]:
    """Return the schema of every op by its name, with its overload after a point."""
    found = {}
    for qualified in torch._C._dispatch_get_all_op_names():
        namespace, _, name = qualified.partition("::")
        if namespace == "torchtally":
            op, _, overload = name.partition(".")
            packet = getattr(torch.ops.torchtally, op)
            schema = str(getattr(packet, overload or "default")._schema)
            found[name] = schema.removeprefix(qualified)
    return found


@pytest.mark.parametrize("name", SCHEMAS)
def test_no_schema_changes(name: str) -> None:
    assert registered()[name] == SCHEMAS[name]


def test_every_schema_is_frozen() -> None:
    assert set(registered()) == set(SCHEMAS)


def test_the_headers_know_the_version_of_the_library() -> None:
    known = re.search(r"int kAbiVersion = (\d+);", HEADER.read_text(encoding="utf-8"))
    assert known is not None
    path = _library._library_file("torchtally")
    assert ctypes.CDLL(str(path)).torchtally_abi_version() == int(known[1])
