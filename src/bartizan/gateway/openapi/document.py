"""A description as it is: plain values, places in it as JSON pointers, and references that stay inside.

Rules of this file: nothing is fetched, neither a file nor an address. What a description says wrongly is a `Fault`,
and nothing is served from it; what it says rightly and the gateway cannot judge makes one operation `LeftOut`.
Source: OpenAPI 3.0.4 and 3.1.1; RFC 6901 for pointers.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

_VERSION: Final = re.compile(r"3\.[01]\.[0-9]{1,3}")
_DIALECTS: Final = (
    "https://spec.openapis.org/oas/3.1/dialect/base",
    "https://json-schema.org/draft/2020-12/schema",
)
_POSITION: Final = re.compile(r"0|[1-9][0-9]{0,5}")
_HOPS: Final = 16
"""References that are followed one after the other."""

Table = Mapping[str, Any]


class Fault(msgspec.Struct, frozen=True):
    """What is wrong in a description, or not judged.

    Attributes:
        pointer: where, as a JSON pointer.
        what: the fault, and what to do.
    """

    pointer: str
    what: str


class DocumentInvalid(Exception):
    """A description that nothing is served from."""

    def __init__(self, *faults: Fault) -> None:
        """Name every fault."""
        super().__init__("; ".join(f"{fault.pointer or '/'} {fault.what}" for fault in faults))
        self.faults = faults


class LeftOut(Exception):
    """An operation that the gateway cannot judge, and so does not serve."""

    def __init__(self, pointer: str, what: str) -> None:
        """Name the place and the feature."""
        super().__init__(f"{pointer} {what}")
        self.fault = Fault(pointer, what)


class Place(msgspec.Struct, frozen=True):
    """A value of a description and where it stands.

    Attributes:
        value: plain data.
        pointer: to it, from the root.
    """

    value: Any
    pointer: str = ""

    def at(self, name: str | int) -> "Place":
        """Return the member or item of that name; None where there is none."""
        found = self.value
        if isinstance(found, dict):
            inner = found.get(name)
        else:
            inner = found[name] if isinstance(found, list) and isinstance(name, int) else None
        return Place(inner, f"{self.pointer}/{escaped(str(name))}")

    def table(self) -> "Iterator[tuple[str, Place]]":
        """Yield the members of a table; of nothing, none. Raises `DocumentInvalid` for anything else."""
        if self.value is None:
            return
        if not isinstance(self.value, dict):
            raise invalid(self, "must be an object")
        for name in self.value:
            yield name, self.at(name)

    def list(self) -> "Iterator[Place]":
        """Yield the items of a list; of nothing, none. Raises `DocumentInvalid` for anything else."""
        if self.value is None:
            return
        if not isinstance(self.value, list):
            raise invalid(self, "must be an array")
        for number in range(len(self.value)):
            yield self.at(number)

    def text(self) -> str:
        """Return the text that it is; of nothing, an empty one. Raises `DocumentInvalid` for anything else."""
        if self.value is not None and not isinstance(self.value, str):
            raise invalid(self, "must be a string")
        return self.value or ""

    def truth(self) -> bool:
        """Return the truth that it is; of nothing, none. Raises `DocumentInvalid` for anything else."""
        if self.value is not None and not isinstance(self.value, bool):
            raise invalid(self, "must be true or false")
        return self.value is True


def invalid(place: Place, what: str) -> DocumentInvalid:
    """Return the fault at a place, to be raised."""
    return DocumentInvalid(Fault(place.pointer, what))


def escaped(name: str) -> str:
    """Return a name as a step of a JSON pointer."""
    return name.replace("~", "~0").replace("/", "~1")


def require_known(root: Place) -> bool:
    """Return whether a description is of OpenAPI 3.0 rather than 3.1.

    Raises:
        DocumentInvalid: it is of neither.
    """
    if not isinstance(root.value, dict):
        raise invalid(root, "must be an object: an OpenAPI description")
    version = root.at("openapi")
    if not isinstance(version.value, str) or not _VERSION.fullmatch(version.value):
        raise invalid(version, "must be a version 3.0.x or 3.1.x of OpenAPI, in quotes")
    dialect = root.at("jsonSchemaDialect")
    if dialect.value is not None and dialect.value not in _DIALECTS:
        raise invalid(dialect, "names another dialect of JSON Schema than OpenAPI's own; leave it out")
    return version.value.startswith("3.0.")


def resolved(root: Place, place: Place) -> Place:
    """Return what a place refers to, or the place itself where it is no reference.

    Raises:
        DocumentInvalid: the reference leads out of the description, to nothing, or round in a circle.
    """
    for _ in range(_HOPS):
        if not isinstance(place.value, dict) or "$ref" not in place.value:
            return place
        place = _pointed(root, place.at("$ref"))
    raise invalid(place, f"is reached over more than {_HOPS} references, or refers to itself")


def _pointed(root: Place, reference: Place) -> Place:
    target = reference.text()
    if not target.startswith("#/"):
        raise invalid(
            reference,
            "refers to something outside of this description; put it in and refer to it as #/components/...",
        )
    found = root
    for step in target[2:].split("/"):
        name = step.replace("~1", "/").replace("~0", "~")
        position = isinstance(found.value, list) and _POSITION.fullmatch(name) is not None
        found = found.at(int(name) if position else name)
        if found.value is None:
            raise invalid(reference, "refers to something that is not there")
    return found
