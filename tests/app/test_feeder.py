"""The feeder: submits what is new, tells what came of it, and writes down what enough witnesses have cosigned."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from bartizan.app import shipping_messages as sm
from bartizan.app.feeder import AGAIN, EVERY, Feeder
from bartizan.app.feeding import Feeding
from bartizan.app.witness_plan import Witness
from bartizan.clock import SetClock
from bartizan.ledger.checkpoint import parse_point
from bartizan.ledger.cosignature import words
from bartizan.ledger.installation import WITNESSED
from tests.http import witnesses
from tests.ledger.ground import KEYS, Ground, fill
from tests.ledger.histories import NOW

Told = sm.WitnessSaid | sm.Witnessed


class Scene:
    """A ledger, two witnesses, and the feeder between them."""

    def __init__(self, folder: Path, pair: list[witnesses.Witness], quorum: int) -> None:
        self.ground, self.pair, self.clock = Ground(folder), pair, SetClock(NOW)
        at = [
            Witness(
                *(name, "127.0.0.1", one.port, True, "", one.known.encode().decode(), ("127.0.0.1",)),
                one.authority.decode(),
            )
            for name, one in zip(("one", "two"), pair, strict=True)
        ]
        self.segments = 0
        self.feeder = Feeder(Feeding(str(folder), tuple(at), quorum), self.clock)

    def grow(self) -> int:
        """Sign more entries; return how many there are."""
        self.segments += 1
        fill(self.ground, self.segments, 5)
        self.clock.at += EVERY
        return parse_point(self.ground.sequencer.checkpoint())[0].size

    def hear(self, enough: Callable[[list[Told]], bool]) -> list[Told]:
        """Look and listen until what was told is enough."""
        told: list[Told] = []
        for _ in range(1200):
            self.feeder.look()
            told += self.feeder.heard()
            if enough(told):
                return told
            time.sleep(0.05)
        pytest.fail(f"only this was told: {told}")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[list[witnesses.Witness]]:
    with ExitStack() as stack:
        yield [
            stack.enter_context(
                witnesses.answers(tmp_path / name, KEYS.verifiers, name=f"{name}.example.com/w")
            )
            for name in ("one", "two")
        ]


def witnessed(told: list[Told]) -> list[int]:
    return [one.size for one in told if isinstance(one, sm.Witnessed)]


def test_each_new_checkpoint_is_written_down_with_both_words_and_submitted_once(
    tmp_path: Path, pair: list[witnesses.Witness]
) -> None:
    size, scene = 0, Scene(tmp_path / "ledger", pair, 2)
    for _ in range(3):
        size = scene.grow()
        assert witnessed(scene.hear(lambda told: bool(witnessed(told)))) == [size]
        point, note = parse_point((tmp_path / "ledger" / WITNESSED).read_bytes())
        assert point.size == size
        assert set(words([one.known for one in pair], point, note)) == {one.known.name for one in pair}
    scene.clock.at += AGAIN - 1
    scene.feeder.look()
    assert scene.feeder.heard() == []  # nothing is new
    scene.clock.at += 1
    assert set(witnessed(scene.hear(lambda told: bool(witnessed(told))))) == {size}
    scene.feeder.close()


def test_one_of_two_is_enough_where_one_is_asked_for_and_the_other_is_told_once(
    tmp_path: Path, pair: list[witnesses.Witness]
) -> None:
    first, second = pair
    second.installed.store._connection.execute("DELETE FROM logs")
    scene = Scene(tmp_path / "ledger", pair, 1)
    size = scene.grow()
    told = scene.hear(lambda told: bool(witnessed(told)) and len(told) >= 3)
    said = {(one.witness, one.word) for one in told if isinstance(one, sm.WitnessSaid)}
    assert said == {("one", "cosigned"), ("two", "unknown")}
    assert witnessed(told) == [size]
    assert first.size() == size
    scene.feeder.close()
