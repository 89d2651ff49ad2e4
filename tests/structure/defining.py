"""Import every module of a package in this process and fail at the first that does more than define.

    python -I defining.py FOLDER PACKAGE

Runs apart from the tests, for its audit hook stays. What is not known to be part of importing is refused.
"""

import importlib
import os
import pkgutil
import sys
from typing import Final

PART_OF_IMPORTING: Final = frozenset({
    "builtins.id", "code.__new__", "compile", "ctypes.dlopen", "ctypes.dlsym", "exec", "import", "marshal.loads",
    "object.__delattr__", "object.__getattr__", "object.__setattr__", "os.listdir", "os.scandir", "sys._getframe",
})  # fmt: skip
WRITING: Final = os.O_WRONLY | os.O_RDWR | os.O_CREAT

current = ""


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """End the process with 1 when the module at hand acts; a library could catch an exception."""
    if event in PART_OF_IMPORTING:
        return
    if event == "open" and isinstance(arguments[2], int) and not arguments[2] & WRITING:
        return
    os.write(2, f"{current} acts when it is imported: {event} {arguments}\n".encode())
    os._exit(1)


def main(folder: str, package: str) -> None:
    """Import `package`, found in `folder`, and everything in it but what only runs (`__main__`)."""
    global current
    sys.dont_write_bytecode = True
    sys.path.insert(0, folder)
    root = importlib.import_module(package)
    names = [module.name for module in pkgutil.walk_packages(root.__path__, f"{package}.")]
    sys.addaudithook(refuse)
    for current in names:
        if not current.endswith(".__main__"):
            importlib.import_module(current)


if __name__ == "__main__":
    main(*sys.argv[1:])
