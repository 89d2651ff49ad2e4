"""What importers have in common: steps of other tools, told in ours, each artifact read and known by its SHA-256.

Rules of this file: what another tool wrote is a stranger's file: bounded, read as plain values, and it names files below its own folder alone. A step of which
something is not there, or is not what the tool says, is not imported, and it is said why; a digest that anybody can forge (MD5) is compared, never taken.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from bartizan.app.provenance.artifact import Read, read
from bartizan.artifact.errors import ArtifactFault
from bartizan.printable import printable
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget, Exhausted
from bartizan.supply.parsers.telling import Telling
from bartizan.supply.parsers.yaml_tree import documents
from bartizan.supply.provenance.step import Kind, Origin, Stage, Step, StepRefused, Use, step

_MOST: Final = 1 << 20
"""Octets of a file of another tool."""
_CODE: Final = frozenset({".py", ".ipynb", ".sh", ".r", ".jl", ".sql", ".yaml", ".yml", ".toml", ".cfg"})
_MODELS: Final = frozenset(
    {
        ".bin",
        ".cbm",
        ".ckpt",
        ".gguf",
        ".h5",
        ".joblib",
        ".keras",
        ".model",
        ".onnx",
        ".pkl",
        ".pt",
        ".pth",
        ".safetensors",
        ".skops",
        ".ubj",
    }
)


class NotImported(ValueError):
    """A step that is not imported; the message says why and what to do."""


class Imported(NamedTuple):
    """What an importer found: steps with what their artifacts are called, and what is not imported, with why."""

    steps: list[tuple[Step, dict[str, str]]]
    refused: list[tuple[str, str]]


class Artifact(NamedTuple):
    """An artifact of a step: what it is, and what was read."""

    kind: Kind
    read: Read


def tree(file: Path) -> Mapping[str, object]:
    """Return the table that a file of YAML holds; its values are tables, lists and text.

    Raises:
        NotImported: it is none.
    """
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as stream:
            octets = stream.read(_MOST + 1)
        if len(octets) > _MOST:
            raise NotImported(f"{file.name} is larger than any file of this tool")
        found = list(documents(octets.decode(), Budget(), Telling()))
    except (Damaged, Exhausted, UnicodeDecodeError) as fault:
        raise NotImported(f"{file.name} is not understood: {fault}") from None
    except OSError as fault:
        raise NotImported(f"{file.name} cannot be read: {fault.strerror}") from None
    if len(found) != 1 or not isinstance(found[0], dict):
        raise NotImported(f"{file.name} is not understood: it holds no table")
    return found[0]


def table(value: object) -> Mapping[str, object]:
    """Return a value that is to be a table; an empty one where it is not."""
    return value if isinstance(value, dict) else {}


def rows(value: object) -> list[Mapping[str, object]]:
    """Return the tables in a value that is to be a list of them."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def below(root: Path, name: object) -> Path:
    """Return the place that a stranger's file names, below a folder and through no link.

    Raises:
        NotImported: it lies elsewhere, or is not there.
    """
    text = name.removeprefix("file://") if isinstance(name, str) else ""
    shown = printable(text)[:200]
    parts = PurePosixPath(text)
    if parts.is_absolute() and parts.is_relative_to(root):
        parts = parts.relative_to(root)
    if not text or "\0" in text or parts.is_absolute() or ".." in parts.parts or "://" in text:
        raise NotImported(
            f"{shown or 'a file without a name'} lies elsewhere; bring it in with `bartizan provenance record ingest`"
        )
    place = root / parts
    if place.resolve() != root.resolve() / parts:
        raise NotImported(f"{shown} lies behind a link; name what it points to")
    if not place.exists():
        raise NotImported(f"{shown} is not there; fetch it with the tool that knows it, then import again")
    return place


def artifact(place: Path, kind: Kind) -> Artifact:
    """Return what lies at a place.

    Raises:
        NotImported: it cannot be told.
    """
    try:
        return Artifact(kind, read(place))
    except (ArtifactFault, OSError) as fault:
        raise NotImported(f"{place.name} cannot be told: {fault}") from None


def likely(name: str, *, product: bool) -> Kind:
    """Return what a file probably is, by its name: other tools do not say."""
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _MODELS:
        return Kind.MODEL
    return Kind.CODE if suffix in _CODE and not product else Kind.DATA


def told(
    stage: Stage,
    materials: Sequence[Artifact],
    products: Sequence[Artifact],
    span: tuple[int, int],
    origin: Origin,
) -> tuple[Step, dict[str, str]]:
    """Return a step and what its artifacts are called.

    Raises:
        NotImported: they make no step.
    """
    names = {one.read.digest: one.read.name for one in (*materials, *products)}
    uses = [[Use(one.read.digest, one.kind.value) for one in some] for some in (materials, products)]
    try:
        return step(stage, uses[0], uses[1], span, origin), names
    except StepRefused as fault:
        raise NotImported(str(fault)) from None
