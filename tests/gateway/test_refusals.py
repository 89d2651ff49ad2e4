"""A flood of refusals becomes a bounded number of entries that lose no refusal."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from bartizan.control import RAISED
from bartizan.gateway.refusals import KEYS, Key, Refusals
from bartizan.ledger.event import Event, Outcome
from tests.gateway.scene import Scene, run, standing


def key(number: int) -> Key:
    return Key(f"a-{number:016x}", "token-missing", "access.request-authenticated", 401)


def written(scene: Scene) -> list[Event]:
    scene.journal.flush()
    return scene.events("gateway.request.refused")


def test_many_of_one_kind_are_one_entry_with_a_count() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            refusals = Refusals()
            for _ in range(10_000):
                refusals.count(key(1))
            assert refusals.write(scene.journal) == 1
            (event,) = written(scene)
            assert event.actor == "a-0000000000000001"
            assert event.outcome is Outcome.DENIED
            assert event.detail == {"reason": "token-missing", "status": 401, "count": 10_000}

    run(scenario())


def test_a_stranger_whom_a_broken_control_kept_out_is_no_denied_one() -> None:
    async def scenario() -> None:
        async with standing() as scene:
            refusals = Refusals()
            refusals.count(Key("a-0000000000000001", RAISED, "access.request-authenticated", 503))
            refusals.write(scene.journal)
            (event,) = written(scene)
            assert event.outcome is Outcome.FAILED

    run(scenario())


class Counts:
    """A journal that keeps counts alone; the turn flushes it, not the refusals."""

    def __init__(self) -> None:
        self.counts: list[int] = []

    def record(
        self,
        _kind: str,
        _actor: str,
        _subject: str,
        _outcome: Outcome,
        _control: str = "",
        detail: Mapping[str, int | str] = {},
    ) -> int:
        self.counts.append(int(detail["count"]))
        return 0


@given(st.lists(st.integers(0, 5_000), max_size=200), st.integers(0, 3_000))
def test_no_refusal_is_lost_and_entries_are_bounded(drawn: list[int], flood: int) -> None:
    refusals, journal = Refusals(), Counts()
    for number in [*drawn, *range(flood)]:
        refusals.count(key(number))
    assert refusals.write(journal) <= KEYS + 1
    assert sum(journal.counts) == len(drawn) + flood
    assert refusals.write(journal) == 0
