"""The state that every metric shares: counts, and how labels out of range end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from torchtally.ops._arguments import CountOptions, IgnoreIndex, OutOfRange, Task


class CountingMetric(nn.Module):
    """Counts kept as int64 buffers; subclasses say which op counts and what it means.

    ``update`` never reads back from the device. Labels out of range are counted on
    the way and raised by ``compute``. The state is one int64 count, or with
    ``per_sample`` one for each sample seen.
    """

    counts: Tensor
    invalid: Tensor
    _op: ClassVar[Any]  #: functional
    _op_in_place: ClassVar[Any]

    def __init__(
        self,
        num_classes: int | None = None,
        *,
        task: Task = "multiclass",
        threshold: float = 0.5,
        ignore_index: IgnoreIndex = None,
        out_of_range: OutOfRange = "error",
        per_sample: bool = False,
    ) -> None:
        super().__init__()
        self._options = CountOptions.checked(
            type(self).__name__,
            num_classes,
            task,
            threshold,
            ignore_index,
            out_of_range,
        )
        self._per_sample = per_sample
        self._op_options = self._options.op_options(per_sample)
        self._pending: list[Tensor] = []
        labels = (self._options.num_classes,) if task == "multilabel" else ()
        samples = (0,) if per_sample else ()
        self.register_buffer(
            "counts",
            torch.zeros((*samples, *labels, *self._shape()), dtype=torch.int64),
        )
        self.register_buffer("invalid", torch.zeros(labels, dtype=torch.int64))

    def _shape(self) -> tuple[int, int]:
        """Return the shape of one group's counts."""
        raise NotImplementedError

    def _value_of(self, counts: Tensor) -> Tensor:
        """Return the metric of counts."""
        raise NotImplementedError

    def update(self, preds: Tensor, target: Tensor, mask: Tensor | None = None) -> None:
        """Count a batch.

        Args:
            preds: labels of target's shape, or scores.
            target: integer or bool labels ``[N, ...]``.
            mask: bool tensor of target's shape; False counts nowhere.

        Raises:
            TypeError: for an argument of the wrong kind or dtype.
            ValueError: for a wrong shape.
        """
        if self._per_sample:
            self._add(*self._count(preds, target, mask))
            return
        preds = self._options.op_inputs(preds, target, mask, False)
        buffers = self._buffers  # an attribute of a module is looked up in three places
        self._op_in_place(
            buffers["counts"],
            buffers["invalid"],
            preds,
            target,
            mask,
            **self._op_options,
        )

    def compute(self) -> Tensor:
        """Return the metric of everything counted since the last reset.

        Raises:
            ValueError: if a label was out of range (``out_of_range="error"``).
        """
        self._raise_invalid(self.invalid)
        self._collect()
        return self._value_of(self.counts)

    def forward(
        self, preds: Tensor, target: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """Count a batch and return the metric of this batch alone.

        Raises:
            TypeError: for an argument of the wrong kind or dtype.
            ValueError: for a wrong shape, or a label out of range.
        """
        counts, invalid = self._count(preds, target, mask)
        self._add(counts, invalid)
        self._raise_invalid(invalid)
        return self._value_of(counts)

    def reset(self) -> None:
        """Forget everything counted."""
        self._pending.clear()
        if self._per_sample:
            self.counts = self.counts.new_zeros((0, *self.counts.shape[1:]))
        else:
            self.counts.zero_()
        self.invalid.zero_()

    def merge(self, other: CountingMetric) -> None:
        """Add what another metric of the same kind and options has counted.

        Raises:
            TypeError: if ``other`` is another kind of metric.
            ValueError: if it counts with other options.
        """
        name = type(self).__name__
        if type(other) is not type(self):
            raise TypeError(
                f"{name}.merge: other must be a {name}, got {type(other).__name__}"
            )
        mine, theirs = (
            (metric._options, metric._per_sample) for metric in (self, other)
        )
        if mine != theirs:
            raise ValueError(
                f"{name}.merge: other must count with the same options, {mine}, "
                f"got {theirs}"
            )
        other._collect()
        device = self.counts.device
        self._add(other.counts.to(device), other.invalid.to(device))

    def _count(
        self, preds: Tensor, target: Tensor, mask: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Return (counts, invalid) of a batch, in the shapes of the state."""
        preds = self._options.op_inputs(preds, target, mask, self._per_sample)
        counts, invalid = self._op(
            preds, target, self._options.op_classes, mask, **self._op_options
        )
        return counts, invalid.sum(0) if self._per_sample else invalid

    def _add(self, counts: Tensor, invalid: Tensor) -> None:
        if self._per_sample:
            self._pending.append(counts)
        else:
            self.counts += counts
        self.invalid += invalid

    def _collect(self) -> None:
        """Move the batches of samples that wait into the buffer."""
        if self._pending:
            self.counts = torch.cat([self.counts, *self._pending])
            self._pending.clear()

    def _raise_invalid(self, invalid: Tensor) -> None:
        if self._options.out_of_range != "error" or torch.compiler.is_compiling():
            return
        bad = int(invalid.sum())
        if bad:
            raise ValueError(
                f"{self._options.invalid_message(bad)}. Name it in ignore_index, or "
                "pass out_of_range='ignore' or 'miss'"
            )

    def _apply(
        self, fn: Callable[[Tensor], Tensor], recurse: bool = True
    ) -> CountingMetric:
        self._collect()
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def _save_to_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self._collect()
        super()._save_to_state_dict(*args, **kwargs)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any
    ) -> None:
        saved = state_dict.get(f"{prefix}counts")
        if self._per_sample and saved is not None:
            self._pending.clear()
            self.counts = self.counts.new_zeros((len(saved), *self.counts.shape[1:]))
        super()._load_from_state_dict(state_dict, prefix, *args)

    def extra_repr(self) -> str:
        """Show the options in ``repr``."""
        options = self._options
        parts: dict[str, Any] = {"num_classes": options.num_classes}
        if options.task != "multiclass":
            parts["task"] = options.task
        if options.ignore_index:
            parts["ignore_index"] = list(options.ignore_index)
        if options.out_of_range != "error":
            parts["out_of_range"] = options.out_of_range
        return ", ".join(f"{name}={value!r}" for name, value in parts.items())
