"""Evaluate on several ranks, every sample counted once.

`DistributedSampler` gives all ranks equally many samples and repeats some to get there.
A repeated sample must not count twice. This sampler says which of its samples are
repeats: those beyond the size of the data set. The metrics mask them out, and
`compute()` adds up the counts of all ranks in one all_reduce. The result is the one of
a single process, to the last bit, which the last lines prove.

    torchrun --nproc-per-node 2 examples/distributed_evaluation.py

The data is scikit-learn's handwritten digits, and the model is the nearest mean of each
digit, so the example runs offline in seconds.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
import torch.distributed as dist
from sklearn.datasets import load_digits
from torch import Tensor
from torch.utils.data import DataLoader, TensorDataset
from torch.utils.data.distributed import DistributedSampler

from torchtally.metrics import ConfusionMatrix, ScoreSuite

CLASSES = 10
BATCH = 64


def load_split() -> tuple[Tensor, TensorDataset]:
    """Return the mean image of each digit [10, 64], and (image, label) to evaluate."""
    digits = load_digits()
    images = torch.from_numpy(digits.data).float()  # [N, 64]
    labels = torch.from_numpy(digits.target)
    split = 600
    means = [images[:split][labels[:split] == c].mean(0) for c in range(CLASSES)]
    return torch.stack(means), TensorDataset(images[split:], labels[split:])


def batches(
    dataset: TensorDataset, rank: int, ranks: int
) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Yield this rank's (images, labels, counts), False where a sample is a repeat."""
    sampler = DistributedSampler(dataset, ranks, rank, shuffle=False)
    # Without shuffling, rank r has the samples r, r + ranks, ...; those past the end
    # of the data set are its beginning once more.
    turns = torch.arange(len(sampler)) * ranks + rank
    counts = (turns < len(dataset)).split(BATCH)
    loader = DataLoader(dataset, BATCH, sampler=sampler)
    for (images, labels), counted in zip(loader, counts, strict=True):
        yield images, labels, counted


def evaluate(
    means: Tensor, dataset: TensorDataset, rank: int, ranks: int, *, sync: bool
) -> tuple[Tensor, dict[str, Tensor]]:
    """Return the confusion matrix and the scores."""
    matrix = ConfusionMatrix(CLASSES, sync_on_compute=sync)
    scores = ScoreSuite(CLASSES, ("f1", "iou"), sync_on_compute=sync)
    for images, labels, counted in batches(dataset, rank, ranks):
        logits = -torch.cdist(images, means)  # [N, 10]
        matrix.update(logits, labels, mask=counted)
        scores.update(logits, labels, mask=counted)
    return matrix.compute(), scores.compute()


def main() -> None:
    """Evaluate on all ranks, and once more on one of them to compare."""
    dist.init_process_group("gloo")  # "nccl", and metrics on the GPU, for GPUs
    rank, ranks = dist.get_rank(), dist.get_world_size()
    means, dataset = load_split()
    matrix, scores = evaluate(means, dataset, rank, ranks, sync=True)
    if rank == 0:
        print(f"{ranks} ranks, {len(dataset)} samples, {int(matrix.sum())} counted")
        print(", ".join(f"{name} {value:.4f}" for name, value in scores.items()))
        alone, wanted = evaluate(means, dataset, 0, 1, sync=False)
        same = torch.equal(matrix, alone) and scores == wanted
        print("the same as one process" if same else "NOT the same as one process")
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
