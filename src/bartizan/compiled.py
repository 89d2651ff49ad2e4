"""The hot path as machine code, where somebody has compiled it: of these very sources, or not used.

Rules of this file: the sources are what counts, and run as they are. What `make install COMPILED=1` made of them is
used whole or not at all: where every source of the package is, to the octet, what it was made of, and the interpreter
is the one that it was made for. It stands in the environment, beside the packages, and is trusted like them.
"""

import json
import sys
from collections.abc import Sequence
from hashlib import sha256
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from typing_extensions import override

FOLDER: Final = Path(sys.prefix) / "lib" / "bartizan-compiled"
"""Where the machine code of this environment is kept."""
MANIFEST: Final = "manifest.json"
_SOURCES: Final = Path(__file__).resolve().parent


def made_of(sources: Path = _SOURCES) -> str:
    """Return what tells these sources and this interpreter from any others: hexadecimal digits.

    Args:
        sources: folder of the package.
    """
    digest = sha256(f"{sys.version}\0{sys.platform}\0{sys.implementation.cache_tag}\0".encode())
    for path in sorted(sources.rglob("*.py")):
        octets = path.read_bytes()
        digest.update(f"{path.relative_to(sources)}\0{len(octets)}\0".encode())
        digest.update(octets)
    return digest.hexdigest()


class _Finder(MetaPathFinder):
    def __init__(self, files: dict[str, Path]) -> None:
        self._files = files

    @override
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        file = self._files.get(fullname)
        if file is None:
            return None
        return spec_from_file_location(fullname, file, loader=ExtensionFileLoader(fullname, str(file)))


def in_use() -> bool:
    """Return whether compiled modules are imported in this process."""
    return any(isinstance(finder, _Finder) for finder in sys.meta_path)


def found(folder: Path = FOLDER) -> dict[str, Path]:
    """Return the names of what was compiled of these sources, and the file of each; none where it is of others.

    Args:
        folder: that the compiler filled.
    """
    try:
        manifest: Any = json.loads((folder / MANIFEST).read_bytes())
        fits = manifest["made_of"] == made_of()
        files = {str(name): folder / str(file) for name, file in manifest["modules"].items()}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):  # none, or half of one
        return {}
    return files if fits else {}


def use(folder: Path = FOLDER) -> bool:
    """Import compiled modules from now on, where there are any of these sources; return whether there are.

    Call it before any of them is imported.

    Args:
        folder: that the compiler filled.
    """
    files = found(folder)
    if files:
        sys.meta_path.insert(0, _Finder(files))
    return bool(files)
