"""The files of segmentation_models_pytorch that need nothing but torch.

The package itself imports timm, and that torchvision, which has no CPU build of torch's
newest version; its metrics and losses are files without such imports.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def _package(name: str, folder: Path) -> None:
    module = ModuleType(name)
    module.__path__ = [str(folder)]
    sys.modules[name] = module


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"smp_of_files.{name}")


_spec = importlib.util.find_spec("segmentation_models_pytorch")
if _spec is None or _spec.origin is None:
    raise ImportError("segmentation_models_pytorch, of requirements/sources.txt")
_folder = Path(_spec.origin).parent
_package("smp_of_files", _folder)
for _name in ("losses", "metrics"):
    _package(f"smp_of_files.{_name}", _folder / _name)

metrics = _load("metrics.functional")
dice, jaccard, tversky = (_load(f"losses.{n}") for n in ("dice", "jaccard", "tversky"))
