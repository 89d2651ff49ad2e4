"""Whether a path that a file gives stays beside the file."""

from typing import Final

_STRANGE: Final = frozenset('\\:*?"<>|~$%\0')
LONGEST: Final = 1024


def stays_beside(path: str) -> bool:
    """Return whether a path is relative, plain on every system and leads nowhere up; links are for who opens it."""
    if not path or len(path) > LONGEST or not path.isprintable() or _STRANGE & set(path):
        return False
    return all(part and part == part.strip() and part not in {".", ".."} for part in path.split("/"))
