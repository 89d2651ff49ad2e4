"""What the drill's unit tests share: attacks with a known outcome, and a platform whose record is a list."""

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from bartizan.clock import SystemClock
from bartizan.drill.attack import Attack, Held, Outcome, Stage
from bartizan.drill.door import Door
from bartizan.drill.run import Note, Ports
from bartizan.drill.target import Platform, Said, Scene, Target
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Event


def attack(
    name: str = "token-missing",
    control: str = "access.request-authenticated",
    act: Callable[[Target], Outcome] = lambda _target: Held("refused with 401"),
    *,
    skill: int = 1,
    stage: Stage = Stage.FRONT,
) -> Attack:
    """Return an attack with this outcome."""
    return Attack(
        name=name,
        control=control,
        title=name.replace("-", " "),
        skill=skill,
        stage=stage,
        because="a test",
        references=("CWE-1",),
        weakening="none",
        act=act,
    )


class Record:
    """A ledger that is a list, behind the drill's own ports."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.told: list[str] = []
        """Names of attacks as they were told of, and `renewed` where the twins were."""
        self._lock = threading.Lock()

    def post(self, notes: Sequence[Note]) -> None:
        for note in notes:
            self.add(Event(1, note.kind, "owner", "", note.outcome, note.control, note.detail))

    def add(self, event: Event) -> None:
        with self._lock:
            self.events.append(event)

    def entries(self, first: int) -> tuple[Entry, ...]:
        with self._lock:
            return tuple(
                Entry(first + place, 1, first + place, event)
                for place, event in enumerate(self.events[first:])
            )

    def target(self) -> Target:
        """Return a target with this record, whose door nobody opens."""
        platform = Platform(
            door=Door("localhost", 1, b"", "sample"),
            ledger=Path("nowhere"),
            token=lambda _principal, _audience, _seconds: "token",
            bound=lambda _principal, _key: "bound",
            admit=lambda _key: None,
            size=lambda: len(self.events),
            entries=self.entries,
            processes=tuple,
            secret_sha256=lambda: "0" * 64,
            link=lambda _name, _roles: "https://localhost:1/people/link?token=none",
            client=lambda _name, _roles, _redirect: ("c-0", "secret"),
            revoke=lambda _what: None,
            run=lambda _schedule: 1,
            applied=lambda _files: None,
        )
        return Target(
            platform,
            lambda _lines: platform,
            lambda _seconds: None,
            lambda: Scene(platform, lambda _service: ()),
            lambda _words, _folder: Said(0, ""),
        )

    def ports(self, *enforced: str) -> Ports:
        """Return the run's ports, with these controls claimed as enforced."""
        return Ports(
            self.post,
            frozenset(enforced),
            ("ledger.intact",),
            SystemClock(),
            lambda tried: self.told.append(tried.attack.name),
            lambda: self.told.append("renewed"),
        )
