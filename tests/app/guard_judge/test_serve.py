"""The process that asks the judge, over real streams: one word for each question, within its bounds."""

import os
import secrets
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from bartizan.app.channel import Channel
from bartizan.app.guard_judge import messages as gm
from bartizan.app.guard_judge.asking import Asking
from bartizan.app.guard_judge.counts import COUNTED, QUESTIONS, TOKENS, Counts
from bartizan.app.guard_judge.messages import Word
from bartizan.app.guard_judge.plan import GuardJudge
from bartizan.app.guard_judge.serve import Serving
from bartizan.app.inspector_messages import Line
from bartizan.app.inspector_wire import Frames, framed
from bartizan.clock import SystemClock
from bartizan.gateway.circuit import FAILURES
from bartizan.metrics.board import OCTETS, Board, read
from tests.app.guard_judge.judge import Answer, Judge, Question, judging, no, yes

WAIT_S = 60


class Worker:
    """The other end, and what the process counted."""

    def __init__(self, end: socket.socket, memory: memoryview) -> None:
        self._end, self._frames, self._memory = end, Frames[gm.Thought](gm.Thought), memory
        self._come: list[gm.Thought] = []

    def ask(self, number: int, source: str = "p-1") -> None:
        self._end.sendall(framed(gm.Asked(number, source, ("text",))))

    def told(self) -> gm.Thought:
        while not self._come:
            self._come += self._frames.take(self._end.recv(1 << 16))
        return self._come.pop(0)

    def word(self, number: int, source: str = "p-1") -> Word:
        self.ask(number, source)
        thought = self.told()
        assert thought.number == number
        return thought.word

    def send(self, octets: bytes) -> None:
        self._end.sendall(octets)

    def ends(self) -> bool:
        return self._end.recv(1) == b""

    def counted(self) -> dict[tuple[str, str], int]:
        series, _ = read(self._memory, COUNTED)
        return {(each.family.name, each.values[0]): each.numbers[0] for each in series}


@contextmanager
def serving(judge: Judge, workers: int = 1, **more: object) -> Iterator[list[Worker]]:
    plan = GuardJudge(
        "127.0.0.1",
        judge.port,
        tls=False,
        path="/v1",
        model="m",
        allowed=(f"127.0.0.1:{judge.port}",),
        **{"timeout_ms": 30_000, "requests_per_minute": 1_000, **more},  # type: ignore[arg-type]
    )
    with ExitStack() as stack:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        stack.enter_context(ours)
        stack.enter_context(theirs)
        stop, stopping = os.pipe()
        stack.callback(os.close, stop)
        memory = memoryview(bytearray(OCTETS))
        counts = Counts(Board(memory, COUNTED))
        made = Serving(
            Channel(theirs, gm.GuardJudgeOrders), plan, Asking(plan, secrets.token_hex), counts, SystemClock()
        )
        thread = threading.Thread(target=made.run, args=(stop,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(os.close, stopping)
        found = []
        for number in range(workers):
            end, other = socket.socketpair()
            stack.enter_context(end)
            end.settimeout(WAIT_S)
            Channel(ours).send(Line(worker=number), [other.fileno()])
            other.close()
            found.append(Worker(end, memory))
        yield found


@contextmanager
def holding() -> Iterator[tuple[Callable[[Question], Answer], threading.Event]]:
    """Yield a script that answers once it is let."""
    let = threading.Event()

    def held(question: Question) -> Answer:
        let.wait(WAIT_S)
        return no(question)

    try:
        yield held, let
    finally:
        let.set()


def test_each_question_is_answered_and_counted() -> None:
    with judging(yes) as judge, serving(judge) as (worker,):
        assert worker.word(7) is Word.ATTACK
        judge.script = no
        assert worker.word(8) is Word.HARMLESS
        assert worker.counted() == {
            (QUESTIONS.name, "attack"): 1,
            (QUESTIONS.name, "harmless"): 1,
            (TOKENS.name, "input"): 200,
            (TOKENS.name, "output"): 10,
        }


def test_a_principal_has_so_many_a_minute_and_another_one_has_others() -> None:
    with judging() as judge, serving(judge, requests_per_minute=4) as (worker,):
        words = [worker.word(number) for number in range(3)]
        assert words[0] is Word.HARMLESS
        assert words[-1] is Word.OVER_BUDGET
        assert worker.word(9, "p-2") is Word.HARMLESS
        assert len(judge.asked) == words.count(Word.HARMLESS) + 1


def test_no_more_are_under_way_at_once_than_configured() -> None:
    with holding() as (held, let), judging(held) as judge, serving(judge, concurrent=2) as (worker,):
        for number in range(6):
            worker.ask(number)
        while len(judge.asked) < 2:
            threading.Event().wait(0.01)
        threading.Event().wait(0.3)
        assert len(judge.asked) == 2
        let.set()
        assert {worker.told().word for _ in range(6)} == {Word.HARMLESS}


def test_a_judge_that_fails_is_left_alone_for_a_while_and_one_that_is_unclear_is_not() -> None:
    with judging(lambda _: Answer(body=b"?")) as judge, serving(judge) as (worker,):
        assert {worker.word(number) for number in range(FAILURES * 2)} == {Word.UNCLEAR}
        judge.script = lambda _: Answer(status=503)
        words = [worker.word(number) for number in range(FAILURES + 1)]
        assert words == [Word.REFUSED] * FAILURES + [Word.RESTING]
        asked = len(judge.asked)
        judge.script = no
        for number in range(WAIT_S * 10):  # its first rest is a second long
            if worker.word(number) is Word.HARMLESS:
                break
            threading.Event().wait(0.1)
        assert len(judge.asked) == asked + 1
        assert worker.word(99) is Word.HARMLESS


def test_what_waits_too_long_for_its_turn_is_not_asked() -> None:
    with (
        holding() as (held, let),
        judging(held) as judge,
        serving(judge, concurrent=1, timeout_ms=300) as (worker,),
    ):
        for number in range(3):
            worker.ask(number)
        assert [worker.told().word for _ in range(3)] == [Word.TIMED_OUT] * 3
        assert len(judge.asked) <= 2
        let.set()


@pytest.mark.parametrize(
    "octets", [b"\xff" * 64, framed(gm.Asked(1, "p-1", ("x" * 4_001,))), framed(gm.Asked(1, "p", ("",) * 17))]
)
def test_a_worker_that_says_what_was_not_agreed_on_is_not_heard_and_others_are(octets: bytes) -> None:
    with judging() as judge, serving(judge, workers=2) as (bad, good):
        bad.send(octets)
        assert bad.ends()
        assert good.word(1) is Word.HARMLESS
        assert len(judge.asked) == 1
