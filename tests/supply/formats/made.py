"""Real files that libraries made: see `tests/supply/data/README.md`."""

import zlib
from functools import cache
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


@cache
def made(name: str) -> bytes:
    return zlib.decompress((DATA / f"{name}.zlib").read_bytes())
