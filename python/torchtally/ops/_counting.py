"""What the counting ops are given and return: checked options, counts of classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensor
from torch._subclasses.functional_tensor import FunctionalTensor
from torch.compiler import is_compiling

from torchtally import _library  # noqa: F401  (loads the ops)
from torchtally._options import CHOICES, IgnoreIndex, OutOfRange, Task, Threshold

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
from ._scores import (
    LEAVE_OUT,
    checked_threshold,
    fault_of_scores,
    score_remedy,
    score_rule,
)
from ._shapes import (
    channel_remedy,
    labels_of,
    one_hot_remedy,
    refuse_one_hot,
    scores_remedy,
)
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

    Attributes:
        tp: true positives, pixels of the class that were predicted to be.
        fp: false positives, pixels of other classes that were predicted to be.
        fn: false negatives, pixels of the class that were predicted to be others.
        tn: true negatives, all other pixels that count.

    Example:
        >>> import torchtally as tt
        >>> tt.class_counts(torch.tensor([0, 1, 1]), torch.tensor([0, 1, 0]), 2)
        ClassCounts(tp=tensor([1, 1]), fp=tensor([0, 1]), fn=tensor([1, 0]), \
tn=tensor([1, 1]))
    """

    tp: Tensor
    fp: Tensor
    fn: Tensor
    tn: Tensor

    @classmethod
    def from_matrix(cls, matrix: Tensor) -> ClassCounts:
        """Read the counts off confusion matrices ``[..., C, C]``.

        Args:
            matrix: counts, rows target.

        Returns:
            Counts ``[..., C]`` of matrix's dtype.

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
        threshold: scores above it are class 1 (binary, multilabel): one, or one for
            each label. None for probabilities, or logits.
        logits: whether scores are logits, where there is no threshold.
        ignore_index: target values that count nowhere.
        out_of_range: what a label outside ``[0, C)`` does.
    """

    op: str
    num_classes: int
    task: Task
    threshold: tuple[float, ...] | None
    logits: bool
    ignore_index: tuple[int, ...]
    out_of_range: OutOfRange

    @classmethod
    def checked(
        cls,
        op: str,
        num_classes: int | None,
        task: Task,
        threshold: Threshold,
        logits: bool,
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
        thresholds = None
        if type(logits) is not bool:
            logits = number(logits)
        if threshold is not None or logits is not False:
            thresholds = checked_threshold(op, task, num_classes, threshold, logits)
        values: tuple[int, ...] = ()
        if ignore_index is not None:
            values = tuple(ignore_values(op, ignore_index))
        if len(values) > MAX_IGNORE:
            raise ValueError(
                f"{op}: ignore_index must hold at most {MAX_IGNORE} values, "
                f"got {len(values)}"
            )
        return cls(op, num_classes, task, thresholds, logits, values, out_of_range)

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
        elif exporting or torch.compiler._is_exporting_flag:
            options["ignore_index"] = NO_LABEL
        if self.threshold is not None:
            options["threshold"] = self.threshold
        if self.logits:
            options["logits"] = True
        if per_sample:
            options["per_sample"] = True
        if self.task == "multilabel":
            options["per_label"] = True
        if self.out_of_range == "miss":
            options["other"] = True
        return options

    def op_inputs(self, preds: Any, target: Any, mask: Any, per_sample: bool) -> Any:
        """Check the tensors; return preds and target as the compiled op takes them.

        Raises:
            TypeError: for a wrong kind or dtype.
            ValueError: for a wrong shape.
        """
        if type(target) is not Tensor and is_dtensor(target):
            register_sharding()
        if mask is None and self._usual(preds, target):
            return preds, target
        op = self.op
        tensors = (("preds", preds), ("target", target), ("mask", mask))
        for name, tensor in tensors:
            if not isinstance(tensor, Tensor) and not (name == "mask" and mask is None):
                raise not_a_tensor(op, name, tensor)
            if tensor is not None:
                check_dense(op, name, tensor)
        check_devices(op, target, preds=preds, mask=mask)
        scores = preds.dtype in SCORES
        if not scores and preds.dtype not in INTEGERS:
            raise TypeError(
                f"{op}: preds must hold integer or bool labels, or float16, bfloat16, "
                f"float32 or float64 scores, got {preds.dtype}"
            )
        shape = tuple(target.shape)
        if target.dtype not in INTEGERS and (
            self.task == "multiclass" or target.dtype not in SCORES
        ):
            remedy = ""
            if target.dtype in SCORES:
                remedy = "; pass target.to(torch.int64) for labels"
                if len(shape) > 1 and shape[1] == self.num_classes:
                    remedy = "; for one-hot pass target.argmax(1)"
            raise TypeError(
                f"{op}: target must be an integer or bool tensor, got {target.dtype}"
                f"{remedy}"
            )
        if mask is not None:
            if mask.dtype != torch.bool:
                raise TypeError(f"{op}: mask must be a bool tensor, got {mask.dtype}")
            if mask.shape != target.shape:
                channel = mask.shape == (*shape[:1], 1, *shape[1:])
                raise ValueError(
                    f"{op}: mask must have target's shape {[*shape]}, got "
                    f"{[*mask.shape]}{'; pass mask.squeeze(1)' if channel else ''}"
                )
        least = 2 if self.task == "multilabel" else int(per_sample)
        if target.dim() < least:
            raise ValueError(
                f"{op}: target must have at least {least} dimension(s) here, "
                f"got shape {[*shape]}"
            )
        if target.dim() > _MAX_DIMS:
            raise ValueError(
                f"{op}: target must have at most {_MAX_DIMS} dimensions, "
                f"got {target.dim()}"
            )
        if self.task == "multiclass":
            self._check_multiclass(preds, target, scores)
            return preds, target
        if not scores and (self.logits or self.threshold is not None):
            raise ValueError(
                f"{op}: {'logits' if self.logits else 'threshold'} has no effect on "
                f"preds of {preds.dtype}, which are labels; leave it out"
            )
        self._check_cut(preds, target)
        if preds.dim() > target.dim():
            preds = preds.squeeze(1)
        if target.dtype in SCORES:
            target = labels_of(target, self.ignore_index)
        return preds, target

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
            # Pairs that may be one-hot are looked at, where a program is not traced,
            # which would depend on the comparison.
            return full == shape and (
                len(shape) < 2 or is_compiling() or shape[1] != self.num_classes
            )
        return (
            preds.dtype in SCORES
            and len(full) == len(shape) + 1
            and full[1] == self.num_classes
            and full[0] == shape[0]
            and full[2:] == shape[1:]
        )

    def _check_multiclass(self, preds: Tensor, target: Tensor, scores: bool) -> None:
        op, classes = self.op, self.num_classes
        full, shape = tuple(preds.shape), tuple(target.shape)
        if not scores:
            if full != shape:
                remedy = (
                    channel_remedy("target", target, full)
                    or channel_remedy("preds", preds, shape)
                    or one_hot_remedy("preds", preds, shape, classes)
                    or one_hot_remedy("target", target, full, classes)
                )
                raise ValueError(
                    f"{op}: integer preds must have target's shape {[*shape]}, "
                    f"got {[*full]}{remedy}"
                )
            if self._may_be_one_hot(target) and target.is_cpu:
                refuse_one_hot(op, preds, target)
            return
        if len(full) != len(shape) + 1 or not shape:
            remedy = channel_remedy("target", target, full[:1] + full[2:])
            if full == shape:
                of_classes = full[:1] + full[2:]
                remedy = one_hot_remedy("target", target, of_classes, classes) or remedy
            raise ValueError(
                f"{op}: floating preds are class scores [N, C, ...] for target "
                f"[N, ...], got preds {[*full]} and target {[*shape]}{remedy}"
            )
        if full[1] != classes:
            raise ValueError(
                f"{op}: preds must hold num_classes = {classes} scores in "
                f"dimension 1, got {[*full]}{scores_remedy('preds', preds, target)}"
            )
        if full[:1] + full[2:] != shape:
            raise ValueError(
                f"{op}: preds [N, C, ...] must match target [N, ...] beside C, got "
                f"preds {[*full]} and target {[*shape]}"
                f"{scores_remedy('preds', preds, target)}"
            )

    def _check_cut(self, preds: Tensor, target: Tensor) -> None:
        """Check the shapes of a binary or multilabel task."""
        full, shape, labels = tuple(preds.shape), tuple(target.shape), self.num_classes
        binary = self.task == "binary"
        channel = binary and full == (*shape[:1], 1, *shape[1:])
        if full != shape and not (channel and shape):
            remedy = channel_remedy("target", target, full)
            if binary and full == (*shape[:1], 2, *shape[1:]) and shape:
                remedy = "; for scores of two classes leave task='binary' out"
            raise ValueError(
                f"{self.op}: preds must have target's shape {[*shape]}"
                f"{' (or one channel in dimension 1)' if binary else ''} for "
                f"task='{self.task}', got {[*full]}{remedy}"
            )
        if not binary and shape[1] != labels:
            remedy = ""
            if shape[-1] == labels:
                remedy = "; for labels in the last dimension pass both .movedim(-1, 1)"
            elif shape[0] == labels:
                remedy = "; without a batch dimension pass both .unsqueeze(0)"
            raise ValueError(
                f"{self.op}: preds and target must be [N, L, ...] with L = num_classes "
                f"= {labels} for task='multilabel', got {[*shape]}{remedy}"
            )

    def _may_be_one_hot(self, target: Tensor) -> bool:
        """Whether integers of target's shape may be one-hot, and can be looked at."""
        return (
            target.dim() > 1
            and has_values(target)
            and target.shape[1] == self.num_classes > 1
            and not is_dtensor(target)
        )

    def invalid_message(self, invalid: int | str) -> str:
        """Say that ``invalid`` pairs have a label, or a score, out of range.

        The pairs are gone, so it says what either must be.
        """
        scores, hold, remedy = self.words_of_scores()
        return (
            f"{self.op}: labels must lie in [0, {self.op_classes}) or equal "
            f"ignore_index {list(self.ignore_index)}{scores}, but {invalid} pair(s) "
            f"hold another label{hold}. {REMEDY}{remedy}"
        )

    def words_of_scores(self) -> tuple[str, str, str]:
        """Return what a message on labels says of scores too, where they may be bad."""
        if self.task == "multiclass" or self.threshold is not None:
            return "", "", ""
        remedy = f". Of scores: {score_remedy(self.logits, None)}"
        return f", and scores {score_rule(self.logits)}", " or score", remedy

    def cuts(self, preds: Tensor) -> bool:
        """Whether preds are scores that may be out of range."""
        of_task = self.task != "multiclass" and self.threshold is None
        return of_task and preds.dtype in SCORES

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
        preds, labels = self.op_inputs(preds, target, mask, per_sample)
        counts: Tensor
        try:
            counts, invalid = COUNT[int(matrix)](
                preds, labels, self.op_classes, mask, **self.op_options(per_sample)
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
                if invalid.is_cuda and preds.dtype in INTEGERS:
                    self._look_on_device(preds, target)
            elif checks_later(target):
                of_classes = self.task == "multiclass" and preds.dtype in SCORES
                inputs = (invalid, None if of_classes else preds, target, mask)
                counts = _CHECKED(counts, *inputs, *self.words())
        return counts

    def _look_on_device(self, preds: Tensor, target: Tensor) -> None:
        """Refuse one-hot pairs where the host has waited for the device anyway."""
        if self.task == "multiclass" and self._may_be_one_hot(target):
            refuse_one_hot(self.op, preds, target)

    def words(self) -> tuple[Any, ...]:
        """Return what messages need of the options, as an op takes it."""
        cut = (self.threshold, self.logits)
        return (self.op, self.num_classes, self.task, *cut, self.ignore_index)

    @classmethod
    def of_words(
        cls,
        op: str,
        num_classes: int,
        task: Task,
        threshold: list[float] | None,
        logits: bool,
        ignore_index: list[int],
    ) -> CountOptions:
        """Return the options that ``words`` were of."""
        thresholds = None if threshold is None else tuple(threshold)
        ignored = tuple(ignore_index)
        return cls(op, num_classes, task, thresholds, logits, ignored, "error")

    def raise_invalid(
        self, bad: int, preds: Tensor | None, target: Tensor, mask: Tensor | None
    ) -> None:
        """Raise ValueError for pairs with a label or score out of range, naming it.

        Args:
            bad: how many pairs there are.
            preds: labels or scores; None for scores of classes.
            target: labels, or the floating numbers that were given for them.
            mask: the mask.
        """
        if is_dtensor(target):  # its labels are on many ranks
            raise ValueError(self.invalid_message(bad))
        counted = self.counted_pixels(target, mask)
        faults, examples, wrong = [], [], torch.zeros_like(counted)
        for name, labels in (("target", target), ("preds", preds)):
            if labels is None or (name == "preds" and labels.dtype in SCORES):
                continue
            out, values = _out_of_range(labels, counted, self.op_classes)
            wrong |= out
            if values:
                examples.append(f"{name} has {', '.join(values)}")
        if examples:
            number = int(wrong.sum())
            faults.append(
                f"{self.op}: labels must lie in [0, {self.op_classes}) or equal "
                f"ignore_index {list(self.ignore_index)}, but {number} pair(s) hold "
                f"another label ({'; '.join(examples)}). {REMEDY}"
            )
            if "target has nan" in examples:
                faults[0] += f"; {LEAVE_OUT}"
        if preds is not None and self.cuts(preds):
            faults.append(fault_of_scores(self.op, preds, counted, self.logits))
        raise ValueError(". ".join(filter(None, faults)))

    def counted_pixels(self, target: Tensor, mask: Tensor | None) -> Tensor:
        """Return which pixels are not ignored: bool of target's shape."""
        counted = torch.ones_like(target, dtype=torch.bool) if mask is None else mask
        for value in self.ignore_index:
            if target.is_floating_point():
                counted = counted & (target != value)
            elif holds(target.dtype, value):
                counted = counted & (target.to(torch.int64) != value)
        return counted


def _out_of_range(
    labels: Tensor, counted: Tensor, classes: int
) -> tuple[Tensor, list[str]]:
    """Return which labels that count are no classes, and some of them."""
    if labels.is_floating_point():
        out = counted & (labels != 0) & (labels != 1)
        return out, [f"{value:.6g}" for value in labels[out][:1].tolist()]
    wide = labels.to(torch.int64)
    out = counted & ((wide < 0) | (wide >= classes))
    wrap = 2**64 if labels.dtype == torch.uint64 else 0
    found = wide[out].unique()[:3].tolist()
    return out, [str(value + wrap if value < 0 else value) for value in found]


def _check_later(
    invalid: Tensor,
    preds: Tensor | None,
    target: Tensor,
    mask: Tensor | None,
    *words: Any,
) -> None:
    """Raise ValueError, in a program, for pairs with a label or score out of range."""
    bad = int(invalid.sum())
    if bad:
        CountOptions.of_words(*words).raise_invalid(bad, preds, target, mask)


#: Of a check: what was counted, None for scores of classes, and ``words``.
CHECKED_INPUTS = (
    "Tensor? preds, Tensor target, Tensor? mask, str op, int num_classes, str task, "
    "float[]? threshold, bool logits, int[] ignore_index"
)
_CHECKED = deferred_check(
    f"checked_labels(Tensor counts, Tensor invalid, {CHECKED_INPUTS})", _check_later
)
