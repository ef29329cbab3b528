"""What modules of losses share: options checked once, and weights as buffers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from typing_extensions import Self

from torchtally._options import refuse_unknown, shown
from torchtally.functional.losses._computing import BoundLoss
from torchtally.functional.losses._definitions import Loss

from ._presets import preset_options


class OverlapLoss(nn.Module):
    """A loss of logits and labels with its options; the base of every loss here.

    The options are those of the function of the same name, such as
    :func:`torchtally.functional.dice_loss`, and are checked when the module is made.
    Class weights are buffers that follow ``.to(device)``, stay float64, and are not
    in the ``state_dict``.
    """

    _definition: ClassVar[Loss]

    def __init__(self, unknown: Mapping[str, object], **options: Any) -> None:
        """Check options once.

        Args:
            unknown: options that the loss does not take.
            **options: a value for each of the others.
        """
        super().__init__()
        name, definition = type(self).__name__, self._definition
        if unknown:
            refuse_unknown(name, unknown, definition.state)
        self._options = options
        self._loss = BoundLoss.checked(name, definition, definition.state, options)
        for name, weights in self._loss.weights.items():
            self.register_buffer(name, weights, persistent=False)

    if TYPE_CHECKING:  # torch calls it a callable of anything

        def __call__(
            self, logits: Tensor, target: Tensor, mask: Tensor | None = None
        ) -> Tensor: ...

    @classmethod
    def preset(cls, peer: str, **overrides: Any) -> Self:
        """Return the loss as another library computes it.

        Args:
            peer: ``"monai"``, ``"smp"`` (segmentation_models_pytorch), ``"nnunet"`` or
                ``"kornia"``; docs/losses.md has a table of which loss has which.
            **overrides: that library's own options, by its own names. Also
                ``process_group`` and ``validate``.

        Returns:
            The loss. It takes logits and integer labels, whatever the peer takes.

        Raises:
            TypeError: for an option that the peer's loss does not have.
            ValueError: for a peer that has no such loss, or a wrong value.
        """
        name = cls._definition.name
        return cls(**preset_options(cls.__name__, name, peer, overrides))

    def forward(
        self, logits: Tensor, target: Tensor, mask: Tensor | None = None
    ) -> Tensor:
        """Return the loss.

        Args:
            logits: float16, bfloat16, float32 or float64 ``[N, C, ...]``.
            target: integer or bool labels ``[N, ...]``, or one-hot or soft targets of
                logits' shape.
            mask: bool ``[N, ...]``; pixels where it is False count nowhere.

        Returns:
            float32 (float64 for float64 logits), of the shape that ``reduction`` says.

        Raises:
            TypeError: for a tensor of the wrong kind or dtype.
            ValueError: for a wrong shape or value.
        """
        return self._loss.of_logits(logits, target, mask, self._buffers)

    def extra_repr(self) -> str:
        """Show the options that are not the defaults."""
        given = {
            name: value.tolist() if isinstance(value, Tensor) else value
            for name, value in self._options.items()
        }
        return shown(type(self), given)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Self:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name, weights in self._loss.weights.items():
            buffer = getattr(self, name)
            if buffer is not None and buffer.dtype != torch.float64:
                setattr(self, name, weights.to(buffer.device))  # type: ignore[union-attr]
        return self
