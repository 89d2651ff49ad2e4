"""Which entities the policies cannot tell apart: what they say of one, they say of all others like it.

Rules of this file: pure, and too strict rather than too lax. Two entities are alike where exchanging them changes nothing
that Cedar can look at: they have one type, the same attributes, are in the same entities, and are named nowhere: in no
policy, in no attribute, as nobody's parent. Cedar reaches entities through equality, membership, type and attributes
alone and sees no id as text, so such an exchange maps every evaluation onto another one with the same decision, names
and errors. Whoever is named, or not in the graph, is like nobody.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec
from cedarpy import pst

from bartizan.identity.principal import Uid
from bartizan.policy.scope import Rule, uid

Like = Uid | int
"""An entity that is like nobody; or the number of those that are alike."""
_ENCODE: Final = msgspec.json.Encoder(order="sorted").encode


class Described(msgspec.Struct):
    """An entity of the graph, as Cedar's JSON has it."""

    uid: Uid
    attrs: dict[str, Any] = {}
    parents: list[Uid] = []


class Likenesses:
    """The entities of one graph, as one policy set tells them apart."""

    __slots__ = ("_alike",)

    def __init__(self, rules: Iterable[Rule], entities: Iterable[Described]) -> None:
        """Sort the entities.

        Args:
            rules: every policy that is ever asked about them.
            entities: all of the graph.
        """
        graph = tuple(entities)
        named = {uid(each) for rule in rules for each in pst.entity_uids(rule.node)}
        named |= {each for one in graph for each in (*one.parents, *_named_in(one.attrs))}
        numbers: dict[tuple[str, frozenset[Uid], bytes], int] = {}
        self._alike = {
            one.uid: numbers.setdefault(
                (one.uid.type, frozenset(one.parents), _ENCODE(one.attrs)), len(numbers)
            )
            for one in graph
            if one.uid not in named
        }

    def of(self, one: Uid) -> Like:
        """Return what is equal for entities that are alike, and for no others."""
        return self._alike.get(one, one)


def _named_in(value: object) -> Iterator[Uid]:
    """Yield whatever might be an entity in an attribute: Cedar's JSON writes one with or without its escape."""
    if isinstance(value, dict):
        found = value.get("type"), value.get("id")
        if isinstance(found[0], str) and isinstance(found[1], str):
            yield Uid(found[0], found[1])
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from _named_in(each)
