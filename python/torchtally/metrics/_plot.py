"""Drawing a confusion matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from torch import Tensor

_LABELLED = 20  # classes up to which cells carry their values


def plot_matrix(
    matrix: Tensor,
    ax: Any,
    normalize: Literal["true", "pred", "all"] | None,
    class_names: Sequence[str] | None,
) -> Any:
    """Draw ``matrix`` ``[C, C]`` on matplotlib axes; see ``ConfusionMatrix.plot``."""
    try:
        import matplotlib.pyplot as plt
    except ImportError as error:
        raise ImportError(
            "ConfusionMatrix.plot: matplotlib is missing, "
            "install it with pip install 'torchtally[plot]'"
        ) from error
    if normalize not in ("true", "pred", "all", None):
        raise ValueError(
            "ConfusionMatrix.plot: normalize must be 'true', 'pred', 'all' or None, "
            f"got {normalize!r}"
        )
    classes = matrix.shape[0]
    names = list(class_names) if class_names is not None else list(range(classes))
    if len(names) != classes:
        raise ValueError(
            f"ConfusionMatrix.plot: class_names must hold {classes} names, "
            f"got {len(names)}"
        )
    values = matrix.double().cpu()
    if normalize is not None:
        totals = {
            "true": values.sum(1, keepdim=True),
            "pred": values.sum(0, keepdim=True),
            "all": values.sum(),
        }[normalize]
        values = values / totals  # 0 / 0: a class that is absent has no rate
    if ax is None:
        size = min(4.0 + 0.45 * classes, 16.0)
        _, ax = plt.subplots(figsize=(size, size), layout="constrained")
    top = 1.0 if normalize is not None else max(float(values.max()), 1.0)
    image = ax.imshow(values, cmap="Blues", vmin=0.0, vmax=top)
    titles = {"true": "share of target", "pred": "share of prediction", "all": "share"}
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.046, pad=0.04)
    bar.set_label(titles[normalize] if normalize else "pixels")
    ax.set_xlabel("prediction")
    ax.set_ylabel("target")
    if classes <= _LABELLED:
        ax.set_xticks(range(classes), names, rotation=45, ha="right")
        ax.set_yticks(range(classes), names)
        for row in range(classes):
            for column in range(classes):
                value = float(values[row, column])
                text = (
                    "–"
                    if value != value
                    else f"{value:.2f}"
                    if normalize
                    else f"{value:.0f}"
                )
                color = "white" if value > 0.5 * top else "black"
                ax.text(column, row, text, ha="center", va="center", color=color)
    return ax
