"""Asking a model every question of a run, several at a time, at a pace, and writing each answer down as it comes.

Rules of this file: what is in the journal is not asked again. A question that gets no answer is left open, and counted as
such; what keeps every question from being answered ends the run. What was under way when it ends is asked again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from itertools import islice
from typing import Final, Generic, TypeVar

import msgspec

from bartizan.threats.evaluation.attack import Message
from bartizan.threats.evaluation.chat import Chat, Later, Reply, Unanswerable
from bartizan.threats.evaluation.journal import Answered, Journal, Judged
from bartizan.threats.evaluation.pace import Pace
from bartizan.threats.evaluation.plan import Question

TRIES: Final = 5
"""How often one message is sent that may be answered later."""
_FIRST_PAUSE: Final = 1
_LONGEST_PAUSE: Final = 60
LOST_IN_A_ROW: Final = 10
"""Questions one after another without an answer after which nobody is asked any more: the endpoint is away."""

Thing = TypeVar("Thing")
Line = Answered | Judged
Done = Callable[[], None]
"""Called after each question, answered or not."""


class EndpointAway(Exception):
    """Question after question got no answer; what was answered is kept."""

    def __init__(self, why: str) -> None:
        """Say what the last one got instead."""
        super().__init__(
            f"the endpoint does not answer ({why}); what was answered is kept: the same command goes on from there"
        )
        self.why = why


@dataclass(frozen=True, slots=True)
class Work(Generic[Thing]):
    """What is done to things of one kind.

    Attributes:
        do: thing -> what the journal gets.
        key: thing -> the key that the journal knows it by; it begins with the way.
        paces: that are waited for; they end with the work, however that ends.
    """

    do: Callable[[Thing], Line]
    key: Callable[[Thing], str]
    paces: tuple[Pace, ...]


class Way(msgspec.Struct, frozen=True):
    """One way to a model, at its own pace."""

    chat: Chat
    pace: Pace


def ask(
    questions: Iterable[Question], ways: Mapping[str, Way], journal: Journal, at_once: int, done: Done
) -> Mapping[str, str]:
    """Ask what the journal has no answer to; return key -> why, for what stays open.

    Args:
        questions: of the run.
        ways: word of a way -> the way.
        journal: of the run.
        at_once: questions under way at a time.
        done: called after each question that was asked.
    Raises:
        EndpointRefuses, EndpointAway, EgressFault: nobody is answered; what was answered before is in the journal.
        OSError: the journal takes nothing more.
    """
    left = (each for each in questions if each.key not in journal.answers)

    def one(question: Question) -> Answered:
        said = converse(ways[question.way], question)
        return Answered(question.key, said.text, said.filtered)

    paces = tuple(way.pace for way in ways.values())
    return carry_out(left, Work(one, lambda question: question.key, paces), journal, at_once, done)


def carry_out(
    things: Iterable[Thing], work: Work[Thing], journal: Journal, at_once: int, done: Done
) -> Mapping[str, str]:
    """Do `work` on each thing, several at a time, and journal what it returns; as of `ask`."""
    failed: dict[str, str] = {}
    lost: dict[str, int] = {}
    with ThreadPoolExecutor(at_once, thread_name_prefix="evaluate") as pool:
        try:
            for thing, future in _as_done(things, lambda thing: pool.submit(work.do, thing), at_once):
                _take(work.key(thing), future, journal, failed, lost)
                done()
        finally:  # who waits for a turn gets none, so that nothing waits for them
            for pace in work.paces:
                pace.end()
    return failed


def _take(
    key: str, future: "Future[Line]", journal: Journal, failed: dict[str, str], lost: dict[str, int]
) -> None:
    """Journal what came of one thing; of a way that has never answered, one without an answer is enough."""
    way = key.partition("/")[0]
    try:
        journal.add(future.result())
        lost[way] = 0
    except (Later, Unanswerable) as fault:
        failed[key] = fault.why
        lost[way] = lost.get(way, LOST_IN_A_ROW - 1) + isinstance(fault, Later)
        if lost[way] >= LOST_IN_A_ROW:
            raise EndpointAway(fault.why) from fault


def converse(way: Way, question: Question) -> Reply:
    """Return the last answer of the conversation that a question is; one that is filtered ends it.

    Raises:
        Later, Unanswerable, EndpointRefuses.
    """
    said: list[Message] = list(question.attempt.opening)
    reply = Reply("")
    for turn in question.attempt.turns:
        said.append(Message("user", turn))
        reply = patiently(way, said)
        if reply.filtered:
            break
        said.append(Message("assistant", reply.text))
    return reply


def patiently(way: Way, said: list[Message]) -> Reply:
    """Return the answer to a conversation, asking again where it may come later; errors as of `converse`."""
    for left in range(TRIES - 1, -1, -1):
        way.pace.turn()
        try:
            return way.chat.ask(said)
        except Later as fault:
            if not left:
                raise
            way.pace.hold(fault.seconds or min(_FIRST_PAUSE << (TRIES - 1 - left), _LONGEST_PAUSE))
    raise AssertionError  # the last round returns or raises


def _as_done(
    things: Iterable[Thing], start: Callable[[Thing], "Future[Line]"], at_once: int
) -> Iterator[tuple[Thing, "Future[Line]"]]:
    """Yield each thing with its ended future, in the order in which they end; starts no more than there is room for."""
    left = iter(things)
    running = {start(thing): thing for thing in islice(left, at_once)}
    while running:
        ended, _ = wait(running, return_when=FIRST_COMPLETED)
        for future in ended:
            thing = running.pop(future)
            for more in islice(left, 1):
                running[start(more)] = more
            yield thing, future
