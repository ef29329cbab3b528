"""The arguments of every counting op: their rules, their errors, the op's form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args

import torch
from torch import Tensor
from torch.compiler import is_exporting

from ._sharding import is_dtensor, register_sharding

Task: TypeAlias = Literal["multiclass", "binary", "multilabel"]
OutOfRange: TypeAlias = Literal["error", "ignore", "miss"]
IgnoreIndex: TypeAlias = int | Sequence[int] | None

TASKS: tuple[str, ...] = get_args(Task)
OUT_OF_RANGE: tuple[str, ...] = get_args(OutOfRange)

# Limits of the compiled ops (csrc/common/counting_problem.h).
_MAX_CLASSES = 2**31 - 3
_MAX_DIMS = 16
MAX_IGNORE = 64

_INTEGERS = frozenset(
    {
        torch.bool,
        torch.uint8,
        torch.uint16,
        torch.uint32,
        torch.uint64,
        torch.int8,
        torch.int16,
        torch.int32,
        torch.int64,
    }
)
_SCORES = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})

# AOTInductor's runtime (torch 2.13) makes None of an empty list, which no op takes.
# An exported program therefore ignores a label that no int64 target holds in earnest.
NO_LABEL = (-(2**63),)

#: What to do about a label out of range.
REMEDY = "Name it in ignore_index, or pass out_of_range='ignore' or 'miss'"

_OP_DEFAULTS = {
    "ignore_index": (),
    "threshold": 0.5,
    "per_sample": False,
    "per_label": False,
    "other": False,
}


def is_integer(dtype: torch.dtype) -> bool:
    """Whether labels may have this dtype."""
    return dtype in _INTEGERS


def is_score(dtype: torch.dtype) -> bool:
    """Whether scores and probabilities may have this dtype."""
    return dtype in _SCORES


def check_choice(op: str, name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Raise ValueError unless ``value`` is one of ``allowed``."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(
            f"{op}: {name} must be one of {', '.join(map(repr, allowed))}, "
            f"got {value!r}"
        )


def ignore_values(op: str, ignore_index: IgnoreIndex) -> list[int]:
    """Return ``ignore_index`` as a list of int.

    Raises:
        TypeError: if it is not None, an int or a sequence of int.
        ValueError: if a value does not fit int64.
    """
    if ignore_index is None:
        return []
    values = [ignore_index] if isinstance(ignore_index, int) else ignore_index
    if isinstance(values, (str, bytes)) or not isinstance(values, Sequence):
        raise TypeError(
            f"{op}: ignore_index must be None, an int or a sequence of int, "
            f"got {type(ignore_index).__name__}"
        )
    for value in values:
        if isinstance(value, bool) or not isinstance(value, int):
            raise TypeError(
                f"{op}: ignore_index must hold int, got {type(value).__name__}"
            )
        if not -(2**63) <= value < 2**63:
            raise ValueError(f"{op}: ignore_index must fit int64, got {value}")
    return list(values)


@dataclass(frozen=True)
class CountOptions:
    """Options of a counting op in the words of a user, checked once.

    Attributes:
        op: name of the operation, for messages.
        num_classes: C, or the number of labels L for ``task="multilabel"``.
        task: how preds and target are read.
        threshold: a score above it is class 1 (binary, multilabel).
        ignore_index: target values that count nowhere.
        out_of_range: what a label outside ``[0, C)`` does.
    """

    op: str
    num_classes: int
    task: Task
    threshold: float
    ignore_index: tuple[int, ...]
    out_of_range: OutOfRange

    @classmethod
    def checked(
        cls,
        op: str,
        num_classes: int | None,
        task: Task,
        threshold: float,
        ignore_index: IgnoreIndex,
        out_of_range: OutOfRange,
    ) -> CountOptions:
        """Return the options, or raise TypeError or ValueError."""
        check_choice(op, "task", task, TASKS)
        check_choice(op, "out_of_range", out_of_range, OUT_OF_RANGE)
        if num_classes is None and task == "binary":
            num_classes = 2
        if isinstance(num_classes, bool) or not isinstance(num_classes, int):
            raise TypeError(
                f"{op}: num_classes must be an int, got {type(num_classes).__name__}"
            )
        if not 1 <= num_classes <= _MAX_CLASSES:
            raise ValueError(
                f"{op}: num_classes must lie in [1, {_MAX_CLASSES}], got {num_classes}"
            )
        if task == "binary" and num_classes != 2:
            raise ValueError(
                f"{op}: num_classes must be 2 for task='binary', got {num_classes}"
            )
        if not isinstance(threshold, (int, float)) or isinstance(threshold, bool):
            raise TypeError(
                f"{op}: threshold must be a number, got {type(threshold).__name__}"
            )
        values = tuple(ignore_values(op, ignore_index))
        if len(values) > MAX_IGNORE:
            raise ValueError(
                f"{op}: ignore_index must hold at most {MAX_IGNORE} values, "
                f"got {len(values)}"
            )
        return cls(op, num_classes, task, float(threshold), values, out_of_range)

    @property
    def op_classes(self) -> int:
        """C as the compiled op takes it: 2 for every label of a multilabel task."""
        return 2 if self.task == "multilabel" else self.num_classes

    @property
    def output_classes(self) -> int:
        """K: C, and one more where labels out of range are counted as "other"."""
        return self.op_classes + (self.out_of_range == "miss")

    def op_options(
        self, per_sample: bool, *, exporting: bool = False
    ) -> dict[str, Any]:
        """Return the keyword arguments of the compiled op that are not its defaults.

        Each one that is passed costs a call some 0.2 us.
        """
        ignored = self.ignore_index
        if not ignored and (exporting or is_exporting()):
            ignored = NO_LABEL
        options = {
            "ignore_index": ignored,
            "threshold": self.threshold,
            "per_sample": per_sample,
            "per_label": self.task == "multilabel",
            "other": self.out_of_range == "miss",
        }
        return {
            name: value
            for name, value in options.items()
            if value != _OP_DEFAULTS[name]
        }

    def op_inputs(
        self, preds: Tensor, target: Tensor, mask: Tensor | None, per_sample: bool
    ) -> Tensor:
        """Check the tensors; return preds as the compiled op takes them.

        Raises:
            TypeError: for a wrong kind or dtype.
            ValueError: for a wrong shape.
        """
        if type(target) is not Tensor and is_dtensor(target):
            register_sharding()
        if mask is None and self._usual(preds, target):
            return preds
        op = self.op
        tensors = (("preds", preds), ("target", target), ("mask", mask))
        for name, tensor in tensors:
            if not isinstance(tensor, Tensor) and not (name == "mask" and mask is None):
                raise TypeError(
                    f"{op}: {name} must be a tensor, got {type(tensor).__name__}"
                )
        if target.dtype not in _INTEGERS:
            raise TypeError(
                f"{op}: target must be an integer or bool tensor, got {target.dtype}"
            )
        scores = preds.dtype in _SCORES
        if not scores and preds.dtype not in _INTEGERS:
            raise TypeError(
                f"{op}: preds must hold integer or bool labels, or float16, bfloat16, "
                f"float32 or float64 scores, got {preds.dtype}"
            )
        if mask is not None:
            if mask.dtype != torch.bool:
                raise TypeError(f"{op}: mask must be a bool tensor, got {mask.dtype}")
            if mask.shape != target.shape:
                raise ValueError(
                    f"{op}: mask must have target's shape {list(target.shape)}, "
                    f"got {list(mask.shape)}"
                )
        least = 2 if self.task == "multilabel" else int(per_sample)
        if target.dim() < least:
            raise ValueError(
                f"{op}: target must have at least {least} dimension(s) here, "
                f"got shape {list(target.shape)}"
            )
        if target.dim() > _MAX_DIMS:
            raise ValueError(
                f"{op}: target must have at most {_MAX_DIMS} dimensions, "
                f"got {target.dim()}"
            )
        if self.task == "multiclass":
            self._check_multiclass(preds, target, scores)
            return preds
        if (
            self.task == "binary"
            and preds.dim() == target.dim() + 1
            and preds.shape[1] == 1
        ):
            preds = preds.squeeze(1)
        if preds.shape != target.shape:
            one_channel = " (or one channel in dimension 1)"
            raise ValueError(
                f"{op}: preds must have target's shape {list(target.shape)}"
                f"{one_channel if self.task == 'binary' else ''} for "
                f"task='{self.task}', got {list(preds.shape)}"
            )
        if self.task == "multilabel" and target.shape[1] != self.num_classes:
            raise ValueError(
                f"{op}: preds and target must be [N, L, ...] with L = num_classes = "
                f"{self.num_classes} for task='multilabel', got {list(target.shape)}"
            )
        return preds

    def _usual(self, preds: Tensor, target: Tensor) -> bool:
        """Whether these are multiclass labels or scores without fault.

        What an update spends most of its time on is answered here at little cost; all
        that is not usual goes through the rules one by one.
        """
        if not isinstance(preds, Tensor) or not isinstance(target, Tensor):
            return False
        shape, full = target.shape, preds.shape
        if self.task != "multiclass" or target.dtype not in _INTEGERS:
            return False
        if not 1 <= len(shape) <= _MAX_DIMS:
            return False
        if preds.dtype in _INTEGERS:
            return full == shape
        return (
            preds.dtype in _SCORES
            and len(full) == len(shape) + 1
            and full[1] == self.num_classes
            and full[0] == shape[0]
            and full[2:] == shape[1:]
        )

    def _check_multiclass(self, preds: Tensor, target: Tensor, scores: bool) -> None:
        op, shape = self.op, list(target.shape)
        if not scores:
            if preds.shape != target.shape:
                raise ValueError(
                    f"{op}: integer preds must have target's shape {shape}, "
                    f"got {list(preds.shape)}"
                )
            return
        if preds.dim() != target.dim() + 1 or target.dim() == 0:
            raise ValueError(
                f"{op}: floating preds are class scores [N, C, ...] for target "
                f"[N, ...], got preds {list(preds.shape)} and target {shape}"
            )
        if preds.shape[1] != self.num_classes:
            raise ValueError(
                f"{op}: preds must hold num_classes = {self.num_classes} scores in "
                f"dimension 1, got {list(preds.shape)}"
            )
        if [preds.shape[0], *preds.shape[2:]] != shape:
            raise ValueError(
                f"{op}: preds [N, C, ...] must match target [N, ...] beside C, "
                f"got preds {list(preds.shape)} and target {shape}"
            )

    def invalid_message(self, invalid: int) -> str:
        """Say that ``invalid`` pairs have a label out of range."""
        return (
            f"{self.op}: labels must lie in [0, {self.op_classes}) or equal "
            f"ignore_index {list(self.ignore_index)}, but {invalid} pair(s) hold "
            "another label"
        )


def raise_invalid(
    options: CountOptions,
    invalid: Tensor,
    preds: Tensor,
    target: Tensor,
    mask: Tensor | None,
) -> None:
    """Raise ValueError if a pair has a label out of range, naming such a label.

    Reads one number back from the device. Does nothing while compiling, where a
    check would break the graph.
    """
    if torch.compiler.is_compiling():
        return
    bad = int(invalid if invalid.dim() == 0 else invalid.sum())
    if bad == 0:
        return
    if is_dtensor(target):  # its labels are on many ranks
        raise ValueError(f"{options.invalid_message(bad)}. {REMEDY}")
    counted = torch.ones_like(target, dtype=torch.bool) if mask is None else mask
    for value in options.ignore_index:
        if holds(target.dtype, value):
            counted = counted & (target.to(torch.int64) != value)
    examples = []
    for name, labels in (("target", target), ("preds", preds)):
        if labels.dtype in _SCORES:
            continue
        wide = labels.to(torch.int64)
        out = wide[counted & ((wide < 0) | (wide >= options.op_classes))]
        wrap = 2**64 if labels.dtype == torch.uint64 else 0
        values = [v + wrap if v < 0 else v for v in out.unique()[:3].tolist()]
        if values:
            examples.append(f"{name} has {', '.join(map(str, values))}")
    raise ValueError(
        f"{options.invalid_message(bad)} ({'; '.join(examples)}). {REMEDY}"
    )


def holds(dtype: torch.dtype, value: int) -> bool:
    """Whether labels of this dtype can be ``value``, which would wrap if not."""
    if dtype == torch.bool:
        return value in (0, 1)
    limits = torch.iinfo(dtype)
    return limits.min <= value <= limits.max
