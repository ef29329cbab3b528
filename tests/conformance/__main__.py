"""Print the table; the exit code says whether every number is accounted for."""

import sys

from .rows import ROWS
from .table import cells, format_table

found = cells(ROWS)
print(format_table(found))
sys.exit(any(cell.verdict == "WRONG" for cell in found))
