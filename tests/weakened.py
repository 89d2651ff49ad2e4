"""Runs a module of Bartizan with a function of it, or several, replaced by a worse one.

    python -I tests/weakened.py WEAKENING[,WEAKENING ...] MODULE [ARGUMENT ...]

WEAKENING names a file of tests/weakenings: `MODULES`, the processes in which it works, and `apply()`, which
replaces the function. Every process that a weakened `bartizan` starts is started by this script too, so the
weakness is wherever the product's own code is. The product itself has no switch for any of this.
"""

import importlib.util
import runpy
import sys
from pathlib import Path
from types import ModuleType

from bartizan.clock import SECOND, Nanoseconds

COMMAND = "bartizan"


def main(names: str, module: str, *arguments: str) -> None:
    """Weaken what is named, with a comma between two, then run the module as `python -m` would."""
    sys.path.append(str(Path(__file__).resolve().parent.parent))  # what weakenings share stands in tests
    if module == COMMAND:
        from bartizan.app import supervisor  # noqa: PLC0415 - a worker has no use for it
        from bartizan.drill import run  # noqa: PLC0415

        run.DEADLINE = Nanoseconds(60 * SECOND)  # type: ignore[misc]  # a busy machine decides no verdict
        supervisor.LAUNCH = (sys.executable, "-I", str(Path(__file__).resolve()), names)
    for weakening in map(load, names.split(",")):
        if module in weakening.MODULES:
            weakening.apply()
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def load(name: str) -> ModuleType:
    """Return the weakening of this name."""
    file = Path(__file__).resolve().parent / "weakenings" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(f"weakening_{name}", file)
    if spec is None or spec.loader is None:
        raise SystemExit(f"{file} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


if __name__ == "__main__":
    main(*sys.argv[1:])
