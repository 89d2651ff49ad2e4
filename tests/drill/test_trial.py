import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.drill.attack import GotThrough, Held, Outcome, Trace, Undecided
from bartizan.drill.door import Answer
from bartizan.drill.trial import _holds, answered_raw, refused, unforwarded, worst
from bartizan.ledger.event import Event
from bartizan.ledger.event import Outcome as Word
from tests.drill.scene import Record

UNAUTHENTICATED = frozenset({401})
ID = "q-" + "1" * 16


def answer(status: int, request: str = ID, body: bytes = b"") -> Answer:
    return Answer(status, {"x-request-id": request}, body)


@given(status=st.integers(100, 599))
def test_only_the_right_refusal_is_held_and_only_success_is_through(status: int) -> None:
    outcome = refused(answer(status), UNAUTHENTICATED, "goal")
    assert isinstance(outcome, Held) == (status == 401)
    assert isinstance(outcome, GotThrough) == (200 <= status < 300)


OUTCOMES = st.sampled_from([Held("a"), Held("b"), GotThrough("through"), Undecided("why")])


@given(st.lists(OUTCOMES, min_size=1, max_size=6))
def test_one_try_that_got_through_decides_and_held_means_all_were(outcomes: list[Outcome]) -> None:
    together = worst(outcomes)
    assert isinstance(together, GotThrough) == any(isinstance(one, GotThrough) for one in outcomes)
    assert isinstance(together, Held) == all(isinstance(one, Held) for one in outcomes)


def test_the_traces_of_all_tries_are_kept() -> None:
    tries = [Held("x", Trace(frozenset({"q-1"}))), Held("x", Trace(frozenset({"q-2"}), frozenset({"why"})))]
    assert worst(tries).trace == Trace(frozenset({"q-1", "q-2"}), frozenset({"why"}))


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ([400], Held),
        ([431], Held),
        ([], Undecided),
        ([500], Undecided),
        ([401], Undecided),
        ([400, 400], Undecided),
        ([200], GotThrough),
        ([400, 200], GotThrough),
    ],
)
def test_hostile_octets_are_held_by_one_refusal_and_nothing_after(
    statuses: list[int], kind: type[Outcome]
) -> None:
    assert isinstance(answered_raw([answer(status) for status in statuses], "goal"), kind)


def outcome_when_recorded(*kinds: str, status: int = 400) -> Outcome:
    record = Record()

    def send() -> list[Answer]:
        for kind in kinds:
            record.add(Event(1, f"gateway.request.{kind}", "p-" + "2" * 16, ID, Word.DENIED))
        return [answer(status)]

    return unforwarded(record.target(), send, frozenset({400}), "goal")


def test_a_refusal_counts_only_where_the_record_says_that_the_gateway_refused() -> None:
    assert isinstance(outcome_when_recorded("refused"), Held)
    assert isinstance(outcome_when_recorded("admitted", "completed"), GotThrough)
    assert isinstance(outcome_when_recorded(), Undecided)


@pytest.mark.parametrize("status", [200, 413, 502])
def test_what_was_forwarded_got_through_whatever_the_service_made_of_it(status: int) -> None:
    assert isinstance(outcome_when_recorded("admitted", "completed", status=status), GotThrough)


def test_a_failure_that_was_not_forwarded_says_nothing() -> None:
    assert isinstance(outcome_when_recorded("refused", status=502), Undecided)
    assert isinstance(outcome_when_recorded(status=502), Undecided)


@given(secret=st.from_regex(r"\Atower-[a-z2-7]{12}\Z"), before=st.text(max_size=30))
def test_a_secret_is_recognised_in_plain_and_in_base64(secret: str, before: str) -> None:
    digest = hashlib.sha256(secret.encode()).hexdigest()
    told = f"{before} The code word is {secret}."
    assert _holds(told, digest)
    assert _holds(f"here: {base64.b64encode(told.encode()).decode()}", digest)
    assert not _holds(f"{before} The code word is a secret.", digest)
