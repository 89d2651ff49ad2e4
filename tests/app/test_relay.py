"""Whatever a worker says, in whatever order and number, no other process is ended for it, and nothing grows without end."""

import asyncio
import os
import string
from collections.abc import Coroutine, Sequence
from types import SimpleNamespace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.app import messages as m
from bartizan.app import worker_messages as w
from bartizan.app.channel import Channel, ChannelClosed, Message, pair
from bartizan.app.child import Child
from bartizan.app.plan import Plan, Service
from bartizan.app.relay import Relay
from bartizan.app.supervisor import Supervisor

WORD = st.text(string.ascii_lowercase, min_size=1, max_size=8)
NUMBER = st.integers(0, 2**53)
SAID = st.one_of(
    st.builds(m.Ready, st.booleans(), NUMBER, NUMBER),
    st.builds(m.Alive),
    st.builds(w.LeafWanted, st.text(max_size=200)),
    st.builds(w.Loaded, NUMBER),
    st.builds(w.Serving),
    st.builds(w.TargetPresence, WORD, WORD, st.booleans()),
    st.builds(m.Dial, NUMBER, WORD),
    st.builds(m.SegmentWanted),
    st.builds(m.Minted, st.dictionaries(WORD, st.just("a-0123456789abcdef"), max_size=5)),
)


class Other:
    """A child as the relay sees it, without a process; it reads nothing of what it is told."""

    def __init__(self, kind: str, number: int) -> None:
        ours, self.theirs = pair()
        reads = w.WorkerReports if kind == "worker" else m.DialerReports
        self.kind, self.number, self.state = kind, number, "ready"
        self.channel = Channel(ours, reads, descriptors=kind != "worker")
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.facts: dict[str, int] = {}
        self.unanswered = self.generation = 0
        self.serves = self.condemned = False

    def kill(self, _: int = 9) -> None:
        self.condemned = True

    def hung_up(self) -> None:
        self.kill()

    def close(self) -> None:
        self.channel.close()
        self.theirs.close()


class Scene:
    """A supervisor around a relay: a worker, and one child of every other kind."""

    def __init__(self) -> None:
        kinds = ("worker", "sealer", "dialer", "control", "sample")
        self.others = [Other(kind, number) for number, kind in enumerate(kinds, 1)]
        self.worker = self.others[0]
        self.said: list[str] = []
        self.tasks = 0
        record = SimpleNamespace(filled=lambda _: False, extend=None, number_from=lambda _: None)
        supervisor = SimpleNamespace(
            plan=Plan("x", (), services=(Service("a", "openai"),)),
            of=self.of,
            tell=self.tell,
            spawn_task=self.spawn,
            note_change=lambda: None,
            children={other.number: other for other in self.others},
            log=SimpleNamespace(write=lambda _, line: self.said.append(line)),
            record=record,
            generation=SimpleNamespace(number=3, loaded=lambda _, __: None),
        )
        self.relay = Relay(cast("Supervisor", supervisor))

    def of(self, kind: str, state: str = "") -> list[Other]:
        return [other for other in self.others if other.kind == kind and state in ("", other.state)]

    def tell(self, child: Other, message: Message, *fds: int) -> None:
        try:
            child.channel.send(message, fds)
        except ChannelClosed:
            child.kill()

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        work.close()
        self.tasks += 1

    def hear(self, said: Sequence[Message], times: int) -> None:
        """Have the worker say these things so often, unless it is ended before."""
        teller = Channel(self.worker.theirs, dict)
        for _ in range(times):
            for message in said:
                if self.worker.condemned:
                    return
                teller.send(message)
                self.relay.read(cast("Child", self.worker))


def play(said: Sequence[Message], times: int) -> Scene:
    async def run() -> Scene:
        scene = Scene()
        try:
            scene.hear(said, times)
        finally:
            for other in scene.others:
                other.close()
        return scene

    return asyncio.run(run())


@given(st.lists(SAID, min_size=1, max_size=8), st.integers(1, 400))
@settings(max_examples=60)
def test_no_other_process_is_ended_for_what_a_worker_says(said: list[Message], times: int) -> None:
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # counted often
    scene = play(said, times)
    assert [other.kind for other in scene.others[1:] if other.condemned] == []
    relay = scene.relay
    assert len(relay._leaves) <= 1
    assert len(relay._tickets) <= 256
    assert len(relay._minted_waiting) <= 256
    assert scene.tasks == 0
    assert len(scene.said) <= 1
    assert len(os.listdir("/proc/self/fd")) <= before  # noqa: PTH208


def test_what_waits_for_a_worker_goes_with_it() -> None:
    scene = play([m.Dial(ticket=1, service="sample"), w.Loaded(generation=3)], 300)
    assert scene.relay._tickets
    scene.relay.worker_gone(cast("Child", scene.worker))
    assert not scene.relay._tickets
    assert not scene.relay._leaves


def test_a_worker_says_only_once_how_it_is_confined() -> None:
    scene = play([m.Ready(seccomp=True, landlock=7), m.Ready(seccomp=False, landlock=0)], 1)
    assert scene.worker.facts == {"seccomp": 1, "landlock": 7, "compiled": 0}
    assert scene.worker.condemned


def test_a_worker_that_tells_of_a_target_that_there_is_not_is_ended_and_the_others_are_shown() -> None:
    async def scenario() -> None:
        scene = Scene()
        worker = scene.others[0]
        tell = Channel(worker.theirs, w.WorkerOrders)
        try:
            for fit, shown in ((False, 1), (True, 0)):
                tell.send(w.TargetPresence(service="a", target="main", fit=fit))
                scene.relay.read(cast("Child", worker))
                assert worker.facts == {"unfit a/main": shown}
                assert not worker.condemned
            tell.send(w.TargetPresence(service="a", target="b", fit=False))
            scene.relay.read(cast("Child", worker))
            assert worker.condemned
        finally:
            for other in scene.others:
                other.close()

    asyncio.run(scenario())
