"""A stranger who wants somebody kept out by having their sign-ins flagged, and a thief whose own sign-in was.

What a flagged sign-in costs is one use of the passkey before something is changed: the stranger gets no more than that, and the
thief not less.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bartizan.access.describe import Exposed, describe
from bartizan.access.people.errors import SignInRefused
from bartizan.app.entry import Entry
from bartizan.app.permits import Permits
from bartizan.app.plan import CONTROL
from bartizan.clock import DAY, MINUTE, SECOND, Nanoseconds
from bartizan.identity.state import State
from bartizan.ledger.event import Outcome
from tests.app.test_signin_watch import EVIL, HOME, START, Ground, refused
from tests.console.scene import ORIGIN, Scene, standing
from tests.console.soft import Soft

ADA, TRAIN = "p-00000000000000ad", "a-00000000000000dd"


def began(who: str, source: str) -> Entry:
    """Return the event of a session that a passkey began."""
    detail: dict[str, int | str] = {"by": "passkey", "key": "synced", "source": source.removeprefix("a-")}
    return Entry("access.session.begun", who, "s-0011223344556677", Outcome.DONE, detail=detail)


def test_failing_under_a_name_is_held_against_nobody_but_the_stranger(tmp_path: Path) -> None:
    ground = Ground(tmp_path)
    for day in range(10):
        ground.clock.at = Nanoseconds(START + day * DAY)
        ground.write(*(began(f"p-{n:016x}", f"a-{n:016x}") for n in range(1, 9)), began(ADA, HOME))
    ground.clock.at = Nanoseconds(ground.clock.at + DAY)
    ground.write(*(refused(3, ADA, f"a-{n:016x}") for n in range(100, 140)), refused(200, ADA, EVIL))
    watch = ground.watch()
    ground.turn(watch)
    assert ground.said, "it is told of"
    assert {whom for whom, _, _ in ground.answers} <= {"source", "nobody"}
    ground.clock.at = Nanoseconds(ground.clock.at + MINUTE)
    before = ground.clock.now()
    ground.write(began(ADA, TRAIN))
    ground.turn(watch)
    until = {about: at for whom, about, at in ground.answers if whom == "principal"}
    assert until.keys() == {ADA}, "what the stranger could bring about is that this is looked at twice"
    assert before <= until[ADA] - DAY <= before + SECOND


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Yield the pages under the built-in policies."""
    with standing(tmp_path) as found:
        yield found


def flag(scene: Scene, name: str) -> None:
    """Have what somebody did last flagged, and that put in force."""
    person = next(each for each in scene._everybody() if each.name == name)
    scene.flagged[person.pseudonym] = scene.clock.now()
    permits = Permits(lambda _control, _fault: None)
    people = scene._everybody()
    source = describe(people, [Exposed(CONTROL, control=True)], suspects=scene.flagged)
    permits.take(State((), people, source, {}))
    scene.permits = permits.of
    scene.clock.move(1)


def test_who_is_flagged_loses_nothing_but_one_use_of_the_passkey(scene: Scene) -> None:
    ada = scene.signed_in("ada")
    flag(scene, "ada")
    assert "looked unlike you" in scene.page("/people", ada).body
    assert "Revoke user.bob" in scene.page("/people/everyone", ada).body, "who is there may still be seen"
    assert "Revoke user.ada" not in scene.page("/people/everyone", ada).body
    again = scene.signed_in("ada")
    assert scene.page("/people", again).status == 200, "and signing in works as ever"
    asked = scene.send("/people/revoke", ada, csrf=scene.form(ada), principal="user.bob")
    assert asked.way == "/people/verify?next=everyone&said=verification-old"
    who = scene.people.who(ada)
    scene.people.verify(who, scene.soft["ada"].get(scene.people.verification(who)))
    done = scene.send("/people/revoke", ada, csrf=scene.form(ada), principal="user.bob")
    assert (done.way, len(scene.done)) == ("/people/everyone?said=revoked", 1)
    assert "before you change anything" not in scene.page("/people", ada).body


def test_who_has_no_passkey_yet_is_not_kept_from_the_first(scene: Scene) -> None:
    linked = scene.linked("bob")
    flag(scene, "bob")
    scene.add(linked, Soft(ORIGIN), "new")
    assert scene.people.who(linked).is_fresh


Act = Callable[[Scene, str], object]
ACTS: dict[str, Act] = {
    "adds a passkey": lambda scene, cookie: scene.add(cookie, Soft(ORIGIN), "mine"),
    "makes recovery codes": lambda scene, cookie: scene.people.codes(scene.people.who(cookie)),
    "removes a passkey": lambda scene, cookie: scene.people.remove(
        scene.people.who(cookie), scene.people.account(scene.people.who(cookie)).passkeys[0].id
    ),
    "approves": lambda scene, cookie: scene.approvals.answer(
        scene.people.who(cookie), scene.approvals.ask("user.bob", "erase-principal", "p-1", "owner").id, approve=True
    ),
}  # fmt: skip


@pytest.mark.parametrize("act", ACTS)
def test_a_thief_whose_sign_in_is_flagged_changes_nothing_with_the_session_alone(
    scene: Scene, act: str
) -> None:
    stolen = scene.signed_in("ada")
    flag(scene, "ada")
    with pytest.raises(SignInRefused) as refusal:
        ACTS[act](scene, stolen)
    assert refusal.value.reason == "verification-old"
