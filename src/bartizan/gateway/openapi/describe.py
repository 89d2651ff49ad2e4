"""A whole description: the operations that are served, and those that are left out, each with the reason.

Rules of this file: a fault anywhere, and nothing is served. An operation with a feature that is not judged is not
served; whoever asks for it gets what an unknown path gets.
"""

import re
from collections.abc import Iterator
from typing import Final

import msgspec

from bartizan.gateway.openapi.document import (
    DocumentInvalid,
    Fault,
    LeftOut,
    Place,
    invalid,
    require_known,
    resolved,
)
from bartizan.gateway.openapi.operation import METHODS, Operation, Reading
from bartizan.gateway.openapi.template import Template, ambiguous, split
from bartizan.gateway.protocols.anthropic import ANTHROPIC
from bartizan.gateway.protocols.azure import AZURE
from bartizan.gateway.protocols.openai import OPENAI

OPERATIONS: Final = 1000
"""Operations of one description."""
_TAKEN: Final = frozenset(row.name for known in (OPENAI, ANTHROPIC, AZURE) for row in known.rows)
"""Words of routes that limits and numbers know as a model's."""
_WORDS: Final = (*METHODS, "head", "options", "trace")
_ID: Final = re.compile(r"[A-Za-z0-9_.~:/-]{1,128}")
_NAME_LENGTH: Final = 60


class Described(msgspec.Struct, frozen=True):
    """What a description comes to.

    Attributes:
        operations: that are served.
        left_out: operations that are not, and why.
        templates: of all paths, served or not.
    """

    operations: tuple[Operation, ...]
    left_out: tuple[Fault, ...]
    templates: tuple[Template, ...] = ()


def described(document: object) -> Described:
    """Return what a description comes to.

    Args:
        document: plain data, as read from its file.
    Raises:
        DocumentInvalid: it is none, or says something that it may not; all faults are named.
    """
    root = Place(document)
    reading = Reading(root, old=require_known(root))
    faults: list[Fault] = []
    left_out: list[Fault] = []
    operations: list[Operation] = []
    for path, item, word, said in _listed(root):
        try:
            operations.append(reading.operation(path, item, word, said))
        except LeftOut as reason:
            left_out.append(
                Fault(item.at(word).pointer, f"is left out: {reason.fault.pointer} {reason.fault.what}")
            )
        except DocumentInvalid as fault:
            faults.extend(one for one in fault.faults if one not in faults)
    faults.extend(_ambiguous(operations))
    if not operations and not faults:
        why = f": {left_out[0].pointer} {left_out[0].what}" if left_out else "; describe at least one"
        faults.append(Fault("/paths", f"has no operation that can be served{why}"))
    if faults:
        raise DocumentInvalid(*faults)
    templates = tuple(split(path) for path, _ in root.at("paths").table() if path.startswith("/"))
    return Described(tuple(operations), tuple(left_out), templates)


def _listed(root: Place) -> Iterator[tuple[str, Place, str, tuple[str, str]]]:
    """Yield template, path item, method, and id and name of each operation."""
    ids: set[str] = set()
    names = set(_TAKEN)
    paths = root.at("paths")
    if not isinstance(paths.value, dict):
        raise invalid(paths, "must be an object: the paths of the API")
    for path, listed in paths.table():
        if path.startswith("x-"):
            continue
        item = resolved(root, listed)
        for word in (word for word in _WORDS if item.at(word).value is not None):
            said = _id(item.at(word), ids)
            name = _name(said or f"{word}-{path}", names)
            names.add(name)
            ids.add(said or name)
            if len(ids) > OPERATIONS:
                raise invalid(paths, f"has more than {OPERATIONS} operations; split the description")
            yield path, item, word, (said or name, name)


def _id(place: Place, taken: set[str]) -> str:
    """Return the id of an operation; empty where it has none."""
    if not isinstance(place.value, dict):
        raise invalid(place, "must be an operation: an object")
    said = place.at("operationId")
    if said.value is not None and not _ID.fullmatch(said.text()):
        raise invalid(said, "must be of 1 to 128 letters, digits and _ . ~ : / -")
    if said.text() in taken:
        raise invalid(said, "is the id of another operation too")
    return said.text()


def _name(said: str, taken: set[str]) -> str:
    """Return the word of an operation in events: lower-case, and like no other's."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", said).lower()
    plain = re.sub(r"[^a-z0-9]+", "-", apart).strip("-")[:_NAME_LENGTH]
    plain = plain if plain[:1].isalpha() else f"o-{plain}"[:_NAME_LENGTH]
    return next(
        name
        for name in (plain, *(f"{plain[: _NAME_LENGTH - 5]}-{n}" for n in range(2, OPERATIONS + 2)))
        if name not in taken
    )


def _ambiguous(operations: list[Operation]) -> Iterator[Fault]:
    """Yield the templates of which one path could be two, so that nobody knows which is meant."""
    paths = list(dict.fromkeys(one.path for one in operations))
    by_length: dict[int, list[Template]] = {}
    for path in paths:
        for other in by_length.setdefault(len(path), []):
            if ambiguous(path, other):
                yield Fault(
                    "/paths",
                    f"has /{'/'.join(other)} and /{'/'.join(path)}, which the same request could mean; make one concrete",
                )
        by_length[len(path)].append(path)
