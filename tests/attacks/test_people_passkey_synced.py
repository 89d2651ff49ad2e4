"""Who has a copy of somebody's synced passkey, out of a cloud account that was taken over, and wants what device-bound ones may.

The policies are those of the template: whoever holds a role does nothing without a passkey that stays on one device.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.access.describe import Exposed, describe
from bartizan.access.outcome import Authenticated
from bartizan.access.people.errors import SignInRefused
from bartizan.app.permits import Permits
from bartizan.app.plan import CONTROL
from bartizan.app.policy.templates import written
from bartizan.clock import MINUTE
from bartizan.identity.state import State
from bartizan.identity.verified import DEVICE_BOUND, SYNCED
from tests.attacks.oauth import House
from tests.console.scene import ORIGIN, Scene, standing
from tests.console.soft import BE, BS, Soft

BUILT_IN = '@id("owners") permit (principal in Role::"owner", action in Action::"administer", resource);\n'
CALLERS = '@id("callers") permit (principal in Role::"caller", action in Action::"call", resource);\n'


def synced() -> Soft:
    """Return a passkey that may be on several devices, and is."""
    made = Soft(ORIGIN)
    made.flags |= BE | BS
    return made


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    """Yield the pages, whose policies want device-bound passkeys of owners, and an owner who has one of either kind."""
    with standing(tmp_path) as found:
        policy = BUILT_IN + written("device-bound", "owner", "", ())
        people = found._everybody()
        permits = Permits(lambda _control, _fault: None)
        source = describe(people, [Exposed(CONTROL, control=True)], policy)
        permits.take(State((), people, source, {}))
        found.permits = permits.of
        found.soft["copy"] = synced()
        found.add(found.linked("ada"), found.soft["copy"], "phone")
        yield found


def worth(scene: Scene, cookie: str) -> str:
    """Return what the passkey counts as that a session was verified by last."""
    return scene.people.who(cookie).session.key


def test_a_copy_of_a_synced_passkey_signs_in_and_administers_nothing(scene: Scene) -> None:
    theirs, adas = scene.begun_by(scene.soft["copy"]), scene.signed_in("ada")
    assert "user.bob" in scene.page("/people/everyone", adas).body
    page = scene.page("/people/everyone", theirs)
    assert (page.status, page.way) == (303, "/people/verify?next=everyone&said=passkey-synced")
    for path in ("/people/revoke", "/people/erase"):
        sent = scene.send(path, theirs, csrf=scene.form(theirs), principal="user.bob")
        assert sent.way == "/people/verify?next=everyone&said=passkey-synced"
    assert scene.done == []
    who = scene.people.who(theirs)
    scene.people.verify(who, scene.soft["copy"].get(scene.people.verification(who)))
    assert scene.page("/people/everyone", theirs).status == 303
    scene.people.verify(who, scene.soft["ada"].get(scene.people.verification(who)))
    assert scene.page("/people/everyone", theirs).status == 200


def test_a_passkey_that_a_copy_added_counts_for_no_more_than_the_copy(scene: Scene) -> None:
    mine, copied = Soft(ORIGIN), scene.begun_by(scene.soft["copy"])
    scene.add(copied, mine, "mine")
    assert scene.record[-1].detail == {"key": SYNCED}
    assert worth(scene, copied) == worth(scene, scene.begun_by(mine)) == SYNCED
    assert scene.page("/people/everyone", scene.begun_by(mine)).status == 303
    another = Soft(ORIGIN)
    scene.add(scene.begun_by(mine), another, "another")
    assert worth(scene, scene.begun_by(another)) == SYNCED
    assert "counts as such" in scene.page("/people", copied).body


def test_recovery_codes_that_a_copy_had_made_lead_no_further(scene: Scene) -> None:
    who = scene.people.who(scene.begun_by(scene.soft["copy"]))
    code = scene.people.codes(who)[0].reveal().decode()
    recovered, mine = scene.people.recover(code, "").reveal().decode(), Soft(ORIGIN)
    assert scene.people.who(recovered).may == frozenset()
    scene.add(recovered, mine, "mine")
    assert worth(scene, scene.begun_by(mine)) == SYNCED


def test_one_that_is_added_by_a_device_bound_passkey_its_codes_or_a_link_counts_in_full(scene: Scene) -> None:
    added = [Soft(ORIGIN) for _ in range(3)]
    adas = scene.signed_in("ada")
    scene.add(adas, added[0], "by the passkey")
    code = scene.people.codes(scene.people.who(adas))[0].reveal().decode()
    scene.add(scene.people.recover(code, "").reveal().decode(), added[1], "by a code")
    scene.add(scene.linked("ada"), added[2], "by a link")
    assert {worth(scene, scene.begun_by(each)) for each in added} == {DEVICE_BOUND}
    assert "counts as such" not in scene.page("/people", adas).body


def test_a_link_stands_for_a_passkey_for_five_minutes_and_no_longer(scene: Scene) -> None:
    linked, mine = scene.linked("ada"), Soft(ORIGIN)
    scene.clock.move(6 * MINUTE / 10**9)
    who = scene.people.who(linked)
    scene.people.verify(who, scene.soft["copy"].get(scene.people.verification(who)))
    scene.add(linked, mine, "mine")
    assert worth(scene, scene.begun_by(mine)) == SYNCED


def test_a_synced_passkey_that_says_to_be_device_bound_at_its_use_is_refused(scene: Scene) -> None:
    copy = scene.soft["copy"]
    copy.flags &= ~(BE | BS)
    with pytest.raises(SignInRefused):
        scene.begun_by(copy)


def test_what_is_held_of_a_person_is_worth_what_they_signed_in_by_and_a_secret_is_no_passkey(
    tmp_path: Path,
) -> None:
    house = House(tmp_path, CALLERS + written("device-bound", "caller", "", ()))
    agent = house.agent("one", "caller")
    for house.acr in ("passkey-device-bound", "passkey-synced", ""):
        reason = "" if house.acr == "passkey-device-bound" else "policy-forbids"
        first = house.redeem(house.code())
        second = house.refresh(first.refresh)
        third = house.exchange(second.token, agent)
        assert [house.allowed(each.token) for each in (first, second, third)] == [reason] * 3
        who = house.who(third.token)
        assert isinstance(who, Authenticated)
        assert who.passkey == house.acr.removeprefix("passkey-")
    issued = house.registrar.issue(house.ada, "bartizan:gateway", 60, grant="client")
    assert house.allowed(issued.token) == "policy-forbids"
    machine = house.registrar.issue(house.app, "bartizan:gateway", 60, grant="client")
    assert house.allowed(machine.token) == ""  # who is no person has no passkey, and the rule is not about it
    house.store.dispose()
