"""The losses of overlap sums as modules."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from typing_extensions import Self, Unpack

from torchtally.functional import losses
from torchtally.functional.losses import _functions as functions
from torchtally.functional.losses._signatures import ModuleOptions

from ._presets import preset_options


class OverlapLoss(nn.Module):
    """A loss of logits and labels with its options; the base of every loss here.

    The options are those of the function of the same name, such as
    :func:`torchtally.functional.dice_loss`, and are checked when the module is made.
    Class weights are buffers that follow ``.to(device)``, stay float64, and are not
    in the ``state_dict``.
    """

    _definition: ClassVar[functions.LossDefinition]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        parameters = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=option.default
            )
            for name, option in cls._definition.options.items()
            if name != "mask"
        ]
        cls.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]

    def __init__(self, **options: Unpack[ModuleOptions]) -> None:
        super().__init__()
        self._options = options
        self._loss = self._definition.bound(type(self).__name__, options)
        for name, weights in self._loss.weights.items():
            self.register_buffer(name, weights, persistent=False)

    @classmethod
    def preset(cls, peer: str, **overrides: Any) -> Self:
        """Return the loss as another library computes it.

        Args:
            peer: ``"monai"``, ``"smp"`` (segmentation_models_pytorch), ``"nnunet"`` or
                ``"kornia"``; docs/losses.md has a table of which loss has which.
            overrides: that library's own options, by its own names. Also
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
        weights = {name: getattr(self, name) for name in self._loss.weights}
        return self._loss.of_logits(logits, target, mask, weights)

    def extra_repr(self) -> str:
        """Show the options that were given."""
        return ", ".join(f"{name}={value!r}" for name, value in self._options.items())

    def _apply(self, fn: Callable[..., Any], recurse: bool = True) -> Self:
        super()._apply(fn, recurse)  # type: ignore[no-untyped-call]
        for name, weights in self._loss.weights.items():
            buffer = getattr(self, name)
            if buffer is not None and buffer.dtype != torch.float64:
                setattr(self, name, weights.to(buffer.device))  # type: ignore[union-attr]
        return self


class DiceLoss(OverlapLoss):
    """Soft Dice loss, 1 - (2 sum pt + nr) / (sum p + sum t + dr) of each class.

    Its gradient is weak while nothing overlaps yet: consider :class:`DiceCELoss`.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> DiceLoss()(logits, torch.tensor([[0, 1]]))
        tensor(0.0688)
    """

    _definition = losses.DICE


class DiceCELoss(OverlapLoss):
    """Soft Dice loss plus cross-entropy, from one pass over the logits.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> DiceCELoss(ignore_index=255)(logits, torch.tensor([[0, 255]]))
        tensor(0.6586)
    """

    _definition = losses.DICE_CE


class JaccardLoss(OverlapLoss):
    """Soft Jaccard (IoU) loss, 1 - (sum pt + nr) / (sum p + sum t - sum pt + dr).

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])
        >>> JaccardLoss()(logits, torch.tensor([[0, 1]]))
        tensor(0.1287)
    """

    _definition = losses.JACCARD


class TverskyLoss(OverlapLoss):
    """Tversky loss: alpha weighs false positives, beta false negatives.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])
        >>> TverskyLoss(alpha=0.3, beta=0.7)(logits, torch.tensor([[0, 1]]))
        tensor(0.0693)
    """

    _definition = losses.TVERSKY


class FocalTverskyLoss(OverlapLoss):
    """Tversky loss of each entry to the power gamma, 0.75 by default.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])
        >>> FocalTverskyLoss()(logits, torch.tensor([[0, 1]]))
        tensor(0.1337)
    """

    _definition = losses.FOCAL_TVERSKY


class GeneralizedDiceLoss(OverlapLoss):
    """Dice loss of all classes pooled, with weights that even their sizes out.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])
        >>> GeneralizedDiceLoss()(logits, torch.tensor([[0, 1]]))
        tensor(0.0686)
    """

    _definition = losses.GENERALIZED_DICE


class LogDiceLoss(OverlapLoss):
    """-log of the soft Dice: ``DiceLoss(form="log")``.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])
        >>> LogDiceLoss()(logits, torch.tensor([[0, 1]]))
        tensor(0.0713)
    """

    _definition = losses.LOG_DICE
