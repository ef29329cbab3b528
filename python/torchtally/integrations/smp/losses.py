"""``smp.losses.DiceLoss``, ``JaccardLoss`` and ``TverskyLoss``.

The presets ``"smp"`` of :mod:`torchtally.losses`, under smp's own signature and with
its reading of shapes. What differs on purpose:

* Half-precision logits are computed in float32, with a float32 loss.
* Values that cannot be are refused with ValueError: a label without a class, a binary
  or multilabel target outside [0, 1], probabilities outside [0, 1] for
  ``from_logits=False``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from torchtally import losses

__all__ = ["DiceLoss", "JaccardLoss", "TverskyLoss"]


class _Loss(nn.Module):
    """What the losses share: smp's options as attributes, and its shapes."""

    def __init__(self, of: type[losses.OverlapLoss], **options: Any) -> None:
        super().__init__()
        for name in ("classes", "class_weights"):
            given = options[name]
            if hasattr(given, "tolist"):
                options[name] = given.tolist()
        self._loss = of.preset("smp", **options)
        for name, value in options.items():
            setattr(self, name, value)

    def forward(self, y_pred: Tensor, y_true: Tensor) -> Tensor:
        """Return the loss.

        Args:
            y_pred: logits, or probabilities for ``from_logits=False``:
                ``[N, C, ...]``, ``[N, 1, ...]`` or ``[N, ...]`` for ``"binary"``.
            y_true: labels ``[N, ...]`` or ``[N, 1, ...]`` for ``"multiclass"``, else
                of y_pred's shape, a number for each label.

        Returns:
            A scalar, float32 (float64 for float64 logits).

        Raises:
            TypeError: for a tensor of the wrong kind or dtype.
            ValueError: for a wrong shape or value.
        """
        samples = len(y_pred)
        classes = 1 if self.mode == "binary" else y_pred.shape[1]
        y_pred = y_pred.reshape(samples, classes, -1)
        if self.mode == "multiclass":
            y_true = y_true.reshape(samples, -1)
        else:
            y_true = y_true.reshape(samples, classes, -1)
        return self._loss(y_pred, y_true)


class DiceLoss(_Loss):
    """Soft Dice loss of classes pooled over the batch; 0 for a class without a target.

    Example:
        >>> loss = DiceLoss("multiclass", ignore_index=255)
        >>> logits = torch.tensor([[[2.0, -1.0], [0.0, 3.0]]])  # [N, C, pixels]
        >>> loss(logits, torch.tensor([[0, 255]]))
        tensor(0.0317)
    """

    def __init__(
        self,
        mode: str,
        classes: Sequence[int] | None = None,
        log_loss: bool = False,
        from_logits: bool = True,
        smooth: float = 0.0,
        ignore_index: int | None = None,
        eps: float = 1e-7,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        """Choose options, as of ``smp.losses.DiceLoss``.

        Args:
            mode: ``"binary"``, ``"multiclass"`` or ``"multilabel"``.
            classes: the classes that the loss is the mean of; None for all.
            log_loss: -log(score) instead of 1 - score.
            from_logits: apply softmax (multiclass) or sigmoid.
            smooth: added above and below.
            ignore_index: a label that counts nowhere.
            eps: the denominator is at least this, and the score in a logarithm.
            class_weights: a weight for each class; not for ``"binary"``.

        Raises:
            TypeError: for an option of the wrong kind.
            ValueError: for a wrong value.
        """
        super().__init__(
            losses.DiceLoss,
            mode=mode,
            classes=classes,
            log_loss=log_loss,
            from_logits=from_logits,
            smooth=smooth,
            ignore_index=ignore_index,
            eps=eps,
            class_weights=class_weights,
        )


class JaccardLoss(_Loss):
    """Soft Jaccard loss of classes pooled over the batch; see :class:`DiceLoss`.

    Example:
        >>> loss = JaccardLoss("binary")
        >>> loss(torch.tensor([[[4.0, -4.0]]]), torch.tensor([[[1, 0]]]))
        tensor(0.0353)
    """

    def __init__(
        self,
        mode: str,
        classes: Sequence[int] | None = None,
        log_loss: bool = False,
        from_logits: bool = True,
        smooth: float = 0.0,
        ignore_index: int | None = None,
        eps: float = 1e-7,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        """Choose options, those of :class:`DiceLoss`.

        Args:
            mode: ``"binary"``, ``"multiclass"`` or ``"multilabel"``.
            classes: the classes that the loss is the mean of; None for all.
            log_loss: -log(score) instead of 1 - score.
            from_logits: apply softmax (multiclass) or sigmoid.
            smooth: added above and below.
            ignore_index: a label that counts nowhere.
            eps: the denominator is at least this, and the score in a logarithm.
            class_weights: a weight for each class; not for ``"binary"``.

        Raises:
            TypeError: for an option of the wrong kind.
            ValueError: for a wrong value.
        """
        super().__init__(
            losses.JaccardLoss,
            mode=mode,
            classes=classes,
            log_loss=log_loss,
            from_logits=from_logits,
            smooth=smooth,
            ignore_index=ignore_index,
            eps=eps,
            class_weights=class_weights,
        )


class TverskyLoss(_Loss):
    """Soft Tversky loss, its mean to the power gamma; see :class:`DiceLoss`.

    Example:
        >>> loss = TverskyLoss("binary", alpha=0.3, beta=0.7)
        >>> loss(torch.tensor([[[4.0, -4.0]]]), torch.tensor([[[1, 0]]]))
        tensor(0.0180)
    """

    def __init__(
        self,
        mode: str,
        classes: Sequence[int] | None = None,
        log_loss: bool = False,
        from_logits: bool = True,
        smooth: float = 0.0,
        ignore_index: int | None = None,
        eps: float = 1e-7,
        alpha: float = 0.5,
        beta: float = 0.5,
        gamma: float = 1.0,
        class_weights: Sequence[float] | None = None,
    ) -> None:
        """Choose options, those of :class:`DiceLoss` and three more.

        Args:
            mode: ``"binary"``, ``"multiclass"`` or ``"multilabel"``.
            classes: the classes that the loss is the mean of; None for all.
            log_loss: -log(score) instead of 1 - score.
            from_logits: apply softmax (multiclass) or sigmoid.
            smooth: added above and below.
            ignore_index: a label that counts nowhere.
            eps: the denominator is at least this, and the score in a logarithm.
            alpha: weight of false positives.
            beta: weight of false negatives.
            gamma: power of the mean; its slope at a loss of 0 is 0 here, where smp's
                is infinite for a gamma below 1.
            class_weights: a weight for each class; not for ``"binary"``.

        Raises:
            TypeError: for an option of the wrong kind.
            ValueError: for a wrong value.
        """
        super().__init__(
            losses.TverskyLoss,
            mode=mode,
            classes=classes,
            log_loss=log_loss,
            from_logits=from_logits,
            smooth=smooth,
            ignore_index=ignore_index,
            eps=eps,
            alpha=alpha,
            beta=beta,
            gamma=gamma,
            class_weights=class_weights,
        )
