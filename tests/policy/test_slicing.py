"""What is left out of an evaluation changes nothing: not the decision, not the names, not the errors."""

import json
from functools import cache
from typing import Any

import pytest
from cedarpy import Decision, Entities, PolicySet, Schema, is_authorized, validate_policies
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.identity.principal import Uid
from bartizan.policy.engine import Context, Engine
from bartizan.policy.schema import shapes
from bartizan.policy.scope import closed, rules
from bartizan.policy.slicing import CAPACITY, Slices

SCHEMA = """
entity Team; entity Role in [Team]; entity User in [Role]; entity Device in [Role];
entity Zone; entity Service in [Zone] = { "level": Long };
action "call"; action "use" in ["call"];
action "chat", "embed" in ["use"] appliesTo
  { principal: [User, Device], resource: [Service], context: { "safe": Bool, "tool": String } };
action "look" appliesTo { principal: [User, Device], resource: [Service], context: { "safe": Bool, "tool": String } };
"""
NAMES = ("a", "b", "c")
ACTIONS = ("chat", "embed", "look", "use", "call", "fly")
HEADS = {
    "principal": [
        "principal",
        *(f'principal == {kind}::"{name}"' for kind in ("User", "Device") for name in NAMES),
        *(f'principal in {kind}::"{name}"' for kind in ("Role", "Team", "User") for name in NAMES),
        "principal is User",
        'principal is Device in Role::"a"',
    ],
    "action": [
        "action",
        'action == Action::"chat"',
        'action in Action::"call"',
        'action in [Action::"use", Action::"look"]',
        "action in []",
    ],
    "resource": [
        "resource",
        'resource == Service::"a"',
        'resource in Zone::"b"',
        "resource is Service",
        'resource is Service in Zone::"a"',
    ],
}
CLAUSES = [
    "",
    "when { context.safe }",
    'unless { context.tool == "x" }',
    "when { resource.level + 1 > 0 }",  # overflows, and then every policy that matters is in vain
]


def entity(kind: str, name: str, parents: list[tuple[str, str]], **attributes: object) -> dict[str, Any]:
    above = [{"type": other, "id": each} for other, each in parents]
    return {"uid": {"type": kind, "id": name}, "attrs": attributes, "parents": above}


@st.composite
def policies(draw: st.DrawFn) -> str:
    found = []
    for number in range(draw(st.integers(0, 7))):
        head = ", ".join(draw(st.sampled_from(HEADS[part])) for part in HEADS)
        effect, clause = draw(st.sampled_from(["permit", "forbid"])), draw(st.sampled_from(CLAUSES))
        policy = f"{effect} ({head}) {clause};"
        if valid(policy):
            found.append(f'@id("p{number}") {policy}')
    return "\n".join(found)


@cache
def valid(policy: str) -> bool:
    """Return whether the schema has anything that a policy could be about."""
    return validate_policies(policy, Schema.from_str(SCHEMA)).validation_passed


def parents(kind: str) -> st.SearchStrategy[list[tuple[str, str]]]:
    return st.lists(st.tuples(st.just(kind), st.sampled_from(NAMES)), max_size=2, unique=True)


@st.composite
def graphs(draw: st.DrawFn) -> str:
    found = [entity(kind, name, []) for kind in ("Team", "Zone") for name in NAMES]
    found += [entity("Role", name, draw(parents("Team"))) for name in NAMES]
    found += [entity(kind, name, draw(parents("Role"))) for kind in ("User", "Device") for name in NAMES]
    levels = st.sampled_from([0, 2**63 - 1])
    found += [entity("Service", name, draw(parents("Zone")), level=draw(levels)) for name in NAMES]
    return json.dumps(found)


def in_full(text: str, entities: str, request: dict[str, Any]) -> tuple[bool, tuple[str, ...], bool]:
    """Return what Cedar makes of all policies at once."""
    schema = Schema.from_str(SCHEMA)
    result = is_authorized(request, text, Entities.from_json_str(entities, schema), schema)
    if result.decision is Decision.NoDecision or result.diagnostics.errors:
        return False, (), True
    named = result.diagnostics.id_annotations_by_reason
    return result.allowed, tuple(sorted(named[reason] for reason in result.diagnostics.reasons)), False


@given(
    policies(),
    graphs(),
    st.lists(
        st.tuples(
            st.sampled_from(["User", "Device", "Ghost"]),
            st.sampled_from([*NAMES, "nobody"]),
            st.sampled_from(ACTIONS),
            st.sampled_from([*NAMES, "nowhere"]),
            st.booleans(),
            st.sampled_from(["", "x"]),
        ),
        min_size=1,
        max_size=6,
    ),
)
@settings(max_examples=60)
@pytest.mark.slow
def test_sliced_is_full_evaluation(
    text: str, entities: str, asked: list[tuple[str, str, str, str, bool, str]]
) -> None:
    engine = Engine(text, SCHEMA, entities)
    for kind, name, action, service, safe, tool in asked:
        context: Context = {"safe": safe, "tool": tool}
        verdict = engine.decide(Uid(kind, name), action, Uid("Service", service), context)
        request = {
            "principal": {"type": kind, "id": name},
            "action": {"type": "Action", "id": action},
            "resource": {"type": "Service", "id": service},
            "context": context,
        }
        assert (verdict.allowed, verdict.policies, verdict.failed) == in_full(text, entities, request)


@given(policies(), st.sampled_from(NAMES), st.sampled_from(ACTIONS[:3]), st.sampled_from(NAMES))
@pytest.mark.slow
def test_a_policy_that_forbids_is_kept_wherever_its_head_holds(
    text: str, name: str, action: str, service: str
) -> None:
    """As a permit that says the same is: slicing knows no effect."""
    swapped = text.replace("permit (", "FORBID (").replace("forbid (", "permit (").replace("FORBID", "forbid")
    kept = []
    for each in (text, swapped):
        whole = PolicySet.from_str(each)
        slices = Slices(whole, rules(whole), closed(shapes(Schema.from_str(SCHEMA)).groups()))
        found = slices.of(Uid("User", name), action, Uid("Service", service))
        kept.append({rule.name for rule in rules(found)})
    assert kept[0] == kept[1]


def test_whoever_asks_cannot_fill_the_memory() -> None:
    whole = PolicySet.from_str('@id("a") permit (principal == User::"a", action, resource);')
    slices = Slices(whole, rules(whole), {})
    for number in range(2 * CAPACITY):
        slices.of(Uid("User", f"x{number}"), "chat", Uid("Service", "a"))
    assert len(slices._slices) == 1
    assert not slices._kinds
