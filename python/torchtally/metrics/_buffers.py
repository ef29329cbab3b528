"""The buffers of a metric: what it has counted, and how that travels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from typing_extensions import Self

from torchtally import distributed
from torchtally.distributed import Config, Group
from torchtally.functional._labels import Labels

from ._counters import counter_of
from ._state import Keep, State, Waiting


class CountBuffers(nn.Module):
    """int64 buffers of counts, which move, save, load and add up over ranks.

    Attributes:
        counts: ``[..., 3, K]`` or ``[..., K, K]``, with the samples in front where the
            counts of each are kept.
        invalid: pairs with a label out of range.
        sums: ``[E, 5]``, integer sums over samples, where scores are means over them.
    """

    counts: Tensor
    invalid: Tensor
    sums: Tensor | None

    def __init__(
        self,
        labels: Labels,
        *,
        matrix: bool,
        keep: Keep,
        sync_on_compute: bool,
        sums_for: Sequence[object] = (),
    ) -> None:
        """Keep the counts of a task.

        Args:
            labels: what is counted, checked.
            matrix: count a confusion matrix instead of class counts.
            keep: what is kept of it.
            sync_on_compute: whether ``compute`` adds up the counts of all ranks.
            sums_for: what the sums over samples depend on; metrics that merge share it.
        """
        super().__init__()
        options = labels.options
        if not isinstance(sync_on_compute, bool):
            raise TypeError(
                f"{options.op}: sync_on_compute must be a bool, "
                f"got {type(sync_on_compute).__name__}"
            )
        self._labels = labels
        self._options = options
        self._matrix = matrix
        self._keep = keep
        self._sync_on_compute = sync_on_compute
        self._config = Config.of(type(self).__name__, labels, keep, matrix, *sums_for)
        counter = counter_of(labels, matrix=matrix, per_sample=keep != "total")
        self._counter = counter
        # An update looks these up, so they are near.
        self._in_place = keep == "total" and counter.in_place
        self._op_options = counter.op_options
        self._exported_options = counter.exported_options
        self._unsynced: State | None = None
        classes = options.output_classes
        apart = (options.num_classes,) if options.task == "multilabel" else ()
        self._group_shape = (*apart, classes if matrix else 3, classes)
        self._waiting = Waiting(self._group_shape if keep == "samples" else (0,))
        samples = (0,) if keep == "samples" else ()
        zeros = torch.zeros((*samples, *self._group_shape), dtype=torch.int64)
        self.register_buffer("counts", zeros)
        self.register_buffer("invalid", torch.zeros(apart, dtype=torch.int64))
        self.register_buffer("sums", None)

    def _sums_of(self, counts: Tensor) -> Tensor:
        """Return the sums of samples whose counts are ``[N, ...]``."""
        raise NotImplementedError

    def sync(self, process_group: Group = None) -> None:
        """Replace the state by the sum over the ranks of a group, until ``unsync``.

        All counts and the pairs out of range travel in one all_reduce of int64. Where
        the counts of each sample are kept, they are gathered after it, by rank.

        Args:
            process_group: whose ranks to add up; None for the default group. Every
                rank of it must call ``sync``.

        Raises:
            RuntimeError: if ``torch.distributed`` is not initialised, the metric is
                synced already, a rank failed, or ranks count with other options. The
                state is then as it was.
            ValueError: if this rank is not in the group.
        """
        self._refuse_synced("sync")
        local = self._state()
        self._load(self._reduced("sync", local, process_group))
        self._unsynced = local

    def unsync(self) -> None:
        """Return to the state of this rank alone.

        Raises:
            RuntimeError: if the metric is not synced.
        """
        if self._unsynced is None:
            raise RuntimeError(
                f"{type(self).__name__}.unsync: the metric must be synced, and is not"
            )
        self._load(self._unsynced)
        self._unsynced = None

    def _reduced(self, method: str, state: State, group: Group) -> State:
        """Return the sum of a state over the ranks of a group; change nothing."""
        op = f"{type(self).__name__}.{method}"
        if self._keep == "samples":
            counts, (invalid,) = distributed.all_gather_counts(
                op, state.counts, [state.invalid], config=self._config, group=group
            )
            return State(counts, invalid)
        return State(
            *distributed.all_reduce_counts(
                op, state.tensors(), config=self._config, group=group
            )
        )

    def _put(self, counts: Tensor, invalid: Tensor) -> None:
        """Take the counts of a batch, those of each sample in time."""
        if self._keep == "total":
            self._add(State(counts, invalid))
        elif not torch.compiler.is_compiling():
            if self._waiting.in_program:
                self._collect()
            self._waiting.put(counts, invalid)
            if self._keep == "sums" and self._waiting.many:
                self._collect()
        elif self._keep == "samples":
            if self._waiting.in_list:
                self._collect()
            self._waiting.put_in_program(counts)
            self.invalid += invalid.sum(0)
        else:
            self._add(State(counts.sum(0), invalid.sum(0), self._sums_of(counts)))

    def _add(self, state: State) -> None:
        self.counts += state.counts
        self.invalid += state.invalid
        if self.sums is not None and state.sums is not None:
            self.sums += state.sums

    def _collect(self) -> None:
        """Move the batches that wait into the buffers."""
        rows, invalid = self._waiting.take()
        if not rows:
            return
        counts = torch.cat(rows)
        if invalid:
            self.invalid += torch.cat(invalid).sum(0)
        if self._keep == "samples":
            self.counts = torch.cat([self.counts, counts])
        else:
            self.counts += counts.sum(0)
            assert self.sums is not None
            self.sums += self._sums_of(counts)

    def _state(self) -> State:
        """Return everything counted, as the buffers hold it."""
        if self._keep != "total":
            self._collect()
        return State(self.counts, self.invalid, self.sums)

    def _load(self, state: State) -> None:
        self.counts, self.invalid, self.sums = state

    def _refuse_synced(self, method: str) -> None:
        if self._unsynced is not None:
            raise RuntimeError(
                f"{type(self).__name__}.{method}: the metric is synced, so that it "
                "holds the counts of all ranks; call unsync() or reset() first"
            )

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Self:
        self._collect()
        self._waiting.move(fn)
        if self._unsynced is not None:
            self._unsynced = self._unsynced.map(fn)
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        return self

    def _save_to_state_dict(self, *args: Any, **kwargs: Any) -> None:
        self._collect()
        super()._save_to_state_dict(*args, **kwargs)

    def _load_from_state_dict(
        self, state_dict: dict[str, Any], prefix: str, *args: Any
    ) -> None:
        saved = state_dict.get(f"{prefix}counts")
        if saved is not None:  # replaces what is here, synced or not
            if self._unsynced is not None:
                self.unsync()
            self._waiting.clear()
            if self._keep == "samples":
                shape = (len(saved), *self._group_shape)
                self.counts = self.counts.new_zeros(shape)
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
        parts |= self._labels.given
        return ", ".join(f"{name}={value!r}" for name, value in parts.items())
