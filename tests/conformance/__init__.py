"""Peers' numbers on six small cases, each beside our spelling of the peer's rule.

``python -m tests.conformance`` prints the table.
"""

from .cases import CASES, Case
from .row import Row
from .rows import ROWS
from .table import Cell, cells, format_table

__all__ = ["CASES", "ROWS", "Case", "Cell", "Row", "cells", "format_table"]
