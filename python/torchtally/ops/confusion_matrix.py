"""``torchtally::confusion_matrix``: the joint histogram of (target, prediction)."""

from ._registration import register_counting_op

register_counting_op("confusion_matrix", lambda classes: (classes, classes))
