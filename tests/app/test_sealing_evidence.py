"""A worker seals at once, hands on one piece at a time, and what it cannot keep is on record."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing

import msgspec
import pytest

from bartizan.app import worker_messages as w
from bartizan.app.channel import Channel, pair
from bartizan.app.evidence_messages import EvidenceSealed, EvidenceTaken
from bartizan.app.sealing_evidence import MOST, Sealing
from bartizan.clock import SECOND, SetClock
from bartizan.crypto.sealing import SealingKey, new_key
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.journal import JournalUnwritable
from bartizan.threats.excerpt import LARGEST

START = 1_800_000_000 * SECOND
WHO, REQUEST = "p-00000000000000ee", "q-00000000000000aa"
KEY = SealingKey(new_key())


class Journal:
    """What is told to it."""

    def __init__(self) -> None:
        self.segment, self.full = 7, False
        self.events: list[Event] = []
        self.written = 0

    def record(
        self,
        kind: str,
        actor: str,
        subject: str,
        outcome: Outcome,
        control: str = "",
        detail: Mapping[str, int | str] = {},
    ) -> int:
        if self.full:
            raise JournalUnwritable(7, "full")
        self.events.append(Event(START, kind, actor, subject, outcome, control, dict(detail)))
        return len(self.events)

    def flush(self) -> None:
        self.written = len(self.events)


class Scene:
    """A worker that seals, and the supervisor's end."""

    def __init__(self, key: bytes = KEY.public) -> None:
        self.journal = Journal()
        self.sealing = Sealing({"shop": 3_600}, SetClock(START), self.journal)
        self.sealing.key = key
        ours, theirs = pair()
        theirs.setblocking(False)
        self.supervisor, self.worker = Channel(ours, w.WorkerReports), Channel(theirs)

    def close(self) -> None:
        self.supervisor.close()
        self.worker.close()

    def keep(self, excerpts: bytes = b"what was found", service: str = "shop", who: str = WHO) -> None:
        self.sealing.keep(service, REQUEST, who, 5, excerpts)

    def handed(self) -> EvidenceSealed | None:
        self.sealing.hand_on(self.worker)
        try:
            message: EvidenceSealed = self.supervisor.receive()[0]
        except BlockingIOError:
            return None
        return message

    def take(self) -> EvidenceSealed | None:
        found = self.handed()
        self.sealing.taken(EvidenceTaken(), [])
        return found


@pytest.fixture
def made() -> Iterator[Callable[..., Scene]]:
    with ExitStack() as stack:
        yield lambda *given: stack.enter_context(closing(Scene(*given)))


def test_what_is_handed_on_says_what_it_is_about_and_nothing_of_what_it_is(
    made: Callable[..., Scene],
) -> None:
    scene = made()
    scene.keep()
    piece = scene.take()
    assert piece is not None
    about = piece.about
    assert (about.service, about.request, about.principal) == ("shop", REQUEST, WHO)
    assert (about.segment, about.entry, about.at, about.until) == (7, 5, START, START + 3_600 * SECOND)
    assert b"found" not in msgspec.json.encode(piece)
    assert KEY.open(piece.sealed, about.octets) == b"what was found"


def test_one_piece_is_on_its_way_at_a_time(made: Callable[..., Scene]) -> None:
    scene = made()
    for _ in range(3):
        scene.keep()
    assert scene.handed() is not None
    assert scene.handed() is None
    scene.sealing.taken(EvidenceTaken(), [])
    assert scene.handed() is not None


def test_what_waits_is_bounded_and_what_is_lost_is_on_record_once(made: Callable[..., Scene]) -> None:
    scene = made()
    for _ in range(MOST + 5):
        scene.keep()
    pieces = 0
    while scene.take() is not None:
        pieces += 1
    assert pieces == MOST
    (lost,) = scene.journal.events
    assert (lost.kind, lost.subject, lost.detail) == ("threats.evidence.lost", "shop", {"count": 5})
    assert scene.journal.written == 1


@pytest.mark.parametrize("key", [b"", b"\xff" * 1216])
def test_without_a_key_nothing_waits_in_the_clear_and_that_is_on_record(
    made: Callable[..., Scene], key: bytes
) -> None:
    scene = made(key)
    scene.keep()
    assert scene.take() is None
    assert [each.detail for each in scene.journal.events] == [{"count": 1}]


def test_what_nobody_asked_for_is_not_kept(made: Callable[..., Scene]) -> None:
    scene = made()
    scene.keep(service="other")
    scene.keep(b"x" * (LARGEST + 1))
    scene.keep(who="a-00000000000000ee")
    assert scene.take() is None
    assert scene.journal.events == []


def test_a_journal_that_takes_nothing_ends_nothing_here(made: Callable[..., Scene]) -> None:
    scene = made(b"")
    scene.journal.full = True
    scene.keep()
    assert scene.take() is None
