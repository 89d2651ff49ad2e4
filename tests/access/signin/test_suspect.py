"""What policies see of a flagged principal: an attribute, which the built-in ones do not look at."""

import re
from pathlib import Path

from bartizan.access.decide import Circumstances
from bartizan.access.describe import describe
from bartizan.access.outcome import Allowed, Refused
from bartizan.identity.state import State
from tests.access.house import ALONE, CALLER, DRILL, access, known, state

DOCUMENT = Path(__file__).parents[3] / "docs" / "sign-ins.md"
TOOL = Circumstances(quantum_safe=True, tool="pay")
CHAT = Circumstances(quantum_safe=True)
ALLOWED = '@id("all") permit (principal, action in Action::"call", resource);'


def _state(policy: str, suspects: set[str]) -> State:
    plain = state()
    return State(
        plain.issuers, plain.principals, describe(plain.principals, ALONE, policy, suspects=suspects), {}
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
