"""segmentation_models_pytorch 0.6: its metrics and its losses of the Dice family.

``metrics`` and ``losses`` have the names and arguments of ``smp.metrics`` and
``smp.losses``. Nothing of smp is imported, so neither it nor what it needs must be
installed, and there is no extra; classes are therefore not those of smp either.

Example:
    >>> from torchtally.integrations import smp
    >>> preds = torch.tensor([[[0.9, 0.2, 0.8]]])  # [N, 1, ...]
    >>> target = torch.tensor([[[1, 0, 0]]])
    >>> counts = smp.metrics.get_stats(preds, target, mode="binary", threshold=0.5)
    >>> smp.metrics.iou_score(*counts, reduction="micro")
    tensor(0.5000)
    >>> loss = smp.losses.DiceLoss("binary")
    >>> loss(torch.tensor([[[4.0, -4.0]]]), torch.tensor([[[1, 0]]]))
    tensor(0.0180)
"""

from . import losses, metrics

__all__ = ["losses", "metrics"]
