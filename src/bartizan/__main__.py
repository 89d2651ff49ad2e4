"""`python -m bartizan` is `bartizan`."""

import sys

from bartizan.cli.main import run

if __name__ == "__main__":
    sys.exit(run())
