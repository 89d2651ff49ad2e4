"""Conversations that the service keeps, so that a request holds only its last turn: what is left of the turns before.

Rules of this file: a conversation is of who asks and of one service, and known by a digest of these with the number that
the service gave it. Its tail is bounded (`conversation.Tail`), and so is how many there are: whoever has the oldest loses it,
and after a start there is none. Then a turn is judged with those that it comes with.
Source: OpenAI's Responses API, `previous_response_id` and `conversation`.
"""

import re
import secrets
from collections import OrderedDict
from hashlib import blake2b
from typing import Final

from bartizan.threats.conversation import Tail
from bartizan.threats.parts import Json

KEPT: Final = 2_048
"""Conversations whose tails are kept."""
_LOOKED: Final = 4_096
"""Octets of an answer in which its number is looked for."""
_NUMBER: Final = re.compile(rb'"id"\s*:\s*"(resp_[A-Za-z0-9_-]{1,128})"')
"""The number of an answer; what a model says has its quotation marks escaped."""
_LONGEST: Final = 256
"""Letters of a number that somebody names."""


class Dialogues:
    """What is left of the conversations that services keep."""

    def __init__(self, most: int = KEPT) -> None:
        """Know none; `most` are kept."""
        self._most, self._key = most, secrets.token_bytes(32)
        self._tails: OrderedDict[bytes, Tail] = OrderedDict()

    def dialogue(self, service: str, source: str) -> "Dialogue":
        """Return what a request of this source to this service belongs to."""
        return Dialogue(self, f"{service}\0{source}\0")

    def tail(self, whose: str, number: str) -> Tail | None:
        """Return what is left of a conversation; None where nobody knows."""
        return self._tails.get(self._digest(whose, number))

    def keep(self, whose: str, number: str, tail: Tail) -> None:
        """Keep what is left of a conversation."""
        digest = self._digest(whose, number)
        self._tails[digest] = tail
        self._tails.move_to_end(digest)
        if len(self._tails) > self._most:
            self._tails.popitem(last=False)

    def _digest(self, whose: str, number: str) -> bytes:
        octets = f"{whose}{number}".encode("utf-8", "surrogatepass")
        return blake2b(octets, digest_size=16, key=self._key).digest()


class Dialogue:
    """The conversation of one request, while its answer comes."""

    def __init__(self, dialogues: Dialogues, whose: str) -> None:
        """Belong to none yet."""
        self._dialogues, self._whose = dialogues, whose
        self._conversation = ""
        self._tail, self._head, self._looks = Tail(), bytearray(), False

    def before(self, document: Json) -> Tail:
        """Return what is left of the turns that a request goes on with and does not hold."""
        self._looks = isinstance(document, dict) and "input" in document
        self._conversation, answer = _numbers(document)
        known = (self._dialogues.tail(self._whose, each) for each in (answer, self._conversation) if each)
        return next((tail for tail in known if tail is not None), Tail())

    def goes_on(self, tail: Tail) -> None:
        """Keep what is left with this request, which goes on to the service."""
        self._tail, self._looks = tail, self._looks and bool(tail.text)
        if self._looks and self._conversation:
            self._dialogues.keep(self._whose, self._conversation, tail)

    def look(self, piece: bytes) -> None:
        """Look in a piece of the answer for the number by which the next turn will name it."""
        if not self._looks:
            return
        self._head += piece[: _LOOKED - len(self._head)]
        number = _NUMBER.search(self._head)
        if number is not None:
            self._dialogues.keep(self._whose, number[1].decode(), self._tail)
        if number is not None or len(self._head) >= _LOOKED:
            self._looks, self._head = False, bytearray()


def _numbers(document: Json) -> tuple[str, str]:
    """Return the numbers of the conversation and of the answer that a request goes on with; empty for none."""
    if not isinstance(document, dict):
        return "", ""
    conversation = document.get("conversation")
    if isinstance(conversation, dict):
        conversation = conversation.get("id")
    return _number(conversation), _number(document.get("previous_response_id"))


def _number(said: Json) -> str:
    return said if isinstance(said, str) and len(said) <= _LONGEST else ""
