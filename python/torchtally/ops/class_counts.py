"""``torchtally::class_counts``: the counts of each class, in O(C) memory."""

from ._registration import register_counting_op

register_counting_op("class_counts", lambda classes: (3, classes))
