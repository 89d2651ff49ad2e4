"""What is found in the small world holds outside of it, and each thing that can be odd is found."""

import json
from functools import cache
from importlib.resources import files
from typing import Any
from unittest.mock import patch

import pytest
from cedarpy import validate_policies
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from bartizan.access.decide import Circumstances
from bartizan.access.decide import context as in_context
from bartizan.access.describe import schema
from bartizan.identity.device import Seen
from bartizan.identity.principal import Uid
from bartizan.policy import model
from bartizan.policy.analysis import Fault, analyse, compare
from bartizan.policy.engine import Engine
from bartizan.policy.errors import PolicyInvalid
from bartizan.policy.schema import parsed

SCHEMA = schema()
ROLES, PEOPLE, SERVICES = ("a", "b", "c"), ("ada", "bob"), ("s", "t")
TOOLS = ("", "x", "y", "z")


def graph() -> str:
    """Return entities of every combination of roles."""
    found: list[dict[str, Any]] = [
        {"uid": {"type": "Role", "id": role}, "attrs": {}, "parents": []} for role in ROLES
    ]
    for name, held in people().items():
        parents = [{"type": "Role", "id": role} for role in held]
        attrs = {"suspect": True} if name == "bob" else {}
        found.append({"uid": {"type": "User", "id": name}, "attrs": attrs, "parents": parents})
    for name in SERVICES:
        attrs = {"control": False, "drill_only": name == "t"}
        found.append({"uid": {"type": "Service", "id": name}, "attrs": attrs, "parents": []})
    return json.dumps(found)


def people() -> dict[str, tuple[str, ...]]:
    return {"ada": ("a",), "bob": ("a", "b"), "eve": (), "joe": ("b", "c")}


HEAD_PRINCIPAL = st.sampled_from(
    [
        "principal",
        'principal in Role::"a"',
        'principal in Role::"b"',
        'principal == User::"ada"',
        "principal is User",
    ]
)
HEAD_ACTION = st.sampled_from(["action", 'action in Action::"call"', 'action == Action::"chat"'])
HEAD_RESOURCE = st.sampled_from(["resource", 'resource == Service::"s"'])
CLAUSE = st.sampled_from(
    [
        "",
        "when { context.quantum_safe }",
        'when { context.tool == "x" }',
        'unless { ["x", "y"].contains(context.tool) }',
        'when { principal in Role::"c" || resource.drill_only }',
        "when { context.tool != context.operation }",
        'when { context.tool == context.operation && context.operation == "z" }',
        "when { principal has suspect }",
        "when { principal has suspect && principal.suspect }",
        "unless { principal has suspect && !principal.suspect }",
    ]
)


@st.composite
def policies(draw: st.DrawFn) -> str:
    found = []
    for number in range(draw(st.integers(1, 3))):
        head = f"({draw(HEAD_PRINCIPAL)}, {draw(HEAD_ACTION)}, {draw(HEAD_RESOURCE)})"
        policy = f"{draw(st.sampled_from(['permit', 'forbid']))} {head} {draw(CLAUSE)};"
        if valid(policy):
            found.append(f'@id("p{number}") {policy}')
    return "\n".join(found)


@cache
def valid(policy: str) -> bool:
    return validate_policies(policy, SCHEMA).validation_passed


@st.composite
def requests(draw: st.DrawFn) -> tuple[Uid, str, Uid, dict[str, bool | int | str]]:
    names = st.sampled_from(TOOLS)
    here = Circumstances(draw(st.booleans()), draw(names), draw(names), draw(names))
    context = in_context(here, Seen(device_known=draw(st.booleans())))
    action = draw(st.sampled_from(["chat", "embed", "call-tool", "read-keys"]))
    return (
        Uid("User", draw(st.sampled_from(list(people())))),
        action,
        Uid("Service", draw(st.sampled_from(SERVICES))),
        context,
    )


def engine(text: str) -> Engine:
    return Engine(text, SCHEMA, graph())


def read(text: str) -> Engine:
    return Engine(text, SCHEMA, "[]")


SMALL = 6_000
"""Requests of a world here: ten times as many are tried elsewhere, and take ten times as long."""


@given(policies(), policies(), st.lists(requests(), min_size=5, max_size=20))
@settings(max_examples=25, suppress_health_check=[HealthCheck.filter_too_much])
@pytest.mark.slow
def test_what_holds_in_the_small_world_holds_of_every_request(
    first: str, second: str, asked: list[tuple[Uid, str, Uid, dict[str, bool | int | str]]]
) -> None:
    one, other = engine(first), engine(second)
    try:
        with patch.object(model, "MOST", SMALL):
            alone, found = analyse(one.rules, parsed(SCHEMA)), compare(one.rules, other.rules, parsed(SCHEMA))
    except PolicyInvalid:  # too many to try, and nothing is claimed of them
        reject()
    assert alone.complete
    assert found.complete
    never = {each.policy for each in alone.findings if each.fault is Fault.NEVER}
    for request in asked:
        here, there = one.decide(*request), other.decide(*request)
        assert not never & set(here.policies)
        assert not (here.allowed and alone.allowed == 0)
        assert here.allowed or alone.allowed < alone.requests
        assert not (here.allowed and not there.allowed and found.first_only is None)
        assert not (there.allowed and not here.allowed and found.second_only is None)
        assert not (here.allowed and there.allowed and found.both is None)


EVERYBODY = '@id("everybody") permit (principal in Role::"a", action in Action::"call", resource);'


@pytest.mark.parametrize(
    ("text", "policy", "fault", "others"),
    [
        ('@id("x") permit (principal, action, resource) when { context.tool == "a" && context.tool == "b" };', "x", Fault.NEVER, ()),
        ('@id("x") forbid (principal is Anonymous, action, resource) when { principal in Role::"a" };', "x", Fault.NEVER, ()),
        (EVERYBODY + '@id("no") forbid (principal, action, resource) unless { resource.control };@id("x") permit (principal, action == Action::"chat", resource) when { !resource.control };', "x", Fault.OVERRULED, ("no",)),
        (EVERYBODY + '@id("x") permit (principal in Role::"a", action == Action::"chat", resource) when { context.quantum_safe };', "x", Fault.REPEATED, ("everybody",)),
    ],
)  # fmt: skip
def test_an_odd_policy_is_found(text: str, policy: str, fault: Fault, others: tuple[str, ...]) -> None:
    if not valid(text.replace("\n", "")):
        pytest.skip("Cedar's own validation refuses it already")
    found = {each.policy: each for each in analyse(read(text).rules, parsed(SCHEMA)).findings}
    assert (found[policy].fault, found[policy].others) == (fault, others)


def test_what_policies_say_of_an_attribute_that_most_do_not_have_is_tried() -> None:
    suspects = '@id("x") forbid (principal is User, action, resource) when { principal has suspect && principal.suspect };'
    found = analyse(read(EVERYBODY + suspects).rules, parsed(SCHEMA))
    assert found.findings == ()
    assert found.complete
    beside = compare(read(EVERYBODY).rules, read(EVERYBODY + suspects).rules, parsed(SCHEMA))
    assert beside.second_only is None
    assert beside.first_only is not None
    assert beside.first_only.traits == {"suspect": True}


def test_the_built_in_policies_have_nothing_odd() -> None:
    text = files("bartizan.access").joinpath("default.cedar").read_text()
    found = analyse(read(text).rules, parsed(SCHEMA))
    assert found.findings == ()
    assert 0 < found.allowed < found.requests


def test_a_set_that_allows_everything_or_nothing_is_known() -> None:
    everything = analyse(read('@id("x") permit (principal, action, resource);').rules, parsed(SCHEMA))
    assert everything.allowed == everything.requests
    nothing = analyse(
        read(EVERYBODY + '@id("x") forbid (principal, action, resource);').rules, parsed(SCHEMA)
    )
    assert nothing.allowed == 0


def test_patterns_make_the_world_incomplete_and_are_tried_at_their_edges() -> None:
    text = '@id("x") permit (principal, action, resource) when { context.tool like "read*" };'
    found = analyse(read(text).rules, parsed(SCHEMA))
    assert not found.complete
    assert 0 < found.allowed < found.requests


def test_what_tells_too_many_requests_apart_is_refused() -> None:
    many = "".join(
        f'@id("p{n}") permit (principal == User::"u{n}", action, resource == Service::"s{n}") when {{ context.tool == "t{n}" }};'
        for n in range(60)
    )
    with pytest.raises(PolicyInvalid, match="too many"):
        analyse(read(many).rules, parsed(SCHEMA))
