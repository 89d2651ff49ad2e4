"""What workers ask about held requests is answered once each, and only so much of it is open at once."""

from typing import cast

from bartizan.app.channel import ChannelFull
from bartizan.app.child import Child
from bartizan.app.hold_desk import MOST, HoldDesk
from bartizan.app.hold_messages import HoldAnswered, HoldAsked
from bartizan.app.supervisor import Supervisor


class Process:
    """A child with its channel."""

    def __init__(self, state: str = "serving") -> None:
        self.state, self.channel = state, self
        self.sent: list[HoldAsked] = []
        self.full = False

    def send(self, message: HoldAsked) -> None:
        if self.full:
            raise ChannelFull
        self.sent.append(message)


class Scene:
    """A desk between two workers and a control process."""

    def __init__(self) -> None:
        self.control: Process | None = Process()
        self.one, self.other = Process(), Process()
        self.told: list[tuple[Process, HoldAnswered]] = []
        self.desk = HoldDesk(cast("Supervisor", self))

    def of(self, kind: str, state: str) -> list[Process]:
        assert (kind, state) == ("control", "ready")
        return [] if self.control is None else [self.control]

    def tell(self, child: Process, message: HoldAnswered) -> None:
        self.told.append((child, message))

    def ask(self, worker: Process, ticket: int) -> None:
        message = HoldAsked(
            ticket=ticket,
            service="shop",
            request="q-0000000000000001",
            principal="p-00000000000000ee",
            digest="0" * 64,
            reason="secret",
        )
        self.desk.asked(cast("Child", worker), message, [])

    def answer(self, number: int) -> None:
        message = HoldAnswered(ticket=number, word="released")
        self.desk.answered(cast("Child", self.control), message, [])


def test_each_worker_has_the_answer_to_its_own_question() -> None:
    scene = Scene()
    scene.ask(scene.one, 7)
    scene.ask(scene.other, 7)
    assert scene.control is not None
    first, second = (each.ticket for each in scene.control.sent)
    scene.answer(second)
    scene.answer(second)
    scene.answer(999)
    scene.answer(first)
    assert scene.told == [
        (scene.other, HoldAnswered(ticket=7, word="released")),
        (scene.one, HoldAnswered(ticket=7, word="released")),
    ]


def test_only_so_many_are_open_for_one_worker() -> None:
    scene = Scene()
    for ticket in range(MOST + 1):
        scene.ask(scene.one, ticket)
    scene.ask(scene.other, 1)
    assert scene.told == [(scene.one, HoldAnswered(ticket=MOST, word="unavailable"))]


def test_where_nobody_is_there_or_takes_it_the_answer_is_no() -> None:
    scene = Scene()
    assert scene.control is not None
    scene.control.full = True
    scene.ask(scene.one, 1)
    scene.control = None
    scene.ask(scene.one, 2)
    assert [each.word for _, each in scene.told] == ["unavailable"] * 2


def test_what_a_control_process_took_along_is_answered_with_no() -> None:
    scene = Scene()
    scene.ask(scene.one, 5)
    scene.desk.control_ready()
    scene.answer(1)
    assert scene.told == [(scene.one, HoldAnswered(ticket=5, word="unavailable"))]


def test_a_worker_that_is_gone_is_told_nothing() -> None:
    scene = Scene()
    scene.ask(scene.one, 5)
    scene.desk.worker_gone(cast("Child", scene.one))
    scene.answer(1)
    scene.ask(scene.other, 6)
    scene.other.state = "gone"
    scene.answer(2)
    assert scene.told == []
