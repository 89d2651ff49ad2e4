"""What policies see of a flagged principal: an attribute, which the built-in ones do not look at."""

import re
from pathlib import Path

import msgspec

from bartizan.access.decide import Circumstances
from bartizan.access.describe import describe
from bartizan.access.outcome import Allowed, Authenticated, Refused
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.state import State
from tests.access.house import ALONE, CALLER, DRILL, access, bearer, known, state
from tests.identity.forge import START, START_S

DOCUMENT = Path(__file__).parents[3] / "docs" / "sign-ins.md"
TOOL = Circumstances(quantum_safe=True, tool="pay")
CHAT = Circumstances(quantum_safe=True)
ALLOWED = '@id("all") permit (principal, action in Action::"call", resource);'


def _state(policy: str, suspects: set[str]) -> State:
    plain = state()
    return State(
        plain.issuers,
        plain.principals,
        describe(plain.principals, ALONE, policy, suspects=dict.fromkeys(suspects, START)),
        {},
    )


def test_the_policy_of_the_document_asks_more_of_suspects_alone() -> None:
    example = re.findall(r"```cedar\n(.*?)```", DOCUMENT.read_text(), re.DOTALL)[0]
    for suspects, wanted in ((set[str](), Allowed), ({CALLER.pseudonym}, Refused)):
        room = access(_state(ALLOWED + example, suspects))
        assert isinstance(room.authorize(known(room, CALLER), "call-tool", "sample", TOOL), wanted)
        assert isinstance(room.authorize(known(room, CALLER), "chat", "sample", CHAT), Allowed)


def test_the_built_in_policies_permit_suspects_what_they_always_did() -> None:
    room = access(_state("", {CALLER.pseudonym, DRILL.pseudonym}))
    assert isinstance(room.authorize(known(room, CALLER), "chat", "sample", CHAT), Allowed)


def test_who_becomes_suspect_is_decided_on_anew() -> None:
    room = access(_state(ALLOWED, set()))
    after = room.next(_state(ALLOWED, {CALLER.pseudonym}), room.generation + 1)
    assert after.change.everything


def test_who_was_flagged_and_has_a_passkey_uses_it_again_before_a_change_and_machines_go_on() -> None:
    ada = Principal("user.ada", Kind.USER, "ada", ("owner",), "p-00000000000000ad", b"k" * 32, "c-ada")
    robot = msgspec.structs.replace(CALLER, roles=("owner",), pseudonym="p-00000000000000bb")
    plain = state((ada, robot))
    flagged = dict.fromkeys((ada.pseudonym, robot.pseudonym), Nanoseconds(START - 60 * SECOND))
    policy = describe(plain.principals, ALONE, suspects=flagged)
    room = access(msgspec.structs.replace(plain, policy=policy))

    def may(who: Principal, action: str, **more: object) -> bool:
        found = room.authenticate(bearer(who, **more), START)
        assert isinstance(found, Authenticated)
        return isinstance(room.authorize(found, action, "control", CHAT), Allowed)

    before = {"acr": "passkey-synced", "auth_time": START_S - 61}
    same = {"acr": "passkey-device-bound", "auth_time": START_S - 60}
    after = {"acr": "passkey-synced", "auth_time": START_S - 59}
    assert [may(ada, "revoke-principal", **each) for each in (before, same, after)] == [False, False, True]
    assert all(may(ada, "read-principals", **each) for each in (before, same, after))
    assert may(ada, "revoke-principal"), "a secret cannot be used more freshly, so nobody is locked out by it"
    assert may(robot, "revoke-principal")


def test_when_somebody_was_flagged_is_part_of_what_is_decided_on() -> None:
    first, second = (
        describe((), ALONE, suspects={CALLER.pseudonym: at}) for at in (START, Nanoseconds(START + 1))
    )
    assert first.digest != second.digest
