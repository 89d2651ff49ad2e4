"""ONNX: a graph of operators and its tensors; operators of the standard only compute.

Rules of this file: every field is one of the standard's; nodes of subgraphs and functions are judged as all others are; a tensor that lies in
another file lies beside this one, and is told (`external-data`), so that whoever reads the folder can hold it against what is there. Source: onnx/onnx,
docs/ExternalData.md; CVE-2022-25882, CVE-2024-27318, CVE-2026-27489.
"""

from collections.abc import Iterator
from typing import Final

from bartizan.supply.format import Damaged, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.onnx_schema import OPERATORS, RUNTIME, SCHEMA, STANDARD, WIDTHS
from bartizan.supply.parsers.places import stays_beside
from bartizan.supply.parsers.protobuf import Message, parsed
from bartizan.supply.parsers.telling import Telling, shown, told
from bartizan.supply.subject import Standing

_IR: Final = range(3, 64)
"""Versions of the representation; 1 and 2 are older than the standard, and 1 begins a SavedModel."""
_SECOND: Final = frozenset({0x12, 0x1A, 0x22, 0x28, 0x32, 0x3A, 0x42})
"""Tags that may follow the version."""
_EXTERNAL: Final = 1
_KEYS: Final = frozenset({"location", "offset", "length", "checksum"})
_TOLD: Final = 16
"""Files with tensors that are told by name."""
_LONGEST_NUMBER: Final = 18


def knows(octets: Octets) -> bool:
    """Return whether it begins with a version and with a field that may follow one."""
    view = octets.view
    return len(view) > 2 and view[0] == 8 and view[1] in _IR and view[2] in _SECOND  # noqa: PLR2004 - tag of the first field


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a model."""
    del look
    return told(lambda telling: _walk(octets, budget, telling))


def _walk(octets: Octets, budget: Budget, telling: Telling) -> None:
    model = parsed(octets, SCHEMA, "ModelProto", budget)
    if not (model.has("graph") and model.has("opset_import")):
        raise Damaged(
            "part-missing", "it has no graph, or no versions of operators: it is cut off, or no ONNX"
        )
    if any(each.text("key") == "ort_config" for each in model.messages("metadata_props")):
        telling.say(
            "runtime-configured",
            "it brings settings for ONNX Runtime; have a person read its metadata",
            Standing.CODE,
        )
    local = {(each.text("domain"), each.text("name")) for each in model.messages("functions")}
    places: set[str] = set()
    for each in _within(model, budget):
        for node in each.messages("node"):
            _node(node, local, telling)
        if each.has("external_data") or each.number("data_location") == _EXTERNAL:
            places.add(_external(each, telling))
        elif each.has("raw_data"):
            _sized(each)
    for place in sorted(places)[:_TOLD]:
        telling.say(
            "external-data",
            "tensors lie in a file beside it, which belongs to it",
            Standing.INERT,
            member=shown(place),
        )


def _within(model: Message, budget: Budget) -> Iterator[Message]:
    left = [model]
    while left:
        budget.spend(1)
        found = left.pop()
        yield found
        left.extend(found.inner())


def _node(node: Message, local: set[tuple[str, str]], telling: Telling) -> None:
    domain, operator = node.text("domain"), node.text("op_type")
    if domain in STANDARD or (domain, operator) in local or (domain in RUNTIME and operator in OPERATORS):
        return
    telling.say(
        "operator-custom",
        f"it needs the operator {shown(operator)} of {shown(domain)}, which is code from elsewhere; have a person decide",
        Standing.CODE,
        offset=node.at,
    )


def _external(tensor: Message, telling: Telling) -> str:
    """Return where a tensor lies, and say so where it lies elsewhere than beside the file."""
    entries = [(each.text("key"), each.text("value")) for each in tensor.messages("external_data")]
    said = dict(entries)
    whole = tensor.number("data_location") == _EXTERNAL and not tensor.has("raw_data")
    if not whole or len(said) != len(entries) or not said.keys() <= _KEYS or "location" not in said:
        raise Damaged("external-data-malformed", "where one of its tensors lies has two readings", tensor.at)
    for key in ("offset", "length"):
        number = said.get(key, "0")
        if not (number.isascii() and number.isdecimal() and len(number) <= _LONGEST_NUMBER):
            raise Damaged(
                "external-data-malformed", f"{key} of a tensor in another file is no number", tensor.at
            )
    if not stays_beside(said["location"]):
        telling.say(
            "external-data-outside",
            f"it reads a tensor from {shown(said['location'])}, which is not beside it; don't load it",
            Standing.MALICIOUS,
            offset=tensor.at,
        )
    telling.describe(said["location"], int(said.get("offset", "0")), int(said.get("length", "-1")))
    return said["location"]


def _sized(tensor: Message) -> None:
    width = WIDTHS.get(tensor.number("data_type"))
    count = 1
    for each in tensor.numbers("dims")[:64]:
        count *= each
    if width is not None and len(tensor.octets("raw_data")[0]) != count * width:
        raise Damaged("tensor-size", "a tensor is not as large as its type and shape say", tensor.at)


FORMAT: Final = Format("onnx", knows, read, order=60)
