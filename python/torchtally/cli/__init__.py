"""The command line: `torchtally evaluate` and `torchtally info`."""

from ._main import main

__all__ = ["main"]
