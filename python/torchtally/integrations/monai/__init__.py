"""MONAI's overlap metrics and losses, on the kernels of torchtally.

Every class here is a subclass of the one of MONAI that has its name, and takes the same
arguments. What looks at pixels is replaced; buffers, reductions, gathering over ranks
and handlers are MONAI's own. What the kernels do not have goes to MONAI's own code.
"""

from torchtally.integrations._framework import require

require("monai", "monai")

from .handlers import (  # noqa: E402
    ConfusionMatrix,
    MeanDice,
    MeanIoUHandler,
)
from .losses import (  # noqa: E402
    DiceCELoss,
    DiceLoss,
    GeneralizedDiceLoss,
    TverskyLoss,
)
from .metrics import (  # noqa: E402
    ConfusionMatrixMetric,
    DiceHelper,
    DiceMetric,
    FBetaScore,
    GeneralizedDiceScore,
    MeanIoU,
    compute_confusion_matrix_metric,
    compute_dice,
    compute_generalized_dice,
    compute_iou,
    do_metric_reduction,
    get_confusion_matrix,
)

__all__ = [
    "ConfusionMatrix",
    "ConfusionMatrixMetric",
    "DiceCELoss",
    "DiceHelper",
    "DiceLoss",
    "DiceMetric",
    "FBetaScore",
    "GeneralizedDiceLoss",
    "GeneralizedDiceScore",
    "MeanDice",
    "MeanIoU",
    "MeanIoUHandler",
    "TverskyLoss",
    "compute_confusion_matrix_metric",
    "compute_dice",
    "compute_generalized_dice",
    "compute_iou",
    "do_metric_reduction",
    "get_confusion_matrix",
]
