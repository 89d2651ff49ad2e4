"""HDF5, as Keras and h5py write it: groups, datasets and attributes; with a Keras model's configuration, which is judged as such.

Rules of this file: each object that a link leads to is walked once; what leads to another file, or needs a plug-in to be read, is told.
What no link leads to, no reader reads. Source: The HDF Group, "HDF5 File Format Specification", version 3.0.
"""

from collections.abc import Iterator
from typing import Final

from bartizan.supply.format import Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers import document
from bartizan.supply.parsers.cursor import Cursor
from bartizan.supply.parsers.hdf5 import (
    MAGIC,
    NOWHERE,
    Attribute,
    File,
    Kind,
    Link,
    Part,
    Type,
    attribute,
    damaged,
    datatype,
    dimensions,
    filters,
)
from bartizan.supply.parsers.hdf5_links import EXTERNAL, message, pieces, table
from bartizan.supply.parsers.json_tree import parsed
from bartizan.supply.parsers.places import stays_beside
from bartizan.supply.parsers.telling import Telling, shown, told
from bartizan.supply.subject import Standing

FILTERS: Final = frozenset({1, 2, 3})
"""Filters that every library has: gzip, shuffle and a checksum. Others are plug-ins, which are loaded by name."""
MOST_OBJECTS: Final = 200_000
_IGNORED: Final = frozenset(
    {Kind.NOTHING, Kind.OLD_FILL, Kind.FILL, Kind.GROUP, Kind.COMMENT, Kind.OLD_TIME, Kind.TIME, Kind.COUNT}
)
"""Nothing, values for what is not there, comments, times and counts."""
_MODEL: Final = frozenset({"model_config", "training_config"})
_NEWER: Final = 4
_USER_BLOCK: Final = 512
"""Octets of what a file may have before its begin, and their multiples by two."""


def knows(octets: Octets) -> bool:
    """Return whether it has the magic where readers look for it: at 0, 512, 1024 and so on, doubling."""
    return any(octets.begins(MAGIC, at) for at in _places(len(octets)))


def _places(size: int) -> Iterator[int]:
    at = 0
    while at < size:
        yield at
        at = 2 * at or _USER_BLOCK


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a file."""
    return told(lambda telling: _Walk(File(octets, budget), look, telling).all())


class _Walk:
    """One pass over the objects of a file."""

    def __init__(self, file: File, look: Look, telling: Telling) -> None:
        self.file, self.look, self.telling = file, look, telling

    def all(self) -> None:
        if not self.file.octets.begins(MAGIC):
            raise damaged(
                "something stands before its begin, and other readers take it for that", word="user-block"
            )
        left = [self.file.root()]
        seen: set[int] = set()
        while left:
            address = left.pop()
            if address in seen:
                continue
            seen.add(address)
            if len(seen) > MOST_OBJECTS:
                raise damaged("it has more objects than any model")
            left.extend(self.object(address))

    def object(self, address: int) -> list[int]:
        """Judge an object; return the addresses that it leads to."""
        found: list[Link] = []
        shape: tuple[int, ...] = ()
        kind: Type | None = None
        layouts: list[Part] = []
        for part in self.file.messages(address):
            if part.kind == Kind.SPACE:
                shape = dimensions(part.body, self.file.budget)
            elif part.kind == Kind.TYPE:
                kind = datatype(part.body, self.file.budget)
            elif part.kind == Kind.LINK:
                found.append(message(self.file, part.body))
            elif part.kind == Kind.LAYOUT:
                layouts.append(part)
            elif part.kind == Kind.SYMBOLS:
                found.extend(table(self.file, part.body))
            else:
                self.other(part)
        for part in layouts:
            self.layout(part.body, shape, kind)
        return [link.to for link in found if self.link(link)]

    def other(self, part: Part) -> None:
        """Judge a message that is no part of what an object is made of."""
        if part.kind in {Kind.LINKS, Kind.ATTRIBUTES}:
            self.dense(part)
        elif part.kind == Kind.EXTERNAL:
            self.telling.say(
                "external-storage",
                "it keeps a tensor in another file; leave it out, or write it anew",
                Standing.UNKNOWN,
            )
        elif part.kind == Kind.FILTERS:
            self.filters(part.body)
        elif part.kind == Kind.ATTRIBUTE:
            self.attribute(attribute(self.file, part.body))
        elif part.kind not in _IGNORED:
            raise damaged(
                f"an object has a message of kind {part.kind}, which is not known", word="message-unknown"
            )

    def dense(self, part: Part) -> None:
        """Refuse links and attributes that are stored in a heap of fractions."""
        cursor = Cursor(part.body, self.file.budget)
        version, flags = cursor.u8(), cursor.u8()
        ordered = 8 if part.kind == Kind.LINKS else 2
        cursor.skip(ordered * (flags & 1))
        if version or cursor.u64() != NOWHERE:
            raise damaged("it stores links or attributes densely, which is not known", word="storage-unknown")

    def link(self, link: Link) -> bool:
        """Judge a link; return whether it leads to an object of this file."""
        if link.kind == EXTERNAL:
            outside = not stays_beside(link.path)
            self.telling.say(
                "external-link",
                f"it leads to another file, {shown(link.path)}; leave it out",
                Standing.MALICIOUS if outside else Standing.UNKNOWN,
            )
        elif link.kind > 1:
            raise damaged("it has a link of a kind that is not known", word="link-unknown")
        if ".." in link.name.split("/") or link.name.startswith("/"):
            self.telling.say(
                "name-outside",
                f"a group is called {shown(link.name)}, which leads out of it; don't load it",
                Standing.MALICIOUS,
            )
        return link.kind == 0

    def filters(self, body: Octets) -> None:
        """Judge through what a dataset is read."""
        for number in filters(body, self.file.budget):
            if number not in FILTERS:
                self.telling.say(
                    "filter-unknown",
                    f"it needs the filter {number}, a plug-in that its reader would load; write it anew without",
                    Standing.UNKNOWN,
                )

    def layout(self, body: Octets, shape: tuple[int, ...], kind: Type | None) -> None:
        """Hold a dataset's octets against the file."""
        cursor = Cursor(body, self.file.budget)
        version, form = cursor.u8(), cursor.u8()
        size = kind.size if kind else 0
        for each in shape:
            size *= each
        if version not in {3, _NEWER} or form > 2 or (version == _NEWER and form == 2):  # noqa: PLR2004 - virtual and newer
            raise damaged("a dataset is stored in a way that is not known", word="storage-unknown")
        if form == 0:
            cursor.skip(cursor.u16())
        elif form == 1:
            start, held = cursor.u64(), cursor.u64()
            if start != NOWHERE:
                self.file.octets.part(start, held)
            if held != size:
                raise damaged("a tensor is not as large as its type and shape say", word="tensor-size")
        else:
            rank, tree = cursor.u8(), cursor.u64()
            for start, held in pieces(self.file, tree, rank) if tree != NOWHERE else ():
                self.file.octets.part(start, held)

    def attribute(self, found: Attribute) -> None:
        """Judge an attribute."""
        if found.name == "PSEUDOATOM" and any(each.rstrip(b"\0") == b"object" for each in found.values):
            self.telling.say(
                "pickled-objects", "PyTables unpickles what it holds; have a person decide", Standing.CODE
            )
        if found.name in _MODEL and len(found.values) != 1:
            raise damaged("a model's configuration is not one text", word="json-malformed")
        for each in found.values:
            value = each.rstrip(b"\0")
            if found.name in _MODEL or value[:1] == b"{":
                self.configuration(found.name, value)
            elif value[:1] == b"\x80" or (value[-1:] == b"." and b"\n" in value):
                self.octets(found.name, value)

    def configuration(self, name: str, value: bytes) -> None:
        """Judge what a Keras model is configured with."""
        tree = parsed(Octets(value), self.file.budget, constants=True)
        self.telling.format = "keras-h5" if name in _MODEL else self.telling.format
        document.judge(tree, self.file.budget, self.telling, shown(name))

    def octets(self, name: str, value: bytes) -> None:
        """Judge an attribute that PyTables would take for a pickle."""
        seen = self.look(Octets(value, name), self.file.budget)
        if seen.format == "pickle" and seen.standing is not Standing.INERT:
            self.telling.say(
                "pickled-attribute",
                f"its attribute {shown(name)} is a pickle that runs code where PyTables reads it; don't load it",
                seen.standing,
                member=shown(name),
            )


FORMAT: Final = Format("hdf5", knows, read, order=10)
