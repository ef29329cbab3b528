"""`torchtally info`: what was built, and what it runs on."""

from __future__ import annotations

import json
import platform

import torch

import torchtally


def print_info(*, as_json: bool) -> None:
    """Print versions and build information; needs no optional module."""
    info: dict[str, object] = dict(torchtally.build_info())
    facts = {
        "torchtally": info.pop("version", torchtally.__version__),
        "torch": str(torch.__version__),
        "python": platform.python_version(),
        **info,
    }
    if as_json:
        print(json.dumps(facts, indent=2, default=str))
        return
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        print(f"{name.replace('_', ' '):<{width}}  {_shown(value)}")


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        return ", ".join(str(item) for item in value) or "none"
    return "none" if value is None or value == "" else str(value)
