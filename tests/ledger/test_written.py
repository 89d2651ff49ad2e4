"""What is written out is what an event of the same parts encodes to, for every part that an event may have."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import Nanoseconds
from bartizan.ledger import written
from bartizan.ledger.event import Event, Outcome, encode
from bartizan.ledger.vocabulary import KINDS
from tests.ledger.drawn import PSEUDONYMS, REQUESTS, value

INSTANTS = st.integers(0, 2**63 - 1).map(Nanoseconds)
ADMITTED, COMPLETED = "gateway.request.admitted", "gateway.request.completed"


def details(kind: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({field: value(form) for field, form in KINDS[kind].items()})


@given(
    INSTANTS,
    PSEUDONYMS,
    REQUESTS,
    details(ADMITTED),
    st.sampled_from([{}, {"content": ""}, {"operation": "", "tool": ""}, {"agent": ""}, {"passkey": ""}]),
)
def test_an_admitted_request_is_written_as_its_event(
    at: Nanoseconds, actor: str, request: str, detail: dict[str, Any], untagged: dict[str, str]
) -> None:
    given_parts = detail | untagged
    said = {field: part for field, part in given_parts.items() if part != ""}
    event = Event(at, ADMITTED, actor, request, Outcome.ALLOWED, "access.request-authorized", said)
    assert written.admitted(at, actor, request, **given_parts) == encode(event)


@given(
    INSTANTS,
    PSEUDONYMS,
    REQUESTS,
    st.sampled_from(Outcome),
    details(COMPLETED),
    st.sampled_from([{}, {"upstream": ""}, {"target": "", "upstream": ""}]),
)
def test_a_completed_request_is_written_as_its_event(
    at: Nanoseconds,
    actor: str,
    request: str,
    outcome: Outcome,
    detail: dict[str, Any],
    unsent: dict[str, str],
) -> None:
    given_parts = detail | unsent
    said = {field: part for field, part in given_parts.items() if part != ""}
    event = Event(at, COMPLETED, actor, request, outcome, "", said)
    assert written.completed(at, actor, request, outcome.value, **given_parts) == encode(event)
