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

    def map(self, function: Callable[[Tensor], Tensor]) -> State:
        """Return the state with every tensor replaced."""
        counts, invalid, *sums = map(function, self.tensors())
        return State(counts, invalid, *sums)


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
        self._rows = function(self._rows)
