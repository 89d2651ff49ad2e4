"""The one type of record: who did what to what, when, and what came of it.

Rules of this file: an event carries ids, digests and words of closed vocabularies; it cannot be made with
anything else. Its canonical bytes (JSON, keys sorted, no white space, no floats) are what the ledger hashes.
Principals and addresses appear as random pseudonyms whose map lives in the store, where it can be erased;
content appears as a `ContentTag` under a key of its subject, which can be destroyed.
"""

import enum
import re
from functools import lru_cache
from typing import Final

import msgspec

from bartizan.ledger.forms import is_name
from bartizan.ledger.vocabulary import CHECKS, KINDS


class Outcome(enum.Enum):
    """What came of it."""

    ALLOWED = "allowed"
    DENIED = "denied"
    FOUND = "found"
    CLEARED = "cleared"
    DONE = "done"
    FAILED = "failed"


ACTOR: Final = re.compile(r"[pa]-[0-9a-f]{16}|platform|owner|anonymous")
"""A principal's or an address's pseudonym, or one of three parties that need none."""
SUBJECT: Final = re.compile(r"[pqatf]-[0-9a-f]{16}|[a-z][a-z0-9._-]{0,62}|")
"""A request (`q-`), token (`t-`), principal or address by pseudonym, a name from configuration, or nothing."""


class NotAnEvent(ValueError):
    """Something that may not stand in the record; `fault` says what, without repeating the value."""

    def __init__(self, kind: str, fault: str) -> None:
        """Name the kind of event and the fault."""
        super().__init__(f"event {kind if kind in KINDS else 'of unknown kind'}: {fault}")
        self.fault = fault


class Event(msgspec.Struct, frozen=True, gc=False):
    """One entry of the ledger.

    Attributes:
        at: UTC nanoseconds since the epoch; never decreases within a segment.
        kind: `room.noun.verb`, a row of `vocabulary.KINDS`.
        actor: who did it, by pseudonym (`p-`, `a-`), or `platform`, `owner`, `anonymous`.
        subject: what it was done to, by pseudonym or configured name; may be empty.
        outcome: what came of it.
        control: id of the control that decided, or empty.
        detail: the row's fields; absent ones are left out.
    Raises:
        NotAnEvent: on construction and on decoding, when a part is not of its closed form.
    """

    at: int
    kind: str
    actor: str
    subject: str
    outcome: Outcome
    control: str = ""
    detail: dict[str, int | str] = {}

    def __post_init__(self) -> None:
        """Refuse what the vocabulary does not know."""
        try:
            fault = _fault(self)
        except (KeyError, TypeError, AttributeError) as other:
            raise NotAnEvent("", "a part is of another type, or not in the vocabulary") from other
        if fault:
            raise NotAnEvent(self.kind, fault)


def _fault(event: Event) -> str:
    checks = CHECKS[event.kind]
    if type(event.at) is not int or not 0 <= event.at < 2**63:
        return "instant out of range"
    if type(event.outcome) is not Outcome:
        return "outcome is not one of the six"
    if not _is_actor(event.actor) or SUBJECT.fullmatch(event.subject) is None:
        return "actor or subject is neither a pseudonym nor a configured name"
    if event.control and not is_name(event.control):
        return "control is not an id"
    for field, value in event.detail.items():
        if not checks[field](value):
            return "a field of the detail is not of its form"
    return ""


@lru_cache(maxsize=4096)
def _is_actor(actor: str) -> bool:
    return ACTOR.fullmatch(actor) is not None


_ENCODER = msgspec.json.Encoder(order="sorted")
_DECODER = msgspec.json.Decoder(Event)
_UNREADABLE = (
    msgspec.DecodeError,
    UnicodeDecodeError,
    RecursionError,
)  # what the decoder raises on some octets


def encode(event: Event) -> bytes:
    """Return the canonical bytes: JSON with sorted keys, no white space."""
    return _ENCODER.encode(event)


def decode(body: bytes) -> Event:
    """Return the event of canonical bytes.

    Raises:
        NotAnEvent: bytes that are not an event, or not in canonical form.
    """
    try:
        event = _DECODER.decode(body)
    except msgspec.ValidationError as fault:
        raise NotAnEvent("", "not of the form of an event") from fault
    except _UNREADABLE as fault:
        raise NotAnEvent("", "not JSON") from fault
    if _ENCODER.encode(event) != body:
        raise NotAnEvent(event.kind, "not in canonical form")
    return event
