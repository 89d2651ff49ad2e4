"""Somebody kills the gateway's worker in the middle of its work, to make it forget what it let in."""

import os
import re
import signal
import threading
from collections.abc import Callable, Sequence

from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import FLOODER, STRICT, Platform, Target
from bartizan.drill.trial import PLAIN
from bartizan.egress.line import Line
from bartizan.ledger.entry import Entry
from bartizan.ledger.event import Outcome as Word

_CALLERS = 3
_ANSWERS = 20
"""Answers after which the worker dies, in the middle of the load: well below what one principal may ask at once."""
_ROUNDS, _ROUND_S = 100, 0.05
_ID = re.compile(rb"\r\nx-request-id: (q-[0-9a-f]{16})\r\n", re.IGNORECASE)
_SLOW = {"messages": [{"role": "user", "content": "count slowly to 200"}], "stream": True}


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    since, token = twin.size(), twin.caller()
    worker = next(
        (one.pid for one in twin.processes() if (one.name, one.state) == ("worker", "serving")), None
    )
    if worker is None:
        return Undecided("the throw-away platform shows no serving worker")
    load = _Load(twin, twin.caller(FLOODER))
    with twin.door.line() as line:
        stream = _open_stream(twin, line, token)
        load.start()
        load.wait(_ANSWERS, target.sleep)
        load.killed.set()
        os.kill(worker, signal.SIGKILL)
        refused = _served_now(twin, token)
        load.stop()
    if refused or load.refused:
        return GotThrough(
            f"after the worker's death a new connection was not served: {refused or load.refused}"
        )
    if not load.served:
        return Undecided("no request was served before the worker died")
    return _account(lambda: twin.entries(since), load.served, stream, target.sleep)


class _Load:
    """Callers that ask as fast as they can until they are stopped."""

    def __init__(self, platform: Platform, token: str) -> None:
        self._platform, self._token = platform, token
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(_CALLERS)]
        self.killed = threading.Event()
        self.served: list[str] = []
        self.refused = ""

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def wait(self, answers: int, sleep: Callable[[float], None]) -> None:
        """Return once so many answers have come, or five seconds are over."""
        for _ in range(1000):
            if len(self.served) >= answers:
                return
            sleep(0.005)

    def stop(self) -> None:
        """End, once every request that was begun has ended."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._over.is_set():
            after = self.killed.is_set()
            try:
                answer = self._platform.door.chat(PLAIN, token=self._token)
            except OSError as fault:
                if after:  # begun after the death, so the dead worker never had it
                    self.refused = type(fault).__name__
                continue
            if answer.served:
                self.served.append(answer.request)


def _open_stream(platform: Platform, line: Line, token: str) -> str:
    """Begin an answer that takes long, and return its request's id once it flows."""
    body = platform.door.body(_SLOW)
    line.send(platform.door.request("POST", platform.door.path("chat/completions"), token=token, body=body))
    received = b""
    while b"\ndata:" not in received:
        more = line.recv()
        if not more:
            raise ConnectionError("the stream ended before it began")
        received += more
    found = _ID.search(received)
    if found is None:
        raise ConnectionError("the stream's head names no request")
    return found[1].decode()


def _served_now(platform: Platform, token: str) -> str:
    """Return why a request on a new connection is not served; empty where it is."""
    try:
        answer = platform.door.chat(PLAIN, token=token)
    except OSError as fault:
        return type(fault).__name__
    return "" if answer.served else str(answer.status)


def _account(
    entries: Callable[[], Sequence[Entry]],
    served: Sequence[str],
    stream: str,
    sleep: Callable[[float], None],
) -> Outcome:
    """Return whether the record knows everything that was let in, and how it ended."""
    missing, cut = {*served, stream}, False
    for _ in range(_ROUNDS):
        known = entries()
        admitted = {one.event.subject for one in known if one.event.kind == "gateway.request.admitted"}
        ended = {
            one.event.subject: one.event.outcome
            for one in known
            if one.event.kind == "gateway.request.completed"
        }
        missing = {
            request for request in (*served, stream) if request not in admitted or request not in ended
        }
        cut = ended.get(stream) is Word.FAILED
        if not missing and cut:
            return Held(
                f"all {len(served)} answered requests on record; the one in flight recorded as failed"
            )
        sleep(_ROUND_S)
    if missing:
        return GotThrough(
            f"{len(missing)} of {len(served) + 1} requests are missing from the ledger or left open"
        )
    return GotThrough("the request in flight is not recorded as failed")


ATTACK = Attack(
    name="worker-killed",
    control="ledger.intact",
    title="worker killed under load",
    skill=3,
    stage=Stage.TWIN,
    because="who can crash a process can try to take the traces of their last requests with it",
    references=("AML.T0029", "API8:2023", "CWE-778"),
    weakening="journal_late",
    act=_act,
)
