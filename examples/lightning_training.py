"""Train a small segmentation network with Lightning and follow torchmetrics' scores.

The metrics are torchmetrics'; `accelerate` makes them count with torchtally. They are
logged as always: one by `self.log`, several by `self.log_dict`, which computes and
resets them once an epoch, over all ranks. The confusion matrix of each epoch is a
figure, and that of all epochs is in the checkpoint, so that a resumed training goes on
counting. The data is made up, so the example runs in seconds:

    python examples/lightning_training.py build/demo/lightning
"""

from __future__ import annotations

import argparse
import logging
import warnings
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import lightning
import torch
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import CSVLogger
from matplotlib import pyplot
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset
from torchmetrics import MetricCollection
from torchmetrics.classification import (
    MulticlassConfusionMatrix,
    MulticlassF1Score,
    MulticlassJaccardIndex,
)
from torchmetrics.segmentation import DiceScore

from torchtally.integrations.torchmetrics import accelerate

CLASSES = 3
NAMES = ["background", "disc", "square"]
IGNORED = 255
SIDE = 32


def images(count: int, seed: int) -> TensorDataset:
    """Return images [N, 1, H, W] of a disc and a square, and labels [N, H, W]."""
    generator = torch.Generator().manual_seed(seed)
    rows, columns = torch.meshgrid(
        torch.arange(SIDE), torch.arange(SIDE), indexing="ij"
    )
    centres = torch.randint(6, SIDE - 6, (count, 4, 1, 1), generator=generator)
    y, x, v, u = centres.unbind(1)
    labels = torch.zeros(count, SIDE, SIDE, dtype=torch.int64)
    labels[((rows - y).abs() < 5) & ((columns - x).abs() < 5)] = 2
    labels[(rows - v) ** 2 + (columns - u) ** 2 < 30] = 1
    noise = torch.randn(labels.shape, generator=generator)
    shades = labels.float() + 0.3 * noise
    labels[:, 0] = IGNORED  # the first row is not annotated
    return TensorDataset(shades.unsqueeze(1), labels)


class Segmentation(lightning.LightningModule):
    """A few convolutions, and the metrics of the validation."""

    def __init__(self) -> None:
        super().__init__()
        self.network = nn.Sequential(
            nn.Conv2d(1, 8, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, CLASSES, 3, padding=1),
        )
        options = {"num_classes": CLASSES, "ignore_index": IGNORED}
        self.dice = DiceScore(num_classes=CLASSES, input_format="mixed")
        self.scores = MetricCollection(
            {
                "f1": MulticlassF1Score(**options),
                "iou": MulticlassJaccardIndex(**options),
            },
            prefix="val/",
        )
        self.matrix = MulticlassConfusionMatrix(**options)
        self.seen = MulticlassConfusionMatrix(**options)  # in all epochs
        self.seen.persistent(True)
        accelerate(self)

    def training_step(self, batch: list[Tensor], _: int) -> Tensor:
        """Return the loss of a batch."""
        shades, labels = batch
        return nn.functional.cross_entropy(
            self.network(shades), labels, ignore_index=IGNORED
        )

    def validation_step(self, batch: list[Tensor], _: int) -> None:
        """Count a batch."""
        shades, labels = batch
        logits = self.network(shades)
        self.dice.update(logits[:, :, 1:], labels[:, 1:])  # it ignores no labels
        self.scores.update(logits, labels)
        self.matrix.update(logits, labels)
        self.seen.update(logits, labels)
        self.log("val/dice", self.dice)
        self.log_dict(self.scores)

    def on_validation_epoch_end(self) -> None:
        """Draw the confusion matrix of the epoch."""
        figure, _ = self.matrix.plot(labels=NAMES)
        folder = Path(self.trainer.default_root_dir)
        figure.savefig(folder / f"matrix_{self.current_epoch}.png")
        pyplot.close(figure)
        self.matrix.reset()

    def configure_optimizers(self) -> torch.optim.Optimizer:
        """Return Adam."""
        return torch.optim.Adam(self.parameters(), lr=0.05)


def trainer(folder: Path, epochs: int) -> lightning.Trainer:
    """Return a trainer that writes scores and the last checkpoint into a folder."""
    return lightning.Trainer(
        default_root_dir=folder,
        max_epochs=epochs,
        accelerator="cpu",
        logger=CSVLogger(folder),
        callbacks=[
            ModelCheckpoint(folder, filename="last", enable_version_counter=False)
        ],
        num_sanity_val_steps=0,
        enable_progress_bar=False,
        enable_model_summary=False,
    )


def main(arguments: list[str] | None = None) -> dict[str, float]:
    """Train for two epochs, resume for a third, and return its scores."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning")
    lightning.seed_everything(0, verbose=False)
    train = DataLoader(images(32, seed=0), batch_size=8, shuffle=True)
    val = DataLoader(images(16, seed=1), batch_size=8)

    trainer(folder, epochs=2).fit(Segmentation(), train, val)
    resumed = trainer(folder, epochs=3)
    model = Segmentation()
    resumed.fit(model, train, val, ckpt_path=folder / "last.ckpt")

    scores = {name: float(value) for name, value in resumed.logged_metrics.items()}
    for name, value in scores.items():
        print(f"{name}: {value:.3f}")
    print(f"pixels counted in 3 epochs, resumed once: {int(model.seen.confmat.sum())}")
    return scores


if __name__ == "__main__":
    main()
