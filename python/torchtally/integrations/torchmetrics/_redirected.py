"""torchmetrics' own functions, calling the helpers that count here.

A function of torchmetrics finds its helpers in its module. A copy that finds those of
``_helpers`` instead is the same code, with the same arguments, averages and errors,
whatever the version; nothing of torchmetrics changes by it.
"""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from types import FunctionType, ModuleType
from typing import Any, TypeVar, cast

from ._helpers import REPLACED

_F = TypeVar("_F", bound=Callable[..., Any])

_Class = TypeVar("_Class", bound=type)

_EXAMPLES = re.compile(r"\n *(Legacy )?Example\b.*", re.DOTALL)  # that import others

#: From a class of torchmetrics to the one here.
CLASSES: dict[type, type] = {}


def replaces_its_base(ours: _Class) -> _Class:
    """Note that a class is what its last base becomes."""
    CLASSES[ours.__bases__[-1]] = ours
    return ours


def replacement(value: object) -> Any:
    """Return what is called here in place of a helper or class; None for any other."""
    if isinstance(value, FunctionType):
        return REPLACED.get(value)
    return CLASSES.get(value) if isinstance(value, type) else None


@functools.cache
def _names(module: str) -> dict[str, Any]:
    """Return the names of a module of torchmetrics, to be replaced."""
    copy = ModuleType(f"{__package__}.{module}")
    vars(copy).update({**vars(sys.modules[module]), "__name__": copy.__name__})
    sys.modules[copy.__name__] = copy  # where torch.compile looks for names
    return vars(copy)


def redirected(function: _F) -> _F:
    """Return a copy of a function of torchmetrics that counts here."""
    original = cast(FunctionType, function)
    names = _names(original.__module__)
    for name, value in names.items():
        names[name] = replacement(value) or value
    copy = FunctionType(
        original.__code__,
        names,
        original.__name__,
        original.__defaults__,
        original.__closure__,
    )
    copy.__kwdefaults__ = original.__kwdefaults__
    functools.update_wrapper(copy, original)
    if original.__qualname__ == original.__name__:  # others of the module call it
        names[original.__name__] = copy
        copy.__module__ = f"{__package__}.functional"
        copy.__doc__ = _EXAMPLES.sub("\n", original.__doc__ or "")
    return cast(_F, copy)
