"""What a flood shows is decided by what was answered: only unlimited service is a limit that broke."""

import msgspec
import pytest

from bartizan.drill.attack import GotThrough, Held, Outcome, Undecided
from bartizan.drill.attacks.flood import ATTACK
from tests.drill.answers import answering
from tests.drill.scene import Record

UNLIMITED = [200] * 2001


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ([200, 200, 429, 200], Held),
        ([200, 200, 429, 403], Undecided),
        ([200, 200, 429, 429], GotThrough),
        ([403], Undecided),
        ([200, 502], Undecided),
        (UNLIMITED, GotThrough),
    ],
)
def test_a_flood_proves_what_was_answered_and_no_more(statuses: list[int], kind: type[Outcome]) -> None:
    with answering(statuses) as door:
        target = Record().target()
        platform = msgspec.structs.replace(target.platform, door=door, token=lambda *_asked: "token")
        outcome = ATTACK.act(msgspec.structs.replace(target, platform=platform))
    assert isinstance(outcome, kind), outcome
