"""Somebody wants a request on that the guard holds: without a release, with another's, or more often than once.

They send what was released to somebody else, another body, or the same twice; they have a role and no person, or release their
own; whoever released it is gone meanwhile; or they have so much held that nobody finds theirs.
"""

import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest

from bartizan.app.hold_messages import HoldAnswered, HoldAsked
from bartizan.ledger.event import Event, Outcome
from tests.http.platform import Answer, Control
from tests.http.test_admin_refusals import token

pytestmark = pytest.mark.slow
AT = "/admin/v1/held"


class Somebody:
    """A principal of the control process."""

    def __init__(self, control: Control, kind: str, *roles: str) -> None:
        name = f"s-{secrets.token_hex(4)}"
        self.made = control.ask(
            "POST", "/admin/v1/principals", {"name": name, "kind": kind, "roles": [*roles]}
        ).json
        self.id = str(self.made["id"])
        people = control.ask("GET", "/admin/v1/principals?limit=500").json["items"]
        self.pseudonym = str(next(each["pseudonym"] for each in people if each["id"] == self.id))


class Scene:
    """A control process, a worker's hand, and who asks."""

    def __init__(self, control: Control) -> None:
        self.control, self.tickets = control, 0
        self.caller = Somebody(control, "workload", "caller")

    def asked(self, who: Somebody | None = None, digest: int = 1, service: str = "shop") -> HoldAsked:
        self.tickets += 1
        return HoldAsked(
            ticket=self.tickets,
            service=service,
            request=f"q-{self.tickets:016x}",
            principal=(who or self.caller).pseudonym,
            digest=f"{digest:064x}",
            reason="prompt-injection",
        )

    def send(self, asked: HoldAsked) -> HoldAnswered:
        self.control.channel.send(asked)
        while True:
            for each in self.control.told:
                if isinstance(each, HoldAnswered) and each.ticket == asked.ticket:
                    return each
            time.sleep(0.01)

    def hold(self, who: Somebody | None = None, digest: int = 1) -> str:
        """Have a request held, and return its id."""
        answer = self.send(self.asked(who, digest))
        assert answer.word == "waiting"
        return answer.held

    def decide(self, request: str, by: Somebody | None = None, *, release: bool = True) -> Answer:
        """Answer a held request as the owner, or as somebody over the network."""
        body = {"release": release, "purpose": "triage"}
        fields = []
        if by is not None:
            fields.append(("Authorization", f"Bearer {token(self.control, by.made, 'bartizan:control')}"))
        of = "owner" if by is None else "control"
        return self.control.ask("PUT", f"{AT}/{request}/decision", body, fields, of=of)

    def events(self, kind: str) -> list[Event]:
        return [each for each in self.control.events() if each.kind == kind]


@pytest.fixture
def scene() -> Iterator[Scene]:
    with TemporaryDirectory(prefix="bartizan-") as name, Control(Path(name, "s"), admin="any") as control:
        yield Scene(control)


def test_a_release_is_for_who_sent_it_for_this_and_for_once(scene: Scene) -> None:
    request = scene.hold()
    assert scene.decide(request).status == 200
    other = Somebody(scene.control, "workload", "caller")
    assert scene.send(scene.asked(other)).word == "waiting"
    assert scene.send(scene.asked(digest=2)).word == "waiting"
    assert scene.send(scene.asked(service="bank")).word == "waiting"
    released = scene.send(scene.asked())
    assert (released.word, released.held) == ("released", request)
    assert scene.send(scene.asked()).word == "waiting"
    (event,) = scene.events("threats.request.released")
    assert event.actor == scene.caller.pseudonym


def test_of_many_of_the_same_at_once_one_goes_on(scene: Scene) -> None:
    scene.decide(scene.hold())
    many = [scene.asked() for _ in range(20)]
    for each in many:
        scene.control.channel.send(each)
    words = [scene.send(scene.asked(digest=9)).word]
    words = [
        each.word
        for each in scene.control.told
        if isinstance(each, HoldAnswered) and each.ticket in {one.ticket for one in many}
    ]
    assert (len(words), words.count("released")) == (20, 1)


def test_the_same_again_is_no_second_question(scene: Scene) -> None:
    first = scene.hold()
    assert {scene.hold() for _ in range(5)} == {first}
    assert len(scene.control.ask("GET", AT).json["items"]) == 1
    assert len(scene.events("threats.request.held")) == 1


def test_nobody_releases_their_own_not_even_an_owner(scene: Scene) -> None:
    both = Somebody(scene.control, "user", "caller", "security-engineer", "owner")
    request = scene.hold(both)
    answer = scene.decide(request, both)
    assert (answer.status, answer.json["reason"]) == (409, "approval-own")
    assert scene.send(scene.asked(both)).word == "waiting"


@pytest.mark.parametrize("role", ["caller", "auditor", "ml-engineer", "service-owner"])
def test_nobody_releases_without_a_role_for_it(scene: Scene, role: str) -> None:
    request = scene.hold()
    answer = scene.decide(request, Somebody(scene.control, "user", role))
    assert (answer.status, answer.json["reason"]) == (403, "policy-denied")
    assert scene.send(scene.asked()).word == "waiting"
    assert scene.events("access.approval.answered") == []


@pytest.mark.parametrize("role", ["security-engineer", "owner"])
def test_no_program_releases_whatever_its_role(scene: Scene, role: str) -> None:
    request = scene.hold()
    answer = scene.decide(request, Somebody(scene.control, "workload", role))
    assert (answer.status, answer.json["reason"]) == (403, "beyond-ones-own")
    assert scene.send(scene.asked()).word == "waiting"


def test_a_person_with_the_role_does_and_stands_in_the_record(scene: Scene) -> None:
    engineer = Somebody(scene.control, "user", "security-engineer")
    assert scene.decide(scene.hold(), engineer).status == 200
    assert scene.send(scene.asked()).word == "released"
    (answered,) = scene.events("access.approval.answered")
    assert (answered.actor, answered.outcome) == (engineer.pseudonym, Outcome.ALLOWED)
    assert answered.detail["purpose"] == "triage"


def test_a_release_of_somebody_who_is_revoked_meanwhile_is_none(scene: Scene) -> None:
    engineer = Somebody(scene.control, "user", "security-engineer")
    request = scene.hold()
    assert scene.decide(request, engineer).status == 200
    gone = scene.control.ask(
        "PUT", f"/admin/v1/principals/{engineer.id}/revocation", headers=[("If-Match", "*")]
    )
    assert gone.status == 200
    answer = scene.send(scene.asked())
    assert answer.word == "waiting"
    assert answer.held != request


def test_who_was_revoked_sends_nothing_that_was_released_to_them(scene: Scene) -> None:
    scene.decide(scene.hold())
    scene.control.ask(
        "PUT", f"/admin/v1/principals/{scene.caller.id}/revocation", headers=[("If-Match", "*")]
    )
    assert scene.send(scene.asked()).word == "unavailable"


def test_what_was_denied_is_not_asked_again_and_cannot_be_turned(scene: Scene) -> None:
    request = scene.hold()
    assert scene.decide(request, release=False).status == 200
    assert scene.send(scene.asked()).word == "denied"
    assert scene.decide(request).status == 409
    assert scene.send(scene.asked()).word == "denied"


def test_one_principal_has_only_so_many_held(scene: Scene) -> None:
    words = [scene.send(scene.asked(digest=each)).word for each in range(70)]
    assert words.count("waiting") == 64
    assert set(words[64:]) == {"full"}
    other = Somebody(scene.control, "workload", "caller")
    assert scene.send(scene.asked(other)).word == "waiting"


def test_a_worker_that_was_turned_holds_for_nobody_who_is_not_there(scene: Scene) -> None:
    stranger = msgspec.structs.replace(scene.asked(), principal="p-00000000000000ff")
    assert scene.send(stranger).word == "unavailable"
    assert scene.control.ask("GET", AT).json["items"] == []


@pytest.mark.parametrize(
    "body",
    [None, {}, {"release": True}, {"release": 1, "purpose": "triage"}, {"release": True, "purpose": "fun"}],
)
def test_no_answer_without_a_decision_and_a_purpose(scene: Scene, body: object) -> None:
    request = scene.hold()
    assert scene.control.ask("PUT", f"{AT}/{request}/decision", body).status in {400, 411, 415, 422}
    assert scene.send(scene.asked()).word == "waiting"


def test_what_is_erased_takes_what_it_has_held_along(scene: Scene) -> None:
    scene.hold()
    gone = scene.control.ask("DELETE", f"/admin/v1/principals/{scene.caller.id}", headers=[("If-Match", "*")])
    assert gone.status == 200
    assert scene.control.ask("GET", AT).json["items"] == []
