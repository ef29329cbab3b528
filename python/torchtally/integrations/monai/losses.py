"""MONAI's losses of the Dice family, from one pass of torchtally's kernels.

Sums are float64; the loss is float32, or float64 for float64 inputs.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import monai.losses as original
from torch import Tensor
from torch.compiler import is_compiling
from torch.nn.modules.loss import _Loss

from torchtally import losses
from torchtally.ops._arguments import SCORES, plain

__all__ = ["DiceCELoss", "DiceLoss", "GeneralizedDiceLoss", "TverskyLoss"]


class _OfSums(_Loss):
    """A loss that is computed from sums of the kernels where it can be."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:  # noqa: A002
        """Return the loss.

        Args:
            input: ``[N, C, ...]``, what the options of the loss say. Logits that are
                float16 or bfloat16 are computed with in float32.
            target: ``[N, C, ...]``, or labels ``[N, 1, ...]`` with ``to_onehot_y``.

        Returns:
            The loss, of the shape that MONAI's has, a plain tensor.

        Raises:
            AssertionError: for different shapes.
            ValueError: for weights that do not fit.
        """
        input, target = plain(input), plain(target)  # noqa: A001
        try:
            loss = self._of_sums(input, target)
        except (TypeError, ValueError):  # MONAI computes it, or says it in its words
            loss = None
        if loss is None:
            loss = super().forward(input, target)
        return loss

    def _of_sums(self, input: Tensor, target: Tensor) -> Tensor | None:  # noqa: A002
        """Return the loss, or None where MONAI's own code must compute it."""
        raise NotImplementedError

    def __prepare_scriptable__(self) -> _Loss:
        """Hand MONAI's own loss to ``torch.jit.script``, which cannot compile this."""
        if type(self).forward is not _OfSums.forward:
            return self
        own = copy.copy(self)
        own.__class__ = next(
            kind for kind in type(self).__mro__ if kind.__module__.startswith("monai.")
        )
        return own


class DiceLoss(_OfSums, original.DiceLoss):
    """:class:`monai.losses.DiceLoss`, its arguments and its results.

    MONAI's own code computes it with ``other_act``, of one channel with an option that
    has no effect on it, and of negative values with ``soft_label``.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> labels = torch.tensor([[[0, 1]]])  # [N, 1, pixels]
        >>> loss = DiceLoss(softmax=True, to_onehot_y=True)
        >>> loss(logits, labels)
        tensor(0.0688)
    """

    def _of_sums(self, input: Tensor, target: Tensor) -> Tensor | None:  # noqa: A002
        if not (_usual(self, input, target) and _fits(self.class_weight, self, input)):
            return None
        options = {**_options(self), **_soft_options(self), **_dice_options(self)}
        loss = _preset(losses.DiceLoss, options, self.class_weight)(input, target)
        return _with_pixels(loss, input) if self.reduction == "none" else loss


class TverskyLoss(_OfSums, original.TverskyLoss):
    """:class:`monai.losses.TverskyLoss`, its arguments and its results.

    MONAI's own code computes it with ``other_act``, of one channel with an option that
    has no effect on it, and of negative values with ``soft_label``.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> labels = torch.tensor([[[0, 1]]])  # [N, 1, pixels]
        >>> loss = TverskyLoss(softmax=True, to_onehot_y=True, alpha=0.3, beta=0.7)
        >>> loss(logits, labels)
        tensor(0.0693)
    """

    def _of_sums(self, input: Tensor, target: Tensor) -> Tensor | None:  # noqa: A002
        if not _usual(self, input, target):
            return None
        options = {**_options(self), **_soft_options(self)}
        options |= {"alpha": float(self.alpha), "beta": float(self.beta)}
        return _preset(losses.TverskyLoss, options)(input, target)


class GeneralizedDiceLoss(_OfSums, original.GeneralizedDiceLoss):
    """:class:`monai.losses.GeneralizedDiceLoss`, its arguments and its results.

    MONAI's own code computes it with ``other_act``, of one channel with an option that
    has no effect on it, and of negative values with ``soft_label``.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> labels = torch.tensor([[[0, 1]]])  # [N, 1, pixels]
        >>> loss = GeneralizedDiceLoss(softmax=True, to_onehot_y=True)
        >>> loss(logits, labels)
        tensor(0.0686)
    """

    def _of_sums(self, input: Tensor, target: Tensor) -> Tensor | None:  # noqa: A002
        if not _usual(self, input, target):
            return None
        options = {**_options(self), **_soft_options(self), "w_type": str(self.w_type)}
        loss = _preset(losses.GeneralizedDiceLoss, options)(input, target)
        return _with_pixels(loss, input) if self.reduction == "none" else loss


class DiceCELoss(_OfSums, original.DiceCELoss):
    """:class:`monai.losses.DiceCELoss`, its arguments and its results.

    MONAI's own code computes it with ``other_act``, and of one channel with a weight or
    an option that has no effect on it.

    Example:
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> labels = torch.tensor([[[0, 1]]])  # [N, 1, pixels]
        >>> loss = DiceCELoss(softmax=True, to_onehot_y=True)
        >>> loss(logits, labels)
        tensor(0.1413)
    """

    def _of_sums(self, input: Tensor, target: Tensor) -> Tensor | None:  # noqa: A002
        dice, entropy = self.dice, self.cross_entropy
        if not (_usual(dice, input, target) and _fits(dice.class_weight, dice, input)):
            return None
        weight = entropy.weight
        if dice.soft_label or (weight is not None and weight.dim() != 1):
            return None
        if getattr(dice, "ignore_index", None) is not None:  # of the Dice alone
            return None
        options = {**_options(dice), **_dice_options(dice)}
        options["lambda_dice"] = float(self.lambda_dice)
        options["lambda_ce"] = float(self.lambda_ce)
        options["label_smoothing"] = float(entropy.label_smoothing)
        return _preset(losses.DiceCELoss, options, weight)(input, target)


# What they share


def _usual(loss: Any, logits: Tensor, target: Tensor) -> bool:
    """Whether a loss of these is one that the kernels have."""
    if not (isinstance(logits, Tensor) and isinstance(target, Tensor)):
        return False
    if (
        loss.other_act is not None
        or logits.dtype not in SCORES
        or logits.dim() < 3
        or logits.numel() == 0
    ):
        return False
    shape = list(logits.shape)
    if shape[1] == 1 and (
        loss.softmax or loss.to_onehot_y or not loss.include_background
    ):
        return False  # has no effect, of which MONAI warns
    if loss.to_onehot_y:
        shape[1] = 1
    if list(target.shape) != shape:
        return False
    if getattr(loss, "soft_label", False):  # where MONAI takes absolute values
        activated = loss.sigmoid or loss.softmax
        return not any(
            bool(part.min() < 0)
            for part in ([target] if activated else [logits.detach(), target])
        )
    return True


def _fits(weight: Tensor | None, loss: original.DiceLoss, logits: Tensor) -> bool:
    """Whether there is a weight for each scored class, and none is negative."""
    scored = logits.shape[1] - (not loss.include_background)
    if weight is None or scored == 1:
        return True
    return weight.dim() == 0 or (
        weight.shape[0] == scored and not bool(weight.min() < 0)
    )


def _options(loss: Any) -> dict[str, Any]:
    """Return the options that all four have, but for ``to_onehot_y``."""
    return {
        "include_background": bool(loss.include_background),
        "sigmoid": bool(loss.sigmoid),
        "softmax": bool(loss.softmax),
        "reduction": loss.reduction,
        "smooth_nr": loss.smooth_nr,
        "smooth_dr": loss.smooth_dr,
        "batch": bool(loss.batch),
    }


def _soft_options(loss: Any) -> dict[str, Any]:
    """Return those that DiceCELoss has not; MONAI has ``ignore_index`` since 1.6."""
    return {
        "soft_label": bool(loss.soft_label),
        "ignore_index": getattr(loss, "ignore_index", None),
    }


def _dice_options(loss: original.DiceLoss) -> dict[str, Any]:
    return {"squared_pred": bool(loss.squared_pred), "jaccard": bool(loss.jaccard)}


def _preset(
    kind: Any, options: dict[str, Any], weight: Tensor | None = None
) -> Callable[[Tensor, Tensor], Tensor]:
    """Return a loss of torchtally, of a class of it, that has MONAI's options."""
    if (
        weight is None and not is_compiling()
    ):  # which looks through the cache, and warns
        return _made(kind, None, **options)
    return _made.__wrapped__(kind, weight, **options)


@lru_cache(maxsize=64)
def _made(
    kind: type[losses.OverlapLoss], weight: Tensor | None, **options: Any
) -> losses.OverlapLoss:
    # Values are not looked at, as MONAI does not. Kept only without weights, where a
    # loss holds nothing that depends on where it is used.
    if weight is not None:
        options["weight"] = weight
    return kind.preset("monai", validate=False, **options)


def _with_pixels(loss: Tensor, logits: Tensor) -> Tensor:
    """Return the losses of entries with a dimension of one for each of the pixels'."""
    return loss.view(*loss.shape, *[1] * (logits.dim() - 2))
