"""What lies below a folder: images, and everything else by kind. Nothing is opened."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from ._formats import FORMATS, label_suffix

Role: TypeAlias = Literal["prediction", "label", "mask"]
SHOWN_FILES = 5

#: What lies beside images and is none of them.
OTHER_FILES = {
    *("", ".json", ".jsonl", ".yaml", ".yml", ".toml", ".txt", ".md", ".rst", ".csv"),
    *(
        ".db",
        ".tsv",
        ".xlsx",
        ".log",
        ".xml",
        ".html",
        ".pdf",
        ".pkl",
        ".py",
        ".sh",
        ".ini",
    ),
}


@dataclass(frozen=True)
class NotEvaluated:
    """Files of one kind below one of the folders that no pair has."""

    role: Role
    kind: str
    number: int
    examples: tuple[str, ...]
    problem: bool  # whether images may be missing from the scores because of them


def is_folder(path: Path) -> bool:
    """Whether a path is a folder of images, and not an image that is a folder."""
    suffix = label_suffix(path)
    return path.is_dir() and not (suffix and FORMATS[suffix].is_folder)


@dataclass
class Folder:
    """What lies below one of the folders.

    Attributes:
        role: of the images that are looked for.
        path: of the folder.
        suffix: of the only files that are looked at; empty for every format.
        follow_links: whether linked folders are searched.
        images: what was found, relative, with / on every system.
        others: names by kind, and whether images may be missing because of them.
    """

    role: Role
    path: Path
    suffix: str = ""
    follow_links: bool = False
    images: list[str] = field(default_factory=list)
    others: dict[tuple[str, bool], list[str]] = field(default_factory=dict)

    def leave_out(self, kind: str, name: str, problem: bool = False) -> None:
        """Note a file or folder that no pair has."""
        self.others.setdefault((kind, problem), []).append(name)

    def not_evaluated(self) -> list[NotEvaluated]:
        """Return everything but images by kind."""
        return [
            NotEvaluated(
                self.role, kind, len(names), tuple(sorted(names)[:SHOWN_FILES]), problem
            )
            for (kind, problem), names in sorted(self.others.items())
        ]


def search(folder: Folder) -> None:
    """List images, and what else there is by kind."""

    def unreadable(error: OSError) -> None:
        folder.leave_out("folder that cannot be read", str(error.filename), True)

    # A folder is followed once, or links that go in a circle would have no end.
    seen = {folder.path.resolve()}
    walk = os.walk(folder.path, onerror=unreadable, followlinks=folder.follow_links)
    for root, folders, files in walk:
        below = Path(root)
        for name in sorted(folders):
            path = below / name
            if not _enter(folder, path, seen):
                folders.remove(name)
        folders.sort()
        for name in files:
            _look_at(folder, below / name)
    folder.images.sort()


def _relative(folder: Folder, path: Path) -> str:
    return path.relative_to(folder.path).as_posix()


def _enter(folder: Folder, path: Path, seen: set[Path]) -> bool:
    """Whether to search a folder; one that is not searched is noted."""
    name = _relative(folder, path)
    if path.name.startswith("."):
        folder.leave_out("hidden folder", name)
        return False
    if not is_folder(path):  # an image that is a folder
        _look_at(folder, path)
        return False
    if path.is_symlink() and not folder.follow_links:
        folder.leave_out("linked folder (see --follow-links)", name, True)
        return False
    if folder.follow_links:
        target = path.resolve()
        if target in seen:
            folder.leave_out("folder that was searched before", name)
            return False
        seen.add(target)
    return True


def _look_at(folder: Folder, path: Path) -> None:
    try:
        _sort_in(folder, path)
    except OSError:  # in a folder that may be listed and not entered
        folder.leave_out("file without access", _relative(folder, path), True)


def _sort_in(folder: Folder, path: Path) -> None:
    name, suffix = _relative(folder, path), label_suffix(path)
    if path.name.startswith("."):  # resource forks, editors' leftovers
        folder.leave_out("hidden file", name)
    elif path.is_symlink() and not path.exists():
        folder.leave_out("broken link", name, True)
    elif not path.is_file() and not (suffix and path.is_dir()):
        folder.leave_out("neither a file nor a folder", name)
    elif folder.suffix and not path.name.lower().endswith(folder.suffix.lower()):
        folder.leave_out(f"file without the suffix {folder.suffix} (--suffix)", name)
    elif suffix:
        folder.images.append(name)
    elif not _is_companion(path):
        folder.leave_out(f"{_kind(path)} file", name)


def _kind(path: Path) -> str:
    suffix = path.suffix.lower()
    return suffix if suffix else "suffixless"


def _is_companion(path: Path) -> bool:
    """Whether a file holds the data of a header beside it."""
    for suffix, entry in FORMATS.items():
        for ending in entry.companions:
            if path.name.lower().endswith(ending):
                stem = path.name[: -len(ending)]
                if path.with_name(stem + suffix).exists():
                    return True
    return False


def find_unknown_images(sides: tuple[Folder, Folder]) -> None:
    """Make a problem of files on both sides that look like images we cannot read."""
    stems: list[dict[str, set[str]]] = []
    for side in sides:
        kinds: dict[str, set[str]] = {}
        for (kind, _), names in side.others.items():
            suffix = kind.removesuffix(" file")
            if suffix.startswith(".") and suffix not in OTHER_FILES:
                kinds[kind] = {str(Path(name).with_suffix("")) for name in names}
        stems.append(kinds)
    of_either = [set[str]().union(*kinds.values()) for kinds in stems]
    common = of_either[0] & of_either[1]
    for side, kinds in zip(sides, stems, strict=True):
        for kind, found in kinds.items():
            if found & common:
                side.others[f"{kind}, a format that is not read", True] = (
                    side.others.pop((kind, False))
                )
