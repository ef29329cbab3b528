"""Train a small classifier and follow its scores with torchtally metrics.

The metrics are modules: `update` counts a batch into integers, `compute` gives
the score of everything counted since `reset`. The data is scikit-learn's handwritten
digits (1,797 images of 8 x 8 pixels), so the example runs offline in seconds:

    python examples/digits_training.py build/demo/digits
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import torch
from matplotlib import pyplot
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from torch import Tensor, nn

from torchtally.functional import f1_from_counts, iou_from_counts
from torchtally.metrics import ConfusionMatrix, F1Score

CLASSES = 10
EPOCHS = 6
BATCH = 64

Split = tuple[Tensor, Tensor]


def load_splits(seed: int) -> tuple[Split, Split]:
    """Return (images [N, 1, 8, 8], labels [N]) for training and for validation."""
    digits = load_digits()
    images = torch.from_numpy(digits.images).float().unsqueeze(1) / 16
    labels = torch.from_numpy(digits.target)
    train, val = train_test_split(
        range(len(labels)), test_size=0.4, stratify=labels, random_state=seed
    )
    return (images[train], labels[train]), (images[val], labels[val])


def batches(split: Split, *, shuffle: bool) -> Iterator[Split]:
    """Yield mini-batches, in a new order each time if shuffled."""
    images, labels = split
    order = torch.randperm(len(labels)) if shuffle else torch.arange(len(labels))
    for chosen in order.split(BATCH):
        yield images[chosen], labels[chosen]


def build_model() -> nn.Module:
    """Return two convolutions and a linear classifier."""
    return nn.Sequential(
        nn.Conv2d(1, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, 3, padding=1),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(32 * 4 * 4, CLASSES),
    )


def train(model: nn.Module, training: Split, validation: Split) -> ConfusionMatrix:
    """Train, print a line an epoch, and return the last validation matrix."""
    optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)
    train_f1 = F1Score(CLASSES)
    val_f1 = F1Score(CLASSES)
    val_matrix = ConfusionMatrix(CLASSES)
    print("epoch    loss  train F1  val F1  val accuracy")
    for epoch in range(1, EPOCHS + 1):
        model.train()
        train_f1.reset()
        total = torch.zeros(())
        for images, labels in batches(training, shuffle=True):
            logits = model(images)
            loss = nn.functional.cross_entropy(logits, labels)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            train_f1.update(logits, labels)  # scores go in as they are: argmax is fused
            total += loss.detach() * len(labels)

        model.eval()
        val_f1.reset()
        val_matrix.reset()
        with torch.no_grad():
            for images, labels in batches(validation, shuffle=False):
                logits = model(images)
                val_f1.update(logits, labels)
                val_matrix.update(logits, labels)

        matrix = val_matrix.compute()
        accuracy = matrix.diagonal().sum() / matrix.sum()
        print(
            f"{epoch:5d}  {total / len(training[1]):6.3f}  {train_f1.compute():8.4f}  "
            f"{val_f1.compute():6.4f}  {accuracy:12.4f}"
        )
    return val_matrix


def print_classes(matrix: Tensor) -> None:
    """Print scores of each digit; all come from the one matrix."""
    f1 = f1_from_counts(matrix, average="none")
    iou = iou_from_counts(matrix, average="none")
    print("\ndigit  images  right      F1     IoU  mistaken most often for")
    for digit, row in enumerate(matrix):  # rows are labels, columns predictions
        right = int(row[digit])
        row = row.clone()
        row[digit] = 0
        mistaken = f"{int(row.argmax())} ({int(row.max())}x)" if row.any() else "-"
        print(
            f"{digit:5d}  {right + int(row.sum()):6d}  {right:5d}  {f1[digit]:.4f}  "
            f"{iou[digit]:.4f}  {mistaken}"
        )


def main() -> None:
    """Train on the digits and save the heat map of the last validation."""
    parser = argparse.ArgumentParser(description="Train a classifier of digits.")
    parser.add_argument(
        "output", type=Path, nargs="?", default=Path("build/demo/digits")
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()

    torch.manual_seed(arguments.seed)
    training, validation = load_splits(arguments.seed)
    matrix = train(build_model(), training, validation)
    print_classes(matrix.compute())

    arguments.output.mkdir(parents=True, exist_ok=True)
    figure, axes = pyplot.subplots(figsize=(7, 6), layout="constrained")
    matrix.plot(ax=axes, normalize="true")
    path = arguments.output / "confusion.png"
    figure.savefig(path, dpi=150)
    print(f"\nheat map: {path}")


if __name__ == "__main__":
    main()
