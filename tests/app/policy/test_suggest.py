"""What is suggested permits what was seen and nothing else, whatever names were seen."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.access.describe import Exposed, describe
from bartizan.app.policy.asked import Count
from bartizan.app.policy.facts import imagined
from bartizan.app.policy.replay import Request
from bartizan.app.policy.suggest import quoted, suggest
from bartizan.policy.engine import Engine

PEOPLE = [imagined(each, ["caller"]) for each in ("workload.ci", "user.ada")]
SERVICES = ("s", "t")
TOOLS = ("a", 'x"y', "\\", "*", "\n", "é", "]) || true")
KINDS = {"workload.ci": [""], "user.ada": ["", "device-bound", "synced"]}
EVERY = [
    Request(person.id, person.uid, action, service, safe, "", tool, passkey=passkey)
    for person, service, safe in product(PEOPLE, SERVICES, (True, False))
    for passkey in KINDS[person.id]
    for action, tool in [("chat", ""), ("embed", ""), *(("call-tool", tool) for tool in TOOLS)]
]


def engine(text: str) -> Engine:
    source = describe(PEOPLE, [Exposed(name) for name in SERVICES], text or "// none")
    return Engine(source.text, source.schema, source.entities)


@given(st.sets(st.sampled_from(EVERY), max_size=12))
@pytest.mark.slow
def test_what_is_suggested_permits_exactly_what_was_seen(seen: set[Request]) -> None:
    found = suggest({request: Count(admitted=1) for request in seen})
    over = engine(found.text)
    assert {request for request in EVERY if request.ask(over).allowed} == seen


def test_what_was_refused_is_not_suggested_and_what_has_no_name_is_told() -> None:
    refused = Request("workload.ci", PEOPLE[0].uid, "chat", "s", True)
    nameless = Request("workload.ci", PEOPLE[0].uid, "call-tool", "s", True, "", "~", known=False)
    found = suggest({refused: Count(refused=3), nameless: Count(admitted=2)})
    assert (found.text, found.policies) == ("", 0)
    assert found.left_out == {("workload.ci", "s"): 2}


def test_actions_under_the_same_circumstances_share_a_policy() -> None:
    seen = {one: Count(admitted=1) for one in EVERY if one.principal == "workload.ci" and one.service == "s"}
    assert suggest({one: count for one, count in seen.items() if not one.tool}).policies == 1


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
def test_a_quoted_text_is_read_as_itself(text: str) -> None:
    over = engine(f'@id("x") permit (principal, action, resource) when {{ context.tool == {quoted(text)} }};')
    request = Request("workload.ci", PEOPLE[0].uid, "call-tool", "s", True, "", text)
    assert request.ask(over).allowed
