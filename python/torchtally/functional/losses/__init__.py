"""Losses of overlap as pure functions of logits, or of sums already taken.

Each loss is a formula of :class:`torchtally.OverlapSums`, written once in
``_formulas``; all policy is in ``_policy``. ``<name>_loss`` takes logits and a target,
``<name>_loss_from_sums`` what :func:`torchtally.overlap_sums` returned.
"""

from .functions import *  # noqa: F403
from .functions import __all__ as __all__
