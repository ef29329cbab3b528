"""What a metric has counted, as tensors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple, TypeAlias

import torch
from torch import Tensor

#: ``"total"``: one count of everything; ``"sums"``: and integer sums over samples;
#: ``"samples"``: the counts of every sample, which grow.
Keep: TypeAlias = Literal["total", "sums", "samples"]


class State(NamedTuple):
    """int64 tensors that add up over batches and ranks; counts of samples line up."""

    counts: Tensor
    invalid: Tensor
    sums: Tensor | None = None

    def tensors(self) -> list[Tensor]:
        """Return the tensors that there are."""
        return [tensor for tensor in self if tensor is not None]

    def named(self) -> dict[str, Tensor]:
        """Return the tensors that there are, by name."""
        return {n: tensor for n, tensor in self._asdict().items() if tensor is not None}

    def map(self, function: Callable[[Tensor], Tensor]) -> State:
        """Return the state with every tensor replaced."""
        counts, invalid, *sums = map(function, self.tensors())
        return State(counts, invalid, *sums)

    def replaced(self, other: State, device: torch.device) -> State:
        """Return another state on a device, in the memory of this one where it fits."""
        tensors = []
        with torch.inference_mode(False):
            for own, new in zip(self.tensors(), other.tensors(), strict=True):
                fits = own.shape == new.shape and own.device == device
                if fits and not own.is_inference():
                    tensors.append(own.copy_(new))
                else:
                    tensors.append(new.detach().to(device, copy=True))
        counts, invalid, *sums = tensors
        return State(counts, invalid, *sums)


def moved(tensor: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
    """Return counts on the device where a function of tensors puts them, unchanged.

    The function is what ``nn.Module`` applies to parameters and buffers. It may cast
    them, or make others that nobody wrote (``to_empty``), so only the device of what
    it returns is believed. Counts that leave the meta device are 0.
    """
    # Outside of inference mode, whose tensors could not be added to later.
    with torch.inference_mode(False):
        try:
            found = function(tensor)
        except NotImplementedError:  # "Cannot copy out of meta tensor; no data!"
            if not tensor.is_meta:
                raise
            found = function(torch.zeros((), dtype=tensor.dtype, device="cpu"))
        if found.device == tensor.device:
            return tensor
        if tensor.is_meta:
            return torch.zeros(tensor.shape, dtype=tensor.dtype, device=found.device)
        return tensor.to(found.device)


def changeable(tensor: Tensor) -> Tensor:
    """Return a tensor that may be changed outside of inference mode."""
    if not tensor.is_inference():
        return tensor
    with torch.inference_mode(False):
        return tensor.clone()


class Waiting:
    """Counts ``[N, ...]`` of batches that wait until somebody asks for them.

    Putting a batch on a list costs an update nothing. A list that grows would make each
    compiled update another program, so there the batches go into one tensor. It starts
    with blank rows, because a compiled program tells the sizes 0 and 1 from others, and
    takes sizes that are equal at first for equal forever: so many as no batch has.
    """

    _BLANK = 17
    _MOST_BATCHES = 64
    _MOST_CELLS = 1 << 20

    def __init__(self, shape: tuple[int, ...]) -> None:
        """Wait for counts of shape ``[N, *shape]``."""
        self._batches: list[tuple[Tensor, Tensor]] = []
        self._cells = 0
        self._rows = torch.zeros((self._BLANK, *shape), dtype=torch.int64)

    def put(self, rows: Tensor, invalid: Tensor) -> None:
        """Keep the counts of a batch on a list."""
        self._batches.append((rows, invalid))
        self._cells += rows.numel()

    def put_in_program(self, rows: Tensor) -> None:
        """Keep the counts of a batch in a compiled program."""
        self._rows = torch.cat([self._rows, rows])

    @property
    def many(self) -> bool:
        """Whether it is time to use what waits, lest it take much memory."""
        return self._cells > self._MOST_CELLS or len(self._batches) > self._MOST_BATCHES

    @property
    def in_list(self) -> bool:
        """Whether batches wait that no compiled program counted."""
        return len(self._batches) > 0  # Dynamo of torch 2.10 traces no bool of a list

    @property
    def in_program(self) -> bool:
        """Whether batches wait that a compiled program counted."""
        return len(self._rows) > self._BLANK

    def take(self) -> tuple[list[Tensor], list[Tensor]]:
        """Return the rows and the invalid pairs of every batch, and forget them."""
        rows = [rows for rows, _ in self._batches]
        invalid = [invalid for _, invalid in self._batches]
        if self.in_program:
            rows.append(self._rows[self._BLANK :])
        self.clear()
        return rows, invalid

    def clear(self) -> None:
        """Forget everything."""
        self._batches.clear()
        self._cells = 0
        if self.in_program:
            self._rows = self._rows[: self._BLANK].clone()

    def move(self, function: Callable[[Tensor], Tensor]) -> None:
        """Move an empty object to another device."""
        self._rows = moved(self._rows, function)
