"""YAML from a stranger as plain values: by its events alone, so that no tag makes an object and no alias is copied.

Rules of this file: bounded while it is read; a name that stands twice has two readings. What an alias stands for is shared, never expanded.
"""

from collections.abc import Iterator
from typing import Any, Final

import yaml

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget
from bartizan.supply.parsers.telling import Telling, shown
from bartizan.supply.subject import Standing

NAMES: Final = (".yaml", ".yml")
"""How files of it are called: it has no magic."""
LARGEST: Final = 1 << 20
"""Letters of a document."""
DEEPEST: Final = 60
_COST: Final = 8
_PLAIN: Final = "tag:yaml.org,2002:"
_VALUES: Final = frozenset(
    {"str", "int", "float", "bool", "null", "map", "seq", "binary", "timestamp", "omap", "set", "pairs"}
)


def documents(text: str, budget: Budget, telling: Telling) -> Iterator[object]:
    """Yield the documents of a text: dict, list or str; numbers stay text.

    Raises:
        Damaged: it is no YAML, or has two readings, or is larger than any configuration.
        Exhausted: the budget is.
    """
    if len(text) > LARGEST:
        raise Damaged("yaml-too-large", f"it has more than {LARGEST:,} letters of YAML")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        events = list(_counted(yaml.parse(text, Loader=loader), budget))
    except (yaml.YAMLError, ValueError):
        raise Damaged("yaml-malformed", "it is no YAML that can be read") from None
    reading = _Reading(iter(events), telling)
    for event in reading.events:
        if type(event).__name__ == "DocumentStartEvent":
            reading.anchors.clear()
            yield reading.value(next(reading.events), 0)


def _counted(events: Any, budget: Budget) -> Iterator[Any]:  # noqa: ANN401 - PyYAML is untyped
    for event in events:
        budget.spend(_COST)
        yield event


class _Reading:
    """One pass over the events of a text."""

    def __init__(self, events: Iterator[Any], telling: Telling) -> None:
        self.events, self.telling = events, telling
        self.anchors: dict[str, object] = {}

    def value(self, event: Any, depth: int) -> object:  # noqa: ANN401 - PyYAML is untyped
        if depth > DEEPEST:
            raise Damaged("too-deep", "its YAML is nested too deep")
        kind = type(event).__name__
        if kind == "AliasEvent":
            return self._alias(event.anchor)
        self._tag(event.tag)
        if kind == "SequenceStartEvent":
            return self._list(event.anchor, depth)
        if kind == "MappingStartEvent":
            return self._table(event.anchor, depth)
        found = str(event.value)
        self._name(event.anchor, found)
        return found

    def _alias(self, anchor: str) -> object:
        if anchor not in self.anchors:
            raise Damaged("yaml-malformed", "it uses an alias that it never sets")
        return self.anchors[anchor]

    def _name(self, anchor: str | None, found: object) -> None:
        if anchor is not None:
            self.anchors[anchor] = found

    def _list(self, anchor: str | None, depth: int) -> list[object]:
        found: list[object] = []
        self._name(anchor, found)
        while type(event := next(self.events)).__name__ != "SequenceEndEvent":
            found.append(self.value(event, depth + 1))
        return found

    def _table(self, anchor: str | None, depth: int) -> dict[object, object]:
        found: dict[object, object] = {}
        self._name(anchor, found)
        while type(event := next(self.events)).__name__ != "MappingEndEvent":
            key = self.value(event, depth + 1)
            value = self.value(next(self.events), depth + 1)
            key = key if isinstance(key, str) else f"\0{len(found)}"
            if key in found:
                raise Damaged(
                    "yaml-name-twice", f"it names {shown(key)} twice in a table, so it has two readings"
                )
            found[key] = value
        return found

    def _tag(self, tag: str | None) -> None:
        """Judge an explicit tag: one that makes objects is an order to a careless loader."""
        if tag is None or tag == "!" or (tag.startswith(_PLAIN) and tag.removeprefix(_PLAIN) in _VALUES):
            return
        python = "python/" in tag
        self.telling.say(
            "yaml-tag",
            f"it has the tag {shown(tag)}, by which loaders make objects; don't load it so",
            Standing.MALICIOUS if python else Standing.CODE,
        )
