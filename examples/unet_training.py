"""Train a small U-Net on real brain slices, with torchtally's DiceCE and with MONAI's.

The data is the ICBM 2009a average brain that the nilearn package ships, at 2 mm: a T1
image and the probabilities of grey and white matter. Each axial slice is an image, and
its labels are the most probable tissue of each pixel. Every fourth slice is kept for
validation. Both runs start from the same weights and see the same batches; the losses
compute the same function, so they reach the same Dice. It takes a minute on two cores:

    python examples/unet_training.py
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import NamedTuple

import monai.losses
import torch
from nilearn import datasets
from torch import Tensor, nn

from torchtally.losses import DiceCELoss
from torchtally.metrics import DiceScore

CLASSES = 3  # other, grey matter, white matter
SIZE = (96, 112)  # of a slice, a multiple of what the network pools
BATCH = 8

Loss = Callable[[Tensor, Tensor], Tensor]


class Slices(NamedTuple):
    """Images float32 ``[N, 1, H, W]`` and labels int64 ``[N, H, W]``."""

    images: Tensor
    labels: Tensor


class Result(NamedTuple):
    """What a run came to."""

    loss: float
    dice: Tensor  #: of each class, on the validation slices
    seconds: float


def load_slices() -> tuple[Slices, Slices]:
    """Return the slices to train on and those to validate on."""
    t1, grey, white = (
        torch.from_numpy(load(resolution=2).get_fdata(dtype="float32"))
        for load in (
            datasets.load_mni152_template,
            datasets.load_mni152_gm_template,
            datasets.load_mni152_wm_template,
        )
    )
    volumes = [crop(volume).permute(2, 0, 1) for volume in (t1, grey, white)]
    image, grey, white = volumes  # [slices, H, W]
    labels = torch.stack([1 - grey - white, grey, white]).argmax(0)
    shown = (labels > 0).flatten(1).float().mean(1) > 0.05
    images = (image[shown] / image.max() * 2 - 1).unsqueeze(1)
    labels = labels[shown]
    kept = torch.arange(len(labels)) % 4 == 1
    return Slices(images[~kept], labels[~kept]), Slices(images[kept], labels[kept])


def crop(volume: Tensor) -> Tensor:
    """Return the middle of a volume ``[*SIZE, slices]``, padded where it is smaller."""
    for dim, size in enumerate(SIZE):
        missing = max(size - volume.shape[dim], 0)
        padding = [0, 0] * (volume.dim() - dim - 1) + [missing // 2, -(-missing // 2)]
        volume = nn.functional.pad(volume, padding)
        start = (volume.shape[dim] - size) // 2
        volume = volume.narrow(dim, start, size)
    return volume


class UNet(nn.Module):
    """Three resolutions, skip connections, logits of each class."""

    def __init__(self, width: int = 12) -> None:
        super().__init__()
        self.down1 = block(1, width)
        self.down2 = block(width, 2 * width)
        self.bottom = block(2 * width, 4 * width)
        self.up2 = block(6 * width, 2 * width)
        self.up1 = block(3 * width, width)
        self.head = nn.Conv2d(width, CLASSES, 1)
        self.pool = nn.MaxPool2d(2)
        self.grow = nn.Upsample(scale_factor=2)

    def forward(self, images: Tensor) -> Tensor:
        fine = self.down1(images)
        middle = self.down2(self.pool(fine))
        coarse = self.bottom(self.pool(middle))
        middle = self.up2(torch.cat([middle, self.grow(coarse)], 1))
        fine = self.up1(torch.cat([fine, self.grow(middle)], 1))
        logits: Tensor = self.head(fine)
        return logits


def block(inputs: int, outputs: int) -> nn.Module:
    """Return two convolutions, each with normalisation."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(),
    )


def train(loss: Loss, training: Slices, validation: Slices, epochs: int) -> Result:
    """Train from fixed weights on fixed batches; return the Dice of validation."""
    torch.manual_seed(0)
    model = UNet()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, epochs)
    start = time.perf_counter()
    value = torch.zeros(())
    for _ in range(epochs):
        for chosen in torch.randperm(len(training.labels)).split(BATCH):
            value = loss(model(training.images[chosen]), training.labels[chosen])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
        schedule.step()
    seconds = time.perf_counter() - start
    model.eval()
    metric = DiceScore(CLASSES, average="none")
    with torch.no_grad():
        metric.update(model(validation.images), validation.labels)
    return Result(value.item(), metric.compute(), seconds)


def main(arguments: list[str] | None = None) -> dict[str, Result]:
    """Train with both losses, print a line for each and return the results."""
    parser = argparse.ArgumentParser(description="Train a U-Net on brain slices.")
    parser.add_argument("--epochs", type=int, default=12)
    epochs = parser.parse_args(arguments).epochs

    training, validation = load_slices()
    theirs = monai.losses.DiceCELoss(softmax=True, to_onehot_y=True)
    losses: dict[str, Loss] = {
        "torchtally": DiceCELoss(),
        "MONAI": lambda logits, labels: theirs(logits, labels.unsqueeze(1)),
    }
    print(f"{len(training.labels)} slices to train on, {len(validation.labels)} kept")
    print("DiceCE of   last loss  Dice: other    grey   white   seconds")
    results = {}
    for name, loss in losses.items():
        results[name] = result = train(loss, training, validation, epochs)
        dice = "  ".join(f"{score:.4f}" for score in result.dice.tolist())
        print(f"{name:10}  {result.loss:9.4f}       {dice}  {result.seconds:8.1f}")
    return results


if __name__ == "__main__":
    main()
