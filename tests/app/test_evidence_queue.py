"""Evidence goes to control one piece at a time; what is too much is lost, the oldest first, and told."""

from typing import cast

from bartizan.app.child import Child
from bartizan.app.evidence_messages import About, EvidenceKept, EvidenceSealed, EvidenceTaken
from bartizan.app.evidence_queue import MOST, EvidenceQueue
from bartizan.app.supervisor import Supervisor


class Process:
    """A child by its number."""

    def __init__(self, number: int) -> None:
        self.number = number


class Told:
    """A supervisor that remembers what it told whom."""

    def __init__(self) -> None:
        self.control: list[Process] = [Process(1)]
        self.told: list[tuple[int, object]] = []

    def of(self, kind: str, state: str) -> list[Process]:
        return self.control if (kind, state) == ("control", "ready") else []

    def tell(self, child: Process, message: object) -> None:
        self.told.append((child.number, message))

    def pieces(self) -> list[EvidenceSealed]:
        return [each for _, each in self.told if isinstance(each, EvidenceSealed)]


WORKER = cast("Child", Process(9))


def piece(number: int, lost: int = 0) -> EvidenceSealed:
    about = About("shop", f"q-{number:016x}", "p-00000000000000ee", 1, 1, 1, 2)
    return EvidenceSealed(about=about, sealed=b"x" * 1_200, lost=lost)


def scene() -> tuple[Told, EvidenceQueue]:
    told = Told()
    return told, EvidenceQueue(cast("Supervisor", told))


def kept(queue: EvidenceQueue, number: int = 1) -> None:
    queue.kept(cast("Child", Process(number)), EvidenceKept(), [])


def test_the_next_goes_once_the_last_is_dealt_with_and_the_worker_is_told_at_once() -> None:
    told, queue = scene()
    for number in range(3):
        queue.sealed(WORKER, piece(number), [])
    assert [each for who, each in told.told if who == 9] == [EvidenceTaken()] * 3
    assert told.pieces() == [piece(0)]
    kept(queue)
    assert told.pieces() == [piece(0), piece(1)]


def test_what_is_too_much_is_lost_the_oldest_first_and_told_with_the_next() -> None:
    told, queue = scene()
    for number in range(MOST + 4):
        queue.sealed(WORKER, piece(number), [])
    kept(queue)
    assert told.pieces()[1] == piece(4, lost=3)
    kept(queue)
    assert told.pieces()[2] == piece(5)


def test_a_worker_claims_no_losses() -> None:
    told, queue = scene()
    queue.sealed(WORKER, piece(1, lost=9), [])
    assert told.pieces() == [piece(1)]


def test_what_comes_while_control_is_away_waits_for_the_next() -> None:
    told, queue = scene()
    queue.sealed(WORKER, piece(1), [])
    queue.sealed(WORKER, piece(2), [])
    told.control = []
    kept(queue)
    told.control = [Process(2)]
    queue.control_ready()
    kept(queue, number=1)  # of the one that is gone
    assert told.pieces() == [piece(1), piece(2)]
