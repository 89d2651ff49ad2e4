"""What is said of one entity is said of those like it: whatever the policies look at, and whoever is named where."""

import itertools
import json
from functools import cache
from typing import Any

import msgspec
import pytest
from cedarpy import Entities, PolicySet, Schema, is_authorized, validate_policies
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.identity.principal import Uid
from bartizan.policy.engine import Engine
from bartizan.policy.likeness import Described, Likenesses
from bartizan.policy.scope import rules

SCHEMA = """
entity Role; entity User in [Role, User] = { "suspect"?: Bool, "boss"?: User, "friends"?: Set<User> };
entity Service in [Role] = { "open": Bool, "owner"?: User, "teams"?: Set<User> };
action "chat" appliesTo { principal: [User], resource: [Service, User], context: { "safe": Bool } };
"""
FLAT = """
entity User;
action "chat" appliesTo { principal: [User], resource: [User], context: { "safe": Bool } };
"""
USERS, SERVICES = [Uid("User", name) for name in "abcd"], [Uid("Service", name) for name in "xyz"]
HEADS = [
    "principal",
    'principal == User::"a"',
    'principal in User::"b"',
    'principal in Role::"r"',
    "principal is User",
]
WHERE = [
    "resource",
    'resource == Service::"x"',
    "resource is Service",
    'resource == User::"c"',
    'resource in Role::"r"',
]
CLAUSES = [
    "", "when { context.safe }", "when { principal == resource }", "when { principal in resource }",
    "when { principal has suspect && principal.suspect }", "unless { principal has suspect }",
    "when { principal has boss && principal.boss == resource }",
    'when { principal has boss && principal.boss == User::"d" }',
    'when { [User::"a", User::"d"].contains(principal) }', 'unless { principal == User::"b" || principal in User::"c" }',
    "when { resource is Service && resource.open }",
    "when { resource is Service && resource has owner && resource.owner == principal }",
    "when { resource is Service && resource has owner && resource.owner in principal }",
    "when { resource is Service && resource has teams && resource.teams.contains(principal) }",
    "when { principal has friends && principal.friends.contains(principal) }",
    "when { principal has boss && principal.boss has friends && principal.boss.friends.contains(principal) }",
    "when { principal has boss && principal.boss has suspect }",
]  # fmt: skip


@cache
def valid(policy: str) -> bool:
    return validate_policies(policy, Schema.from_str(SCHEMA)).validation_passed


@st.composite
def policies(draw: st.DrawFn) -> str:
    found = []
    for number in range(draw(st.integers(2, 5))):
        head = f"{draw(st.sampled_from(HEADS))}, action, {draw(st.sampled_from(WHERE))}"
        effect = draw(st.sampled_from(["permit", "permit", "forbid"]))
        policy = f"{effect} ({head}) {draw(st.sampled_from(CLAUSES))};"
        if valid(policy):
            found.append(f'@id("p{number}") {policy}')
    return "\n".join(found)


def entity(one: Uid, parents: list[Uid], **attributes: object) -> dict[str, Any]:
    return {"uid": shown(one), "attrs": attributes, "parents": [shown(each) for each in parents]}


def shown(one: Uid) -> dict[str, str]:
    return {"type": one.type, "id": one.id}


@st.composite
def graphs(draw: st.DrawFn) -> str:
    """Few things to say, so that many are alike; references in each of the forms that Cedar's JSON has."""
    whom = st.sampled_from(USERS).flatmap(lambda one: st.sampled_from([shown(one), {"__entity": shown(one)}]))
    found = [entity(Uid("Role", "r"), [])]
    for number, one in enumerate(USERS):
        above = draw(st.sampled_from([[], [], [Uid("Role", "r")], *([[each] for each in USERS[:number]])]))
        attributes = draw(
            st.fixed_dictionaries(
                {},
                optional={"suspect": st.just(True), "boss": whom, "friends": st.lists(whom, max_size=2)},
            )
            | st.just({})
        )
        found.append(entity(one, above, **attributes))
    for one in SERVICES:
        optional = {"owner": whom, "teams": st.lists(whom, max_size=2)}
        attributes = draw(
            st.fixed_dictionaries({"open": st.booleans()}, optional=optional) | st.just({"open": True})
        )
        found.append(entity(one, draw(st.sampled_from([[], [], [Uid("Role", "r")]])), **attributes))
    return json.dumps(found)


def likenesses(text: str, entities: str) -> Likenesses:
    return Likenesses(rules(PolicySet.from_str(text)), msgspec.json.decode(entities, type=list[Described]))


@pytest.mark.slow
@given(policies(), graphs())
@settings(max_examples=300)
def test_whoever_is_alike_is_decided_alike(text: str, entities: str) -> None:
    """On Cedar itself, whose schemas may say more than the ones that the engine reads."""
    schema = Schema.from_str(SCHEMA)
    policy, graph, found = (
        PolicySet.from_str(text),
        Entities.from_json_str(entities, schema),
        likenesses(text, entities),
    )
    for safe in (False, True):
        said: dict[object, tuple[object, Uid, Uid]] = {}
        for principal, resource in itertools.product([*USERS, Uid("User", "nobody")], [*SERVICES, *USERS]):
            pair = found.of(principal), found.of(resource), principal == resource
            request = {
                "principal": shown(principal),
                "action": {"type": "Action", "id": "chat"},
                "resource": shown(resource),
                "context": {"safe": safe},
            }
            result = is_authorized(request, policy, graph, schema)
            verdict = result.decision, sorted(result.diagnostics.reasons), len(result.diagnostics.errors)
            first = said.setdefault(pair, (verdict, principal, resource))
            assert verdict == first[0], (principal, resource, first)


def alike(text: str, one: Uid, other: Uid, *entities: dict[str, Any]) -> bool:
    found = likenesses(text, json.dumps(entities))
    return found.of(one) == found.of(other)


ANYBODY = '@id("all") permit (principal, action, resource);'
A, B, C, ROLE = (*USERS[:3], Uid("Role", "r"))


def test_those_who_are_only_called_otherwise_are_alike() -> None:
    assert alike(ANYBODY, A, B, entity(ROLE, []), entity(A, [ROLE]), entity(B, [ROLE]))
    assert alike(ANYBODY, A, B, entity(A, [], suspect=True), entity(B, [], suspect=True))


@pytest.mark.parametrize(
    "named",
    [
        '@id("p") permit (principal == User::"a", action, resource);',
        '@id("p") permit (principal, action, resource) when { principal == User::"a" };',
        '@id("p") permit (principal, action, resource) unless { [User::"b"].contains(principal) };',
    ],
)
def test_whoever_a_policy_names_is_like_nobody(named: str) -> None:
    assert not alike(named, A, B, entity(A, []), entity(B, []))


@pytest.mark.parametrize("form", [shown(A), {"__entity": shown(A)}])
def test_whoever_an_attribute_names_is_like_nobody(form: dict[str, Any]) -> None:
    assert not alike(
        ANYBODY, A, B, entity(A, []), entity(B, []), entity(SERVICES[0], [], open=True, owner=form)
    )
    assert not alike(ANYBODY, A, B, entity(A, []), entity(B, []), entity(C, [], friends=[form]))
    assert not alike(
        ANYBODY, A, B, entity(A, []), entity(B, []), entity(SERVICES[0], [], open=True, teams=[form])
    )


def test_whoever_differs_in_what_can_be_looked_at_is_not_alike() -> None:
    assert not alike(ANYBODY, A, B, entity(A, [], suspect=True), entity(B, [], suspect=False))
    assert not alike(ANYBODY, A, B, entity(A, [], suspect=True), entity(B, []))
    assert not alike(ANYBODY, A, B, entity(ROLE, []), entity(A, [ROLE]), entity(B, []))
    assert not alike(ANYBODY, A, B, entity(A, []), entity(B, []), entity(C, [A]))


def test_a_stranger_to_the_graph_is_like_nobody() -> None:
    assert not alike(ANYBODY, Uid("User", "x"), Uid("User", "y"), entity(A, []))
    assert not alike(ANYBODY, Uid("User", "x"), A, entity(A, []))


def test_a_pair_of_one_is_not_like_a_pair_of_two() -> None:
    engine = Engine(ANYBODY, FLAT, json.dumps([entity(A, []), entity(B, [])]))
    assert engine.pair(A, A) == engine.pair(B, B)
    assert engine.pair(A, A) != engine.pair(A, B)
