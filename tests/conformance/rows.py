"""Every row of the table."""

from .row import Row
from .rows_classification import CLASSIFICATION
from .rows_segmentation import SEGMENTATION

ROWS: list[Row] = [*SEGMENTATION, *CLASSIFICATION]
