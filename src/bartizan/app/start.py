"""How a process of the platform begins: with the compiled hot path where there is one, then its own module.

    python -I -m bartizan.app.start MODULE [ARGUMENT ...]

Rules of this file: nothing else of ours is imported before it is settled which of the two is.
"""

import gc
import runpy
import sys
from typing import Final

from bartizan import compiled

_GARBAGE: Final = 20_000
"""Objects that are made and not yet unmade, before cycles among them are looked for: to look at every 700 of what is
imported takes a tenth of a start."""


def main(module: str, *arguments: str) -> None:
    """Run a module as `python -m` would."""
    gc.set_threshold(_GARBAGE, 10, 10)
    compiled.use()
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        gc.freeze()  # else the interpreter's end looks for cycles in all that was imported, for a tenth of a second


if __name__ == "__main__":
    main(*sys.argv[1:])
