"""Files of a repository that a loader runs by themselves, though each is plain text: named by a configuration, or by custom.

Rules of this file: what a name could be taken for counts; a file that no loader would run may be called code here, never the other
way round. Sources: transformers' `auto_map` and its dynamic modules, diffusers' `model_index.json`, sentence-transformers'
`modules.json`, datasets' loading scripts, Hugging Face's inference endpoints, githooks(5).
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bartizan.supply.containers.member import shown
from bartizan.supply.git_settings import running
from bartizan.supply.subject import Reason, Standing

_LONGEST: Final = 4 << 20
"""Octets of a configuration or of a source that is looked into for names; a longer one names everything."""
_MOST: Final = 256
"""Configurations of a folder that are looked into; where there are more, they name everything."""
_EVERYTHING: Final = "*"
_DOTTED: Final = re.compile(r"(?:\S*--)?([A-Za-z_][\w./-]*)\.\w+")
_RELATIVE: Final = re.compile(
    r"^\s*(?:from\s+\.+([\w.]+)\s+import|from\s+\.+\s+import\s+(.+)|import\s+\.(\S+))", re.MULTILINE
)
_BY_CUSTOM: Final = frozenset({"handler.py", "custom_generate/generate.py"})
_HOOK: Final = re.compile(r"(?:^|/)(?:\.git/)?hooks/(?!.*\.sample$)[^/]+$")

_SETTINGS: Final = re.compile(r"/\.git/(?:modules/.+/)?(?:worktrees/[^/]+/)?config(?:\.worktree)?$")


class Named:
    """What the configurations of folders name as code; each folder is looked into once."""

    def __init__(self, root: Path) -> None:
        """Take the folder that a person named."""
        self._root = root
        self._folders: dict[Path, frozenset[str]] = {}

    def reason(self, path: Path, place: str) -> Reason | None:
        """Return why a file of text is code that runs by itself; None where it does not.

        Args:
            path: of the file.
            place: of it within the root, parts joined by `/`.
        """
        if ".git/" in f"/{place}" and _HOOK.search(place):
            return Reason(
                "git-hook", "git runs it by itself; remove it, or read it and accept it", Standing.CODE
            )
        if _SETTINGS.search(f"/{place}") or _is_bare(path):
            return _of_settings(path)
        if path.suffix != ".py":
            return None
        if place in _BY_CUSTOM or place == f"{self._root.name}.py":
            what = "loaders run a file of this name by itself; read it, or remove it"
            return Reason("code-by-name", what, Standing.CODE)
        if self._is_named(path, place):
            what = "a configuration beside it names it as code to be run when the model is loaded; read it, or remove both"
            return Reason("code-by-configuration", what, Standing.CODE)
        return None

    def _is_named(self, path: Path, place: str) -> bool:
        above = [path.parents[depth] for depth in range(place.count("/") + 1)]
        for folder in above:
            names = self._of(folder)
            module = ".".join(path.relative_to(folder).with_suffix("").parts)
            if _EVERYTHING in names or module in names or path.stem in names:
                return True
        return False

    def _of(self, folder: Path) -> frozenset[str]:
        if folder not in self._folders:
            named = set(_configured(folder))
            named.update(_imported(folder, named))
            self._folders[folder] = frozenset(named)
        return self._folders[folder]


def _is_bare(path: Path) -> bool:
    """Return whether a file is where git looks for settings in a repository without a working tree."""
    return path.name == "config" and all(
        (path.parent / each).exists() for each in ("HEAD", "objects", "refs")
    )


def _of_settings(path: Path) -> Reason | None:
    """Return why settings of git's are code; None where they are not."""
    text = _text(path)
    found = running(text) if text is not None else "more than can be looked into"
    if found is None:
        return None
    what = f"its setting {shown(found)} may have git run a command by itself; remove it, or read it and accept it"
    return Reason("git-setting", what, Standing.CODE)


def _configured(folder: Path) -> Iterator[str]:
    """Yield the modules that JSON files of a folder could name."""
    for number, file in enumerate(sorted(folder.glob("*.json"))):
        if number >= _MOST:
            yield _EVERYTHING
            return
        text = _text(file)
        if text is None:
            yield _EVERYTHING
            return
        try:
            yield from _modules(json.loads(text, object_pairs_hook=_values))
        except (ValueError, RecursionError):
            continue  # no loader reads it either


def _text(file: Path) -> str | None:
    """Return a text file that a loader would read; empty where it is none, None where it is too long to look into."""
    try:
        if not file.is_file():
            return ""
        with file.open("rb") as opened:
            octets = opened.read(_LONGEST + 1)
    except OSError:
        return ""
    return None if len(octets) > _LONGEST else octets.decode("utf-8", "replace")


def _values(pairs: list[tuple[str, object]]) -> tuple[object, ...]:
    """Return the values of an object, of names that are there twice too; a tuple, to be told from a list of the document."""
    return tuple(value for _, value in pairs)


def _modules(value: object) -> Iterator[str]:
    """Yield what strings of a document could name: `module.Class`, `owner/name--module.Class`, and the first of a pair."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, str):
            found = _DOTTED.fullmatch(each)
            if found:
                yield found[1].replace("/", ".")
        elif isinstance(each, tuple):
            left.extend(each)
        elif isinstance(each, list):
            if len(each) == 2 and isinstance(each[0], str):  # noqa: PLR2004 - a pair
                yield each[0]
            left.extend(each)


def _imported(folder: Path, named: frozenset[str] | set[str]) -> Iterator[str]:
    """Yield what named modules import from beside them, and these from beside them."""
    left, seen = [each for each in named if each != _EVERYTHING], set(named)
    while left:
        module = left.pop()
        file = folder.joinpath(*module.split(".")).with_suffix(".py")
        text = _text(file) if module.replace(".", "").isidentifier() else ""
        if text is None or (not text and module not in named):
            yield _EVERYTHING
            return
        for found in _RELATIVE.findall(text):
            for name in re.findall(r"[\w.]+", " ".join(found)):
                if name not in seen:
                    seen.add(name)
                    left.append(name)
                    yield name
