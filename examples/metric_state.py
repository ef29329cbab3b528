"""Metrics inside a model that is wrapped, averaged and saved keep what they counted.

The counts of a metric are no buffers. DDP, averaged models and checkpoints therefore
leave them alone, and a metric may live in the model whose scores it follows. Each case
below prints what the metric says beside what was counted on its own:

    torchrun --nproc-per-node 2 examples/metric_state.py

Counts are saved where that is asked for, with `persistent=True`, and then with the
options that they depend on. An exported program keeps its state in buffers; the last
case shows the step that makes them.
"""

from __future__ import annotations

import copy

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel
from torch.optim.swa_utils import AveragedModel, get_ema_avg_fn

from torchtally import iou_score
from torchtally.metrics import ConfusionMatrix, IoUScore, state_as_buffers

CLASSES = 2


class Segmenter(nn.Module):
    """A network with buffers of its own, which follows its scores."""

    def __init__(self, metric: ConfusionMatrix | IoUScore) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layers = nn.Sequential(nn.Conv2d(1, CLASSES, 1), nn.BatchNorm2d(CLASSES))
        self.metric = metric

    def forward(self, images: Tensor) -> Tensor:
        """Return logits [N, 2, H, W] of images [N, 1, H, W]."""
        logits: Tensor = self.layers(images)
        return logits


class Step(nn.Module):
    """An evaluation step that is exported whole."""

    def __init__(self, model: Segmenter) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor, labels: Tensor) -> Tensor:
        """Count a batch and return the matrix so far."""
        self.model.metric.update(self.model(images), labels)
        return self.model.metric.counts.clone()


def batch(seed: int, bright: float) -> tuple[Tensor, Tensor]:
    """Return images [3, 1, 4, 4] and labels [3, 4, 4], 1 where it is bright."""
    images = torch.rand(3, 1, 4, 4, generator=torch.Generator().manual_seed(seed))
    return images, (images[:, 0] < bright).long()


def wrapped_by_ddp() -> None:
    """Update outside of the forward pass, on every rank with data of its own."""
    rank, ranks = dist.get_rank(), dist.get_world_size()
    model = Segmenter(ConfusionMatrix(CLASSES))
    ddp = DistributedDataParallel(model)
    optimizer = torch.optim.SGD(ddp.parameters(), lr=0.1)
    alone = ConfusionMatrix(CLASSES, sync_on_compute=False)
    for step in range(3):
        for seed in range(ranks):  # what all ranks see, on each
            images, labels = batch(10 * step + seed, bright=0.1 + 0.8 * (seed == 0))
            if seed == rank:
                logits = ddp(images)
                nn.functional.cross_entropy(logits, labels).backward()
                model.metric.update(logits, labels)
                optimizer.step()
            alone.update(labels, labels)
    found, wanted = model.metric.compute().sum(1), alone.compute().sum(1)
    if rank == 0:
        print(f"DDP, {ranks} ranks")
        print(f"  pixels of each class {found.tolist()}, in truth {wanted.tolist()}")


def best_checkpoint() -> None:
    """Load the weights of the best epoch, then test."""
    print("checkpoint of the best epoch")
    plain = Segmenter(nn.Identity()).state_dict()
    model = Segmenter(IoUScore(CLASSES))
    model.eval()
    model.load_state_dict(plain)
    print("  a checkpoint from before the model had a metric loads")
    images, labels = batch(0, bright=0.9)
    model.metric.update(model(images), labels)  # validation
    best = copy.deepcopy(model.state_dict())
    model.metric.reset()
    model.load_state_dict(best)
    images, labels = batch(1, bright=0.1)
    logits = model(images)
    model.metric.update(logits, labels)
    found, wanted = model.metric.compute(), iou_score(logits, labels, CLASSES)
    print(f"  test IoU {found:.4f}, of the test batch alone {wanted:.4f}")


def averaged() -> None:
    """Average weights and buffers, and evaluate the average."""
    print("averaged model, use_buffers=True")
    model = Segmenter(ConfusionMatrix(CLASSES))
    average = AveragedModel(model, avg_fn=get_ema_avg_fn(0.5), use_buffers=True)
    metric = average.module.metric
    for step in range(3):
        images, labels = batch(step, bright=0.5)
        model.metric.update(model(images), labels)
        average.update_parameters(model)
        metric.update(average(images), labels)
    print(f"  pixels counted {int(metric.compute().sum())} of {3 * labels.numel()}")


def resumed() -> None:
    """Save the counts too, in the middle of an epoch, and go on elsewhere."""
    print("resumed in the middle of an epoch, persistent=True")
    images, labels = batch(0, bright=0.5)
    model = Segmenter(IoUScore(CLASSES, persistent=True))
    model.metric.update(model(images), labels)
    saved = model.state_dict()
    other = Segmenter(IoUScore(CLASSES, persistent=True))
    other.load_state_dict(saved)
    found, wanted = other.metric.compute(), model.metric.compute()
    print(f"  IoU {found:.4f}, saved at {wanted:.4f}")
    metric = IoUScore(CLASSES, ignore_index=255, persistent=True)
    metric.update(labels, labels)
    before = metric.counts.clone()
    try:
        Segmenter(metric).load_state_dict(saved)
    except RuntimeError as error:
        words = str(error).splitlines()[1].strip()
        print(f"  counts of other options are refused: {words}")
    print(f"  and what was counted stays: {torch.equal(metric.counts, before)}")


def exported() -> None:
    """Let a program count in buffers of its own."""
    print("exported")
    step = Step(Segmenter(ConfusionMatrix(CLASSES)).eval())
    images, labels = batch(0, bright=0.5)
    with state_as_buffers(step):
        program = torch.export.export(step, (images, labels)).module()
    for _ in range(2):
        matrix = program(images, labels)
    apart = step.model.metric.counts
    print(f"  pixels counted {int(matrix.sum())} of {2 * labels.numel()}")
    print(f"  by the metric itself {int(apart.sum())}")


def main() -> None:
    """Print every case; those of one process on the first rank."""
    dist.init_process_group("gloo")
    wrapped_by_ddp()
    rank = dist.get_rank()
    dist.destroy_process_group()
    if rank == 0:
        for case in (best_checkpoint, averaged, resumed, exported):
            case()


if __name__ == "__main__":
    main()
