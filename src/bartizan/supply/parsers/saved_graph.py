"""Where the operators of a TensorFlow graph that save and restore have their place from.

Rules of this file: a place is good where it comes from an argument or a placeholder, joined with the few words that TensorFlow adds itself. A function with
such an operator is held to the same where it is called. Control inputs carry nothing.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget
from bartizan.supply.parsers.protobuf import Message

FILES: Final = frozenset({"SaveV2", "RestoreV2", "MergeV2Checkpoints", "ShardedFilename"})
"""Operators that save and restore."""
_CALLS: Final = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_PASSING: Final = frozenset(
    {
        "PlaceholderWithDefault",
        "StringJoin",
        "Select",
        "SelectV2",
        "ShardedFilename",
        "Identity",
        "Pack",
        "StaticRegexFullMatch",
    }
)
_GIVEN: Final = frozenset({"Placeholder"})
_ADDED: Final = re.compile(rb"(?:_temp(?:_[0-9a-f]{32})?/part|\.part|/part|model|)")
_TEXT: Final = 7
"""Type of an element that is a text; no other is a place."""


class Graph(msgspec.Struct):
    """A graph or a function.

    Attributes:
        name: of the function; empty for a graph.
        nodes: name -> node.
        arguments: names of the function's arguments, in their order.
    """

    name: str
    nodes: Mapping[str, Message]
    arguments: tuple[str, ...]

    @staticmethod
    def of(found: Message) -> "Graph":
        """Return the graph that a message is.

        Raises:
            Damaged: two nodes of it have one name.
        """
        signature = found.message("signature")
        held = found.messages("node") or found.messages("node_def")
        nodes = {each.text("name"): each for each in held}
        if len(nodes) != len(held):
            raise Damaged("name-twice", "two operators of a graph have the same name", found.at)
        arguments = signature.messages("input_arg") if signature else []
        return Graph(
            signature.text("name") if signature else "", nodes, tuple(each.text("name") for each in arguments)
        )


Needed = dict[str, frozenset[int]]
"""Function that saves or restores -> which of its arguments are places."""


def savers(graphs: list[Graph], budget: Budget) -> list[int]:
    """Return the octet of each node that saves or restores at a place which a graph may give itself."""
    needed: Needed = {}
    while True:
        before = dict(needed)
        found = [at for graph in graphs for at in _judged(graph, needed, budget)]
        if needed == before:
            return found


def _judged(graph: Graph, needed: Needed, budget: Budget) -> list[int]:
    """Return the nodes at fault of one graph, and add to `needed` what it needs itself."""
    wrong: list[int] = []
    arguments: set[str] = set()
    reaches = False
    for node in graph.nodes.values():
        budget.spend(2)
        places = _places(node, needed)
        reaches |= places is None or bool(places) or node.text("op") in FILES
        sources = None if places is None else _sources(places, graph, budget)
        if sources is None:
            wrong.append(node.at)
        else:
            arguments |= sources
    if graph.name and reaches:
        places_of = frozenset(place for place, name in enumerate(graph.arguments) if name in arguments)
        needed[graph.name] = needed.get(graph.name, frozenset()) | places_of
    return wrong


def _called(node: Message) -> frozenset[str]:
    """Return the functions that a node's attributes name; an operator may be the name of one itself."""
    names = {node.text("op")}
    for entry in node.messages("attr"):
        for value in entry.messages("value"):
            names |= {
                each.text("name")
                for held in (value, *value.messages("list"))
                for each in held.messages("func")
            }
    return frozenset(names)


def _places(node: Message, needed: Needed) -> list[str] | None:
    """Return the inputs of a node that are places; None where it is none that is known to take one."""
    operator = node.text("op")
    inputs = [each for each in node.texts("input") if not each.startswith("^")]
    if operator in FILES:
        return inputs[:2] if operator == "MergeV2Checkpoints" else inputs[:1]
    called = _called(node) & needed.keys() if needed else frozenset()
    if not called:
        return []
    if operator not in _CALLS:
        return None
    return [each for place, each in enumerate(inputs) if any(place in needed[name] for name in called)]


def _sources(places: list[str], graph: Graph, budget: Budget) -> set[str] | None:
    """Return the arguments that places come from; None where the graph may give one itself."""
    left, seen = list(places), set()
    found: set[str] = set()
    while left:
        budget.spend(1)
        name = left.pop().split(":")[0]
        if name in seen:
            continue
        seen.add(name)
        node = graph.nodes.get(name)
        if node is None and name in graph.arguments:
            found.add(name)
        elif node is None or not _is_given(node):
            return None
        elif node.text("op") in _PASSING:
            left.extend(each for each in node.texts("input") if not each.startswith("^"))
    return found


def _is_given(node: Message) -> bool:
    operator = node.text("op")
    return operator in _PASSING or operator in _GIVEN or (operator == "Const" and _is_added(node))


def _is_added(node: Message) -> bool:
    """Return whether a constant is one of the words that TensorFlow adds to a place, or no text at all."""
    for entry in node.messages("attr"):
        for value in entry.messages("value") if entry.text("key") == "value" else ():
            for tensor in value.messages("tensor"):
                texts = [bytes(each.view) for each in tensor.octets("string_val")]
                if tensor.number("dtype") == _TEXT and (
                    tensor.has("tensor_content") or not all(_ADDED.fullmatch(each) for each in texts)
                ):
                    return False
    return True
