"""What modules of losses share: options checked once, and weights as buffers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import torch
from torch import Tensor, nn
from typing_extensions import Self

from torchtally._options import Array, refuse_unknown, shown
from torchtally.functional.losses._computing import BoundLoss
from torchtally.functional.losses._definitions import Loss

from ._presets import preset_options


class OverlapLoss(nn.Module):
    """A loss of logits and labels with its options; the base of every loss here.

    The options are those of the function of the same name, such as
    :func:`torchtally.functional.dice_loss`, and are checked when the module is made.
    Class weights are buffers that follow ``.to(device)`` and ``.to_empty(device=...)``,
    keep their values and float64, and are not in the ``state_dict``.

    Example:
        >>> from torchtally.losses import DiceLoss, OverlapLoss
        >>> isinstance(DiceLoss(), OverlapLoss)
        True
    """

    _definition: ClassVar[Loss]

    def __init__(self, unknown: Mapping[str, object], **options: Any) -> None:
        """Check options once.

        Args:
            unknown: options that the loss does not take.
            **options: a value for each option of the loss.

        Raises:
            TypeError: for an option of the wrong kind, or one that is not listed.
            ValueError: for a wrong value.
        """
        super().__init__()
        name, definition = type(self).__name__, self._definition
        if unknown:
            refuse_unknown(name, unknown, definition.state)
        self._options = options
        with torch.inference_mode(False):  # else no gradient could be taken later
            self._loss = BoundLoss.checked(name, definition, definition.state, options)
        for name, weights in self._loss.weights.items():
            self.register_buffer(name, weights, persistent=False)

    if TYPE_CHECKING:  # torch calls it a callable of anything

        def __call__(
            self, logits: Array, target: Array, mask: Array | None = None
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

        Example:
            >>> from torchtally.losses import DiceLoss
            >>> DiceLoss.preset("nnunet", batch_dice=True)
            DiceLoss(smooth_nr=1.0, smooth_dr=1.0, eps=1e-08, conventions='nnunet', \
batch=True, form='negative')
        """
        name = cls._definition.name
        return cls(**preset_options(cls.__name__, name, peer, overrides))

    def forward(
        self, logits: Array, target: Array, mask: Array | None = None
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
        return shown(type(self), self._options)

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Self:
        """Move weights, and nothing else: their values and dtype stay.

        ``to_empty`` would leave memory in their place that nobody wrote; after
        ``meta``, which holds no values, they are those that were given.
        """
        before = {name: getattr(self, name) for name in self._loss.weights}
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        with torch.inference_mode(False):
            for name, given in self._loss.weights.items():
                weights, moved = before[name], getattr(self, name)
                if given is not None and moved is not weights:
                    held = given if weights.is_meta else weights
                    setattr(self, name, held.to(moved.device))
        return self
