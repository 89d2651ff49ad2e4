"""The inspector over real streams: what a worker asks it, in whatever order that arrives."""

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack

import msgspec
import pytest

from bartizan.app import inspector_messages as im
from bartizan.app.channel import Channel
from bartizan.app.inspector import Serving
from bartizan.app.inspector_wire import Answered, Ended, Frame, Frames, Going, Told, ToWorker, Wanted, framed
from bartizan.clock import SystemClock
from bartizan.gateway.inspected import ALLOW, JSON, UNAVAILABLE
from bartizan.threats.profile import PROFILES
from tests.threats.finder import SECRET, inspector

WAIT_S = 60
ASKED = msgspec.json.encode({"messages": [{"role": "user", "content": "hi"}]})
ANSWER = msgspec.json.encode({"choices": [{"message": {"role": "assistant", "content": f"It is {SECRET}."}}]})


class Worker:
    """The other end."""

    def __init__(self, end: socket.socket) -> None:
        self._end, self._frames = end, Frames[ToWorker](ToWorker)
        self._come: list[ToWorker] = []

    def ask(self, *messages: Frame) -> None:
        self._end.sendall(b"".join(map(framed, messages)))

    def told(self) -> ToWorker:
        while not self._come:
            self._come += self._frames.take(self._end.recv(1 << 16))
        return self._come.pop(0)


@pytest.fixture
def worker() -> Iterator[Worker]:
    with ExitStack() as stack:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        end, other = socket.socketpair()
        for each in (ours, theirs, end):
            stack.enter_context(each)
        end.settimeout(WAIT_S)
        stop, stopping = os.pipe()
        stack.callback(os.close, stop)
        serving = Serving(Channel(theirs, im.InspectorOrders), inspector(), PROFILES, SystemClock())
        thread = threading.Thread(target=serving.run, args=(stop,))
        thread.start()
        stack.callback(thread.join)
        stack.callback(os.close, stopping)
        Channel(ours).send(im.Line(worker=1), [other.fileno()])
        other.close()
        yield Worker(end)


@pytest.mark.parametrize("service", ["observe", "standard"])
def test_an_answer_that_is_there_before_its_request_was_inspected_is_inspected(
    worker: Worker, service: str
) -> None:
    worker.ask(Wanted(1, service, "p-1", ASKED), Answered(1, ANSWER, JSON, last=True))
    told, going = worker.told(), worker.told()
    assert isinstance(told, Told)
    assert told.said.action == ALLOW
    assert isinstance(going, Going)
    assert [signal.reason for signal in going.passed.said.signals] == ["secret"]
    assert (SECRET.encode() in going.passed.octets) is (service == "observe")


def test_an_answer_of_which_nobody_asked_is_not_told_to_have_been_inspected(worker: Worker) -> None:
    worker.ask(Answered(1, ANSWER, JSON, last=True))
    going = worker.told()
    assert isinstance(going, Going)
    assert going.passed.said.reason == UNAVAILABLE


def test_what_ended_before_it_was_inspected_leaves_nothing(worker: Worker) -> None:
    worker.ask(Wanted(1, "standard", "p-1", ASKED), Ended(1), Answered(1, ANSWER, JSON, last=True))
    going = worker.told()
    assert isinstance(going, Going)
    assert going.passed.said.reason == UNAVAILABLE
