"""The repository's own files, as the structure tests read them."""

import ast
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "bartizan"
FOLDERS = ("src", "tests", "tools", "bench")


def python_files(*folders: str) -> Iterator[Path]:
    """Yield every Python file of these folders."""
    for folder in folders or FOLDERS:
        yield from sorted((ROOT / folder).rglob("*.py"))


def committed() -> Iterator[Path]:
    """Yield every file that is or would be committed: tracked, or new and not ignored."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],  # noqa: S607 - the one on the path
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            yield ROOT / name


def place(file: Path, node: ast.AST | None = None) -> str:
    """Return `path:line`, as an editor opens it."""
    line = getattr(node, "lineno", None)
    return f"{file.relative_to(ROOT)}" + (f":{line}" if line else "")
