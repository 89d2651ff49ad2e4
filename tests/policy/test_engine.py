import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.identity.principal import Uid
from bartizan.policy.engine import Engine, Verdict, join
from bartizan.policy.errors import PolicyInvalid

SCHEMA = """
entity Role;
entity User in [Role];
entity Service = { "open": Bool, "level": Long };
action "chat" appliesTo { principal: [User], resource: [Service], context: { "safe": Bool } };
"""
POLICY = """
@id("callers-chat")
permit (principal in Role::"caller", action == Action::"chat", resource)
when { resource.open };

@id("only-safe")
forbid (principal, action, resource)
unless { context.safe };
"""


def entity(kind: str, name: str, roles: tuple[str, ...] = (), **attributes: object) -> dict[str, Any]:
    parents = [{"type": "Role", "id": role} for role in roles]
    return {"uid": {"type": kind, "id": name}, "attrs": attributes, "parents": parents}


ENTITIES = json.dumps(
    [
        entity("Role", "caller"),
        entity("User", "ada", ("caller",)),
        entity("User", "bob"),
        entity("Service", "sample", open=True, level=1),
        entity("Service", "closed", open=False, level=9_223_372_036_854_775_807),
    ]
)
ADA, BOB, SAMPLE = Uid("User", "ada"), Uid("User", "bob"), Uid("Service", "sample")
ENGINE = Engine(POLICY, SCHEMA, ENTITIES)
SAFE = {"safe": True}


def test_a_permit_allows_and_is_named() -> None:
    assert ENGINE.decide(ADA, "chat", SAMPLE, SAFE) == Verdict(True, ("callers-chat",), False)


def test_what_no_policy_permits_is_denied_by_none() -> None:
    assert ENGINE.decide(BOB, "chat", SAMPLE, SAFE) == Verdict(False, (), False)


def test_a_forbid_beats_a_permit_and_is_named() -> None:
    assert ENGINE.decide(ADA, "chat", SAMPLE, {"safe": False}) == Verdict(False, ("only-safe",), False)


@pytest.mark.parametrize(
    ("principal", "action", "resource", "context"),
    [
        (ADA, "fly", SAMPLE, SAFE),
        (ADA, "chat", SAMPLE, {}),
        (ADA, "chat", SAMPLE, {"safe": "yes"}),
        (ADA, "chat", SAMPLE, {"safe": True, "more": True}),
        (Uid("Ghost", "ada"), "chat", SAMPLE, SAFE),
        (Uid("User", "ada"), "chat", Uid("User", "ada"), SAFE),
        (Uid('User::"ada", x', "ada"), "chat", SAMPLE, SAFE),
        (Uid("User", "\ud800"), "chat", SAMPLE, SAFE),
        (ADA, "chat", Uid("Service", "unknown"), SAFE),
    ],
)
def test_what_does_not_fit_the_schema_is_denied_as_a_failure(
    principal: Uid, action: str, resource: Uid, context: dict[str, bool]
) -> None:
    assert ENGINE.decide(principal, action, resource, context) == Verdict(False, (), True)


def test_an_error_while_evaluating_denies_although_another_policy_permits() -> None:
    text = POLICY + '@id("sum") permit (principal, action, resource) when { resource.level + 1 > 0 };'
    engine = Engine(text, SCHEMA, ENTITIES)
    everywhere = '@id("all") permit (principal, action, resource);'
    overflowing = Engine(text + everywhere, SCHEMA, ENTITIES)
    closed = Uid("Service", "closed")
    assert engine.decide(BOB, "chat", SAMPLE, SAFE).policies == ("sum",)
    assert engine.decide(BOB, "chat", closed, SAFE) == Verdict(False, (), True)
    assert overflowing.decide(BOB, "chat", closed, SAFE) == Verdict(False, (), True)


@given(st.text(), st.text(), st.text())
def test_no_id_is_ever_read_as_policy(principal: str, action: str, resource: str) -> None:
    verdict = ENGINE.decide(Uid("User", principal), action, Uid("Service", resource), SAFE)
    assert verdict.allowed == ((principal, action, resource) == ("ada", "chat", "sample"))


@given(st.text(alphabet='"\\\n\r\0 {}();:,ada', max_size=20))
def test_an_id_made_of_syntax_is_only_itself(text: str) -> None:
    entities = json.dumps([*json.loads(ENTITIES), entity("User", f"x{text}", ("caller",))])
    engine = Engine(POLICY, SCHEMA, entities)
    assert engine.decide(Uid("User", f"x{text}"), "chat", SAMPLE, SAFE).allowed
    assert not engine.decide(Uid("User", f"y{text}"), "chat", SAMPLE, SAFE).allowed


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("permit (\n  principal,\n  actoin,\n  resource\n);", 3, "actoin"),
        (POLICY + "permit (principal, action", 9, "unexpected end"),
        (POLICY.replace("resource.open", "resource.opne"), 2, "callers-chat: attribute `opne`"),
        (POLICY.replace('@id("only-safe")', ""), 0, "number 2 needs an @id"),
        (POLICY.replace("only-safe", "Only Safe"), 0, "number 2 needs an @id"),
        (POLICY.replace("only-safe", "callers-chat"), 6, "two policies"),
        (POLICY + '@id("t") permit (principal == ?principal, action, resource);', 9, "templates"),
        ('@id("deep") permit (principal, action, resource) when { ' + "!" * 300 + "true };", 0, ""),
        ("x" * 262_145, 0, "characters"),
    ],
)
def test_policies_that_cannot_be_decided_with_are_refused_with_their_place(
    text: str, line: int, what: str
) -> None:
    with pytest.raises(PolicyInvalid) as caught:
        Engine(text, SCHEMA, ENTITIES, file="policies/main.cedar")
    assert caught.value.file == "policies/main.cedar"
    assert what in caught.value.what
    assert not line or caught.value.line == line
    assert not line or str(caught.value).startswith(f"policies/main.cedar:{line}: ")


def test_a_schema_or_entities_that_do_not_hold_are_refused() -> None:
    with pytest.raises(PolicyInvalid, match="schema"):
        Engine(POLICY, "entity entity", ENTITIES)
    with pytest.raises(PolicyInvalid, match="entities"):
        Engine(POLICY, SCHEMA, json.dumps([entity("Service", "sample", open="yes", level=1)]))
    with pytest.raises(PolicyInvalid, match="entities"):
        Engine(POLICY, SCHEMA, "[")


@given(st.text(alphabet='permit forbid(principal,action;resource){}whn@id"=:.\n', max_size=80))
def test_no_text_as_a_policy_does_anything_but_parse_or_be_refused(text: str) -> None:
    try:
        engine = Engine(text, SCHEMA, ENTITIES)
    except PolicyInvalid:
        return
    assert not engine.decide(BOB, "chat", SAMPLE, SAFE).failed


def test_several_files_are_one_policy_set_and_each_fault_names_its_file() -> None:
    other = '@id("bob") permit (principal == User::"bob", action, resource);'
    joined = Engine(join({"a.cedar": POLICY, "b.cedar": other}, SCHEMA), SCHEMA, ENTITIES)
    assert joined.decide(BOB, "chat", SAMPLE, SAFE).policies == ("bob",)
    assert joined.decide(ADA, "chat", SAMPLE, SAFE).policies == ("callers-chat",)
    with pytest.raises(PolicyInvalid, match=r"b\.cedar:1: "):
        join({"a.cedar": POLICY, "b.cedar": "permit (principl, action, resource);"}, SCHEMA)
    with pytest.raises(PolicyInvalid, match=r"b\.cedar:2: .* in a\.cedar already"):
        join({"a.cedar": POLICY, "b.cedar": POLICY}, SCHEMA)


@pytest.mark.parametrize("text", ["", "\n", "// permit (principal, action, resource);\n"])
def test_files_without_a_policy_are_refused_and_not_taken_for_the_built_in_ones(text: str) -> None:
    with pytest.raises(PolicyInvalid, match=r"a\.cedar, b\.cedar: holds no policy"):
        join({"a.cedar": text, "b.cedar": text}, SCHEMA)
    assert join({}, SCHEMA) == ""
