"""The losses in Python: functions of logits, functions of sums, modules."""

from __future__ import annotations

from collections.abc import Mapping

from torchtally._options import Option
from torchtally.functional.losses._definitions import LOSSES, Loss

from .source import (
    OTHERS,
    RAISES,
    call,
    docstring,
    example,
    init,
    listed,
    module,
    parameter,
    passed,
    signature,
    types_of,
    words,
)

_DEFINITIONS = "functional/losses/_definitions.py"
_LOGITS = {
    "logits": "float16, bfloat16, float32 or float64 ``[N, C, ...]``; a tensor, where "
    "a gradient is asked for.",
    "target": "integer or bool labels ``[N, ...]``; or one-hot or soft targets of "
    "logits' shape. For C = 1 also labels 0 and 1 ``[N, ...]``. A tensor, or an array "
    "of NumPy, CuPy or JAX, read without a copy; so mask and weights.",
}
_SUMS = {"sums": "what :func:`torchtally.overlap_sums` returned."}
_BATCH = [
    ">>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]",
    ">>> target = torch.tensor([[0, 1]])",
]
_FUNCTION_IMPORTS = """\
from typing import Any

from torch import Tensor
from typing_extensions import Never

{types}
from torchtally.ops.overlap_sums import OverlapSums

from ._computing import loss_of_logits, loss_of_sums
from ._definitions import LOSSES
"""
_MODULE_IMPORTS = """\
from typing import Any

from typing_extensions import Never

{types}
from torchtally.functional.losses import (
{functions}
)
from torchtally.functional.losses._definitions import LOSSES

from ._base import OverlapLoss
"""


def files() -> dict[str, str]:
    """Return the text of every file, by its path."""
    losses = LOSSES.values()
    of_logits = sorted(loss.function for loss in losses)
    of_calls = types_of(
        *(table for loss in losses for table in (loss.pixels, loss.sums))
    )
    of_modules = types_of(*(loss.state for loss in losses))
    functions = "\n".join(listed(of_logits, 4))
    return {
        "python/torchtally/functional/losses/functions.py": module(
            "Losses of logits, and of sums already taken.",
            _FUNCTION_IMPORTS.format(types=of_calls),
            [*of_logits, *(loss.sums_function for loss in losses)],
            [*map(_of_logits, losses), *map(_of_sums, losses)],
            _DEFINITIONS,
        ),
        "python/torchtally/losses/modules.py": module(
            "Losses as modules, which hold options, beside the functions of logits.",
            _MODULE_IMPORTS.format(types=of_modules, functions=functions),
            [*(loss.module for loss in losses), *of_logits],
            map(_module, losses),
            _DEFINITIONS,
        ),
    }


def _heading(loss: Loss) -> str:
    return f"{loss.title}.\n\n{loss.note}" if loss.note else f"{loss.title}."


def _returns(loss: Loss, dtype: str) -> list[str]:
    shape = "``[N, E]`` for E classes, without N for ``batch=True``, E if pooled"
    if loss.has_cross_entropy:
        shape = "a mean for each sample, ``[N]``"
    return [
        f'{dtype}: a scalar, or with ``reduction="none"`` {shape}. 0 with gradient 0 '
        "where no pixel is counted."
    ]


def _parameters(options: Mapping[str, Option]) -> list[str]:
    given = [parameter(name, option) for name, option in options.items()]
    return ["*", *given, "**unknown: Never"]


def _also(options: str) -> str:
    return f", {options}" if options else ""


def _of_logits(loss: Loss) -> list[str]:
    given, result = loss.example
    called = f"tt.functional.{loss.function}"
    sections = {
        "Args": {**_LOGITS, **words(loss.pixels), **OTHERS},
        "Returns": _returns(loss, "float32 (float64 for float64 logits)"),
        "Raises": RAISES,
        "References": [loss.source],
        "Example": [
            ">>> import torchtally as tt",
            *_BATCH,
            *example(called, f"logits, target{_also(given)}"),
            result,
        ],
    }
    inputs = ["logits: Array", "target: Array"]
    arguments = [f'LOSSES["{loss.name}"]', "logits", "target", "mask", "unknown"]
    arguments += passed(name for name in loss.pixels if name != "mask")
    return [
        *signature(loss.function, [*inputs, *_parameters(loss.pixels)], "Tensor"),
        *docstring(_heading(loss), sections),
        *call("return loss_of_logits", arguments, 4),
    ]


def _of_sums(loss: Loss) -> list[str]:
    given, result = loss.example
    called = f"tt.functional.{loss.sums_function}"
    title = f"{loss.title}.\n\nOf sums already taken; :func:`{loss.function}` sums."
    sections = {
        "Args": {**_SUMS, **words(loss.sums), **OTHERS},
        "Returns": _returns(loss, "float64"),
        "Raises": RAISES | {"ValueError": "for a wrong value."},
        "References": [loss.source],
        "Example": [
            ">>> import torchtally as tt",
            *_BATCH,
            ">>> sums = tt.overlap_sums(logits, target)",
            f">>> loss = {called}(sums{_also(given)})",
            ">>> loss.float()",
            result,
        ],
    }
    inputs = ["sums: OverlapSums", *_parameters(loss.sums)]
    arguments = [f'LOSSES["{loss.name}"]', "sums", "unknown", *passed(loss.sums)]
    return [
        *signature(loss.sums_function, inputs, "Tensor"),
        *docstring(title, sections),
        *call("return loss_of_sums", arguments, 4),
    ]


def _module(loss: Loss) -> list[str]:
    given, result = loss.example
    about = (
        f"The module of :func:`torchtally.functional.{loss.function}`: options are "
        "checked once, when it is made. See :class:`OverlapLoss` for its methods."
    )
    sections = {
        "Returns": _returns(
            loss,
            "``loss(logits, target)`` returns float32 (float64 for float64 logits)",
        ),
        "References": [loss.source],
        "Example": [
            *_BATCH,
            f">>> loss = {loss.module}({given})",
            ">>> loss(logits, target)",
            result,
        ],
    }
    base = ["unknown", *passed(loss.state)]
    return [
        f"class {loss.module}(OverlapLoss):",
        *docstring(f"{_heading(loss)}\n\n{about}", sections),
        "",
        f'    _definition = LOSSES["{loss.name}"]',
        "",
        *init([], loss.state, f"{loss.title}.", {}, base),
    ]
