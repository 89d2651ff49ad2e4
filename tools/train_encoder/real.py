"""Clean text that others wrote: what packages with permissive licences say of themselves and in themselves, and answers.

Rules of this file: read where it lies, never copied. What is of one origin (a package, a text) is learned from or held out as a whole.
"""

import ast
import json
import random
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple
from zlib import crc32

from bartizan.text.canonical import canonical

_PERMISSIVE: Final = re.compile(
    r"^(?:License|License-Expression|Classifier):.*\b(?:MIT|BSD|Apache|ISC|PSF)\b", re.MULTILINE
)
_HELD_OF: Final = 3
"""One origin in so many is held out."""
_FILES, _LONGEST, _SHORTEST = 60, 24_000, 160
_SHOWN: Final = 0.3
"""Share of files of which a piece of the source is read."""
_LENGTHS, _BLANKS = range(25, 261), 4
"""Letters of a sentence that may stand in a mail, and its fewest blanks."""
_ANSWERS: Final = frozenset({"benign-response", "benign-doc"})
_SENTENCE: Final = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")


class Origin(NamedTuple):
    """A text of somebody, and whose."""

    text: str
    of: str
    held: bool


def held(of: str) -> bool:
    """Return whether an origin is never learned from."""
    return crc32(of.encode()) % _HELD_OF == 0


def origins(folders: Iterable[Path], data: Path) -> list[Origin]:
    """Return clean texts, each once, in an order that is always the same.

    Args:
        folders: `site-packages`.
        data: of train.jsonl and benign.jsonl.
    """
    found = dict[str, Origin]()
    for text, of in (*_packages(folders), *_answers(data)):
        plain = canonical(text[:_LONGEST]).view.text.strip()
        if len(plain) >= _SHORTEST:
            found.setdefault(plain, Origin(plain, of, held(of)))
    return [*found.values()]


def sentences(texts: Iterable[Origin]) -> list[str]:
    """Return sentences of a length that may stand in a mail."""
    every = (
        part.strip() for each in texts for line in each.text.split("\n") for part in _SENTENCE.split(line)
    )
    return [part for part in every if len(part) in _LENGTHS and part.count(" ") >= _BLANKS]


def _packages(folders: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for info in sorted(folder.glob("*.dist-info")):
            about = (info / "METADATA").read_text("utf-8", "replace") if (info / "METADATA").exists() else ""
            head, _, body = about.partition("\n\n")
            if not _PERMISSIVE.search(head):
                continue
            name = info.name.split("-")[0].lower()
            yield body, name
            yield from ((text, name) for text in _sources(folder / name))


def _sources(folder: Path) -> Iterator[str]:
    """Yield docstrings of a package, and a piece of the source of some of its files."""
    drawn = random.Random(folder.name)  # noqa: S311 - an order, no secret
    files = sorted(folder.rglob("*.py"))
    for file in drawn.sample(files, min(len(files), _FILES)):
        said = file.read_text("utf-8", "replace")
        if drawn.random() < _SHOWN:
            at = drawn.randrange(max(len(said) - 1500, 1))
            yield said[at : at + 1500]
        try:
            tree = ast.parse(said)
        except (SyntaxError, ValueError, RecursionError):
            continue
        named = (
            node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module)
        )
        docs = [doc for node in named if (doc := ast.get_docstring(node)) and len(doc) >= _SHORTEST]
        yield from docs[:8]


def _answers(data: Path) -> Iterator[tuple[str, str]]:
    for name in ("benign.jsonl", "train.jsonl"):
        for line in (data / name).read_bytes().splitlines():
            row = json.loads(line)
            if row["kind"] in _ANSWERS:
                yield row["text"], f"{row['source']}:{crc32(row['text'].encode()) % 64}"
