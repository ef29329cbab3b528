"""The state that every metric shares, how it travels, and what a user calls."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import torch
from torch import Tensor, nn
from typing_extensions import Self

from torchtally import distributed
from torchtally._options import Array, ClassNames, shown
from torchtally.distributed import Group
from torchtally.functional._checks import flag
from torchtally.functional._labels import Labels
from torchtally.ops._arguments import plain
from torchtally.ops._counting import COUNT_IN_PLACE, has_values
from torchtally.ops._deferred import checks_later, deferred_check
from torchtally.ops._sharding import is_dtensor

from ._counters import counter_of, in_order
from ._names import checked_names
from ._saved import KEYS, loaded_state, options_text, saved_state
from ._state import Keep, State, Waiting, changeable, moved

Value = TypeVar("Value")


class CountingMetric(nn.Module, Generic[Value]):
    """Counts kept as int64 tensors; subclasses say what they mean.

    ``update`` never reads back from the device. Labels out of range are counted on the
    way and raised by ``compute``, which adds up the counts of all ranks first where
    ``torch.distributed`` is initialised.

    The counts are plain attributes, neither parameters nor buffers, so that what walks
    over those (DDP, averaged models, checkpoints) leaves them alone. ``.to(device)``
    moves them, no cast and no ``to_empty`` changes them, and with ``persistent=True``
    they are in ``state_dict``. An exported program needs buffers:
    :func:`torchtally.metrics.state_as_buffers`.

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
        class_names: ClassNames,
        persistent: bool,
        given: Mapping[str, object],
        read: Sequence[object],
        summed: Sequence[object] = (),
    ) -> None:
        """Keep the counts of a task.

        Args:
            labels: what is counted, checked.
            matrix: count a confusion matrix instead of class counts.
            keep: what is kept of it.
            sync_on_compute: whether ``compute`` adds up the counts of all ranks.
            class_names: what results call the classes.
            persistent: whether the counts are in ``state_dict``.
            given: the options as they were given, for ``repr``.
            read: what is read off the counts; the same on all ranks.
            summed: what the sums over samples depend on; metrics that merge share it.
                Both are made of checked values: what means the same looks the same.
        """
        super().__init__()
        options = labels.options
        if type(sync_on_compute) is not bool:
            sync_on_compute = flag(options.op, "sync_on_compute", sync_on_compute)
        self._given = given
        self._labels = labels
        self._options = options
        self._matrix = matrix
        self._keep = keep
        self._sync_on_compute = sync_on_compute
        if not isinstance(persistent, bool):
            raise TypeError(
                f"{options.op}: persistent must be a bool, "
                f"got {type(persistent).__name__}"
            )
        self._persistent = persistent
        self._class_names: tuple[str, ...] | None = None
        if class_names is not None:
            self._class_names = self._names_of(options.op, class_names)
        #: What is counted; metrics merge where it is the same.
        self._counted: tuple[Any, ...] = (in_order(labels), keep, matrix, *summed)
        self._mark = distributed.fingerprint(self._counted, *read)
        counter = counter_of(labels, matrix=matrix, per_sample=keep != "total")
        self._counter = counter
        # An update looks these up, so they are near.
        self._in_place = keep == "total" and counter.in_place
        self._op_options = counter.op_options
        self._exported_options = counter.exported_options
        self._unsynced: State | None = None
        self._warns = True  # until something was counted, or it has warned
        classes = options.output_classes
        apart = (options.num_classes,) if options.task == "multilabel" else ()
        self._group_shape = (*apart, classes if matrix else 3, classes)
        samples = (0,) if keep == "samples" else ()
        # What is made in inference mode could not be added to outside of it.
        with torch.inference_mode(False):
            self._waiting = Waiting(self._group_shape if samples else (0,))
            self.counts = torch.zeros((*samples, *self._group_shape), dtype=torch.int64)
            self.invalid = torch.zeros(apart, dtype=torch.int64)
        self.sums = None

    if TYPE_CHECKING:  # torch calls it a callable of anything

        def __call__(
            self, preds: Array, target: Array, mask: Array | None = None
        ) -> Value: ...

    def _sums_of(self, counts: Tensor) -> Tensor:
        """Return the sums of samples whose counts are ``[N, ...]``."""
        raise NotImplementedError

    def _value_of(self, state: State) -> Value:
        """Return the metric of a state."""
        raise NotImplementedError

    def update(self, preds: Array, target: Array, mask: Array | None = None) -> None:
        """Count a batch.

        Args:
            preds: labels of target's shape, or scores. A tensor, or an array of NumPy,
                CuPy or JAX, read without a copy; so target and mask.
            target: integer or bool labels ``[N, ...]``.
            mask: bool tensor of target's shape; False counts nowhere.

        Raises:
            TypeError: for an argument of the wrong kind or dtype.
            ValueError: for a wrong shape.
            RuntimeError: between ``sync`` and ``unsync``, and in ``torch.export``
                outside of :func:`torchtally.metrics.state_as_buffers`.
        """
        exporting = torch.compiler._is_exporting_flag
        if exporting or self._unsynced is not None:
            self._refuse_count("update")
        if (
            type(preds) is not Tensor
            or type(target) is not Tensor
            or (mask is not None and type(mask) is not Tensor)
        ):
            preds, target, mask = plain(preds), plain(target), plain(mask)
        if not self._in_place or (type(target) is not Tensor and is_dtensor(target)):
            self._put(*self._counter.count(preds, target, mask))
            return
        preds, target = self._options.op_inputs(preds, target, mask, False)
        try:
            # int, because Dynamo of torch 2.10 takes no bool for an index.
            COUNT_IN_PLACE[int(self._matrix)](
                self.counts,
                self.invalid,
                preds,
                target,
                mask,
                **(self._exported_options if exporting else self._op_options),
            )
        except (RuntimeError, ValueError):
            # It costs nothing to ask where the devices are the same.
            self._check_device(target)  # type: ignore[arg-type]
            raise

    def compute(self) -> Value:
        """Return the metric of everything counted since the last reset.

        Where ``torch.distributed`` is initialised, the counts of all ranks of the
        default group are added up for it, unless ``sync_on_compute=False`` or the
        metric is synced already; every rank must call it. The state stays as it was.

        Raises:
            ValueError: if a label was out of range (``out_of_range="error"``), on
                every rank alike.
            RuntimeError: if a rank failed, or counts with other options.

        Warns:
            UserWarning: once, if nothing was counted.
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
        state = self._without_fault(state)
        if self._warns and has_values(state.counts):
            self._warns = False
            if not state.counts.any():
                warnings.warn(
                    f"{type(self).__name__}.compute: nothing is counted, because "
                    "update() was not called, or every pixel was ignored",
                    UserWarning,
                    stacklevel=3,  # where compute, or plot, is called
                )
        return state

    def forward(self, preds: Array, target: Array, mask: Array | None = None) -> Value:
        """Count a batch, once, and return the metric of this batch on this rank.

        Raises:
            TypeError: for an argument of the wrong kind or dtype.
            ValueError: for a wrong shape, or a label out of range.
            RuntimeError: as ``update``.
        """
        self._refuse_count("forward")
        preds, target, mask = plain(preds), plain(target), plain(mask)
        counts, invalid = self._counter.count(preds, target, mask)
        self._check_device(counts)
        if self._keep == "samples":
            self._put(counts, invalid)
            batch = State(counts, invalid.sum(0))
        elif self._keep == "sums":
            batch = State(counts.sum(0), invalid.sum(0), self._sums_of(counts))
            self._add(batch)
        else:
            batch = State(counts, invalid)
            self._add(batch)
        return self._value_of(self._without_fault(batch))

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
        if other._counted != self._counted:
            raise ValueError(
                f"{name}.merge: other must count with the same options, {self!r}, "
                f"got {other!r}"
            )
        device = self.counts.device
        state = other._state().map(lambda tensor: tensor.to(device))
        self._state()
        if self._keep == "samples":
            self.counts = torch.cat([self.counts, state.counts])
            self.invalid += state.invalid
        else:
            self._add(state)

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
        shared: Any = {"holder": self, "mark": self._mark, "group": group}
        if self._keep == "samples":
            counts, (invalid,) = distributed.all_gather_counts(
                op, state.counts, [state.invalid], **shared
            )
            return State(counts, invalid)
        return State(*distributed.all_reduce_counts(op, state.tensors(), **shared))

    def _put(self, counts: Tensor, invalid: Tensor) -> None:
        """Take the counts of a batch, those of each sample in time."""
        self._check_device(counts)
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
        """Add the batches that wait to the state."""
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
        """Return everything counted."""
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
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        self._load(self._state().map(lambda tensor: moved(tensor, fn)))
        self._waiting.move(fn)
        if self._unsynced is not None:
            self._unsynced = self._unsynced.map(lambda tensor: moved(tensor, fn))
        return self

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)  # type: ignore[no-untyped-call]
        self._load(State(self.counts, self.invalid, self.sums).map(changeable))
        if self._unsynced is not None:
            self._unsynced = self._unsynced.map(changeable)

    def _save_to_state_dict(
        self, destination: dict[str, Any], prefix: str, keep_vars: bool
    ) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        if self._persistent and not self._buffers:
            state = self._state()
            if not keep_vars:
                state = state.map(Tensor.detach)
            saved = saved_state(state, self._options_text())
            destination.update({prefix + key: saved[key] for key in saved})

    def _load_from_state_dict(
        self,
        state_dict: Mapping[str, Any],
        prefix: str,
        local_metadata: Mapping[str, Any],
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        super()._load_from_state_dict(
            state_dict,
            prefix,
            local_metadata,
            strict,
            missing_keys,
            unexpected_keys,
            error_msgs,
        )
        keys = {prefix + key: key for key in KEYS}
        saved = {keys[key]: state_dict[key] for key in keys if key in state_dict}
        unexpected_keys[:] = [key for key in unexpected_keys if key not in keys]
        name = type(self).__name__
        if not self._persistent:
            if saved:
                warnings.warn(
                    f"{name}: the state_dict holds counts, {prefix}counts and others, "
                    "which are left where they are; a metric made with "
                    "persistent=True loads them",
                    UserWarning,
                    stacklevel=2,
                )
            return
        own = self._state()
        if not saved:
            missing_keys += [prefix + key for key in saved_state(own, "")]
            return
        try:  # everything is looked at before anything changes
            state = loaded_state(
                saved, own, self._options_text(), samples=self._keep == "samples"
            )
        except ValueError as refused:
            error_msgs.append(f"{name}: {refused}")
            return
        if self._unsynced is not None:  # it is replaced, synced or not
            self.unsync()
        self._waiting.clear()
        device = self.counts.device
        if device.type == "meta" and local_metadata.get("assign_to_params_buffers"):
            device = state.counts.device
        # Where it can, the state stays the same memory, for CUDA graphs.
        self._load(State(self.counts, self.invalid, self.sums).replaced(state, device))

    def _options_text(self) -> str:
        """Return the options that the counts depend on, as they are saved."""
        return options_text(*self._counted)

    def _to_buffers(self) -> State:
        """Make buffers of copies of the state, and return the state."""
        self._refuse_synced("state_as_buffers")
        if self._keep == "samples":
            raise RuntimeError(
                f"{type(self).__name__}.state_as_buffers: the metric keeps the counts "
                "of each sample, which grow, and an exported program has a state of "
                "fixed size"
            )
        state = self._state()
        for name, tensor in state.named().items():
            delattr(self, name)
            self.register_buffer(name, tensor.clone())
        return state

    def _from_buffers(self, state: State) -> None:
        """Take the state back that ``_to_buffers`` returned."""
        for name in state.named():
            delattr(self, name)
        self._load(state)

    def _refuse_count(self, method: str) -> None:
        """Refuse to count into a state that is not this rank's, or would be lost."""
        self._refuse_synced(method)
        if torch.compiler._is_exporting_flag and "counts" not in self._buffers:
            raise RuntimeError(
                f"{type(self).__name__}.{method}: torch.export takes counts that are "
                "no buffers for constants, so the program would not count; export "
                "inside `with torchtally.metrics.state_as_buffers(model):`"
            )

    def _check_device(self, batch: Tensor) -> None:
        """Refuse a batch on another device than the state."""
        state = self.counts.device
        if batch.device != state:
            name = type(self).__name__
            raise ValueError(
                f"{name}: target must be on the device of the metric, {state}, got "
                f"{batch.device}; move the metric with .to({str(batch.device)!r})"
            )

    def _without_fault(self, state: State) -> State:
        """Return a state; ValueError if it has a label out of range."""
        if self._options.out_of_range != "error":
            return state
        if has_values(state.invalid):
            bad = int(state.invalid.sum())
            if bad:
                raise ValueError(self._labels.invalid_message(bad))
        elif checks_later(state.invalid):
            words = self._labels.invalid_message("{}")
            return state.map(lambda tensor: _CHECKED(tensor, state.invalid, words))
        return state

    def _names_of(self, op: str, other: ClassNames = None) -> tuple[str, ...]:
        """Return the name of each class, or label: its own, unless others are given."""
        if other is None and self._class_names is not None:
            return self._class_names
        return checked_names(op, other, self._options.num_classes)

    def extra_repr(self) -> str:
        """Show the options that are not the defaults."""
        return shown(type(self), self._given)


def _check_later(invalid: Tensor, words: str) -> None:
    """Raise ValueError, in a program, if there are pairs with a label out of range."""
    bad = int(invalid.sum())
    if bad:
        raise ValueError(words.replace("{}", str(bad)))


_CHECKED = deferred_check(
    "checked_state(Tensor counts, Tensor invalid, str words)", _check_later
)
