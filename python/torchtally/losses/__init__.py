"""Losses: modules that hold options, beside the functions that do the rest."""

from . import modules
from ._base import OverlapLoss
from .deep_supervision import DeepSupervision
from .modules import *  # noqa: F403

__all__ = ["DeepSupervision", "OverlapLoss"]
__all__ += modules.__all__
