"""Checks of values in compiled programs, as ops that return what they check.

A program that is traced has no numbers to look at. The op it calls instead runs when
the program does, and its result depends on the check, so that no pass takes it away.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.compiler import is_compiling

# Apart from the ops of torchtally, whose schemas never change: no program that is saved
# holds these.
_NAMESPACE = "torchtally_checks"
_library = torch.library.Library(_NAMESPACE, "DEF")


def deferred_check(schema: str, check: Callable[..., None], *, results: int = 1) -> Any:
    """Define an op that returns its first arguments, checked, and their gradients.

    Args:
        schema: its name and its arguments, of which the first are tensors.
        check: takes the other arguments, and raises.
        results: how many arguments it returns.
    """
    name = schema.split("(")[0]
    qualified = f"{_NAMESPACE}::{name}"

    def several(tensors: list[Tensor]) -> Any:
        return tensors[0] if results == 1 else tuple(tensors)

    def run(*arguments: Any) -> Any:
        check(*arguments[results:])
        return several([tensor.clone() for tensor in arguments[:results]])

    def fake(*arguments: Any) -> Any:
        return several([torch.empty_like(tensor) for tensor in arguments[:results]])

    returned = "Tensor" if results == 1 else f"({', '.join(['Tensor'] * results)})"
    _library.define(f"{schema} -> {returned}")
    _library.impl(name, run, "CompositeExplicitAutograd")
    torch.library.register_fake(qualified, fake, lib=_library)
    op = getattr(getattr(torch.ops, _NAMESPACE), name).default
    others = (None,) * (len(op._schema.arguments) - results)

    def differentiate(_ctx: Any, *gradients: Any) -> Any:
        return *gradients, *others

    torch.library.register_autograd(qualified, differentiate, lib=_library)
    return op


def checks_later(target: Tensor) -> bool:
    """Whether a check is for the program to run: one that is compiled for the CPU.

    CUDA would wait for it, and an exported program may run without Python. That flag is
    read here and elsewhere because ``torch.compiler.is_exporting()`` is True inside of
    ``torch.compile`` before torch 2.13.
    """
    return (
        is_compiling()
        and target.is_cpu
        and not torch.compiler._is_exporting_flag
        and not torch._C._are_functorch_transforms_active()
    )
