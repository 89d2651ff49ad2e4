"""TensorFlow's SavedModel (`saved_model.pb`): graphs of operators; those on the list only compute.

Rules of this file: an operator is let pass by its name, in graphs and functions alike. Those that save and restore variables are let pass where the place
that they are given comes from whoever calls them, never from the model. Source: tensorflow/tensorflow, core/protobuf/saved_model.proto of release 2.21.
"""

from collections.abc import Iterator
from functools import cache
from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers import document
from bartizan.supply.parsers.json_tree import parsed as parsed_json
from bartizan.supply.parsers.places import stays_beside
from bartizan.supply.parsers.protobuf import Message, Schema, parsed, schema
from bartizan.supply.parsers.saved_graph import FILES, Graph, savers
from bartizan.supply.parsers.telling import Telling, shown, told
from bartizan.supply.parsers.tensorflow_names import OPERATORS, SCHEMA
from bartizan.supply.subject import Standing

_BEGINS: Final = b"\x08\x01\x12"
_REACHING: Final = frozenset({
    "ReadFile", "WriteFile", "MatchingFiles", "DumpTensor", "ImmutableConst", "LoadDataset", "LoadDatasetV2", "SaveDataset", "SaveDatasetV2",
    "RemoteCall", "RpcCall", "RpcClient", "RpcServer", "DebugIdentity", "DebugIdentityV2", "DebugIdentityV3", "WholeFileReader",
    "WholeFileReaderV2", "Skipgram", "RecordInput", "GenerateVocabRemapping", "LMDBReader", "SqlDataset", "PrintV2",
})  # fmt: skip
"""Operators that reach files or networks by a place that the graph gives."""


def knows(octets: Octets) -> bool:
    """Return whether it begins with the version of its schema and a graph."""
    return octets.begins(_BEGINS)


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a model."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


@cache
def _schema() -> Schema:
    return schema(SCHEMA)


@cache
def _operators() -> frozenset[str]:
    return frozenset(OPERATORS.split())


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    model = parsed(octets, _schema(), "SavedModel", budget)
    for each in model.messages("meta_graphs"):
        if not each.has("graph_def"):
            raise Damaged("part-missing", "it has no graph: it is cut off, or no SavedModel", each.at)
        _graphs(each, budget, telling)
        for asset in each.messages("asset_file_def"):
            _asset(asset.text("filename"), telling)
        _objects(each, budget, telling)


def _graphs(found: Message, budget: Budget, telling: Telling) -> None:
    graphs = [Graph.of(each) for each in _all(found.messages("graph_def"))]
    for graph in graphs:
        for node in graph.nodes.values():
            budget.spend(2)
            _operator(node.text("op"), node.at, telling)
    for place in savers(graphs, budget):
        telling.say(
            "file-operator",
            "it saves or restores at a place that the graph itself may give; have a person decide",
            Standing.CODE,
            offset=place,
        )


def _all(graphs: list[Message]) -> Iterator[Message]:
    for graph in graphs:
        yield graph
        for library in graph.messages("library"):
            yield from library.messages("function")


def _operator(name: str, at: int, telling: Telling) -> None:
    if name in _operators() or name in FILES:
        return
    if name in _REACHING:
        telling.say(
            "operator-reaches",
            f"its graph has the operator {shown(name)}, which reaches files or a network; don't load it",
            Standing.MALICIOUS,
            offset=at,
        )
    else:
        telling.say(
            "operator-custom",
            f"it needs the operator {shown(name)}, which is not one that only computes; have a person decide",
            Standing.CODE,
            offset=at,
        )


def _asset(name: str, telling: Telling) -> None:
    if stays_beside(name):
        telling.say(
            "external-data",
            "it reads a file beside it, which belongs to it",
            Standing.INERT,
            member=shown(name),
        )
    else:
        telling.say(
            "external-data-outside",
            f"it reads {shown(name)}, which is not beside it; don't load it",
            Standing.MALICIOUS,
        )


def _objects(found: Message, budget: Budget, telling: Telling) -> None:
    """Judge what Keras remembers of its layers."""
    for graph in found.messages("object_graph_def"):
        for node in graph.messages("nodes"):
            for kept in node.messages("user_object"):
                metadata = kept.text("metadata")
                if metadata.startswith("{"):
                    tree = parsed_json(Octets(metadata.encode()), budget, constants=True)
                    document.judge(tree, budget, telling, "object_graph_def")


FORMAT: Final = Format("saved-model", knows, read, order=60)
