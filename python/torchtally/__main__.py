"""`python -m torchtally` runs the command line."""

import sys

from torchtally.cli import main

sys.exit(main())
