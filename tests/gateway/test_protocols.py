"""Every protocol: what is forwarded is what was sent, and nothing else gets in at any level."""

import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from msgspec import inspect

from bartizan.gateway.body import JsonBody
from bartizan.gateway.exact_body import ExactBody
from bartizan.gateway.faults import FAULTS, Refusal
from bartizan.gateway.protocols.dialect import Row
from bartizan.gateway.protocols.shape import Choice
from bartizan.gateway.request import LOOKED_AT
from bartizan.gateway.routes import DIALECTS
from tests.gateway.drawn import changed, doubled, drawn, encoded, objects

ROWS: dict[str, Row] = {
    f"{protocol} {row.path}": row
    for protocol, dialect in DIALECTS.items()
    for row in dialect.rows
    if isinstance(row.reader, JsonBody | ExactBody)
}
OPEN = {"prompt", "input"}
"""Fields whose parts must be of one kind, which is judged after their shape."""
EASY = settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
)


def reader(name: str) -> JsonBody | ExactBody:
    found = ROWS[name].reader
    assert isinstance(found, JsonBody | ExactBody)
    return found


CLOSED = [
    name
    for name in ROWS
    if isinstance(inspect.type_info(reader(name).shape), inspect.StructType)
    or issubclass(reader(name).shape, Choice)
]


def request(name: str, data: st.DataObject) -> dict[str, Any]:
    value: dict[str, Any] = data.draw(drawn(reader(name).shape))
    for field in OPEN & value.keys():
        if isinstance(value[field], list) and (not value[field] or not isinstance(value[field][0], dict)):
            value[field] = "x"
    if name.endswith("responses") and not value.get("prompt"):
        value["model"] = value.get("model") or "m"
    return value


def refusal(name: str, body: bytes) -> Refusal:
    with pytest.raises(Refusal) as fault:
        reader(name).read(body)
    return fault.value


@pytest.mark.parametrize("name", ROWS)
@EASY
@given(data=st.data())
def test_what_is_forwarded_says_what_was_sent(name: str, data: st.DataObject) -> None:
    sent = request(name, data)
    judged = reader(name).read(encoded(sent))
    kept = json.loads(judged.octets)
    if "deployments" in name:
        sent = {key: value for key, value in sent.items() if key != "model"}
    else:
        assert judged.model == (sent.get("model") or "")
    assert kept == sent
    assert judged.stream is (sent.get("stream") is True)


def test_only_where_a_standard_has_unknown_members_ignored_is_an_object_open() -> None:
    """RFC 7591, section 2; what is known is judged by whoever registers."""
    assert {*ROWS} - {*CLOSED} == {"control /oauth/register"}


@pytest.mark.parametrize("name", CLOSED)
@EASY
@given(data=st.data())
def test_an_unknown_field_is_refused_at_every_level(name: str, data: st.DataObject) -> None:
    sent = request(name, data)
    path = data.draw(st.sampled_from(list(objects(inspect.type_info(reader(name).shape), sent))))
    fault = refusal(name, encoded(changed(sent, path, {"surprise": 1})))
    assert fault.reason == "field-unknown"
    assert fault.param.endswith("surprise") or len(fault.param) > 100


@pytest.mark.parametrize("name", ROWS)
@EASY
@given(data=st.data())
def test_a_member_named_twice_is_refused_at_every_level(name: str, data: st.DataObject) -> None:
    sent = request(name, data)
    closed = list(objects(inspect.type_info(reader(name).shape), sent)) or [()]
    paths = [path for path in closed if at(sent, path)]
    assume(paths)
    fault = refusal(name, doubled(sent, data.draw(st.sampled_from(paths))))
    assert fault.reason == "json-member-repeated"


def at(value: Any, path: tuple[Any, ...]) -> Any:  # noqa: ANN401 - JSON
    for step in path:
        value = value[step]
    return value


@pytest.mark.parametrize("name", ROWS)
@EASY
@given(data=st.data(), junk=st.binary(max_size=30), cut=st.floats(0, 1))
def test_any_octets_are_read_or_refused_by_name(
    name: str, data: st.DataObject, junk: bytes, cut: float
) -> None:
    octets = encoded(request(name, data))
    place = math.floor(cut * len(octets))
    try:
        reader(name).read(octets[:place] + junk + octets[place + len(junk) :])
    except Refusal as fault:
        assert FAULTS[fault.reason].status in (400, 413)  # noqa: PT017 - either outcome is one to check


@pytest.mark.parametrize("protocol", DIALECTS)
def test_every_field_that_a_protocol_looks_at_is_kept_with_the_head(protocol: str) -> None:
    dialect = DIALECTS[protocol]
    named = {dialect.key, *(field.name for field in dialect.told)} - {b""}
    assert named <= set(LOOKED_AT)
