"""Checks of values in compiled programs, as ops that return the counts they check.

A program that is traced has no numbers to look at. The op it calls instead runs when
the program does, and its result depends on the check, so that no pass takes it away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.compiler import is_compiling, is_exporting

# Apart from the ops of torchtally, whose schemas never change: no program that is saved
# holds these.
_NAMESPACE = "torchtally_checks"
_library = torch.library.Library(_NAMESPACE, "DEF")


def deferred_check(schema: str, check: Callable[..., None]) -> Any:
    """Define an op ``(Tensor counts, ...) -> Tensor`` that returns counts, checked.

    Args:
        schema: its name and its arguments, of which the first is counts.
        check: takes the other arguments, and raises.
    """
    name = schema.split("(")[0]

    def run(counts: Tensor, *arguments: Any) -> Tensor:
        check(*arguments)
        return counts.clone()

    def fake(counts: Tensor, *_arguments: Any) -> Tensor:
        return torch.empty_like(counts)

    _library.define(f"{schema} -> Tensor")
    _library.impl(name, run, "CompositeExplicitAutograd")
    _library.impl(name, torch.library.fallthrough_kernel, "Autograd")
    torch.library.register_fake(f"{_NAMESPACE}::{name}", fake, lib=_library)
    return getattr(getattr(torch.ops, _NAMESPACE), name).default


def checks_later(target: Tensor) -> bool:
    """Whether a check is for the program to run: one that is compiled for the CPU.

    CUDA would wait for it, and an exported program may run without Python.
    """
    return (
        is_compiling()
        and target.is_cpu
        and not is_exporting()
        and not torch._C._are_functorch_transforms_active()
    )
