"""Compile the hot path with mypyc: the same sources, as machine code, at two thirds of the processor's time.

    .venv/bin/python -m tools.compile

Rules of this file: what is made of other sources than those that stand here is made anew, and stands whole or not at
all. A C compiler and Python's headers are needed; where they are missing that is said, and Bartizan runs as before.
"""

import ast
import importlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

from bartizan import compiled

ROOT = Path(__file__).resolve().parent.parent
GROUP = "bartizan"
"""What mypyc calls the library that holds all of it: `bartizan__mypyc`."""
MODULES = {
    "crypto": ("tls_session", "tls_transport"),
    "ledger": ("content", "journal", "written"),
    "metrics": ("board",),
    "store": ("limits",),
    "gateway": (
        *(
            "admit",
            "balance",
            "body",
            "callback",
            "circuit",
            "cluster",
            "completion",
            "crowd",
            "dossier",
            "events",
            "forwarding",
            "framing",
            "front",
            "mapped",
            "metering",
        ),
        *(
            "passes",
            "plane",
            "pool",
            "protocol",
            "reserve",
            "response",
            "route",
            "share",
            "strangers",
            "stream",
            "structure",
            "turn",
            "upstream",
            "usage",
            "wire",
        ),
    ),
    "app": ("deciding", "freshness"),
}
"""Folder of the package -> its modules that are compiled: what a request, or an octet of it, passes."""
OPTIONS = ("--config-file=", "--explicit-package-bases", "--ignore-missing-imports", "--strict")
_SETUP = """\
import json, sys
from mypyc.build import mypycify
from setuptools import setup
told = json.loads(sys.argv.pop())
made = mypycify([*told["options"], *told["files"]], group_name=told["group"], target_dir=told["folder"], opt_level="2", debug_level="0")
setup(name=told["group"], packages=[], py_modules=[], ext_modules=made)
"""


class NotCompiled(Exception):
    """The compiler is missing or failed; the message is for people."""


def main() -> int:
    """Compile, unless that is done; print one line. Returns 0, or 3 where it could not be done."""
    started = time.monotonic()
    try:
        if not _fits():
            _compile()
            sys.stdout.write(f"compiled     {len(_files())} modules in {time.monotonic() - started:.0f} s\n")
    except NotCompiled as fault:
        sys.stderr.write(f"compiled     {fault}\n")
        return 3
    return 0


def _fits() -> bool:
    try:
        manifest = json.loads((compiled.FOLDER / compiled.MANIFEST).read_bytes())
    except (OSError, ValueError):
        return False
    return bool(manifest.get("made_of") == compiled.made_of() and manifest.get("made_by") == _made_by())


def _made_by() -> str:
    return sha256(Path(__file__).read_bytes()).hexdigest()


def _files() -> list[Path]:
    source = ROOT / "src" / "bartizan"
    return [source / folder / f"{name}.py" for folder, names in MODULES.items() for name in names]


def _compile() -> None:
    require_plain_classes()
    _require_compiler()
    made_of = compiled.made_of()
    shutil.rmtree(compiled.FOLDER, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=compiled.FOLDER.parent, prefix="bartizan-compiling-") as name:
        work, library = Path(name), Path(name) / "library"
        _build(work, library)
        modules = {
            ".".join(file.relative_to(library).with_name(file.name.partition(".")[0]).parts): str(
                file.relative_to(library)
            )
            for file in sorted(library.rglob("*.so"))
        }
        manifest = {"made_of": made_of, "made_by": _made_by(), "modules": modules}
        (library / compiled.MANIFEST).write_text(json.dumps(manifest) + "\n")
        library.rename(compiled.FOLDER)


_WEAKLY: Final = re.compile(r"^\s*(?:import|from)\s.*\bweakref\b", re.MULTILINE)


def require_plain_classes() -> None:
    """Refuse classes that would mean something else compiled, or not hold.

    mypyc forgets the words in a class's head, `frozen=True` and all. It lays its own attributes over those of a base
    that is not compiled, and what refers weakly to its objects is not told of their end: both are found when the
    collector of cycles comes by, by a process that dies.
    """
    for file in _files():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef) and (node.keywords or node.decorator_list):
                raise NotCompiled(
                    f"{file}, line {node.lineno}: a class with words in its head cannot be compiled"
                )
    for kind, base in _inherited():
        if base.__basicsize__ > object.__basicsize__ and not issubclass(base, BaseException):
            raise NotCompiled(
                f"{kind.__module__}.{kind.__name__}: {base.__name__} has attributes and is not compiled"
            )
    for file in sorted((ROOT / "src" / "bartizan").rglob("*.py")):
        if _WEAKLY.search(file.read_text()):
            raise NotCompiled(f"{file} refers weakly to something, which compiled objects do not stand")


def _inherited() -> Iterator[tuple[type, type]]:
    """Yield the classes of the modules, each with a base that is not compiled with it."""
    names = {f"bartizan.{folder}.{name}" for folder, some in MODULES.items() for name in some}
    for name in sorted(names):
        for kind in vars(importlib.import_module(name)).values():
            if isinstance(kind, type) and kind.__module__ == name:
                yield from ((kind, base) for base in kind.__mro__ if base.__module__ not in names)


def _require_compiler() -> None:
    compiler = (sysconfig.get_config_var("CC") or "cc").split()[0]
    headers = Path(sysconfig.get_path("include")) / "Python.h"
    if shutil.which(compiler) and headers.exists():
        return
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    raise NotCompiled(
        f"there is no C compiler {compiler!r}, or no {headers}: nothing was compiled, Bartizan runs all the same.\n"
        f"On Debian and Ubuntu: apt-get install gcc libc6-dev python{version}-dev"
    )


def _build(work: Path, library: Path) -> None:
    told = {
        "options": [*OPTIONS, f"--cache-dir={work / 'cache'}"],
        "files": [str(file) for file in _files()],
        "group": GROUP,
        "folder": str(work / "c"),
    }
    script = work / "setup.py"
    script.write_text(_SETUP)
    command = [sys.executable, str(script), "-q", "build_ext", f"--build-lib={library}"]
    command += [f"--build-temp={work / 'objects'}", json.dumps(told)]
    made = subprocess.run(
        command,
        cwd=work,
        env={**os.environ, "MYPYPATH": str(ROOT / "src")},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if made.returncode:
        raise NotCompiled("compiling failed:\n" + "\n".join(made.stdout.strip().splitlines()[-12:]))


if __name__ == "__main__":
    sys.exit(main())
