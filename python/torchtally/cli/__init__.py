"""The command line: `torchtally evaluate`, `compare` and `info`."""

from ._main import main

__all__ = ["main"]
