"""Heads that got through lately, each with all that was found on its way: parsed, routed, authenticated, allowed.

Rules of this file: a client sends the same head again and again, but for the length of its body and the names of the
trace and the request that it is part of; so a head is kept under its octets without those values. Each of them is of a
form of its own wherever it is left out, and what stands around it is part of the key: two keys are equal only where the
heads are equal but for such values, and no reading of a head hangs on one of them, except for length and trace, which
are read anew each time. What is kept of the access room's answers holds for one generation and until its end; a change
of generation takes it away, unless it names the tokens that it takes away and this is none of them. The reading of a
head depends on its octets alone and stays. Only heads of requests that were admitted are kept, so no stranger fills the
memory.
"""

import re
from collections.abc import Iterable
from typing import Final

from bartizan.clock import Nanoseconds
from bartizan.gateway.bounds import PASS_OCTETS, PASSES
from bartizan.gateway.ports import Authenticated, Change, Circumstances, Principal
from bartizan.gateway.request import RequestHead
from bartizan.gateway.route import Route
from bartizan.gateway.share import Share
from bartizan.ledger.content import ContentTags

_LENGTH: Final = rb"[Cc]ontent-[Ll]ength: ?(?=(?:0|[1-9][0-9]{0,11})(?:\r\n|\Z))"
_TRACE: Final = rb"[Tt]raceparent: (?=00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:\r\n|\Z))"
_PROOF: Final = rb"[Dd][Pp][Oo][Pp]: ?(?=[A-Za-z0-9_.-]{1,2048}(?:\r\n|\Z))"
_PASSING: Final = frozenset({b"baggage", b"sentry-trace", b"tracestate", b"x-request-id"})
"""Fields that say something else each time, and that nobody here looks at, unless a description names them."""
_MOST_ALLOWED: Final = 16

Key = tuple[bytes, ...]
"""What stands between the values of a head that are another request's, the names of their fields among it."""


def _varying(passing: frozenset[bytes], *, length: bool) -> re.Pattern[bytes]:
    """Return what splits a head: before each value, its field's name, the value."""
    names = [b"(?i:%b):[ \t]*" % re.escape(name) for name in sorted(passing)]
    some = b"|".join([_TRACE, _PROOF, *names])
    every = rb"%b|(?=[BbDdSsTtXx])(?:%b)" % (_LENGTH, some) if length else some
    return re.compile(rb"(\r\n(?:%b))([\x20-\x7e\t]*)" % every)


class Pass:
    """What is known of one head.

    Attributes:
        head: as it was read; its length is another request's.
        route: where it leads.
        keep_alive, bodiless: whether its client wants to go on with the connection; whether it asks for a head alone.
        who: who shows its token; None where nothing of it may be used any more. `known` is the principal, `id` and
            `pseudonym` are its own: a request reads them from here at one step.
        generation, until: which state that was found in, and until when it holds.
        allowed: circumstances that were allowed under it.
        tags: tags content for who asks.
        share: what who asks has under way with this service.
        proves: whether the token is shown with a proof, or has to be.
    """

    __slots__ = (
        "_length",
        "_proof",
        "_trace",
        "allowed",
        "bodiless",
        "generation",
        "head",
        "id",
        "keep_alive",
        "known",
        "proves",
        "pseudonym",
        "route",
        "share",
        "tags",
        "until",
        "who",
    )

    def __init__(self, head: RequestHead, route: Route, key: Key = ()) -> None:
        """Know the head alone.

        Args:
            head: as it was read.
            route: where it leads.
            key: of it.
        """
        self.head, self.route = head, route
        self.keep_alive, self.bodiless = head.keep_alive, head.method == b"HEAD"
        names = [name[2:9].lower().partition(b":")[0] for name in key[1::2]]
        self._length = names.index(b"content") if b"content" in names else -1
        self._trace = names.index(b"tracepa") if head.trace and b"tracepa" in names else -1
        self._proof = names.index(b"dpop") if b"dpop" in names else -1
        self.void()

    def length(self, values: list[bytes]) -> int:
        """Return the length of the body that follows another head with this one's key.

        Args:
            values: of that head, from `Passes.split`.
        """
        return int(values[self._length]) if self._length >= 0 else self.head.length

    def proof(self, values: list[bytes]) -> str:
        """Return the proof that comes with another head with this one's key, or nothing."""
        return values[self._proof].decode() if self._proof >= 0 else self.head.proof

    def caller(self, values: list[bytes]) -> tuple[str, str]:
        """Return the trace that a request with another head with this one's key is part of, and the span it came from."""
        if self._trace < 0:
            return self.head.trace, self.head.parent
        value = values[self._trace].decode()
        return value[3:35], value[36:52]

    def void(self) -> None:
        """Know no more than the head."""
        self.who: Authenticated | None = None
        self.known: Principal | None = None
        self.id, self.pseudonym = "", ""
        self.generation, self.until = -1, Nanoseconds(0)
        self.allowed: set[Circumstances] = set()
        self.tags: ContentTags | None = None
        self.share: Share | None = None
        self.proves = True

    def recognize(
        self, who: Authenticated, generation: int, share: Share | None, tags: ContentTags | None
    ) -> None:
        """Know who shows its token.

        Args:
            who: that is.
            generation: in which that was found.
            share: what they have under way with the service.
            tags: of their content; None where it is not tagged.
        """
        self.who, self.known, self.generation, self.until = who, who.principal, generation, who.until
        self.id, self.pseudonym = who.principal.id, who.principal.pseudonym
        self.share, self.tags, self.allowed = share, tags, set()
        self.proves = who.bound or self.head.scheme or self.route.service.asks

    def allow(self, circumstances: Circumstances) -> None:
        """Take note that the policies allow this for as long as the rest holds."""
        if len(self.allowed) >= _MOST_ALLOWED:
            self.allowed.clear()
        self.allowed.add(circumstances)


class Passes:
    """The latest heads, at most twice `PASSES` of them; those that were not asked for go first."""

    __slots__ = ("_bodied", "_bodiless", "_generation", "_new", "_old", "_tags")

    def __init__(self, generation: int = -1, told: Iterable[bytes] = ()) -> None:
        """Know none.

        Args:
            generation: of the state that is decided on at first.
            told: fields that described services look at.
        """
        self._generation = generation
        passing = _PASSING.difference(told)
        self._bodied, self._bodiless = _varying(passing, length=True), _varying(passing, length=False)
        self._new: dict[Key, Pass] = {}
        self._old: dict[Key, Pass] = {}
        self._tags: dict[bytes, ContentTags] = {}

    def __len__(self) -> int:
        """Return how many are known."""
        return len(self._new) + len(self._old)

    def split(self, head: bytes) -> tuple[Key, list[bytes]]:
        """Return what a head is kept under, and the values in it that are no part of that.

        Only methods that may have a body (POST, PUT, PATCH) have a length that may be another one.
        """
        parts = (self._bodied if head[:1] == b"P" else self._bodiless).split(head)
        values = parts[2::3]
        del parts[2::3]
        return tuple(parts), values

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
        if sum(map(len, key)) > PASS_OCTETS:
            return
        self._new[key] = passed
        if len(self._new) > PASSES:
            self._old, self._new = self._new, {}

    def tags(self, principal: Principal) -> ContentTags | None:
        """Return what tags a principal's content, one and the same for all its heads; None where it is not tagged."""
        key = principal.content_key
        if not key:
            return None
        found = self._tags.get(key)
        if found is None:
            if len(self._tags) >= PASSES:
                self._tags.clear()
            found = self._tags[key] = ContentTags(key)
        return found

    def follow(self, change: Change, generation: int) -> None:
        """Keep no more than the head where a change takes the rest away.

        Args:
            change: from the generation before.
            generation: that the rest holds in from now on; negative where nothing may be decided.
        """
        before = self._generation
        self._generation = generation
        self._tags.clear()  # a key that was destroyed stays nowhere
        for table in (self._new, self._old):
            for passed in table.values():
                who = passed.who
                if who is None:
                    continue
                named = who.token in change.tokens or not change.tokens.isdisjoint(who.lineage)
                if change.everything or passed.generation != before or named:
                    passed.void()
                else:
                    passed.generation = generation
