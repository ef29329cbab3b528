"""Labels that are not classes yet: counted as they are, mapped on the counts.

Raw labels such as the 34 ids of Cityscapes are counted by the compiled op like any
other labels, and rows and columns of that matrix are added up: no pass over the pixels
and no order in which one entry of a map could undo another. Only labels that no matrix
of reasonable size holds (negative or large ids that mean a class, or more classes than
a matrix is counted for where class counts are enough) are rewritten pixel by pixel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

from torchtally._options import LabelMap, Task
from torchtally.ops._arguments import holds, number, of_memory
from torchtally.ops._counting import (
    CHECKED_INPUTS,
    COUNT,
    MAX_IGNORE,
    NO_LABEL,
    ClassCounts,
    CountOptions,
    has_values,
)
from torchtally.ops._deferred import checks_later, deferred_check
from torchtally.ops._scores import fault_of_scores
from torchtally.ops._sharding import whole_counts

from ._checks import is_integer

_ROWS = 64  # so many rows of a matrix cost less than a second value to ignore
_IDS = 256  # a matrix of raw labels has at most so many, or as many as classes
_TABLE = 1 << 16  # a table of classes has so many entries, or 16 for each id


@dataclass(frozen=True)
class LabelMaps:
    """What the values of target and preds mean; None where they are classes already.

    Attributes:
        target: from values of target to classes, -1 for values to ignore.
        preds: the same for preds.
        num_classes: C, of the classes mapped to.
    """

    target: dict[int, int] | None
    preds: dict[int, int] | None
    num_classes: int

    @classmethod
    def checked(
        cls, options: CountOptions, label_map: LabelMap, preds_map: LabelMap
    ) -> LabelMaps | None:
        """Return the maps, or None where there are none; TypeError or ValueError."""
        if label_map is None and preds_map is None:
            return None
        if preds_map is not None and options.task == "multilabel":
            raise ValueError(
                f"{options.op}: preds_map does not apply to task='multilabel', whose "
                "predictions are scores or 0 and 1"
            )
        classes = options.op_classes
        return cls(
            _checked_map(options.op, "label_map", label_map, classes),
            _checked_map(options.op, "preds_map", preds_map, classes),
            classes,
        )

    def folds(self, preds: Tensor) -> bool:
        """Whether raw labels may be counted as a matrix, which is folded to classes.

        It costs no pass over the pixels; beyond some classes it would cost memory.
        """
        planes = 1 if self.preds is None else _planes_of(preds, 1)
        return max(planes, self.num_classes) <= _IDS

    def ignored_classes(self, ignore_index: tuple[int, ...]) -> tuple[int, ...]:
        """Return the classes that have labels, of which all are ignored."""
        if self.target is None:
            return ignore_index
        values = self.target.items()
        left = {named for value, named in values if value not in ignore_index}
        return tuple({named for _, named in values} - left - {-1})


def _checked_map(
    op: str, name: str, given: object, num_classes: int
) -> dict[int, int] | None:
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise TypeError(
            f"{op}: {name} must be a mapping from labels to classes, "
            f"got {type(given).__name__}"
        )
    if not given:
        raise ValueError(f"{op}: {name} must name at least one label, got none")
    checked = {}
    for label, named in given.items():
        label, named = number(label), number(named)
        for value in (label, *([] if named is None else [named])):
            if not is_integer(value):
                raise TypeError(
                    f"{op}: {name} must map int to int or None, "
                    f"got {type(value).__name__}"
                )
        if not -(2**63) <= label < 2**63:
            raise ValueError(f"{op}: {name} must name labels of int64, got {label}")
        if named is not None and not 0 <= named < num_classes:
            raise ValueError(
                f"{op}: {name} must map to classes in [0, {num_classes}) or None, "
                f"got {named}"
            )
        checked[label] = -1 if named is None else named
    return dict(sorted(checked.items()))  # equal maps look equal


@dataclass(frozen=True)
class MappedPixels:
    """A batch as the op counts it, and what its rows and columns then mean.

    Attributes:
        options: of counting.
        matrix: whether a matrix is asked for, and not the counts of classes.
        preds: labels or scores.
        target: labels.
        op_classes: how many classes the op counts.
        ignored: values of target that it ignores.
        folds: from values of target, and of preds, to classes, -1 for values to ignore;
            None where the op counts the classes themselves.
    """

    options: CountOptions
    matrix: bool
    preds: Tensor
    target: Tensor
    op_classes: int
    ignored: tuple[int, ...]
    folds: tuple[dict[int, int], dict[int, int]] | None

    @classmethod
    def of(
        cls,
        options: CountOptions,
        maps: LabelMaps,
        matrix: bool,
        preds: Tensor,
        target: Tensor,
        mask: Tensor | None,
        per_sample: bool,
    ) -> MappedPixels:
        """Prepare a batch.

        ``ignore_index`` among the options names values of target as it is.

        Raises:
            TypeError: for a wrong kind or dtype.
            ValueError: for a wrong shape.
        """
        classes = planes = maps.num_classes
        if maps.preds is not None and options.task == "multiclass":
            planes = _planes_of(preds, classes)
        checking = options
        if planes != classes:
            checking = CountOptions(
                options.op, planes, "multiclass", None, False, (), "error"
            )
        if target.is_floating_point() and options.task != "multiclass":
            raise TypeError(
                f"{options.op}: target must be an integer or bool tensor for label_map "
                f"and preds_map, got {target.dtype}; pass target.to(torch.int64)"
            )
        preds, target = checking.op_inputs(preds, target, mask, per_sample)
        if not matrix and not maps.folds(preds):
            preds, target = _classes_of(options, maps, preds, target)
            return cls(options, matrix, preds, target, classes, (-1,), None)
        if planes < classes:  # the op counts as many classes as there are planes
            preds = preds.argmax(1)
        labels = not preds.is_floating_point() and options.task != "multilabel"
        ids = max(_IDS, classes) if labels else planes

        target, rows, ignored = _read_target(options, maps, target, ids)
        columns = maps.preds or _identity(classes)
        if labels and not all(0 <= value < ids for value in columns):
            preds = _rewritten(preds, columns, classes, ignored=classes + 1)
            columns = {**_identity(classes), classes + 1: -1}
        width = planes
        if labels:
            width = max(*rows, *columns, 1) + 1
        folds = rows, columns
        return cls(options, matrix, preds, target, width, tuple(ignored), folds)

    def count(
        self,
        mask: Tensor | None,
        op_options: Mapping[str, Any],
        plain: Callable[[Tensor], Tensor],
    ) -> tuple[Tensor, Tensor]:
        """Return (counts, invalid) of classes.

        Args:
            mask: as of the op.
            op_options: what ``raw_op_options`` returned.
            plain: makes plain tensors of what the op counts.
        """
        miss = self.options.out_of_range == "miss"
        nothing = NO_LABEL if torch.compiler._is_exporting_flag else ()
        try:
            counts, invalid = COUNT[int(self.matrix or self.folds is not None)](
                self.preds,
                self.target,
                self.op_classes,
                mask,
                ignore_index=self.ignored or nothing,
                other=miss or self.folds is not None,
                **op_options,
            )
        except RuntimeError as error:
            raise of_memory(error) from None
        if self.folds is None:
            return plain(counts), plain(invalid)
        matrix = _folded(plain(counts), *self.folds, self.options.op_classes)
        classes = matrix[..., :-1, :-1]
        unknown = matrix.sum((-2, -1)) - classes.sum((-2, -1))
        counts = matrix if miss else classes
        if self.matrix:
            return counts, unknown
        tp, fp, fn, _ = ClassCounts.from_matrix(counts)
        return torch.stack([tp, fp, fn], -2), unknown


def raw_op_options(options: CountOptions, per_sample: bool) -> dict[str, Any]:
    """Return the keyword arguments of the op that do not depend on maps."""
    named = options.op_options(per_sample)
    return {k: v for k, v in named.items() if k not in ("ignore_index", "other")}


def count_mapped(
    options: CountOptions,
    maps: LabelMaps,
    matrix: bool,
    preds: Tensor,
    target: Tensor,
    mask: Tensor | None,
    per_sample: bool,
    validate: bool,
) -> Tensor:
    """Count mapped classes; the arguments are those of ``CountOptions.count``.

    ``ignore_index`` names values of target as it is.
    """
    pixels = MappedPixels.of(options, maps, matrix, preds, target, mask, per_sample)
    named = raw_op_options(options, per_sample)
    counts, unknown = pixels.count(mask, named, whole_counts)
    if options.out_of_range == "error" and validate:
        if has_values(unknown):
            _raise_unknown(options, maps, unknown, preds, target, mask)
        elif checks_later(target):
            of_classes = preds.is_floating_point() and options.task == "multiclass"
            ids = (None if m is None else [*m] for m in (maps.target, maps.preds))
            inputs = (unknown, None if of_classes else preds, target, mask)
            counts = _CHECKED(counts, *inputs, *options.words(), *ids)
    return counts


def _planes_of(preds: object, labels: int) -> int:
    """Return how many planes of class scores there are; ``labels`` where none."""
    if isinstance(preds, Tensor) and preds.is_floating_point() and preds.dim() > 1:
        return preds.shape[1]
    return labels


def _identity(classes: int) -> dict[int, int]:
    return {named: named for named in range(classes)}


def _read_target(
    options: CountOptions, maps: LabelMaps, target: Tensor, ids: int
) -> tuple[Tensor, dict[int, int], list[int]]:
    """Return a target whose classes are labels in [0, ids), their map, and the ignored.

    The target is the one given wherever the op can count it so; values that mean
    nothing are then rows that are left out, or ignored by the op.
    """
    ignored = list(options.ignore_index)
    if maps.target is None:
        return target, _identity(maps.num_classes), ignored
    named = {**maps.target, **dict.fromkeys(ignored, -1)}
    meant = [value for value, code in named.items() if code >= 0]
    near = all(0 <= value < ids for value in meant)
    # Values to ignore are rows too where few rows hold them: the op compares each pixel
    # with each value that it ignores, and a row costs no pixel anything.
    end = min(ids, max(_ROWS, 1 + max(meant, default=0)))
    rows = {value: code for value, code in named.items() if 0 <= value < end}
    beyond = sorted(named.keys() - rows.keys())
    if near and len(beyond) <= MAX_IGNORE and options.task != "multilabel":
        return target, rows, beyond
    target = _rewritten(target, named, maps.num_classes)
    return target, _identity(maps.num_classes), [-1]


def _classes_of(
    options: CountOptions, maps: LabelMaps, preds: Tensor, target: Tensor
) -> tuple[Tensor, Tensor]:
    """Return preds and target as classes, C where unknown; ignored targets are -1.

    A pass over the pixels, for more classes than a matrix of raw labels may have.
    """
    classes = maps.num_classes
    named = _identity(classes) if maps.target is None else maps.target
    named = {**named, **dict.fromkeys(options.ignore_index, -1)}
    target = _rewritten(target, named, classes)
    if maps.preds is not None:
        labels = preds.argmax(1) if preds.is_floating_point() else preds
        preds = _rewritten(labels, maps.preds, classes)
        target = target.masked_fill(preds < 0, -1)
    return preds, target


def _rewritten(
    labels: Tensor, named: dict[int, int], unknown: int, *, ignored: int = -1
) -> Tensor:
    """Return the class of each label, int32: for labels that no matrix could hold.

    Looked up in a table where ids lie close together, else searched for.
    """
    if labels.dtype == torch.uint64:  # a negative value would be another label there
        named = {value: n for value, n in named.items() if value >= 0}
    values = sorted(named)
    if not values:
        return torch.full_like(labels, unknown, dtype=torch.int32)
    known = torch.tensor(values, dtype=torch.int64, device=labels.device)
    codes = [ignored if named[value] < 0 else named[value] for value in values]
    code = torch.tensor(codes, dtype=torch.int32, device=labels.device)
    wide = labels.to(torch.int64)
    first, last = values[0], values[-1]
    if first > -(2**63) and last - first < max(_TABLE, 16 * len(values)):
        table = code.new_full((last - first + 3,), unknown)
        before = first - 1  # of which the table says unknown, as of what follows last
        table = table.index_copy(0, known - before, code)
        return table[wide.clamp(before, last + 1) - before]
    place = torch.searchsorted(known, wide).clamp_(max=len(values) - 1)
    return torch.where(known[place] == wide, code[place], unknown)


def _folded(
    matrix: Tensor, rows: dict[int, int], columns: dict[int, int], classes: int
) -> Tensor:
    """Add rows and columns up to classes: ``[..., K, K]`` to ``[..., C + 1, C + 1]``.

    The last class of the result is "other"; what is ignored is left out.
    """
    for dim, named in ((-2, rows), (-1, columns)):
        size = matrix.shape[dim]
        # A program that is traced holds its index; so must nobody else.
        index_of = _fold_index if has_values(matrix) else _fold_index.__wrapped__
        index = index_of(tuple(named.items()), size, classes)
        # Without non_blocking, the host would wait for the device here.
        index = index.to(matrix.device, non_blocking=True)
        shape = list(matrix.shape)
        shape[dim] = classes + 2
        matrix = matrix.new_zeros(shape).index_add(dim, index, matrix)
    return matrix[..., :-1, :-1]


@lru_cache(maxsize=64)
def _fold_index(named: tuple[tuple[int, int], ...], size: int, classes: int) -> Tensor:
    """Return the class that each row counts for, C where unknown, C + 1 if ignored."""
    known = dict(named)
    codes = [known.get(value, classes) for value in range(size - 1)] + [classes]
    place = [classes + 1 if code < 0 else code for code in codes]
    return torch.tensor(place, device="cpu")


def _raise_unknown(
    options: CountOptions,
    maps: LabelMaps,
    unknown: Tensor,
    preds: Tensor | None,
    target: Tensor,
    mask: Tensor | None,
) -> None:
    """Raise ValueError if a pair has a label that no map names, or no valid score.

    Reads one number back from the device.
    """
    bad = int(unknown.sum())
    if bad == 0:
        return
    classes = range(maps.num_classes)
    examples = []
    for name, labels, named in (
        ("target", target, maps.target),
        ("preds", preds, maps.preds),
    ):
        if labels is None or labels.is_floating_point():
            continue
        known_values = {*(classes if named is None else named)}
        if name == "target":
            known_values |= {*options.ignore_index}
        others = _others(labels.unique().tolist(), known_values)
        if others:
            examples.append(f"{name} has {', '.join(map(str, others))}")
    fault = ""
    if preds is not None and options.cuts(preds):
        counted = options.counted_pixels(target, mask)
        for value, code in (maps.target or {}).items():
            if code < 0 and holds(target.dtype, value):
                counted = counted & (target.to(torch.int64) != value)
        fault = fault_of_scores(options.op, preds, counted, options.logits)
    if examples or not fault:
        shown = f" ({'; '.join(examples)})"
        fault = unknown_message(options, bad, shown, or_score=bool(fault))
    raise ValueError(fault)


def unknown_message(
    options: CountOptions,
    unknown: int | str,
    examples: str = "",
    *,
    or_score: bool,
) -> str:
    """Say that ``unknown`` pairs have a label that no map names, and what to do.

    Or a score out of range, where they may.
    """
    scores, hold, remedy = options.words_of_scores() if or_score else ("", "", "")
    return (
        f"{options.op}: labels must be named by label_map and preds_map{scores}, but "
        f"{unknown} pair(s) hold another label{hold}{examples}. Map it to None, or "
        f"pass out_of_range='ignore' or 'miss'{remedy}"
    )


def _others(values: Iterable[int], known: set[int]) -> list[int]:
    return [int(value) for value in values if value not in known][:3]


def _check_later(
    unknown: Tensor,
    preds: Tensor | None,
    target: Tensor,
    mask: Tensor | None,
    op: str,
    num_classes: int,
    task: Task,
    threshold: list[float] | None,
    logits: bool,
    ignore_index: list[int],
    target_ids: list[int] | None,
    preds_ids: list[int] | None,
) -> None:
    """Raise ValueError, in a program, for a label that no map names."""
    options = CountOptions.of_words(
        op, num_classes, task, threshold, logits, ignore_index
    )
    target_map, preds_map = (
        None if ids is None else dict.fromkeys(ids, 0)
        for ids in (target_ids, preds_ids)
    )
    maps = LabelMaps(target_map, preds_map, options.op_classes)
    _raise_unknown(options, maps, unknown, preds, target, mask)


_CHECKED = deferred_check(
    f"checked_mapped_labels(Tensor counts, Tensor unknown, {CHECKED_INPUTS}, "
    "int[]? target_ids, int[]? preds_ids)",
    _check_later,
)
