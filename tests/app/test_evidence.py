"""Evidence is kept with its event or not at all, opened after its event or not at all, and gone in time."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from bartizan.app.entry import Entry
from bartizan.app.evidence import Evidence, EvidenceAltered, EvidenceUnknown, evidence_of
from bartizan.app.evidence_messages import About, EvidenceSealed
from bartizan.app.evidence_store import MOST, OCTETS, Kept, key_of
from bartizan.app.folder import Folder
from bartizan.clock import DAY, MINUTE, SECOND, SetClock
from bartizan.crypto.sealing import seal
from bartizan.ledger.event import Event, Outcome
from bartizan.ledger.journal import JournalUnwritable
from bartizan.threats.excerpt import Excerpt, encoded

START = 1_800_000_000 * SECOND
SAID = Excerpt("secret", "aws", "", "user", "my key is hunter2, keep it", 10, 17)
EVE, ANN = "p-00000000000000ee", "p-00000000000000aa"


class Scene:
    """What keeps evidence in a folder, and what it puts on record."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.clock = Folder(folder), SetClock(START)
        self.folder.make()
        self.record: list[Entry] = []
        self.full = False
        self.evidence = self.again()
        self.pieces = 0

    def again(self, seconds: int = 30 * 86_400) -> Evidence:
        return evidence_of(self.folder, self.clock, self.note, {"shop": seconds} if seconds else {})

    def note(self, entries: Sequence[Entry]) -> None:
        if self.full:
            raise JournalUnwritable(1, "full")
        for each in entries:
            Event(START, each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)
        self.record += entries

    def piece(self, principal: str = EVE, octets: bytes = b"", seconds: int = 86_400) -> EvidenceSealed:
        self.pieces += 1
        self.clock.at += 1
        now, request = self.clock.now(), f"q-{self.pieces:016x}"
        about = About("shop", request, principal, 7, self.pieces, now, now + seconds * SECOND)
        plain = octets or encoded([SAID])
        return EvidenceSealed(about=about, sealed=seal(plain, self.evidence.public(), about.octets))

    def keep(self, principal: str = EVE, octets: bytes = b"", seconds: int = 86_400) -> Kept:
        piece = self.piece(principal, octets, seconds)
        self.evidence.take(piece)
        return next(each for each in self.kept() if each.digest == piece.digest)

    def kept(self) -> list[Kept]:
        return [*self.evidence.several("", 10_000)]

    def kinds(self) -> list[str]:
        return [each.kind.removeprefix("threats.evidence.") for each in self.record]


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene(tmp_path / "state")


def test_a_piece_is_kept_with_its_event_and_opened_after_one(scene: Scene) -> None:
    kept = scene.keep()
    assert scene.evidence.open(kept.id, "owner", "triage").excerpts == (SAID,)
    sealed, opened = scene.record
    assert (sealed.kind, sealed.actor, sealed.subject) == ("threats.evidence.sealed", EVE, kept.about.request)
    assert sealed.detail["digest"] == opened.detail["digest"] == kept.digest
    assert (opened.actor, opened.outcome, opened.detail["purpose"]) == ("owner", Outcome.ALLOWED, "triage")


def test_what_cannot_be_recorded_is_neither_kept_nor_opened_nor_silently_erased(scene: Scene) -> None:
    kept = scene.keep()
    scene.full = True
    with pytest.raises(JournalUnwritable):
        scene.evidence.take(scene.piece())
    with pytest.raises(JournalUnwritable):
        scene.evidence.open(kept.id, "owner", "triage")
    with pytest.raises(JournalUnwritable):
        scene.evidence.open("e-0011223344556677", "owner", "triage")
    scene.full = False
    assert scene.kept() == [kept]


def test_an_opening_of_nothing_is_refused_on_record(scene: Scene) -> None:
    with pytest.raises(EvidenceUnknown):
        scene.evidence.open("e-0011223344556677", "owner", "audit")
    (said,) = scene.record
    assert (said.outcome, said.detail) == (Outcome.DENIED, {"purpose": "audit", "reason": "unknown"})


def test_what_has_had_its_time_is_neither_shown_nor_opened_and_then_gone(scene: Scene) -> None:
    kept, longer = scene.keep(seconds=3_600), scene.keep(seconds=7_200)
    scene.clock.at += 3_600 * SECOND
    assert scene.kept() == [longer]
    with pytest.raises(EvidenceUnknown):
        scene.evidence.open(kept.id, "owner", "triage")
    assert scene.evidence.expire()
    assert not scene.evidence.expire()
    said = scene.record[-1]
    assert (said.kind, said.actor, said.subject) == (
        "threats.evidence.erased",
        "platform",
        kept.about.request,
    )
    assert said.detail == {"service": "shop", "digest": kept.digest, "reason": "expired"}


def test_what_is_erased_leaves_no_octet_of_it_on_the_disk(scene: Scene) -> None:
    piece = scene.piece()
    scene.evidence.take(piece)
    files = list(scene.folder.root.glob("evidence.db*"))
    assert any(piece.sealed[:64] in each.read_bytes() for each in files)
    scene.evidence.erase(f"e-{piece.digest[:16]}", EVE)
    assert scene.record[-1].actor == EVE
    for each in files:
        assert piece.sealed[:64] not in each.read_bytes()
    with pytest.raises(EvidenceUnknown):
        scene.evidence.erase(f"e-{piece.digest[:16]}", EVE)


def test_everything_of_somebody_who_is_erased_goes_and_nothing_of_others(scene: Scene) -> None:
    theirs, others = [scene.keep(EVE) for _ in range(3)], scene.keep(ANN)
    scene.evidence.forget(EVE)
    assert scene.kept() == [others]
    assert [each.detail["reason"] for each in scene.record[-3:]] == ["principal"] * 3
    assert {each.detail["digest"] for each in scene.record[-3:]} == {each.digest for each in theirs}


def test_where_it_is_full_the_oldest_of_who_has_most_goes_on_record(scene: Scene) -> None:
    quiet = scene.keep(ANN)
    pieces = [scene.keep(EVE, b"x" * 30_000) for _ in range(OCTETS // 30_000 + 2)]
    left = scene.kept()
    assert quiet in left
    assert sum(each.size for each in left) <= OCTETS
    gone = [each.detail["digest"] for each in scene.record if each.detail.get("reason") == "room"]
    assert gone
    assert gone == [each.digest for each in pieces[: len(gone)]]
    assert left == [quiet, *pieces[len(gone) :]]


def test_however_small_they_are_there_are_only_so_many(scene: Scene) -> None:
    for _ in range(MOST + 3):
        scene.evidence.take(scene.piece(EVE, b"x"))
    assert len(scene.kept()) == MOST
    assert scene.kinds().count("erased") == 3


@pytest.mark.parametrize(
    ("at", "seconds", "service"),
    [
        (11 * MINUTE, 86_400, "shop"),
        (-MINUTE, 86_400, "shop"),
        (0, 31 * 86_400, "shop"),
        (0, 0, "shop"),
        (0, -1, "shop"),
        (0, 3_600, "elsewhere"),
    ],
)
def test_what_no_worker_may_seal_so_is_not_kept(scene: Scene, at: int, seconds: int, service: str) -> None:
    then = scene.clock.now() - at
    about = About(service, "q-0000000000000001", EVE, 1, 1, then, then + seconds * SECOND)
    scene.evidence.take(EvidenceSealed(about=about, sealed=seal(b"x", scene.evidence.public(), b"")))
    assert scene.kept() == []
    assert scene.kinds() == ["lost"]


def test_what_was_lost_on_the_way_is_on_record(scene: Scene) -> None:
    piece = scene.piece()
    scene.evidence.take(EvidenceSealed(about=piece.about, sealed=piece.sealed, lost=3))
    assert [each.detail.get("count") for each in scene.record if each.kind.endswith("lost")] == [3]
    assert len(scene.kept()) == 1


def test_the_same_piece_twice_is_one(scene: Scene) -> None:
    piece = scene.piece()
    scene.evidence.take(piece)
    scene.evidence.take(piece)
    assert len(scene.kept()) == 1


def test_a_folder_without_evidence_has_no_key_and_what_was_kept_before_can_still_be_opened(
    scene: Scene,
) -> None:
    kept = scene.keep()
    without = scene.again(0)
    assert without.public() == b""
    assert without.open(kept.id, "owner", "legal").excerpts == (SAID,)
    without.take(scene.piece())
    assert len(scene.kept()) == 1


def test_nothing_is_opened_with_another_key_and_that_is_on_record(scene: Scene) -> None:
    kept = scene.keep()
    scene.folder.evidence_key.unlink()
    with pytest.raises(EvidenceAltered):
        scene.evidence.open(kept.id, "owner", "triage")
    assert (scene.record[-1].outcome, scene.record[-1].detail["reason"]) == (Outcome.FAILED, "altered")


def test_what_is_sealed_and_is_no_excerpt_is_not_shown(scene: Scene) -> None:
    kept = scene.keep(octets=b"anything at all")
    with pytest.raises(EvidenceAltered):
        scene.evidence.open(kept.id, "owner", "triage")


def test_pages_follow_one_another_in_order_of_time(scene: Scene) -> None:
    kept = []
    for at in range(7):
        scene.clock.at = START + at // 2 * DAY // 100
        kept.append(scene.keep())
    seen, after = list[Kept](), ""
    while page := [*scene.evidence.several(after, 2)]:
        seen += page
        after = key_of(page[-1])
    assert {each.digest for each in seen} == {each.digest for each in kept}
    assert len(seen) == 7
    assert [each.about.at for each in seen] == sorted(each.about.at for each in kept)


def test_files_are_their_owners_alone(scene: Scene) -> None:
    scene.keep()
    for each in (*scene.folder.root.glob("evidence.db*"), scene.folder.evidence_key):
        assert each.stat().st_mode & 0o077 == 0
