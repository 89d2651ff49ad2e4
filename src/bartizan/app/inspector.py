"""The inspector: finds in prompts what must not be there, for the workers, in a process of its own.

Rules of this file: it reads what strangers wrote with native code, so it is assumed to fall: it holds no key, no credential
and no connection but one to each worker, and is confined before it reads the first request. It answers what is asked and
keeps digests, and of a conversation that the service keeps its last letters (`dialogues`). It takes turns between those who ask (`inspector_turns`), so that one long prompt keeps
nobody waiting.
"""

import os
import secrets
import select
import socket
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Generator, Mapping
from functools import partial
from typing import Final

import msgspec

from bartizan.app import inspector_messages as im
from bartizan.app import messages as m
from bartizan.app.carrying import begin
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.dialogues import Dialogues
from bartizan.app.guard_judge.doubting import Doubting
from bartizan.app.guarding import Guards, inspecting
from bartizan.app.inspector_turns import Job, Turns, Work
from bartizan.app.inspector_wire import (
    Answered,
    Ended,
    Going,
    ToInspector,
    Told,
    ToWorker,
    Wanted,
)
from bartizan.app.judgement import verdicts
from bartizan.app.outcry import Outcry, describe
from bartizan.app.plan import JUDGE
from bartizan.app.replying import Replying
from bartizan.app.worker_stream import WorkerStream
from bartizan.clock import Clock, SystemClock, thread_time
from bartizan.control import discover
from bartizan.gateway.inspected import ALLOW, BLOCK, UNAVAILABLE, Passed, Said
from bartizan.isolation.carrier import Reach, confine
from bartizan.isolation.confinement import Confinement, IsolationUnavailable
from bartizan.isolation.memory import read_sealed
from bartizan.text.mark import Mark, Registered, unplanted
from bartizan.text.names.model import Model as NamesModel
from bartizan.text.names.model import ModelUnreadable as NamesUnreadable
from bartizan.text.names.model import load as load_names
from bartizan.text.rule import Rule, rules
from bartizan.text.sieving import HYPERSCAN, RE2, at_once, compiled
from bartizan.threats import controls
from bartizan.threats import encoder as sentences
from bartizan.threats.encoder import Broken, Encoder, EncoderUnreadable
from bartizan.threats.grey import NEVER
from bartizan.threats.injection import Model, ModelUnreadable, load
from bartizan.threats.inspect import Inspector
from bartizan.threats.judge import Asker, Judged
from bartizan.threats.lane import Guarding
from bartizan.threats.links import Links
from bartizan.threats.overlap import Echo, Prompt
from bartizan.threats.profile import Profile

_WORTH: Final = 1 << 16
"""Octets after which patterns are worth to be compiled."""
ANSWERS: Final = 8_192
"""Requests of one worker whose answers may come."""
_PROMPTS, _LONG_PROMPT = 64, 16_384
"""System prompts that are remembered for comparison, and letters that one may have then."""
_UNSENT: Final = 64 << 20
"""Octets of answers that one worker may leave unread."""


class WorkerLine(WorkerStream[ToInspector]):
    """The stream to one worker.

    Attributes:
        asked: number of a question that waits -> who asks.
        answers: number of a question -> the answer to it, while that may come.
    """

    def __init__(self, end: socket.socket) -> None:
        """Take our end of it."""
        super().__init__(end, ToInspector, _UNSENT)
        self.asked: dict[int, str] = {}
        self.answers: dict[int, tuple[str, Replying]] = {}


class Serving:
    """What one inspector does.

    Args:
        channel: to the supervisor.
        inspector: that inspects.
        profiles: service -> what its guard does.
        clock: the time.
        worth: is called once there was so much to inspect that it is worth to do it faster.
        leading: service -> where its answers may lead; one that is not named, anywhere.
    """

    def __init__(
        self,
        channel: Channel,
        inspector: Inspector,
        profiles: Mapping[str, Profile],
        clock: Clock,
        worth: Callable[[], None] = lambda: None,
        leading: Mapping[str, Links | None] = {},
    ) -> None:
        """Serve nobody yet."""
        self._worth, self._idle = worth, _WORTH
        self.doubts: Callable[[str], Doubting | None] = lambda _: None
        """(service) -> what finds out what is in doubt about a request to it; None where no judge is asked."""
        self._channel, self._inspector, self._profiles = channel, inspector, profiles
        self._leading = leading
        self._turns = Turns(thread_time, clock.now, Outcry(clock, _say).control)
        self._dialogues = Dialogues()
        self._prompts: OrderedDict[tuple[str, ...], Prompt] = OrderedDict()
        self._lines: dict[int, WorkerLine] = {}
        self._poll = select.epoll()
        self._poll.register(channel.fileno(), select.EPOLLIN)

    def run(self, stop: int) -> None:
        """Inspect until a descriptor becomes readable."""
        self._poll.register(stop, select.EPOLLIN)
        while True:
            for ready, _ in self._poll.poll(0 if self._turns else None):
                if ready == stop:
                    self._close()
                    return
                if ready == self._channel.fileno():
                    self._order()
                else:
                    self._serve(ready)
            self._turns.step()

    def _close(self) -> None:
        self._poll.close()
        for line in self._lines.values():
            line.end.close()

    def _order(self) -> None:
        message, fds = self._channel.receive()
        if isinstance(message, im.Line):
            line = WorkerLine(socket.socket(fileno=fds[0]))
            self._lines[line.end.fileno()] = line
            self._poll.register(line.end.fileno(), select.EPOLLIN)
        else:
            self._channel.send(m.Alive())

    def _serve(self, descriptor: int) -> None:
        line = self._lines[descriptor]
        line.send()
        for wanted in line.read():
            self._take(line, wanted)
        self._look(line)

    def _take(self, line: WorkerLine, message: ToInspector) -> None:
        if isinstance(message, Ended):
            if line.answers.pop(message.number, None) is None:
                line.asked.pop(message.number, None)
                self._turns.drop(line, message.number)  # else what comes of it would be kept for nobody
        elif isinstance(message, Answered):
            self._more(line, message)
        else:
            self._request(line, message)

    def _request(self, line: WorkerLine, wanted: Wanted) -> None:
        if wanted.service == JUDGE:
            self._put(
                line,
                wanted.source,
                wanted,
                verdicts(self._inspector, wanted.octets),
                lambda said: _told(wanted.number, said),
            )
            return
        profile = self._profiles.get(wanted.service)
        if profile is None:
            self._tell(line, Told(wanted.number, Said(ALLOW)))
            return
        guard: Profile = profile
        dialogue = self._dialogues.dialogue(wanted.service, wanted.source)

        def goes_on(judged: Judged) -> None:
            dialogue.goes_on(judged.tail)
            if len(line.answers) < ANSWERS:
                prompt = self._prompt(tuple(map(unplanted, judged.prompt)))
                echo = Echo(prompt, tuple(map(Mark, wanted.planted)), self._leading.get(wanted.service))
                guarding = Guarding(self._inspector, guard.of_answers, echo, wanted.source)
                line.answers[wanted.number] = wanted.source, Replying(guarding, dialogue.look)

        doubting = self.doubts(wanted.service)

        def message(said: Said | Passed) -> ToWorker:
            line.asked.pop(wanted.number, None)
            doubt = doubting.doubt if doubting is not None else None
            return msgspec.structs.replace(_told(wanted.number, said), doubt=doubt)

        line.asked[wanted.number] = wanted.source
        asker = Asker(wanted.source, dialogue.before)
        work = inspecting(self._inspector, guard, wanted.octets, goes_on, asker, doubting)
        self._put(line, wanted.source, wanted, work, message)

    def _more(self, line: WorkerLine, more: Answered) -> None:
        source, replying = line.answers.get(more.number, (line.asked.get(more.number, ""), None))
        if replying is None and not source:
            self._tell(line, Going(more.number, _AWAY))
            return
        self._put(line, source, more, _replied(line, more), lambda said: _going(more.number, said))

    def _put(
        self,
        line: WorkerLine,
        source: str,
        asked: Wanted | Answered,
        work: Work,
        message: Callable[[Said | Passed], ToWorker],
    ) -> None:
        def tell(said: Said | Passed) -> None:
            self._tell(line, message(said))

        self._turns.put(Job(source, len(asked.octets), work, tell, line, asked.number))
        if self._idle > 0:
            self._idle -= len(asked.octets)
            if self._idle <= 0:
                self._worth()

    def _prompt(self, texts: tuple[str, ...]) -> Prompt:
        """Return what an answer is compared with, from memory where it was lately."""
        known = self._prompts.get(texts)
        if known is None:
            known = Prompt([*texts])
            if sum(map(len, texts)) > _LONG_PROMPT:
                return known
            self._prompts[texts] = known
            if len(self._prompts) > _PROMPTS:
                self._prompts.popitem(last=False)
        return known

    def _tell(self, line: WorkerLine, message: ToWorker) -> None:
        if line.open:
            line.tell(message)
            self._look(line)

    def _look(self, line: WorkerLine) -> None:
        """Wait for what a line is waited for next, or close it."""
        descriptor = line.end.fileno()
        if line.open:
            self._poll.modify(descriptor, select.EPOLLIN | (select.EPOLLOUT if line.waits else 0))
        elif descriptor in self._lines:
            self._poll.unregister(descriptor)
            del self._lines[descriptor]
            self._turns.drop(line)
            line.end.close()


def _replied(line: WorkerLine, more: Answered) -> Generator[None, None, Passed]:
    """Read more of an answer; where nobody waits for what was asked, it may be there before that was inspected."""
    _, replying = line.answers.get(more.number, ("", None))
    if replying is None:
        return _AWAY
    return (yield from replying.steps(more.octets, more.kind, last=more.last))


_AWAY: Final = Passed(last=True, said=Said(BLOCK, UNAVAILABLE))


def _told(number: int, said: Said | Passed) -> Told:
    return Told(number, said if isinstance(said, Said) else said.said)


def _going(number: int, said: Said | Passed) -> Going:
    return Going(number, said if isinstance(said, Passed) else Passed(last=True, said=said))


def _doubting(
    inspector: Inspector, model: Model | None, floors: Mapping[str, float], service: str
) -> Doubting | None:
    """Return what finds out what is in doubt about a request; None where no judge is asked."""
    floor = floors.get(service, NEVER)
    return Doubting(inspector, model, floor) if floor < NEVER else None


def _say(line: str) -> None:
    sys.stderr.write(line)
    sys.stderr.flush()


def _compile(inspector: Inspector, every: tuple[Rule, ...], channel: Channel, said: im.SievedBy) -> None:
    """Compile the faster patterns beside the work, and use them from then on.

    Anew at each start: what a process kept that may fall would be read by the next one.
    """
    try:
        faster = compiled(every)
    except Exception as fault:  # noqa: BLE001 - the slower patterns give the same answers
        _say(f"patterns could not be compiled: {describe(fault)}\n")
        return
    if faster is not None:
        inspector.patterns = faster
        channel.send(msgspec.structs.replace(said, engine=HYPERSCAN))


def _model() -> Model | None:
    """Return the model of injections; without one, what strangers write is not inspected, and status says so."""
    try:
        return load()
    except ModelUnreadable as fault:
        _say(f"{fault}\n")
        return None


def _encoder() -> Encoder | Broken | None:
    """Return the encoder where it is installed; by a broken one documents and tool results are not inspected."""
    os.putenv(
        "OPENBLAS_NUM_THREADS", "1"
    )  # numpy's, which would start threads; nothing can be confined beside them
    try:
        return sentences.load()
    except EncoderUnreadable as fault:
        _say(f"{fault}\n")
        return Broken()


def _names() -> NamesModel | None:
    """Return the model of names; without one, nothing is inspected whole where names are sought."""
    try:
        return load_names()
    except NamesUnreadable as fault:
        _say(f"{fault}\n")
        return None


def reach() -> Reach:
    """Return what the inspector goes on needing: nothing but what it was given."""
    return Reach("inspector")


def main(argv: list[str]) -> int:
    """Inspect until told to stop; `argv` holds the descriptor of the channel. Returns the exit status."""
    channel, stop = begin(argv[0], im.InspectorOrders)
    try:
        boot, (what,) = channel.receive()
        guards = msgspec.json.decode(read_sealed(what), type=Guards)
        every = rules()
        model, encoder = _model(), _encoder()
        inspector = Inspector(
            at_once(every),
            discover(controls),
            secrets.token_bytes(32),
            model=model,
            registered=Registered(guards.registered),
            encoder=encoder,
        )
        inspector.names = _names() if boot.names else None
        said = im.SievedBy(RE2, len(every), model.header.made if model else "", sentences.told(encoder))
        held = confine(reach()) if boot.confined else Confinement()
        channel.send(m.Ready(seccomp=held.seccomp, landlock=held.landlock))
        channel.send(said)
        compiling = threading.Thread(target=_compile, args=(inspector, every, channel, said), daemon=True)
        profiles = {service: guard.made() for service, guard in guards.services.items()}
        leading = {service: guard.leading() for service, guard in guards.services.items()}
        floors = {service: guard.floor for service, guard in guards.services.items()}
        serving = Serving(channel, inspector, profiles, SystemClock(), compiling.start, leading)
        serving.doubts = partial(_doubting, inspector, model, floors)
        serving.run(stop)
    except IsolationUnavailable as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    except ChannelClosed:  # the supervisor is gone
        os._exit(0)
    os._exit(0)  # whatever threads still compile


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
