"""The graph as octets: written whole, read where it lies.

    tag   32 octets: keyed BLAKE3 of what follows, under a key of the state folder's own
    head  u32 length, then JSON of `Head`, filled up with spaces
    parts names, ids of steps (32 octets each, sorted); u32 offsets and targets of four relations; u32 offsets and u64 entries of the
          facts; u64 entries of steps; u16 kinds, u8 flags, u8 stages; each filled up to a multiple of 8; in this machine's order of octets

Rules of this file: only octets under the tag are read, so nobody without the key can hide an edge; a file of another order of octets,
version or length is none. The record is what counts: whoever doubts the file removes it, and it is made anew.
"""

import sys
from array import array
from collections.abc import Sequence
from typing import Final

import msgspec
from blake3 import blake3

from bartizan.crypto.secret import Secret, Tag
from bartizan.supply.provenance.graph import Graph, Names, Relation
from bartizan.supply.provenance.told import Part
from bartizan.typed_json import decoded, known

_TAG: Final = 32
_LENGTH: Final = 4
_ALIGNED: Final = 8
VERSION: Final = 1


class Broken(msgspec.Struct, frozen=True):
    """An entry that closes a step which does not add up."""

    step: str
    entry: int


class Head(msgspec.Struct, frozen=True):
    """What stands before the parts.

    Attributes:
        size, root: of the tree up to which the record was read: entries, and its hash, hexadecimal.
        sections: octets of each part.
        parts: artifacts of steps that were not closed then.
        broken: entries that close nothing; at most `MOST_BROKEN` of them.
        version: of this form; order: of the octets of its numbers.
    """

    size: int
    root: str
    sections: tuple[int, ...] = ()
    parts: dict[str, tuple[Part, ...]] = {}
    broken: tuple[Broken, ...] = ()
    version: int = VERSION
    order: str = sys.byteorder


known(Head)
MOST_BROKEN: Final = 1000


def packed(graph: Graph, head: Head, key: Secret) -> bytes:
    """Return a graph as octets; its numbers become those of the sorted digests.

    Args:
        graph: any.
        head: its sections are found here.
        key: 32 octets.
    """
    artifacts, steps = _order(graph.names), _order(graph.steps)
    sections = [
        b"".join(graph.names[each] for each in artifacts.old),
        b"".join(graph.steps[each] for each in steps.old),
        *_relation(graph.materials, steps, artifacts.new, "I"),
        *_relation(graph.products, steps, artifacts.new, "I"),
        *_relation(graph.users, artifacts, steps.new, "I"),
        *_relation(graph.makers, artifacts, steps.new, "I"),
        *_relation(graph.facts, artifacts, None, "Q"),
        array("Q", [graph.entries[each] for each in steps.old]).tobytes(),
        array("H", [graph.kinds[each] for each in artifacts.old]).tobytes(),
        bytes(graph.flags[each] for each in artifacts.old),
        bytes(graph.stages[each] for each in steps.old),
    ]
    whole = msgspec.structs.replace(head, sections=tuple(map(len, sections)))
    octets = msgspec.json.encode(whole)
    octets += b" " * (-(_LENGTH + len(octets)) % _ALIGNED)
    body = b"".join([len(octets).to_bytes(_LENGTH, sys.byteorder), octets, *map(_filled, sections)])
    return blake3(body, key=key.reveal()).digest() + body


def unpacked(octets: memoryview, key: Secret) -> tuple[Graph, Head] | None:
    """Return the graph that octets are, read where they lie, and its head; None where they are none of this key, machine and version."""
    body = octets[_TAG:]
    if len(body) < _LENGTH or not Tag(octets[:_TAG]).matches(blake3(body, key=key.reveal()).digest()):
        return None
    start = _LENGTH + int.from_bytes(body[:_LENGTH], sys.byteorder)
    head = decoded(bytes(body[_LENGTH:start]), Head)
    if (head.version, head.order) != (VERSION, sys.byteorder):
        return None
    parts: list[memoryview] = []
    for length in head.sections:
        parts.append(body[start : start + length])
        start += length + -length % _ALIGNED
    return _graph(parts), head


def _graph(parts: Sequence[memoryview]) -> Graph:
    found = Graph()
    found.names, found.steps = Names(parts[0]), Names(parts[1])
    four = [Relation(parts[at].cast("I"), parts[at + 1].cast("I")) for at in range(2, 10, 2)]
    found.materials, found.products, found.users, found.makers = four
    found.facts = Relation(parts[10].cast("I"), parts[11].cast("Q"))
    found.entries.frombytes(parts[12])
    found.kinds.frombytes(parts[13])
    found.flags, found.stages = bytearray(parts[14]), bytearray(parts[15])
    return found


class _Order(msgspec.Struct, frozen=True):
    """Old numbers in their new order, and the new number of each old one."""

    old: list[int]
    new: Sequence[int]


def _order(names: Names) -> _Order:
    old = sorted(range(len(names)), key=names.__getitem__)
    new = array("I", bytes(4 * len(old)))
    for place, each in enumerate(old):
        new[each] = place
    return _Order(old, new)


def _relation(relation: Relation, order: _Order, new: Sequence[int] | None, form: str) -> tuple[bytes, bytes]:
    offsets, targets = array("I", [0]), array(form)
    for node in order.old:
        there = relation.of(node)
        targets.extend(there if new is None else (new[each] for each in there))
        offsets.append(len(targets))
    return offsets.tobytes(), targets.tobytes()


def _filled(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % _ALIGNED)
