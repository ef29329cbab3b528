"""The options of `torchtally evaluate`, checked before anything is counted."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ._formats import MODULES, label_suffix
from ._pairing import Pair, input_files
from ._problems import UsageError, require

# Up to here the C x C matrix is counted; beyond, the O(C) counts of each class.
MATRIX_CLASSES = 256


@dataclass(frozen=True)
class Settings:
    """What to evaluate, how to score it and where to write it."""

    predictions: Path
    labels: Path
    num_classes: int
    class_names: tuple[str, ...]
    ignore_index: tuple[int, ...]
    include_background: bool
    zero_division: Literal["skip", "nan"] | float
    undefined_when: Literal["zero_denominator", "empty_target", "both_empty"]
    aggregation: Literal["global", "samplewise"]
    out_of_range: Literal["error", "ignore", "miss"]
    json: Path | None
    csv: Path | None
    plot: Path | None
    allow_problems: bool
    ignore_geometry: bool
    threads: int | None
    progress: bool

    @property
    def with_matrix(self) -> bool:
        """Whether the C x C matrix is counted."""
        return self.num_classes <= MATRIX_CLASSES

    @property
    def with_other(self) -> bool:
        """Whether labels out of range have a row and column of their own."""
        return self.out_of_range == "miss"

    @classmethod
    def from_arguments(cls, arguments: argparse.Namespace) -> Settings:
        """Check what the parser cannot and fill in the names of the classes.

        Raises:
            UsageError: The options contradict each other.
        """
        num_classes: int = arguments.num_classes
        names = tuple(name for group in arguments.class_names for name in group)
        if names and len(names) != num_classes:
            raise UsageError(
                f"--class-names must give one name for each of the {num_classes} "
                f"classes, got {len(names)}"
            )
        if arguments.plot and arguments.plot.suffix.lower() != ".png":
            raise UsageError(f"--plot must name a .png file, got {arguments.plot}")
        if arguments.plot and num_classes > MATRIX_CLASSES:
            raise UsageError(
                f"--plot draws at most {MATRIX_CLASSES} classes, got {num_classes}"
            )
        return cls(
            predictions=arguments.predictions,
            labels=arguments.labels,
            num_classes=num_classes,
            class_names=names or tuple(str(index) for index in range(num_classes)),
            ignore_index=tuple(dict.fromkeys(arguments.ignore_index)),
            include_background=not arguments.exclude_background,
            zero_division=arguments.zero_division,
            undefined_when=arguments.undefined_when,
            aggregation=arguments.aggregation,
            out_of_range=arguments.out_of_range,
            json=arguments.json,
            csv=arguments.csv,
            plot=arguments.plot,
            allow_problems=arguments.allow_problems,
            ignore_geometry=arguments.ignore_geometry,
            threads=arguments.threads,
            progress=not arguments.no_progress,
        )

    def check_modules(self, pairs: list[Pair]) -> None:
        """Raise a UsageError if a module that this run needs is not installed."""
        require("numpy", "reading label images")
        require("rich", "the table")
        if self.plot:
            require("matplotlib", "--plot")
        for suffix in sorted({label_suffix(file) for file in input_files(pairs)}):
            require(MODULES[suffix], f"reading {suffix}")

    def check_outputs(self, pairs: list[Pair]) -> None:
        """Raise a UsageError if an output cannot be written where it is wanted."""
        outputs = {
            "--json": self.json,
            "--csv": self.csv,
            "--plot": self.plot,
        }
        inputs = {file.resolve() for file in input_files(pairs)}
        taken: dict[Path, str] = {}
        for option, path in outputs.items():
            if path is None:
                continue
            target = path.resolve()
            if target in inputs:
                raise UsageError(f"{option} must not overwrite an input, got {path}")
            if target in taken:
                raise UsageError(
                    f"{option} and {taken[target]} must differ, both are {path}"
                )
            taken[target] = option
            _check_writable(option, path)


def _check_writable(option: str, path: Path) -> None:
    if path.exists() and not path.is_file():
        raise UsageError(f"{option} must name a regular file, got {path}")
    if not path.resolve().parent.is_dir():
        raise UsageError(f"{option} must name a file in an existing folder, got {path}")
    probe = scratch_path(path)
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise UsageError(f"{option} cannot be written: {error}") from error


def scratch_path(path: Path) -> Path:
    """Return a hidden neighbour of an output, written first and then renamed."""
    target = path.resolve()
    return target.with_name(f".{target.name}.{os.getpid()}.part")
