"""Writes the public API from its definitions: run it after changing one.

    python scripts/generate_api.py [--check]

Every function and class is plain source, so that an editor, ``help``, a type checker
and a documentation tool read what runs. The definitions are
``python/torchtally/_options.py``, ``functional/_definitions.py`` and their like in
``functional/losses``. Neither torchtally nor a compiler has to be there, only torch.
With ``--check`` nothing is written, and the exit status says whether the files are
current.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[1]


def without_library() -> None:
    """Let modules of torchtally be imported without what its packages import."""
    for name in ("torchtally", "torchtally.functional", "torchtally.functional.losses"):
        package = ModuleType(name)
        package.__path__ = [str(ROOT / "python" / name.replace(".", "/"))]
        sys.modules[name] = package


def main() -> int:
    """Write the files, or say which are not current."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    without_library()
    from api import (
        cpp_losses,
        cpp_scores,
        pages,
        python_counts,
        python_losses,
        python_scores,
    )

    stale = []
    files = {**python_counts.files(), **python_scores.files(), **python_losses.files()}
    files.update({**cpp_scores.files(), **cpp_losses.files(), **pages.files(ROOT)})
    for path, text in files.items():
        target = ROOT / path
        if target.is_file() and target.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not check:
            target.write_text(text, encoding="utf-8")
    for path in stale:
        print(f"{path} {'is not current' if check else 'written'}")
    return int(check and bool(stale))


if __name__ == "__main__":
    sys.exit(main())
