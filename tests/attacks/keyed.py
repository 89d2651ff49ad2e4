"""Runs a platform whose supervisor also writes every segment's first key to a file, for a test to look for it.

python -I keyed.py FILE MODULE [ARGUMENT ...]
"""

import os
import runpy
import sys
from pathlib import Path


def leak(to: str) -> None:
    """Have every first key written to a file, 32 octets each."""
    from bartizan.app import segments  # noqa: PLC0415  # after the interpreter has started

    original = segments._first_key

    def first_key() -> tuple[int, int]:
        files = original()
        copy = os.open(to, os.O_WRONLY | os.O_CREAT, 0o600)
        os.lseek(copy, 0, os.SEEK_END)
        os.sendfile(copy, files[0], 0, 32)  # from file to file: no copy of it comes into this process
        os.close(copy)
        return files

    segments._first_key = first_key


def main() -> None:
    """Run the module."""
    to, module, *arguments = sys.argv[1:]
    if module == "bartizan":
        from bartizan.app import supervisor  # noqa: PLC0415  # after the interpreter has started

        supervisor.LAUNCH = (sys.executable, "-I", str(Path(__file__).resolve()), to)
    if module == "bartizan.app.supervise":
        leak(to)
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
