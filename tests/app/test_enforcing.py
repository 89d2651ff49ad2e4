"""What enforcing would have done, out of a real record: counted once, with what nobody can tell beside it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bartizan.app.enforcing import EXAMPLES, FULL, Effect, Foreseen, Guarded, foreseen
from bartizan.app.folder import Folder
from bartizan.clock import SetClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import Journal
from bartizan.ledger.own import own_segment
from bartizan.ledger.query import EVER
from bartizan.threats.profile import Action

AT = 10**18


class Written:
    """A record of one service that a test fills."""

    def __init__(self, journal: Journal) -> None:
        self._journal, self._number = journal, 0

    def request(
        self,
        *reasons: str,
        answer: tuple[str, ...] = (),
        actor: int = 1,
        service: str = "assistant",
        octets: int = 100,
        ended: Outcome = Outcome.DONE,
        refused: str = "",
        unseen: str = "",
    ) -> str:
        """Write what there is of one request; return its id."""
        self._number += 1
        name, who = f"q-{self._number:016x}", f"p-{actor:016x}"
        for reason in reasons:
            self._found(who, name, service, reason)
        if unseen:
            detail: dict[str, int | str] = {"service": service, "reason": unseen, "action": "flag"}
            self._journal.record("threats.signal.found", who, name, Outcome.FAILED, "", detail)
        if refused:
            gone: dict[str, int | str] = {"service": service, "reason": refused, "status": 400, "count": 1}
            self._journal.record("gateway.request.refused", who, name, Outcome.DENIED, "", gone)
            return name
        admitted: dict[str, int | str] = {
            "service": service,
            "route": "chat",
            "action": "chat",
            "octets": octets,
        }
        self._journal.record("gateway.request.admitted", who, name, Outcome.ALLOWED, "", admitted)
        for reason in answer:
            self._found(who, name, service, reason, half="answer")
        self._journal.record("gateway.request.completed", who, name, ended, "", {"status": 200})
        return name

    def _found(self, who: str, name: str, service: str, reason: str, **more: str) -> None:
        detail: dict[str, int | str] = {
            "service": service,
            "reason": reason,
            "rule": "some-rule",
            "channel": "user",
            "severity": "high",
            "confidence": "high",
            "action": "flag",
            "count": 1,
            **more,
        }
        self._journal.record("threats.signal.found", who, name, Outcome.FOUND, "threats.leakage", detail)


@contextmanager
def record(folder: Path) -> Iterator[Written]:
    made = Folder(folder)
    made.make()
    with made.locked(), own_segment(made.root, SetClock(AT)) as journal:
        yield Written(journal)
        journal.flush()


def asked(folder: Path, guarded: Guarded | None = None, since: int = 0) -> Foreseen:
    services = {"assistant": guarded or Guarded("observe")}
    (found,) = foreseen(Folder(folder).ledger, services, since, EVER)
    return found


def effect(found: Foreseen, profile: str) -> Effect:
    return next(each.effect for each in found.profiles if each.profile == profile)


def test_each_request_and_each_answer_counts_once_by_what_is_gravest(tmp_path: Path) -> None:
    with record(tmp_path) as written:
        written.request()
        written.request("secret", "personal-data", actor=1)
        written.request("prompt-injection", "secret", answer=("secret",), actor=2)
        written.request("personal-data", answer=("system-prompt",), actor=3)
        written.request(answer=("secret", "secret"), actor=1)
        written.request(service="elsewhere")
        written.request(octets=0)
    found = asked(tmp_path)
    assert (found.requests, found.principals, found.found) == (5, 3, 4)
    assert effect(found, "standard") == Effect(
        blocked=1, redacted=1, flagged=1, blocked_answers=1, redacted_answers=1, principals=3
    )
    assert effect(found, "strict") == Effect(
        blocked=2, redacted=1, blocked_answers=2, principals=3
    )  # to what is blocked there is no answer
    hits = {each.detector: each for each in found.hits}
    assert (hits["secret"].requests, hits["secret"].answers, hits["secret"].exchanges) == (2, 2, 3)
    assert hits["secret"].principals == 2
    assert hits["personal-data"].actions == {"standard": "flag", "strict": "redact"}


def test_what_would_change_much_is_kept_and_what_is_rare_is_not(tmp_path: Path) -> None:
    with record(tmp_path) as written:
        ids = [written.request("prompt-injection") for _ in range(5)]
        for _ in range(2):
            written.request("secret")
        for _ in range(93):
            written.request()
    found = asked(tmp_path, Guarded("observe", {"health-data": Action.BLOCK}))
    standard = found.profiles[0]
    assert standard.kept == ("prompt-injection",)
    assert standard.text == (
        'guard = "standard"',
        'guard_actions = { "health-data" = "block", "prompt-injection" = "flag" }',
    )
    assert standard.effect == Effect(blocked=5, redacted=2, principals=1)
    assert standard.then == Effect(redacted=2, flagged=5, principals=1)
    assert found.hits[0].examples == tuple(ids[-EXAMPLES:])
    with record(tmp_path) as written:
        for _ in range(400):
            written.request()
    assert asked(tmp_path).profiles[0].kept == ()
    assert asked(tmp_path).profiles[0].text == ('guard = "standard"',)


def test_what_a_service_has_already_is_what_is_reckoned_with(tmp_path: Path) -> None:
    with record(tmp_path) as written:
        written.request("secret", refused="secret")
        written.request("secret")
    found = asked(tmp_path, Guarded("standard", {"secret": Action.BLOCK}))
    assert (found.guard, found.requests) == ("standard", 2)
    assert effect(found, "standard") == Effect(blocked=2, principals=1)


def test_what_the_record_cannot_tell_is_said_and_never_taken_for_harmless(tmp_path: Path) -> None:
    with record(tmp_path) as written:
        written.request(unseen="inspection-budget")
        written.request(unseen="inspection-unavailable", refused="inspection-unavailable")
        written.request("not-inspected", "media-not-inspected")
        written.request(answer=("media-not-inspected",))
        written.request(ended=Outcome.FAILED)
        written.request(*["secret"] * FULL)
        written.request("judge-silent")
    found = asked(tmp_path)
    assert found.uninspected == {"inspection-budget": 1, "inspection-unavailable": 1, "judge-silent": 1}
    assert (found.requests, found.found, found.cut, found.full) == (7, 3, 1, 1)
    hits = {each.detector: each for each in found.hits}
    assert hits["not-inspected"].actions == {"standard": "block", "strict": "block"}
    assert hits["media-not-inspected"].actions == {"standard": "flag", "strict": "block"}
    assert effect(found, "standard") == Effect(blocked=1, redacted=1, flagged_answers=1, principals=1)
    assert [each.kept for each in found.profiles] == [(), ()]  # no line of guard_actions is about them


@pytest.mark.parametrize("since", [AT, AT + 1])
def test_only_the_time_that_is_asked_about_counts(tmp_path: Path, since: int) -> None:
    with record(tmp_path) as written:
        written.request("secret")
    found = asked(tmp_path, since=since)
    assert (found.requests, found.found) == ((1, 1) if since == AT else (0, 0))


def test_a_refusal_that_is_not_the_guards_was_never_inspected(tmp_path: Path) -> None:
    with record(tmp_path) as written:
        written.request(refused="rate-limited")
    assert asked(tmp_path).requests == 0
