"""Heads that got through lately, each with all that was found on its way: parsed, routed, authenticated, allowed.

Rules of this file: a client sends the same head again and again, but for the length of its body; so a head is kept
under its octets before that one number and behind it: two keys are equal only where the heads are, since there is
no octet that a stranger could not put in the number's place. What is kept of the access room's answers holds for one
generation and until its end; a change of generation takes it away, unless it names the tokens that it takes away and
this is none of them. The reading of a head depends on its octets alone and stays. Only heads of requests that were
admitted are kept, so no stranger fills the memory.
"""

import re
from typing import Final

from bartizan.clock import Nanoseconds
from bartizan.gateway.bounds import PASS_OCTETS, PASSES
from bartizan.gateway.ports import Authenticated, Change, Circumstances
from bartizan.gateway.request import RequestHead
from bartizan.gateway.route import Route
from bartizan.gateway.share import Share
from bartizan.ledger.event import ContentTags

_LENGTH: Final = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: ?(0|[1-9][0-9]{0,11})(?=\r\n|\Z)")
_MOST_ALLOWED: Final = 16

Key = bytes | tuple[bytes, bytes]
"""A head, or what stands before and behind the length of its body."""


class Pass:
    """What is known of one head.

    Attributes:
        head: as it was read; its length is another request's.
        route: where it leads.
        who: who shows its token; None where nothing of it may be used any more.
        generation, until: which state that was found in, and until when it holds.
        allowed: circumstances that were allowed under it.
        tags: tags content for who asks.
        share: what who asks has under way with this service.
    """

    __slots__ = ("allowed", "generation", "head", "route", "share", "tags", "until", "who")

    def __init__(self, head: RequestHead, route: Route) -> None:
        """Know the head alone."""
        self.head, self.route = head, route
        self.void()

    def void(self) -> None:
        """Know no more than the head."""
        self.who: Authenticated | None = None
        self.generation, self.until = -1, Nanoseconds(0)
        self.allowed: set[Circumstances] = set()
        self.tags: ContentTags | None = None
        self.share: Share | None = None

    def allow(self, circumstances: Circumstances) -> None:
        """Take note that the policies allow this for as long as the rest holds."""
        if len(self.allowed) >= _MOST_ALLOWED:
            self.allowed.clear()
        self.allowed.add(circumstances)


def key_of(head: bytes) -> tuple[Key, int]:
    """Return what a head is kept under, and the length of its body where that is no part of it, else a negative number.

    Only methods that may have a body (POST, PUT, PATCH) have a length that may be another one.
    """
    found = _LENGTH.search(head) if head.startswith(b"P") else None
    if found is None:
        return head, -1
    start, end = found.span(1)
    return (head[:start], head[end:]), int(head[start:end])


class Passes:
    """The latest heads, at most twice `PASSES` of them; those that were not asked for go first."""

    __slots__ = ("_generation", "_new", "_old")

    def __init__(self, generation: int = -1) -> None:
        """Know none.

        Args:
            generation: of the state that is decided on at first.
        """
        self._generation = generation
        self._new: dict[Key, Pass] = {}
        self._old: dict[Key, Pass] = {}

    def __len__(self) -> int:
        """Return how many are known."""
        return len(self._new) + len(self._old)

    def of(self, key: Key) -> Pass | None:
        """Return what is known of a head, or nothing."""
        found = self._new.get(key)
        if found is None and self._old:
            found = self._old.pop(key, None)
            if found is not None:
                self.keep(key, found)
        return found

    def keep(self, key: Key, passed: Pass) -> None:
        """Keep what is known of a head."""
        octets = len(key) if isinstance(key, bytes) else len(key[0]) + len(key[1])
        if octets > PASS_OCTETS:
            return
        self._new[key] = passed
        if len(self._new) > PASSES:
            self._old, self._new = self._new, {}

    def follow(self, change: Change, generation: int) -> None:
        """Keep no more than the head where a change takes the rest away.

        Args:
            change: from the generation before.
            generation: that the rest holds in from now on; negative where nothing may be decided.
        """
        before = self._generation
        self._generation = generation
        for table in (self._new, self._old):
            for passed in table.values():
                who = passed.who
                if who is None:
                    continue
                if change.everything or passed.generation != before or who.token in change.tokens:
                    passed.void()
                else:
                    passed.generation = generation
