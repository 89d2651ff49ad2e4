"""Runs Bartizan with some of its figures changed, so that a test need not wait, or write, for as long as they say.

    python -I adjusted.py SETTINGS MODULE [ARGUMENT ...]

SETTINGS is JSON: name of a module -> name in it -> new value; a mapping there is changed key by key. The key
`shift_s` sets the wall clock of every process off by so many seconds. `bartizan.cli.main` started this way starts
its processes this way.
"""

import importlib
import json
import runpy
import sys
import time
from pathlib import Path
from typing import Any

SHIFT = "shift_s"


def adjust(settings: dict[str, Any]) -> None:
    """Change the figures in this process."""
    if shift := int(settings.pop(SHIFT, 0)) * 10**9:
        wall = time.time_ns
        time.time_ns = lambda: wall() + shift
    for module, values in settings.items():
        loaded = importlib.import_module(module)
        for name, value in values.items():
            if isinstance(value, dict):
                getattr(loaded, name).update(value)
            else:
                setattr(loaded, name, value)


def main() -> None:
    """Run the module."""
    settings, module, *arguments = sys.argv[1:]
    if module == "bartizan":
        from bartizan.app import supervisor  # noqa: PLC0415  # after the interpreter has started

        supervisor.LAUNCH = (sys.executable, "-I", str(Path(__file__).resolve()), settings)
    adjust(json.loads(settings))
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def command(**settings: Any) -> tuple[str, ...]:  # noqa: ANN401  # JSON
    """Return the command `bartizan` with these settings; a module's dots are written as two underscores."""
    named = {name.replace("__", "."): value for name, value in settings.items()}
    return sys.executable, "-I", str(Path(__file__).resolve()), json.dumps(named), "bartizan"


if __name__ == "__main__":
    main()
