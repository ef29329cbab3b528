"""Train a small segmentation network and package it for C++, with images to evaluate.

The data is the ICBM 2009a average brain that the nilearn package ships, at 2 mm: T1
slices, and the most probable tissue of each pixel; 255, to be ignored, outside. Every
fourth slice is kept for evaluation and written as PGM, images and labels. The package
holds the network and torchtally's op in one AOTInductor program, compiled for this
machine, which needs no Python to run. It takes a minute on two cores:

    python examples/cpp/export_model.py build/demo/cpp
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import NamedTuple

import torch
from nilearn import datasets
from torch import Tensor, nn

from torchtally.losses import DiceCELoss  # torchtally registers torch.ops.torchtally

CLASSES = ("other", "grey", "white")
OUTSIDE = 255
BATCH = 4


class Slices(NamedTuple):
    """Images and labels, uint8 ``[N, H, W]``."""

    images: Tensor
    labels: Tensor


class Counted(nn.Module):
    """A network that also counts how its labels compare with the true ones."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return labels uint8 ``[N, H, W]``, the matrix, and how many were invalid."""
        logits = self.network(scaled(images))
        # Without a value to ignore, give one that no label has: AOTInductor of torch
        # 2.13 makes None of an empty list. torchtally.confusion_matrix does so itself.
        matrix, invalid = torch.ops.torchtally.confusion_matrix(
            logits, labels, len(CLASSES), ignore_index=[OUTSIDE]
        )
        return logits.argmax(1).to(torch.uint8), matrix, invalid


def load_slices() -> tuple[Slices, Slices]:
    """Return the slices to train on and those to evaluate."""
    t1, grey, white, brain = (
        torch.from_numpy(load(resolution=2).get_fdata(dtype="float32")).permute(2, 1, 0)
        for load in (
            datasets.load_mni152_template,
            datasets.load_mni152_gm_template,
            datasets.load_mni152_wm_template,
            datasets.load_mni152_brain_mask,
        )
    )
    tissue = torch.stack([1 - grey - white, grey, white]).argmax(0)
    labels = torch.where(brain > 0, tissue, OUTSIDE).to(torch.uint8)
    images = (t1 / t1.max() * 255).round().to(torch.uint8)
    shown = (brain > 0).flatten(1).float().mean(1) > 0.05
    images, labels = images[shown], labels[shown]
    kept = torch.arange(len(labels)) % 4 == 1
    return Slices(images[~kept], labels[~kept]), Slices(images[kept], labels[kept])


def scaled(images: Tensor) -> Tensor:
    """Return uint8 ``[N, H, W]`` as float32 ``[N, 1, H, W]`` between -1 and 1."""
    return images.unsqueeze(1).float() / 127.5 - 1


def build_network(width: int = 8) -> nn.Module:
    """Return three convolutions, from a slice to the logits of each class."""
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(width, width, 3, padding=1),
        nn.ReLU(),
        nn.Conv2d(width, len(CLASSES), 1),
    )


def train(network: nn.Module, slices: Slices, epochs: int) -> float:
    """Train in place and return the last loss."""
    loss = DiceCELoss(ignore_index=OUTSIDE)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-2)
    value = torch.zeros(())
    for _ in range(epochs):
        for chosen in torch.randperm(len(slices.labels)).split(BATCH):
            value = loss(network(scaled(slices.images[chosen])), slices.labels[chosen])
            optimizer.zero_grad()
            value.backward()
            optimizer.step()
    return value.item()


def write_pgm(path: Path, image: Tensor) -> None:
    """Write uint8 ``[H, W]`` as a binary PGM file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    height, width = image.shape
    path.write_bytes(f"P5\n{width} {height}\n255\n".encode() + image.numpy().tobytes())


def main(arguments: list[str] | None = None) -> tuple[Path, Slices]:
    """Write model.pt2, images/ and labels/; return the package and what was kept."""
    parser = argparse.ArgumentParser(description="Package a segmentation network.")
    parser.add_argument("output", type=Path, nargs="?", default=Path("build/demo/cpp"))
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args(arguments)
    output: Path = options.output

    torch.manual_seed(0)
    training, kept = load_slices()
    network = build_network()
    loss = train(network, training, options.epochs)
    for number, (image, labels) in enumerate(zip(*kept, strict=True)):
        write_pgm(output / "images" / f"slice-{number:02}.pgm", image)
        write_pgm(output / "labels" / f"slice-{number:02}.pgm", labels)

    example = (kept.images[:1], kept.labels[:1])
    with torch.no_grad():
        program = torch.export.export(Counted(network).eval(), example)
    package = torch._inductor.aoti_compile_and_package(
        program, package_path=str(output / "model.pt2")
    )
    print(
        f"{len(training.labels)} slices to train on, last loss {loss:.3f}; "
        f"{len(kept.labels)} to evaluate and {Path(package).name} in {output}"
    )
    return Path(package), kept


if __name__ == "__main__":
    main()
