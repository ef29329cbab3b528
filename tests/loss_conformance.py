"""Peers' losses, number for number, each beside our spelling of it.

``python -m tests.loss_conformance`` prints the table; the exit code says whether every
number agrees. The input is a formula, not random numbers. Peers' numbers were taken
from MONAI 1.6.1, segmentation_models_pytorch 0.6.0, kornia 0.9.0 and nnU-Net's own
source with torch 2.13 in float64.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

from torchtally import losses

# MONAI (squared_pred, generalized) and nnU-Net work in float32 inside.
EXACT, SINGLE = 1e-10, 1e-7
#: What the peers' calls need, where the peer is installed.
SETUPS = {
    "torch": "import torch",
    "MONAI": (
        "from monai.losses import DiceCELoss, DiceLoss, GeneralizedDiceLoss, "
        "TverskyLoss"
    ),
    "smp": "import segmentation_models_pytorch as smp",
    "nnU-Net": (
        "from nnunetv2.training.loss.compound_losses import DC_and_CE_loss\n"
        "from nnunetv2.training.loss.dice import MemoryEfficientSoftDiceLoss\n"
        "from nnunetv2.utilities.helpers import softmax_helper_dim1"
    ),
    "kornia": "from kornia.losses import dice_loss",
}


def logits() -> Tensor:
    """Return float64 ``[2, 4, 6, 8]`` between -3 and 3."""
    steps = torch.arange(384, dtype=torch.float64)
    return (steps * 7919 % 1013 / 1013 * 6 - 3).reshape(2, 4, 6, 8)


def labels(kind: str, classes: int = 4) -> Tensor:
    """Return int64 ``[2, 6, 8]`` of 3 classes, or a target made of them.

    For fewer than 4 classes the second is told from the others.
    """
    i = torch.arange(96)
    y = ((i * i * 3 + i // 5) % 3).reshape(2, 6, 8)
    y[1][y[1] == 2] = 1
    if classes < 4:
        y = (y == 1).long()
    if kind == "labels":
        return y
    if kind == "channel":
        return y.unsqueeze(1)
    if kind == "ignored":
        y[:, 0, :3] = 255
        return y
    one_hot = torch.nn.functional.one_hot(y, max(classes, 2)).movedim(-1, 1)
    one_hot = one_hot[:, -classes:].clone()
    if kind == "values ignored":
        one_hot[:, -1, 0, :3] = 255
        one_hot[1, 0, :, 4] = 255
        return one_hot
    if kind == "unlabelled":
        one_hot[:, :, 0, :3] = 0
        return one_hot
    one_hot = one_hot.double()
    return one_hot * 0.8 + 0.05 if kind == "soft" else one_hot


class Row(NamedTuple):
    """A loss of a peer: what it returned, and our spelling of it."""

    peer: str
    case: str
    spelling: str  #: ours, a name of ``torchtally.losses``
    value: float
    grad: float  #: sum of the absolute gradient
    target: str = "labels"
    tolerance: float = EXACT
    classes: int = 4  #: of the logits
    theirs: str = ""  #: the peer's call, of logits and target

    @property
    def loss(self) -> losses.OverlapLoss:
        """Our loss."""
        found: losses.OverlapLoss = eval(self.spelling, dict(vars(losses)))
        return found

    def inputs(self) -> tuple[Tensor, Tensor]:
        """Return the logits and the target."""
        return logits()[:, : self.classes], labels(self.target, self.classes)

    def ours(self) -> tuple[float, float]:
        """Return our loss and the sum of its absolute gradient."""
        return self._measured(self.loss)

    def live(self, names: dict[str, Any]) -> tuple[float, float]:
        """Return the same of the peer's call, with the names that it needs."""
        *before, call = self.theirs.split("\n")

        def loss(logits: Tensor, target: Tensor) -> Tensor:
            given = {**names, "torch": torch, "logits": logits, "target": target}
            exec("\n".join(before), given)
            found: Tensor = eval(call, given)
            return found

        return self._measured(loss)

    def _measured(
        self, loss: Callable[[Tensor, Tensor], Tensor]
    ) -> tuple[float, float]:
        given, target = self.inputs()
        x = given.clone().requires_grad_()
        value = loss(x, target)
        value.backward()
        assert x.grad is not None
        return value.item(), x.grad.abs().sum().item()

    def agrees(self) -> bool:
        """Whether both numbers agree; gradients are recorded to 9 digits."""
        value, grad = self.ours()
        return abs(value - self.value) <= self.tolerance and abs(
            grad - self.grad
        ) <= max(self.tolerance, 1e-9)


ROWS = [
    Row(
        "torch",
        "cross_entropy",
        "DiceCELoss(lambda_dice=0.0)",
        2.460605299911,
        1.490368084,
        theirs="torch.nn.functional.cross_entropy(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceLoss",
        'DiceLoss.preset("monai")',
        0.808379958793,
        0.135244261,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(include_background=False)",
        'DiceLoss.preset("monai", include_background=False)',
        0.841415812874,
        0.115174848,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, "
            "include_background=False)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(batch=True)",
        'DiceLoss.preset("monai", batch=True)',
        0.789477156234,
        0.154129724,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, batch=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(squared_pred=True)",
        'DiceLoss.preset("monai", squared_pred=True)',
        0.776426712313,
        0.165110276,
        tolerance=SINGLE,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, "
            "squared_pred=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(jaccard=True)",
        'DiceLoss.preset("monai", jaccard=True)',
        0.886587753752,
        0.094414420,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, jaccard=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(jaccard=True) as JaccardLoss",
        'JaccardLoss.preset("monai")',
        0.886587753752,
        0.094414420,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, jaccard=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(jaccard=True, squared_pred=True)",
        'DiceLoss.preset("monai", jaccard=True, squared_pred=True)',
        0.863626673110,
        0.122442216,
        tolerance=SINGLE,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, jaccard=True, "
            "squared_pred=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(weight=w)",
        'DiceLoss.preset("monai", weight=[0.1, 1.0, 2.0, 3.0])',
        1.362368397128,
        0.120927094,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, "
            "weight=torch.tensor([0.1, 1.0, 2.0, 3.0], dtype=torch.float64))\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(ignore_index=255)",
        'DiceLoss.preset("monai", ignore_index=255)',
        0.818038034190,
        0.131506191,
        "ignored",
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, "
            "ignore_index=255)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(ignore_index=1)",
        'DiceLoss.preset("monai", ignore_index=1)',
        0.867603627047,
        0.086477629,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, ignore_index=1)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(sigmoid=True), one-hot",
        'DiceLoss.preset("monai", sigmoid=True)',
        0.724944011126,
        0.090723672,
        "one-hot",
        theirs="DiceLoss(sigmoid=True)(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceLoss, soft target",
        'DiceLoss.preset("monai")',
        0.782790502907,
        0.112614537,
        "soft",
        theirs="DiceLoss(softmax=True)(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceLoss(soft_label=True), soft target",
        'DiceLoss.preset("monai", soft_label=True)',
        0.660497230517,
        0.183914341,
        "soft",
        theirs="DiceLoss(softmax=True, soft_label=True)(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceCELoss",
        'DiceCELoss.preset("monai")',
        3.268985258705,
        1.619238622,
        theirs=(
            "loss = DiceCELoss(to_onehot_y=True, softmax=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceCELoss(weight=w, include_background=False)",
        (
            'DiceCELoss.preset("monai", weight=[0.1, 1.0, 2.0, 3.0], '
            "include_background=False)"
        ),
        4.225699097482,
        1.624811167,
        theirs=(
            "loss = DiceCELoss(to_onehot_y=True, softmax=True, "
            "weight=torch.tensor([0.1, 1.0, 2.0, 3.0], "
            "dtype=torch.float64), "
            "include_background=False)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "TverskyLoss",
        'TverskyLoss.preset("monai")',
        0.808379491893,
        0.135244238,
        theirs=(
            "loss = TverskyLoss(to_onehot_y=True, softmax=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "TverskyLoss(alpha=0.3, beta=0.7)",
        'TverskyLoss.preset("monai", alpha=0.3, beta=0.7)',
        0.823160665473,
        0.125364627,
        theirs=(
            "loss = TverskyLoss(to_onehot_y=True, softmax=True, alpha=0.3, "
            "beta=0.7)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "GeneralizedDiceLoss",
        'GeneralizedDiceLoss.preset("monai")',
        0.775414088078,
        0.168843625,
        tolerance=SINGLE,
        theirs=(
            "loss = GeneralizedDiceLoss(to_onehot_y=True, softmax=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "GeneralizedDiceLoss(batch=True)",
        'GeneralizedDiceLoss.preset("monai", batch=True)',
        0.831719365286,
        0.145442462,
        tolerance=SINGLE,
        theirs=(
            "loss = GeneralizedDiceLoss(to_onehot_y=True, softmax=True, "
            "batch=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss, labels [N, 1, ...]",
        'DiceLoss.preset("monai", to_onehot_y=True)',
        0.808379958793,
        0.135244261,
        "channel",
        theirs="DiceLoss(to_onehot_y=True, softmax=True)(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceLoss(weight, no background), 2 classes",
        'DiceLoss.preset("monai", weight=[2.0], include_background=False)',
        0.480914504647,
        0.211489514,
        classes=2,
        theirs=(
            "loss = DiceLoss(to_onehot_y=True, softmax=True, weight=[2.0], "
            "include_background=False)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceCELoss(weight, no background), 2 classes",
        ('DiceCELoss.preset("monai", weight=[1.0, 2.0], include_background=False)'),
        1.738142718862,
        1.144041632,
        classes=2,
        theirs=(
            "loss = DiceCELoss(to_onehot_y=True, softmax=True, "
            "weight=torch.tensor([1.0, 2.0], dtype=torch.float64), "
            "include_background=False)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(sigmoid, weight), 1 class",
        'DiceLoss.preset("monai", sigmoid=True, weight=[2.0])',
        0.524493990267,
        0.144798096,
        "one-hot",
        classes=1,
        theirs="DiceLoss(sigmoid=True, weight=[2.0])(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceLoss(sigmoid, no background), 1 class",
        'DiceLoss.preset("monai", sigmoid=True, include_background=False)',
        0.524493990267,
        0.144798096,
        "one-hot",
        classes=1,
        theirs=(
            "loss = DiceLoss(sigmoid=True, include_background=False)\n"
            "loss(logits, target)"
        ),
    ),
    Row(
        "MONAI",
        "TverskyLoss(sigmoid, no background), 1 class",
        ('TverskyLoss.preset("monai", sigmoid=True, include_background=False)'),
        0.524493873997,
        0.144798069,
        "one-hot",
        classes=1,
        theirs=(
            "loss = TverskyLoss(sigmoid=True, include_background=False)\n"
            "loss(logits, target)"
        ),
    ),
    Row(
        "MONAI",
        "GeneralizedDiceLoss(sigmoid, no background), 1",
        ('GeneralizedDiceLoss.preset("monai", sigmoid=True, include_background=False)'),
        0.524438879984,
        0.144780633,
        "one-hot",
        tolerance=SINGLE,
        classes=1,
        theirs=(
            "loss = GeneralizedDiceLoss(sigmoid=True, "
            "include_background=False)\n"
            "loss(logits, target)"
        ),
    ),
    Row(
        "MONAI",
        "DiceLoss(sigmoid, ignore_index=255), 1 class",
        'DiceLoss.preset("monai", sigmoid=True, ignore_index=255)',
        0.484408415336,
        0.145706253,
        "values ignored",
        classes=1,
        theirs="DiceLoss(sigmoid=True, ignore_index=255)(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceLoss(ignore_index=1), one-hot",
        'DiceLoss.preset("monai", ignore_index=1)',
        0.867603627047,
        0.086477629,
        "one-hot",
        theirs="DiceLoss(softmax=True, ignore_index=1)(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceLoss(ignore_index=-1), one-hot",
        'DiceLoss.preset("monai", ignore_index=-1)',
        0.818038034190,
        0.131506191,
        "unlabelled",
        theirs="DiceLoss(softmax=True, ignore_index=-1)(logits, target)",
    ),
    Row(
        "MONAI",
        "TverskyLoss(ignore_index=1), one-hot",
        'TverskyLoss.preset("monai", ignore_index=1)',
        0.867602262538,
        0.086477755,
        "one-hot",
        theirs="TverskyLoss(softmax=True, ignore_index=1)(logits, target)",
    ),
    Row(
        "MONAI",
        "GeneralizedDiceLoss, soft target",
        'GeneralizedDiceLoss.preset("monai")',
        0.900528660495,
        0.015118974,
        "soft",
        tolerance=SINGLE,
        theirs="GeneralizedDiceLoss(softmax=True)(logits, target)",
    ),
    Row(
        "MONAI",
        "GeneralizedDiceLoss(soft_label=True), soft",
        'GeneralizedDiceLoss.preset("monai", soft_label=True)',
        0.747985136965,
        0.185631569,
        "soft",
        tolerance=SINGLE,
        theirs=(
            "loss = GeneralizedDiceLoss(softmax=True, soft_label=True)\n"
            "loss(logits, target)"
        ),
    ),
    Row(
        "MONAI",
        "DiceCELoss without activation",
        'DiceCELoss.preset("monai", softmax=False)',
        3.440918252816,
        2.858653054,
        theirs="DiceCELoss(to_onehot_y=True)(logits, target.unsqueeze(1))",
    ),
    Row(
        "MONAI",
        "DiceCELoss without activation, 1 class",
        'DiceCELoss.preset("monai", softmax=False)',
        1.918644836689,
        2.281113998,
        "one-hot",
        classes=1,
        theirs="DiceCELoss()(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceCELoss(sigmoid=True)",
        'DiceCELoss.preset("monai", sigmoid=True)',
        3.185549311037,
        1.581091756,
        theirs=(
            "loss = DiceCELoss(to_onehot_y=True, sigmoid=True)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceCELoss(sigmoid=True), soft target",
        'DiceCELoss.preset("monai", sigmoid=True)',
        3.169716909895,
        1.331901175,
        "soft",
        theirs="DiceCELoss(sigmoid=True)(logits, target)",
    ),
    Row(
        "MONAI",
        "DiceCELoss(sigmoid, weight, label_smoothing)",
        (
            'DiceCELoss.preset("monai", sigmoid=True, weight=[0.5, 1.0, 2.0, '
            "3.0], label_smoothing=0.1)"
        ),
        3.969325913586,
        1.470456252,
        theirs=(
            "loss = DiceCELoss(to_onehot_y=True, sigmoid=True, "
            "weight=torch.tensor([0.5, 1.0, 2.0, 3.0], dtype=torch.float64), "
            "label_smoothing=0.1)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "MONAI",
        "DiceCELoss(sigmoid, label_smoothing), 1 class",
        'DiceCELoss.preset("monai", sigmoid=True, label_smoothing=0.1)',
        1.536187533389,
        0.649942029,
        "one-hot",
        classes=1,
        theirs=(
            "loss = DiceCELoss(sigmoid=True, label_smoothing=0.1)\nloss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "DiceLoss",
        'DiceLoss.preset("smp")',
        0.539477361519,
        0.154129773,
        theirs='smp.losses.DiceLoss("multiclass")(logits, target)',
    ),
    Row(
        "smp",
        "DiceLoss(smooth=1)",
        'DiceLoss.preset("smp", smooth=1.0)',
        0.519068747718,
        0.150591578,
        theirs=(
            'loss = smp.losses.DiceLoss("multiclass", smooth=1.0)\nloss(logits, target)'
        ),
    ),
    Row(
        "smp",
        "DiceLoss(log_loss=True)",
        'DiceLoss.preset("smp", log_loss=True)',
        0.966512706728,
        0.572970773,
        theirs=(
            'loss = smp.losses.DiceLoss("multiclass", log_loss=True)\n'
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "DiceLoss(classes=[1, 2])",
        'DiceLoss.preset("smp", classes=[1, 2])',
        0.724943157676,
        0.210849856,
        theirs=(
            'loss = smp.losses.DiceLoss("multiclass", classes=[1, 2])\n'
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "DiceLoss(ignore_index=255)",
        'DiceLoss.preset("smp", ignore_index=255)',
        0.549902308672,
        0.149919694,
        "ignored",
        theirs=(
            'loss = smp.losses.DiceLoss("multiclass", ignore_index=255)\n'
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "JaccardLoss",
        'JaccardLoss.preset("smp")',
        0.626766932777,
        0.104983351,
        theirs='smp.losses.JaccardLoss("multiclass")(logits, target)',
    ),
    Row(
        "smp",
        "TverskyLoss(alpha=0.3, beta=0.7, gamma=4/3)",
        'TverskyLoss.preset("smp", alpha=0.3, beta=0.7, gamma=4 / 3)',
        0.449814820617,
        0.159868738,
        theirs=(
            'loss = smp.losses.TverskyLoss("multiclass", alpha=0.3, '
            "beta=0.7, gamma=4 / 3)\n"
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "DiceLoss(multilabel), soft target",
        'DiceLoss.preset("smp", mode="multilabel")',
        0.596763743898,
        0.117984145,
        "soft",
        theirs='smp.losses.DiceLoss("multilabel")(logits, target)',
    ),
    Row(
        "smp",
        "JaccardLoss(multilabel), soft target",
        'JaccardLoss.preset("smp", mode="multilabel")',
        0.737499555989,
        0.099925674,
        "soft",
        theirs='smp.losses.JaccardLoss("multilabel")(logits, target)',
    ),
    Row(
        "smp",
        "TverskyLoss(multilabel, 0.3, 0.7), soft target",
        ('TverskyLoss.preset("smp", mode="multilabel", alpha=0.3, beta=0.7)'),
        0.537900270785,
        0.124854670,
        "soft",
        theirs=(
            'loss = smp.losses.TverskyLoss("multilabel", alpha=0.3, beta=0.7)\n'
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "DiceLoss(class_weights)",
        'DiceLoss.preset("smp", class_weights=[0.5, 1.0, 2.0, 3.0])',
        0.398703361856,
        0.113197908,
        theirs=(
            'loss = smp.losses.DiceLoss("multiclass", class_weights=[0.5, '
            "1.0, 2.0, 3.0])\n"
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "DiceLoss(class_weights, classes=[1, 2])",
        ('DiceLoss.preset("smp", class_weights=[0.5, 1.0, 2.0, 3.0], classes=[1, 2])'),
        0.745853428901,
        0.215996856,
        theirs=(
            'loss = smp.losses.DiceLoss("multiclass", class_weights=[0.5, '
            "1.0, 2.0, 3.0], classes=[1, 2])\n"
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "JaccardLoss(class_weights)",
        'JaccardLoss.preset("smp", class_weights=[0.5, 1.0, 2.0, 3.0])',
        0.457502717451,
        0.074676532,
        theirs=(
            'loss = smp.losses.JaccardLoss("multiclass", class_weights=[0.5, '
            "1.0, 2.0, 3.0])\n"
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "TverskyLoss(class_weights, gamma=4/3)",
        ('TverskyLoss.preset("smp", class_weights=[0.5, 1.0, 2.0, 3.0], gamma=4 / 3)'),
        0.293449380390,
        0.111086283,
        theirs=(
            'loss = smp.losses.TverskyLoss("multiclass", class_weights=[0.5, '
            "1.0, 2.0, 3.0], gamma=4 / 3)\n"
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "DiceLoss, labels [N, 1, ...]",
        'DiceLoss.preset("smp")',
        0.539477361519,
        0.154129773,
        "channel",
        theirs='smp.losses.DiceLoss("multiclass")(logits, target)',
    ),
    Row(
        "smp",
        "DiceLoss(multilabel, ignore_index=255)",
        'DiceLoss.preset("smp", mode="multilabel", ignore_index=255)',
        0.464659394979,
        0.103117324,
        "values ignored",
        theirs=(
            'loss = smp.losses.DiceLoss("multilabel", ignore_index=255)\n'
            "loss(logits, target)"
        ),
    ),
    Row(
        "smp",
        "DiceLoss(binary, ignore_index=255)",
        'DiceLoss.preset("smp", mode="binary", ignore_index=255)',
        0.474919665448,
        0.152321400,
        "values ignored",
        classes=1,
        theirs=(
            'loss = smp.losses.DiceLoss("binary", ignore_index=255)\n'
            "loss(logits, target)"
        ),
    ),
    *(
        Row(
            "nnU-Net",
            f"MemoryEfficientSoftDiceLoss({batch}, {background}, 1e-5)",
            f'DiceLoss.preset("nnunet", batch_dice={batch}, do_bg={background}, '
            "smooth=1e-5)",
            value,
            grad,
            tolerance=SINGLE,
            theirs=(
                "loss = MemoryEfficientSoftDiceLoss(softmax_helper_dim1, "
                f"batch_dice={batch}, do_bg={background}, smooth=1e-5, ddp=False)\n"
                "loss(logits, target.unsqueeze(1))"
            ),
        )
        for batch, background, value, grad in (
            (False, False, -0.158584192395, 0.115174852),
            (False, True, -0.191620036960, 0.135244261),
            (True, False, -0.183371469378, 0.140566546),
            (True, True, -0.210522830486, 0.154129723),
        )
    ),
    Row(
        "nnU-Net",
        "DC_and_CE_loss(batch_dice, no background)",
        'DiceCELoss.preset("nnunet", batch_dice=True)',
        2.277233830533,
        1.620884627,
        tolerance=SINGLE,
        theirs=(
            'loss = DC_and_CE_loss({"batch_dice": True, "do_bg": False, '
            '"smooth": 1e-5, "ddp": False}, {}, '
            "dice_class=MemoryEfficientSoftDiceLoss)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "nnU-Net",
        "DC_and_CE_loss(batch_dice, ignore_label=255)",
        (
            'DiceCELoss.preset("nnunet", '
            'soft_dice_kwargs={"batch_dice": True}, ignore_label=255)'
        ),
        2.348626184781,
        1.649330552,
        "ignored",
        SINGLE,
        theirs=(
            'loss = DC_and_CE_loss({"batch_dice": True, "do_bg": False, '
            '"smooth": 1e-5, "ddp": False}, {}, ignore_label=255, '
            "dice_class=MemoryEfficientSoftDiceLoss)\n"
            "loss(logits, target.unsqueeze(1))"
        ),
    ),
    Row(
        "kornia",
        "dice_loss",
        'DiceLoss.preset("kornia")',
        0.745184042147,
        0.182699323,
        theirs="dice_loss(logits, target)",
    ),
    Row(
        "kornia",
        "dice_loss(average='macro')",
        'DiceLoss.preset("kornia", average="macro")',
        0.692556624636,
        0.218514366,
        theirs='dice_loss(logits, target, average="macro")',
    ),
]


def format_table(rows: list[Row]) -> str:
    """Return a line for each row: the peer's numbers, ours, and whether they agree."""
    lines = [
        f"{'peer':8} {'loss':46} {'peer':>15} {'torchtally':>15} "
        f"{'sum |grad|':>12} {'torchtally':>12}  within"
    ]
    wrong = 0
    for row in rows:
        value, grad = row.ours()
        wrong += not row.agrees()
        verdict = f"{row.tolerance:.0e}" if row.agrees() else "WRONG"
        lines.append(
            f"{row.peer:8} {row.case:46} {row.value:15.12f} {value:15.12f} "
            f"{row.grad:12.9f} {grad:12.9f}  {verdict}"
        )
    lines.append(f"{len(rows)} losses: {len(rows) - wrong} agree, {wrong} wrong")
    return "\n".join(lines)


if __name__ == "__main__":
    print(format_table(ROWS))
    sys.exit(not all(row.agrees() for row in ROWS))
