"""The watch over the platform's own record: tells once, also after a restart, and answers whom it should."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from bartizan.access.signin.subject import Act, Reason
from bartizan.access.signin.suspicion import Kind, suspicion
from bartizan.admin.signins import Standing
from bartizan.app import signin_watch
from bartizan.app.entry import Entry
from bartizan.app.folder import Folder
from bartizan.app.signin_events import signin
from bartizan.app.signin_watch import FLAGGED, HELD_FOR, Ports, SignInWatch, against, flagged
from bartizan.app.token_refusals import MOST, TokenRefusals
from bartizan.clock import DAY, SECOND, SetClock
from bartizan.ledger.database import LedgerUnreadable
from bartizan.ledger.entry import Entry as Written
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.own import own_segment
from tests.access.signin.given import signin as plain

START = 1_800_000_000 * SECOND
ROBOT, HOME, EVIL = "p-00000000000000aa", "a-00000000000000bb", "a-00000000000000cc"


class Ground:
    """A ledger that is written to, and what a watch over it said."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = Folder(folder / "state"), SetClock(START)
        self.folder.make()
        self.said: list[Entry] = []
        self.answers: list[tuple[str, str, int]] = []
        self.told: list[Standing] = []

    def write(self, *entries: Entry) -> None:
        with own_segment(self.folder.root, self.clock) as journal:
            for each in entries:
                journal.record(each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)

    def watch(self, canonical: dict[str, str] | None = None) -> SignInWatch:
        ports = Ports(
            self.folder.ledger, self.clock, lambda source: (canonical or {}).get(source, source), self._record,
            lambda whom, about, until: self.answers.append((whom, about, until)), self.told.append,
        )  # fmt: skip
        return SignInWatch(ports, 5)

    def _record(self, entries: Sequence[Entry]) -> None:
        self.said += entries

    def turn(self, watch: SignInWatch) -> None:
        while asyncio.run(watch.turn()):
            pass


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


def refused(many: int, who: str = "", source: str = EVIL) -> Entry:
    detail: dict[str, int | str] = {"reason": "invalid-client", "count": many}
    return Entry("access.token.refused", source, who, Outcome.DENIED, "access.request-authenticated", detail)


def test_how_the_watch_stands_is_told_at_its_start_and_then_when_it_changes(ground: Ground) -> None:
    ground.write(refused(1))
    watch = ground.watch()
    ground.turn(watch)
    ground.turn(watch)
    assert [(each.budget, each.learning, each.today) for each in ground.told] == [(5, True, 0)]
    ground.write(refused(50))
    ground.turn(watch)
    ground.turn(watch)
    assert [each.today for each in ground.told] == [0, len(ground.said)]
    assert ground.said


def test_a_flood_of_tries_is_told_once_and_slows_its_source(ground: Ground) -> None:
    ground.write(refused(50))
    watch = ground.watch()
    ground.turn(watch)
    assert [(each.kind, each.subject, each.detail["kind"]) for each in ground.said] == [
        (FLAGGED, EVIL, "credential-stuffing")
    ]
    assert ground.answers == [("source", EVIL, START + HELD_FOR)]
    assert watch.standing.learning
    assert watch.standing.today == 1
    ground.turn(watch)
    assert len(ground.said) == 1


def test_what_was_told_before_a_restart_is_not_told_again_and_still_holds(ground: Ground) -> None:
    ground.write(refused(50))
    ground.turn(ground.watch())
    told = ground.said.copy()
    ground.write(*told)
    ground.said.clear()
    ground.answers.clear()
    ground.turn(ground.watch())
    assert not ground.said
    assert ground.answers == [("source", EVIL, START + HELD_FOR)]


def test_what_was_cleared_before_a_restart_holds_no_more(ground: Ground) -> None:
    ground.write(refused(50))
    ground.turn(ground.watch())
    ground.write(*ground.said, Entry("access.login.cleared", "owner", EVIL, Outcome.CLEARED))
    ground.answers.clear()
    ground.turn(ground.watch())
    assert ground.answers[-1] == ("source", EVIL, 0)


def test_refused_sign_ins_push_nothing_out_of_what_was_told(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signin_watch, "_MOST_TOLD", 3)
    ground.write(refused(50))
    ground.turn(ground.watch())
    ground.write(*ground.said)
    ground.said.clear()
    ground.answers.clear()
    many: dict[str, int | str] = {"reason": "code-unusable", "count": 1}
    ground.write(*[Entry("access.login.refused", "anonymous", "", Outcome.DENIED, "", many)] * 4)
    ground.turn(ground.watch())
    assert not ground.said
    assert ground.answers == [("source", EVIL, START + HELD_FOR)]


def test_an_alert_that_is_a_day_old_holds_nothing_against_anybody(ground: Ground) -> None:
    ground.write(refused(50))
    ground.clock.at += 2 * DAY
    ground.turn(ground.watch())
    assert ground.said
    assert not ground.answers


def test_one_prefix_is_one_source_whichever_worker_named_it(ground: Ground) -> None:
    names = [f"a-{n:016x}" for n in range(20)]
    ground.write(*(refused(3, source=each) for each in names))
    ground.turn(ground.watch(dict.fromkeys(names, EVIL)))
    assert {each.subject for each in ground.said} == {EVIL}


def test_without_a_ledger_it_says_so_and_goes_on_later(ground: Ground) -> None:
    watch = ground.watch()
    with pytest.raises(LedgerUnreadable):
        asyncio.run(watch.turn())
    ground.write(refused(50))
    ground.turn(watch)
    assert ground.said


def entry(kind: str, actor: str, subject: str, **detail: int | str) -> Written:
    return Written(7, 1, 0, Event(START, kind, actor, subject, Outcome.DONE, "", detail))


def test_events_are_read_as_the_sign_ins_that_they_are() -> None:
    issued = signin(entry("access.token.issued", ROBOT, "t-00000000000000dd", source=HOME[2:], seconds=600))
    assert issued is not None
    assert (issued.good, issued.principal, issued.source) == (True, ROBOT, HOME)
    acted = entry("access.token.issued", ROBOT, "t-00000000000000dd", source=EVIL[2:], grant="exchange")
    assert signin(acted) is None
    named = signin(entry("access.token.refused", EVIL, ROBOT, reason="invalid-client", count=4))
    assert named is not None
    assert (named.reason, named.principal, named.count) == (Reason.SECRET_WRONG, ROBOT, 4)
    nobody = signin(entry("access.token.refused", "anonymous", "", reason="invalid-client", count=4))
    assert nobody is not None
    assert (nobody.reason, nobody.source) == (Reason.PRINCIPAL_UNKNOWN, "")
    replayed = signin(entry("gateway.request.refused", ROBOT, "", reason="proof-replayed"))
    assert replayed is not None
    assert (replayed.reason, replayed.principal, replayed.act) == (Reason.PROOF_REPLAYED, ROBOT, Act.USE)


def test_what_the_owner_s_own_command_got_is_no_sign_in() -> None:
    assert signin(entry("access.token.issued", ROBOT, "t-00000000000000dd", seconds=60)) is None


def test_only_what_was_done_with_its_own_credential_is_held_against_a_principal() -> None:
    of = plain(0, principal=ROBOT, source=EVIL)
    assert against(suspicion(Kind.UNKNOWN_DEVICE, "x", 1, ROBOT, of, held=True)) == "principal"
    assert against(suspicion(Kind.GUESSING, "x", 1, ROBOT, of)) == "nobody"
    assert against(suspicion(Kind.UNUSUAL, "x", 1, ROBOT, of, held=True)) == "nobody"
    assert against(suspicion(Kind.SPRAYING, "x", 1, EVIL, of)) == "source"
    assert against(suspicion(Kind.SPRAYING, "x", 1, "bartizan", of)) == "nobody"


@pytest.mark.parametrize("kind", Kind)
def test_every_alert_fits_the_record(kind: Kind) -> None:
    for about in (ROBOT, EVIL, "log", "c-0000000000000001"):
        alert = suspicion(kind, "x", 1.5, about, plain(0, principal=ROBOT, source=EVIL))
        each = flagged(alert, 3, "platform")
        Event(START, each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)


def test_refusals_are_told_apart_up_to_a_bound_and_counted_all() -> None:
    refusals = TokenRefusals()
    for n in range(5 * MOST):
        refusals.count(f"a-{n:016x}", "", "invalid-client")
    taken = refusals.take()
    assert len(taken) <= MOST + 1
    assert sum(int(each.detail["count"]) for each in taken) == 5 * MOST
    assert not refusals.take()
