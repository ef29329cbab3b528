"""What the counting ops are given and return: checked options, counts of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensor
from torch.compiler import is_compiling, is_exporting

from torchtally import _library  # noqa: F401  (loads the ops)
from torchtally._options import CHOICES, IgnoreIndex, OutOfRange, Task

from ._arguments import (
    INTEGERS,
    SCORES,
    check_choice,
    check_dense,
    check_devices,
    holds,
    ignore_values,
    not_a_tensor,
    number,
    of_memory,
    plain,
)
from ._deferred import checks_later, deferred_check
from ._sharding import is_dtensor, register_sharding, whole_counts

# Limits of the compiled ops (csrc/common/counting_problem.h).
_MAX_CLASSES = 2**31 - 3
_MAX_DIMS = 16
MAX_IGNORE = 64

# AOTInductor's runtime (torch 2.13) makes None of an empty list, which no op takes.
# An exported program therefore ignores a label that no int64 target holds in earnest.
NO_LABEL = (-(2**63),)

#: What to do about a label out of range.
REMEDY = "Name it in ignore_index, or pass out_of_range='ignore' or 'miss'"

_PROXY = torch._C._TorchDispatchModeKey.PROXY

#: Op of class counts, and of confusion matrices; the same, adding to a state.
COUNT = (
    torch.ops.torchtally.class_counts.default,
    torch.ops.torchtally.confusion_matrix.default,
)
COUNT_IN_PLACE = (
    torch.ops.torchtally.class_counts_.default,
    torch.ops.torchtally.confusion_matrix_.default,
)


def has_values(tensor: Tensor) -> bool:
    """Whether numbers can be read: not while a program is traced, or on ``meta``."""
    return not (
        is_compiling()
        or tensor.is_meta
        or torch._C._functorch.is_functorch_wrapped_tensor(tensor)  # under vmap
        or torch._C._get_dispatch_mode(_PROXY) is not None  # in make_fx
        or isinstance(tensor, (FakeTensor, FunctionalTensor))
    )


class ClassCounts(NamedTuple):
    """True and false positives and negatives of each class, int64 ``[C]``.

    With a sample dimension the shapes are ``[N, C]``. For a multilabel task the
    "classes" are the L labels, and the counts are those of a set label.
    """

    tp: Tensor
    fp: Tensor
    fn: Tensor
    tn: Tensor

    @classmethod
    def from_matrix(cls, matrix: Tensor) -> ClassCounts:
        """Read the counts off confusion matrices ``[..., C, C]``.

        Example:
            >>> ClassCounts.from_matrix(torch.tensor([[3, 1], [0, 2]])).fn
            tensor([1, 0])
        """
        tp = matrix.diagonal(dim1=-2, dim2=-1)
        fp, fn = matrix.sum(-2) - tp, matrix.sum(-1) - tp
        return cls(tp, fp, fn, matrix.sum((-2, -1)).unsqueeze(-1) - tp - fp - fn)

    @classmethod
    def from_op(cls, rows: Tensor, task: Task) -> ClassCounts:
        """Unpack what the op counts: ``[..., 3, C]``, or ``[..., L, 3, 2]``."""
        # Every pair has one target class, so tp + fn over the classes is their number.
        total = (rows[..., 0, :] + rows[..., 2, :]).sum(-1)
        if task == "multilabel":
            tp, fp, fn = rows[..., 1].unbind(-1)
        else:
            tp, fp, fn = rows.unbind(-2)
            total = total.unsqueeze(-1)
        return cls(tp, fp, fn, total - tp - fp - fn)


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
        for name, value, allowed in (
            ("task", task, CHOICES["Task"]),
            ("out_of_range", out_of_range, CHOICES["OutOfRange"]),
        ):
            if not isinstance(value, str) or value not in allowed:
                check_choice(op, name, value, allowed)
        if num_classes is None and task == "binary":
            num_classes = 2
        if type(num_classes) is not int:
            num_classes = number(num_classes)
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
        if type(threshold) is not float:
            threshold = number(threshold)
        if not isinstance(threshold, (int, float)) or isinstance(threshold, bool):
            raise TypeError(
                f"{op}: threshold must be a number, got {type(threshold).__name__}"
            )
        values: tuple[int, ...] = ()
        if ignore_index is not None:
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
        options: dict[str, Any] = {}
        if self.ignore_index:
            options["ignore_index"] = self.ignore_index
        elif exporting or is_exporting():
            options["ignore_index"] = NO_LABEL
        if self.threshold != 0.5:
            options["threshold"] = self.threshold
        if per_sample:
            options["per_sample"] = True
        if self.task == "multilabel":
            options["per_label"] = True
        if self.out_of_range == "miss":
            options["other"] = True
        return options

    def op_inputs(self, preds: Any, target: Any, mask: Any, per_sample: bool) -> Any:
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
                raise not_a_tensor(op, name, tensor)
            if tensor is not None:
                check_dense(op, name, tensor)
        check_devices(op, target, preds=preds, mask=mask)
        if target.dtype not in INTEGERS:
            raise TypeError(
                f"{op}: target must be an integer or bool tensor, got {target.dtype}"
            )
        scores = preds.dtype in SCORES
        if not scores and preds.dtype not in INTEGERS:
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
        if preds.is_nested or target.is_nested or preds.device != target.device:
            return False
        if not (preds.layout is target.layout is torch.strided):
            return False
        shape, full = target.shape, preds.shape
        if self.task != "multiclass" or target.dtype not in INTEGERS:
            return False
        if not 1 <= len(shape) <= _MAX_DIMS:
            return False
        if preds.dtype in INTEGERS:
            return full == shape
        return (
            preds.dtype in SCORES
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

    def invalid_message(self, invalid: int | str) -> str:
        """Say that ``invalid`` pairs have a label out of range."""
        return (
            f"{self.op}: labels must lie in [0, {self.op_classes}) or equal "
            f"ignore_index {list(self.ignore_index)}, but {invalid} pair(s) hold "
            "another label"
        )

    def count(
        self,
        matrix: bool,
        preds: Any,
        target: Any,
        mask: Any,
        per_sample: bool,
        validate: bool,
    ) -> Tensor:
        """Count a batch: a confusion matrix, or else the rows of class counts.

        Raises:
            TypeError: for a wrong kind or dtype.
            ValueError: for a wrong shape, or a label out of range.
        """
        if (
            type(preds) is not Tensor
            or type(target) is not Tensor
            or (mask is not None and type(mask) is not Tensor)
        ):
            preds, target, mask = plain(preds), plain(target), plain(mask)
        preds = self.op_inputs(preds, target, mask, per_sample)
        counts: Tensor
        try:
            counts, invalid = COUNT[int(matrix)](
                preds, target, self.op_classes, mask, **self.op_options(per_sample)
            )
        except RuntimeError as error:
            raise of_memory(error) from None
        if type(counts) is not Tensor:
            counts, invalid = whole_counts(counts), whole_counts(invalid)
        if self.out_of_range == "error" and validate:
            if has_values(invalid):
                bad = int(invalid if invalid.dim() == 0 else invalid.sum())
                if bad:
                    self.raise_invalid(bad, preds, target, mask)
            elif checks_later(target):
                labels = None if preds.dtype in SCORES else preds
                inputs = (invalid, labels, target, mask)
                options = (self.op, self.num_classes, self.task, self.ignore_index)
                counts = _CHECKED(counts, *inputs, *options)
        return counts

    def raise_invalid(
        self, bad: int, preds: Tensor | None, target: Tensor, mask: Tensor | None
    ) -> None:
        """Raise ValueError for pairs with a label out of range, naming such a label."""
        if is_dtensor(target):  # its labels are on many ranks
            raise ValueError(f"{self.invalid_message(bad)}. {REMEDY}")
        counted = torch.ones_like(target, dtype=torch.bool) if mask is None else mask
        for value in self.ignore_index:
            if holds(target.dtype, value):
                counted = counted & (target.to(torch.int64) != value)
        examples = []
        for name, labels in (("target", target), ("preds", preds)):
            if labels is None or labels.dtype in SCORES:
                continue
            wide = labels.to(torch.int64)
            out = wide[counted & ((wide < 0) | (wide >= self.op_classes))]
            wrap = 2**64 if labels.dtype == torch.uint64 else 0
            values = [v + wrap if v < 0 else v for v in out.unique()[:3].tolist()]
            if values:
                examples.append(f"{name} has {', '.join(map(str, values))}")
        raise ValueError(
            f"{self.invalid_message(bad)} ({'; '.join(examples)}). {REMEDY}"
        )


def _check_later(
    invalid: Tensor,
    preds: Tensor | None,
    target: Tensor,
    mask: Tensor | None,
    op: str,
    num_classes: int,
    task: Task,
    ignore_index: tuple[int, ...],
) -> None:
    """Raise ValueError, in a program, for pairs with a label out of range."""
    bad = int(invalid.sum())
    if bad:
        options = CountOptions(op, num_classes, task, 0.5, tuple(ignore_index), "error")
        options.raise_invalid(bad, preds, target, mask)


_CHECKED = deferred_check(
    "checked_labels(Tensor counts, Tensor invalid, Tensor? preds, Tensor target, "
    "Tensor? mask, str op, int num_classes, str task, int[] ignore_index)",
    _check_later,
)
