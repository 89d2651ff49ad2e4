"""Reading many events at once: the grammar of canonical bytes, written out of the vocabulary as one expression.

Rules of this file: the expression is compiled once somebody reads; what it repeats it never gives back, which would
only cost time. Whatever it takes is an event in canonical form, of every part's closed form; what it does not take is
read one by one, up to what is no event. What comes out are columns, since those who read a great many want a column at
a time.
"""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Final

import msgspec

from bartizan.ledger.event import Event, NotAnEvent, Outcome, decode
from bartizan.ledger.forms import Form, Hex, Name, OneOf, Whole
from bartizan.ledger.vocabulary import KINDS

_NAME: Final = "[a-z][a-z0-9._-]{0,62}+"
_PSEUDONYM: Final = "-[0-9a-f]{16}+"
_INSTANT: Final = "[1-8][0-9]{18}+|[1-9][0-9]{0,17}|0"
_FREQUENT: Final = ("gateway.request.admitted", "gateway.request.completed", "gateway.request.refused")
"""Kinds that are tried first; of all others comes one in a thousand."""


class Columns(msgspec.Struct):
    """What many events say, a column a part; all of one length, in order.

    Attributes:
        at: UTC nanoseconds.
        kind, actor, subject, control: the octets of each.
    """

    at: list[int] = []
    kind: list[bytes] = []
    actor: list[bytes] = []
    subject: list[bytes] = []
    control: list[bytes] = []

    def __len__(self) -> int:
        """Return of how many events."""
        return len(self.at)

    def extend(self, more: "Columns") -> None:
        """Add those of further events."""
        self.at += more.at
        self.kind += more.kind
        self.actor += more.actor
        self.subject += more.subject
        self.control += more.control

    def part(self, start: int, end: int) -> "Columns":
        """Return those of the events start..end-1."""
        return Columns(
            self.at[start:end],
            self.kind[start:end],
            self.actor[start:end],
            self.subject[start:end],
            self.control[start:end],
        )


def columns_of(events: Iterable[Event]) -> Columns:
    """Return the columns of events."""
    columns = Columns()
    for event in events:
        columns.at.append(event.at)
        columns.kind.append(event.kind.encode())
        columns.actor.append(event.actor.encode())
        columns.subject.append(event.subject.encode())
        columns.control.append(event.control.encode())
    return columns


def columns(bodies: list[bytes]) -> Columns:
    """Return the columns of the events of many bodies, as far as those are events in canonical form.

    Args:
        bodies: of records; the answer is shorter where one is not an event.
    """
    lines = b"\n".join([b"", *bodies, b""])
    found = _expression().findall(lines)
    # each match is a line of its own, whole: as many as there are bodies are all of them
    if found and len(found) == len(bodies) == lines.count(b"\n") - 1:
        actor, at, control, kind, subject = zip(*found, strict=True)
        return Columns(list(map(int, at)), list(kind), list(actor), list(subject), list(control))
    return columns_of(_one_by_one(bodies))


def _one_by_one(bodies: list[bytes]) -> Iterator[Event]:
    for body in bodies:
        try:
            yield decode(body)
        except NotAnEvent:
            return


def _form(form: Form) -> str:
    """Return the expression of a value as canonical JSON has it; a subset of the form where that is simpler."""
    match form:
        case OneOf(words):
            return f'"(?:{"|".join(map(re.escape, sorted(words)))})"'
        case Whole(most):
            return f"(?:{_whole(str(most))}|0)"
        case Name():
            return f'"{_NAME}"'
        case Hex(octets):
            return f'"[0-9a-f]{{{2 * octets}}}+"'


def _whole(most: str) -> str:
    """Return the expression of the numbers from 1 to another, the short ones first: nearly all are."""
    short = [f"[1-9][0-9]{{0,{len(most) - 2}}}+"] if len(most) > 1 else []
    for at, digit in enumerate(most):
        least, rest = "1" if at == 0 else "0", len(most) - at - 1
        if digit > least:
            short.append(f"{most[:at]}[{least}-{int(digit) - 1}][0-9]{{{rest}}}")
    return "|".join([*short, most])


def _detail(kind: str) -> str:
    """Return the expression of a detail up to the kind's word, which is left to be read."""
    fields = "".join(
        rf'(?:"{field}":{_form(form)}(?:,(?=")|(?=}})))?+' for field, form in sorted(KINDS[kind].items())
    )
    return rf'\{{{fields}\}},"kind":"(?={re.escape(kind)}")'


@cache
def _expression() -> re.Pattern[bytes]:
    kinds = (*_FREQUENT, *(kind for kind in KINDS if kind not in _FREQUENT))
    outcomes = "|".join(outcome.value for outcome in Outcome)
    line = (
        rf'\n\{{"actor":"([pa]{_PSEUDONYM}|platform|owner|anonymous)","at":({_INSTANT}),"control":"({_NAME}|)",'
        rf'"detail":(?:{"|".join(map(_detail, kinds))})([a-z.]+)","outcome":"(?:{outcomes})",'
        rf'"subject":"([pqatf]{_PSEUDONYM}|{_NAME}|)"\}}(?=\n)'
    )
    return re.compile(line.encode())
