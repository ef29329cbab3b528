"""The state that every metric shares: counts, and how labels out of range end."""

from __future__ import annotations

from typing import Generic, TypeVar

import torch
from torch import Tensor
from torch.compiler import is_exporting
from torch.nn.parallel import DistributedDataParallel

from torchtally import distributed
from torchtally.ops._sharding import is_dtensor

from ._buffers import CountBuffers
from ._ddp import refuse_broadcast
from ._state import State

Value = TypeVar("Value")

_DDP = DistributedDataParallel
_OPS = torch.ops.torchtally
#: In-place op of class counts, and of confusion matrices.
_COUNT_IN_PLACE = (_OPS.class_counts_.default, _OPS.confusion_matrix_.default)


class CountingMetric(CountBuffers, Generic[Value]):
    """Counts kept as int64 buffers; subclasses say what they mean.

    ``update`` never reads back from the device. Labels out of range are counted on the
    way and raised by ``compute``, which adds up the counts of all ranks first where
    ``torch.distributed`` is initialised.
    """

    def _value_of(self, state: State) -> Value:
        """Return the metric of a state."""
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
            RuntimeError: between ``sync`` and ``unsync``, and inside a model whose
                DistributedDataParallel would overwrite the counts.
        """
        if self._unsynced is not None or _DDP._active_ddp_module is not None:
            self._refuse_shared("update")
        if not self._in_place or (type(target) is not Tensor and is_dtensor(target)):
            self._put(*self._counter.count(preds, target, mask))
            return
        preds = self._options.op_inputs(preds, target, mask, False)
        buffers = self._buffers  # an attribute of a module is looked up in three places
        # int, because Dynamo of torch 2.10 takes no bool for an index.
        _COUNT_IN_PLACE[int(self._matrix)](
            buffers["counts"],
            buffers["invalid"],
            preds,
            target,
            mask,
            **(self._exported_options if is_exporting() else self._op_options),
        )

    def compute(self) -> Value:
        """Return the metric of everything counted since the last reset.

        Where ``torch.distributed`` is initialised, the counts of all ranks of the
        default group are added up for it, unless ``sync_on_compute=False`` or the
        metric is synced already; every rank must call it. The state stays as it was.

        Raises:
            ValueError: if a label was out of range (``out_of_range="error"``), on
                every rank alike.
            RuntimeError: if a rank failed, or counts with other options.
        """
        return self._value_of(self._computed())

    def _computed(self) -> State:
        """Return the state that ``compute`` reads: of all ranks, without a fault."""
        state = self._state()
        if (
            self._sync_on_compute
            and self._unsynced is None
            and distributed.is_distributed()
        ):
            state = self._reduced("compute", state, None)
        self._raise_invalid(state.invalid)
        return state

    def forward(
        self, preds: Tensor, target: Tensor, mask: Tensor | None = None
    ) -> Value:
        """Count a batch, once, and return the metric of this batch on this rank.

        Raises:
            TypeError: for an argument of the wrong kind or dtype.
            ValueError: for a wrong shape, or a label out of range.
            RuntimeError: between ``sync`` and ``unsync``.
        """
        self._refuse_shared("forward")
        counts, invalid = self._counter.count(preds, target, mask)
        if self._keep == "samples":
            self._put(counts, invalid)
            batch = State(counts, invalid.sum(0))
        elif self._keep == "sums":
            batch = State(counts.sum(0), invalid.sum(0), self._sums_of(counts))
            self._add(batch)
        else:
            batch = State(counts, invalid)
            self._add(batch)
        self._raise_invalid(batch.invalid)
        return self._value_of(batch)

    def reset(self) -> None:
        """Forget everything counted; a synced metric is unsynced by it."""
        if self._unsynced is not None:
            self.unsync()
        self._waiting.clear()
        if self._keep == "samples":
            self.counts = self.counts.new_zeros((0, *self._group_shape))
        else:
            self.counts.zero_()
        self.invalid.zero_()
        if self.sums is not None:
            self.sums.zero_()

    def merge(self, other: CountingMetric[Value]) -> None:
        """Add what another metric of the same kind and options has counted.

        Raises:
            TypeError: if ``other`` is another kind of metric.
            ValueError: if it counts with other options.
            RuntimeError: between ``sync`` and ``unsync``.
        """
        name = type(self).__name__
        self._refuse_synced("merge")
        if type(other) is not type(self):
            raise TypeError(
                f"{name}.merge: other must be a {name}, got {type(other).__name__}"
            )
        if other._config != self._config:
            raise ValueError(
                f"{name}.merge: other must count with the same options, "
                f"{self._config.text}, got {other._config.text}"
            )
        device = self.counts.device
        state = other._state().map(lambda tensor: tensor.to(device))
        self._state()
        if self._keep == "samples":
            self.counts = torch.cat([self.counts, state.counts])
            self.invalid += state.invalid
        else:
            self._add(state)

    def _refuse_shared(self, method: str) -> None:
        """Refuse to count into a state that is not of this rank alone."""
        self._refuse_synced(method)
        ddp = _DDP._active_ddp_module
        if ddp is not None and not torch.compiler.is_compiling():
            refuse_broadcast(self, ddp)

    def _raise_invalid(self, invalid: Tensor) -> None:
        if self._options.out_of_range != "error" or torch.compiler.is_compiling():
            return
        bad = int(invalid.sum())
        if bad:
            raise ValueError(self._labels.invalid_message(bad))
