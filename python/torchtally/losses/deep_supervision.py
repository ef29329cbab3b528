"""A loss of outputs at several resolutions."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from torchtally._options import Array
from torchtally.functional._checks import weights_tensor
from torchtally.ops._arguments import plain


class DeepSupervision(nn.Module):
    """The weighted sum of a loss over the outputs of a deeply supervised network.

    Args:
        loss: called as ``loss(logits, target)`` or ``loss(logits, target, mask)``.
        weights: one for each output. An output of weight 0 is not looked at. The sum
            is not divided by their sum.

    Raises:
        TypeError: for weights of another kind than numbers.
        ValueError: if there is no weight, or one is negative or not finite.

    References:
        Lee et al. (2015), Deeply-supervised nets.

    Example:
        >>> from torchtally.losses import DiceCELoss
        >>> loss = DeepSupervision(DiceCELoss(), weights=[0.75, 0.25])
        >>> outputs = [torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 4, 4)]
        >>> loss(outputs, torch.zeros(1, 8, 8, dtype=torch.uint8))
        tensor(1.9319)
    """

    def __init__(self, loss: nn.Module, weights: Sequence[float]) -> None:
        super().__init__()
        checked = weights_tensor("DeepSupervision", "weights", weights)
        if checked is None or checked.dim() != 1 or checked.numel() == 0:
            raise ValueError(
                f"DeepSupervision: weights must hold one weight an output, "
                f"got {weights!r}"
            )
        self.loss = loss
        self.weights: tuple[float, ...] = tuple(checked.tolist())

    def forward(
        self,
        logits: Sequence[Tensor],
        target: Array | Sequence[Array],
        mask: Array | None = None,
    ) -> Tensor:
        """Return sum of weight times loss.

        Args:
            logits: the outputs ``[N, C, ...]``, as many as there are weights.
            target: a target for each output; or one, of which every output gets the
                nearest pixels of its own resolution.
            mask: bool ``[N, ...]`` beside a single target, brought to each resolution
                likewise.

        Returns:
            What ``loss`` returns.

        Raises:
            TypeError: if logits is a tensor.
            ValueError: if there are not as many outputs or targets as weights, or a
                mask comes with several targets.
        """
        outputs, targets, counted = plain(logits), plain(target), plain(mask)
        if isinstance(outputs, Tensor):
            raise TypeError(
                "DeepSupervision: logits must be a sequence of tensors, got one tensor"
            )
        several = not isinstance(targets, Tensor)
        self._check_length("logits", len(outputs))
        if several:
            self._check_length("targets", len(targets))
            if counted is not None:
                raise ValueError(
                    "DeepSupervision: mask goes with a single target, got "
                    f"{len(targets)} targets"
                )
        total: Tensor | None = None
        for index, weight in enumerate(self.weights):
            if weight == 0:
                continue
            output = plain(outputs[index])
            arguments = [output, targets[index]] if several else [output]
            if not several:
                arguments.append(nearest(targets, output.shape[2:]))
                if counted is not None:
                    arguments.append(nearest(counted, output.shape[2:]))
            part = weight * self.loss(*arguments)
            total = part if total is None else total + part
        return plain(outputs[0]).sum() * 0.0 if total is None else total

    def _check_length(self, name: str, length: int) -> None:
        if length != len(self.weights):
            raise ValueError(
                f"DeepSupervision: there must be {len(self.weights)} {name}, one for "
                f"each weight, got {length}"
            )


def nearest(target: Tensor, size: Sequence[int]) -> Tensor:
    """Return target ``[..., *given]`` at another resolution, ``[..., *size]``.

    Each pixel takes the value at its centre, so that labels stay labels.
    """
    first = target.dim() - len(size)
    for dim, (old, new) in enumerate(
        zip(target.shape[first:], size, strict=True), first
    ):
        if old != new:
            centres = torch.arange(new, device=target.device) * 2 + 1
            index = torch.div(centres * old, 2 * new, rounding_mode="floor")
            target = target.index_select(dim, index)
    return target
