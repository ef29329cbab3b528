"""Confusion matrices at memory speed, and the scores derived from them."""

from torchtally import _library

__all__ = ["_library"]
