"""Somebody wants to read evidence that is not theirs to read, or to have it say of a request what it does not.

They read or write the state folder, have a worker that was turned, hold a token without the role, or flood what is kept. Who
owns the folder and its keys can read everything; nobody else can, and every opening is on record by who opened.
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec
import pytest

from bartizan.app.evidence_messages import About, EvidenceKept, EvidenceSealed
from bartizan.clock import SECOND, SystemClock
from bartizan.crypto.sealing import seal
from bartizan.ledger.event import Event, Outcome
from bartizan.threats.excerpt import Excerpt, encoded
from tests.http.platform import Answer, Control
from tests.http.test_admin_refusals import token

pytestmark = pytest.mark.slow
AT = "/admin/v1/evidence"
SAID = "the password is moonrise"
TRIAGE = {"purpose": "triage"}


class Scene:
    """A control process that keeps evidence, and a worker's hand."""

    def __init__(self, control: Control) -> None:
        self.control, self.pieces = control, 0

    def sealed(self, request: int = 0, seconds: int = 3_600) -> EvidenceSealed:
        self.pieces += 1
        now = SystemClock().now()
        about = About(
            "shop",
            f"q-{request or self.pieces:016x}",
            "p-00000000000000ee",
            1,
            1,
            now,
            now + seconds * SECOND,
        )
        plain = encoded([Excerpt("secret", "r", "", "user", SAID, 16, 24)])
        public = self.control.states[-1].evidence
        return EvidenceSealed(about=about, sealed=seal(plain, public, about.octets))

    def hand_on(self, piece: EvidenceSealed) -> dict[str, Any] | None:
        """Hand a piece to control as the supervisor does; return what is listed of it."""
        before = len(self.control.told)
        self.control.channel.send(piece)
        while not any(isinstance(each, EvidenceKept) for each in self.control.told[before:]):
            time.sleep(0.01)
        return next((each for each in self.listed() if each["digest"] == piece.digest), None)

    def keep(self) -> dict[str, Any]:
        found = self.hand_on(self.sealed())
        assert found is not None
        return found

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.control.ask("GET", f"{AT}?limit=500").json["items"]
        return found

    def open(self, wanted: str, shown: str = "", body: object = TRIAGE) -> Answer:
        """Open a piece as the owner, or with a token over the network."""
        fields = [("Authorization", f"Bearer {shown}")] if shown else []
        return self.control.ask(
            "POST", f"{AT}/{wanted}/openings", body, fields, of="control" if shown else "owner"
        )

    def somebody(self, role: str) -> tuple[str, str]:
        """Return a token for the control process of somebody with a role, and their pseudonym."""
        name = f"{role or 'nobody'}-{self.pieces}"
        roles = [role] if role else []
        made = self.control.ask("POST", "/admin/v1/principals", {"name": name, "roles": roles}).json
        people = self.control.ask("GET", "/admin/v1/principals?limit=500").json["items"]
        who = next(each["pseudonym"] for each in people if each["id"] == made["id"])
        return token(self.control, made, "bartizan:control"), who

    def events(self, kind: str) -> list[Event]:
        return [each for each in self.control.events() if each.kind == kind]

    def database(self, statement: str, *values: object) -> None:
        """Change the file behind the process's back."""
        with closing(sqlite3.connect(self.control.folder.evidence, timeout=30)) as connection, connection:
            connection.execute(statement, values)


@pytest.fixture
def scene() -> Iterator[Scene]:
    with (
        TemporaryDirectory(prefix="bartizan-") as name,
        Control(Path(name, "s"), admin="any", evidence={"shop": 86_400}) as control,
    ):
        yield Scene(control)


def test_who_reads_the_folder_without_its_keys_reads_nothing(scene: Scene) -> None:
    piece = scene.keep()
    assert SAID in scene.open(piece["id"]).body.decode()
    everything = [each for each in scene.control.folder.root.rglob("*") if each.is_file()]
    assert everything
    for file in everything:
        assert b"moonrise" not in file.read_bytes(), file
    assert scene.control.folder.evidence_key.stat().st_mode & 0o077 == 0


def test_what_was_sealed_of_one_request_is_never_opened_as_anothers(scene: Scene) -> None:
    """A turned worker hands on what another worker sealed, as if it were of another request, or lived longer."""
    mine = scene.sealed()
    for about in (
        msgspec.structs.replace(mine.about, request="q-00000000000000ff"),
        msgspec.structs.replace(mine.about, principal="p-00000000000000ff"),
        msgspec.structs.replace(mine.about, until=mine.about.until + SECOND),
        msgspec.structs.replace(mine.about, entry=2),
    ):
        found = scene.hand_on(EvidenceSealed(about=about, sealed=mine.sealed))
        assert found is not None
        answer = scene.open(found["id"])
        assert (answer.status, answer.json["reason"]) == (409, "evidence-altered")
        assert b"moonrise" not in answer.body
        assert scene.events("threats.evidence.opened")[-1].outcome is Outcome.FAILED


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("request", "q-00000000000000ff"),
        ("until", 2**62),
        ("service", "other"),
        ("principal", "p-00000000000000ff"),
    ],
)
def test_who_writes_to_the_file_moves_nothing_to_another_request_or_time(
    scene: Scene, column: str, value: object
) -> None:
    piece = scene.keep()
    scene.database(f"UPDATE evidence SET {column} = ?", value)  # noqa: S608 - of this file's own
    answer = scene.open(piece["id"])
    assert (answer.status, answer.json["reason"]) == (409, "evidence-altered")
    assert scene.events("threats.evidence.opened")[-1].detail["reason"] == "altered"


def test_who_puts_one_piece_in_anothers_place_is_found_out(scene: Scene) -> None:
    one, other = scene.keep(), scene.keep()
    moved = "UPDATE evidence SET sealed = (SELECT sealed FROM evidence WHERE digest = ?) WHERE digest = ?"
    scene.database(moved, one["digest"], other["digest"])
    assert scene.open(other["id"]).status == 409
    assert scene.open(one["id"]).status == 200


@pytest.mark.parametrize("role", ["", "caller", "auditor", "ml-engineer", "service-owner"])
def test_nobody_opens_without_a_role_for_it_and_that_they_tried_is_on_record(scene: Scene, role: str) -> None:
    piece = scene.keep()
    shown, who = scene.somebody(role)
    answer = scene.open(piece["id"], shown)
    assert (answer.status, answer.json["reason"]) == (403, "policy-denied")
    assert scene.events("threats.evidence.opened") == []
    until = time.monotonic() + 60
    while not (tried := _refused(scene, who)) and time.monotonic() < until:
        time.sleep(0.1)
    assert tried[0].detail["operation"] == "open-evidence"


def _refused(scene: Scene, who: str) -> list[Event]:
    called = scene.events("access.admin.called")
    return [each for each in called if each.actor == who and each.outcome is Outcome.DENIED]


def test_who_may_is_on_record_by_their_own_pseudonym_and_what_for(scene: Scene) -> None:
    piece = scene.keep()
    shown, who = scene.somebody("security-engineer")
    assert SAID in scene.open(piece["id"], shown, {"purpose": "incident"}).body.decode()
    (opened,) = scene.events("threats.evidence.opened")
    assert (opened.actor, opened.outcome, opened.detail["purpose"]) == (who, Outcome.ALLOWED, "incident")
    gone = scene.control.ask(
        "DELETE", f"{AT}/{piece['id']}", headers=[("Authorization", f"Bearer {shown}")], of="control"
    )
    assert gone.status == 403  # who answers for what they opened does not remove it
    owner, chief = scene.somebody("owner")
    gone = scene.control.ask(
        "DELETE", f"{AT}/{piece['id']}", headers=[("Authorization", f"Bearer {owner}")], of="control"
    )
    assert gone.status == 200
    assert scene.events("threats.evidence.erased")[-1].actor == chief


@pytest.mark.parametrize(
    "body", [None, {}, {"purpose": ""}, {"purpose": "curiosity"}, {"purpose": "triage", "as": "owner"}]
)
def test_nothing_is_opened_without_a_purpose_of_the_few(scene: Scene, body: object) -> None:
    piece = scene.keep()
    assert scene.open(piece["id"], body=body).status in {400, 411, 415, 422}
    assert scene.events("threats.evidence.opened") == []


def test_the_same_call_again_by_its_key_shows_nothing_again(scene: Scene) -> None:
    piece = scene.keep()
    key = [("Idempotency-Key", "once")]
    path = f"{AT}/{piece['id']}/openings"
    assert SAID in scene.control.ask("POST", path, TRIAGE, key).body.decode()
    again = scene.control.ask("POST", path, TRIAGE, key)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json["excerpts"] == []
    for file in scene.control.folder.root.glob("store.db*"):
        assert b"moonrise" not in file.read_bytes()


@pytest.mark.parametrize("seconds", [0, 86_401, 10**9])
def test_a_turned_worker_keeps_nothing_for_longer_than_was_configured(scene: Scene, seconds: int) -> None:
    assert scene.hand_on(scene.sealed(seconds=seconds)) is None
    (lost,) = scene.events("threats.evidence.lost")
    assert lost.detail == {"count": 1}


def test_what_is_no_excerpt_is_not_shown_whoever_sealed_it(scene: Scene) -> None:
    about = scene.sealed().about
    for plain in (b"", b"\xff" * 100, b"\xdc\xff\xff" + b"x" * 9_000):
        sealed = seal(plain, scene.control.states[-1].evidence, about.octets)
        found = scene.hand_on(EvidenceSealed(about=about, sealed=sealed))
        assert found is not None
        assert scene.open(found["id"]).status == 409
    assert scene.control.ask("GET", "/admin/v1/status").status == 200


def test_nothing_of_an_excerpt_stands_in_what_the_process_prints(scene: Scene) -> None:
    piece = scene.keep()
    scene.open(piece["id"])
    scene.open("e-0011223344556677")
    assert "moonrise" not in scene.control.log()
