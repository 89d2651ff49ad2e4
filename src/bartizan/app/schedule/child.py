"""Main of the process that carries out one run: `... bartizan.app.schedule.child RUN STATE PARENT`.

Rules of this file: its arguments are a word of the closed set, the state folder and the process that waits for it; nothing
that anybody asked for over a socket is among them. It has no descriptor, no environment and no way to more rights, and
ends with who waits for it. Only `Status` says that a run was carried out.
"""

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bartizan.app.folder import Folder
from bartizan.app.schedule.runs import RUNS, Run
from bartizan.isolation.kernel import die_with_parent, no_new_privileges, not_dumpable

UNEVALUATED: Final = 3
INTERNAL: Final = 4
INTERRUPTED: Final = 130


def main(argv: Sequence[str]) -> int:
    """Carry out one run; return its exit status.

    Args:
        argv: name of the run, path of the state folder, number of the process that waits.
    """
    run, state, parent = RUNS[argv[0]], argv[1], int(argv[2])
    die_with_parent(signal.SIGKILL)
    if os.getppid() != parent:  # it ended before it could be followed
        return INTERRUPTED
    no_new_privileges()
    not_dumpable()
    os.umask(0o077)
    os.nice(run.nice)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.default_int_handler)  # what it has started is put away
    return _carried_out(run, Folder(Path(state)))


def _carried_out(run: Run, folder: Folder) -> int:
    module, _, name = run.acts.partition(":")
    try:
        return int(getattr(importlib.import_module(module), name)(folder))
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as fault:  # noqa: BLE001 - the one place of this process where errors become a status
        if isinstance(fault, OSError) or type(fault).__module__.startswith("bartizan."):
            sys.stderr.write(f"{fault}\n")
            return UNEVALUATED
        traceback.print_exc()
        return INTERNAL


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
