"""A worker decides on the newest generation, or not at all; without the control process, for half a minute."""

import mmap
import os
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bartizan.access.outcome import Authenticated, Refused
from bartizan.app import freshness
from bartizan.app import worker_messages as w
from bartizan.app.channel import Channel, pair
from bartizan.app.freshness import ALONE, Freshness, StateLate
from bartizan.clock import SECOND, SetClock
from bartizan.identity.state import State, decode, encode
from bartizan.isolation.memory import read_sealed, sealed
from tests.access.house import CALLER, DRILL, PORTS, bearer, somebody, state
from tests.identity.forge import START

REVOKED = state([DRILL, somebody("ci", "caller", revoked=True)])


class Scene:
    """A worker's view, and the supervisor's ends of the counter and of the channel."""

    def __init__(self, folder: Path) -> None:
        (folder / "generation").write_bytes(bytes(4096))
        fd = os.open(folder / "generation", os.O_RDWR)
        self.map = mmap.mmap(fd, 4096)
        os.close(fd)
        ours, theirs = pair()
        self.supervisor = Channel(ours, w.WorkerReports)
        self.worker = Channel(theirs, w.WorkerOrders)
        self.clock = SetClock(START)
        counter = os.open(folder / "generation", os.O_RDONLY)
        self.fresh = Freshness(counter, PORTS, self.worker, self.take, self.clock)

    def take(self) -> None:
        """Take a message as `Worker.take` does."""
        message, fds = self.worker.receive()
        match message:
            case w.StateChanged(generation=generation):
                self.fresh.load(generation, decode(bytes(read_sealed(fds[0]))))
            case w.ControlPresence(up=up, away_ns=away):
                self.fresh.control_is(up=up, away=away)
            case _:
                pytest.fail("not of this scene")

    def publish(self, generation: int, what: State) -> None:
        """Put a state in force as the supervisor does: the message first, the counter second."""
        fd = sealed(encode(what))
        self.supervisor.send(w.StateChanged(generation=generation), [fd])
        os.close(fd)
        self.count(generation)

    def count(self, generation: int) -> None:
        struct.pack_into("<Q", self.map, 0, generation)

    def authenticate(self) -> Authenticated | Refused | None:
        room = self.fresh.current()
        return None if room is None else room.authenticate(bearer(CALLER), START)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    made.publish(1, state())
    yield made
    made.supervisor.close()
    made.worker.close()


def away(scene: Scene, seconds: float = 0) -> None:
    scene.supervisor.send(w.ControlPresence(up=False, away_ns=int(seconds * SECOND)))
    scene.take()


def test_without_control_it_serves_for_half_a_minute_and_then_refuses(scene: Scene) -> None:
    assert ALONE == 30 * SECOND
    assert isinstance(scene.authenticate(), Authenticated)
    away(scene)
    scene.clock.at += ALONE
    assert isinstance(scene.authenticate(), Authenticated)
    scene.clock.at += 1
    assert scene.authenticate() is None


def test_a_worker_that_starts_meanwhile_counts_from_when_control_left(scene: Scene) -> None:
    assert isinstance(scene.authenticate(), Authenticated)
    away(scene, 29)
    scene.clock.at += SECOND
    assert isinstance(scene.authenticate(), Authenticated)
    scene.clock.at += 1
    assert scene.authenticate() is None


def test_it_serves_again_once_control_is_back(scene: Scene) -> None:
    scene.authenticate()
    away(scene, 300)
    assert scene.authenticate() is None
    scene.supervisor.send(w.ControlPresence(up=True))
    scene.take()
    scene.clock.at += 10 * ALONE
    assert isinstance(scene.authenticate(), Authenticated)


def test_the_first_decision_after_the_counter_moved_rests_on_the_new_state(scene: Scene) -> None:
    assert isinstance(scene.authenticate(), Authenticated)
    scene.publish(2, REVOKED)
    assert isinstance(scene.authenticate(), Refused)
    assert scene.fresh.generation == 2


def test_several_generations_at_once_lead_to_the_last(scene: Scene) -> None:
    for number in range(2, 12):
        scene.publish(number, state() if number < 11 else REVOKED)
    assert isinstance(scene.authenticate(), Refused)
    assert scene.fresh.generation == scene.fresh.newest() == 11


def test_other_messages_before_the_state_are_carried_out_in_order(scene: Scene) -> None:
    scene.supervisor.send(w.ControlPresence(up=False, away_ns=ALONE + 1))
    scene.publish(2, state())
    assert scene.authenticate() is None


def test_a_counter_without_its_state_is_no_ground_to_decide_on(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "_PATIENCE_MS", 20)
    scene.authenticate()
    scene.count(2)
    with pytest.raises(StateLate):
        scene.authenticate()
    with pytest.raises(StateLate):
        scene.authenticate()


def test_a_worker_cannot_move_the_counter(scene: Scene) -> None:
    held: Any = scene.fresh._map
    with pytest.raises(TypeError, match=r"readonly|modify"):
        held[0] = 1
    with pytest.raises(TypeError, match="read-only"):
        scene.fresh._counter[0] = 99
    assert scene.fresh.newest() == 1
