"""What is known of one request so far, for whoever has to decide, refuse, record or forward it.

Rules of this file: state alone; what is done with it is in `admit.py` on the way in, in `stream.py` on the way back.
"""

from typing import TYPE_CHECKING

from bartizan.clock import Nanoseconds
from bartizan.gateway.faults import Refusal, rest_of
from bartizan.gateway.judged import Judged
from bartizan.gateway.passes import Key, Pass
from bartizan.gateway.response import requests_left
from bartizan.gateway.stage import ARRIVING, Stage

if TYPE_CHECKING:
    from bartizan.gateway.holds import Reserved
    from bartizan.gateway.inspected import Question
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.pool import Line
    from bartizan.gateway.ports import Authenticated, Circumstances, Principal
    from bartizan.gateway.protocol import ClientConnection
    from bartizan.gateway.request import RequestHead
    from bartizan.gateway.route import Route
    from bartizan.gateway.share import Share
    from bartizan.gateway.upstream import Upstream
    from bartizan.gateway.watching import Beside, Watching


class Dossier:
    """One request: where it comes from, what it says, what was found of it, how far it has come.

    Attributes:
        plane, client: where it happens.
        id: its pseudonym.
        started: instant at which its head was whole; `asked`: at which all of it was.
        arrived: its head, once that was accepted; `head` is the same where it is known to be there.
        length: octets of its body, or `CHUNKED`.
        keep_alive, bodiless: whether its client wants to go on with the connection; whether it asks for a head alone.
        caller: trace-id and span-id that its client names, or nothing twice: the client's word, as of `RequestHead.trace`.
        key, passed: what its head is kept under, and what is known of it from an earlier request.
        known: who asks, once that is known and is not the anonymous one.
        actor: whom events name: the principal, or the address that a stranger comes from.
        source: pseudonym of the network that it comes from; `fronted`: whether a proxy in front named it.
        owed: nanoseconds until its principal has all of its requests again.
        question: what the guard is asked about it; `watching`, `beside`: how its answer passes through the guard, or beside it.
        verdict: of the guard, where that is all that is asked for.
        reserved: what is held for it of other limits, until that is settled.
        charged: whether the address that it comes from was charged for it.
        slowed: nanoseconds that its address has to wait, where that is not decided at the head.
        bound: lines that name the session, as the service knows it.
        share, holds: where `Shares` counts it, and the octets that it counts.
        route, who, judged, circumstances, sequence: what `admit` finds, in this order.
        upstream: the connection that it is on, while it is on one.
        line, group: the connections that it was last to go on, and the key-agreement group of that one; empty without.
        tried: targets that it was sent to, or was to be, a bit for each place.
        kept: whether its body is kept after it was sent, because it may go to another target.
        stage: how far it has come.
        trace, sent, tries: of a request that is traced and was sent to a service: of which trace it is, when it was
            first sent, and how often.
        first: nanoseconds until the first octets of a stream went out, 0 until they did.
        pieces: events of a stream that went out, where its tokens are limited: each has one at least.
        deadline: instant by which something must have happened; 0 until it is admitted.
        moved: whether something has happened since the last sweep.
    """

    __slots__ = (
        "actor",
        "arrived",
        "asked",
        "beside",
        "bodiless",
        "bound",
        "caller",
        "charged",
        "circumstances",
        "client",
        "deadline",
        "first",
        "fronted",
        "group",
        "head",
        "holds",
        "id",
        "judged",
        "keep_alive",
        "kept",
        "key",
        "known",
        "length",
        "line",
        "moved",
        "owed",
        "passed",
        "pieces",
        "plane",
        "proof",
        "question",
        "reserved",
        "route",
        "sent",
        "sequence",
        "share",
        "slowed",
        "source",
        "stage",
        "started",
        "trace",
        "tried",
        "tries",
        "upstream",
        "verdict",
        "watching",
        "who",
    )
    asked: Nanoseconds
    caller: tuple[str, str]
    circumstances: "Circumstances"
    head: "RequestHead"
    judged: Judged
    key: Key
    length: int
    route: "Route"
    sequence: int
    who: "Authenticated"

    def __init__(self, plane: "Plane", client: "ClientConnection", now: Nanoseconds) -> None:
        """Begin at the head."""
        self.plane, self.client, self.started, self.asked = plane, client, now, now
        self.id = plane.ids.take()
        self.stage: Stage = ARRIVING
        self.actor = self.source = client.source
        self.arrived: RequestHead | None = None
        self.passed: Pass | None = None
        self.known: Principal | None = None
        self.share: Share | None = None
        self.reserved: Reserved | None = None
        self.question: Question | None = None
        self.watching: Watching | None = None
        self.beside: Beside | None = None
        self.line: Line | None = None
        self.upstream: Upstream | None = None
        self.deadline, self.sent = Nanoseconds(0), Nanoseconds(0)
        self.group, self.trace, self.proof, self.bound, self.verdict = "", "", "", b"", b""
        self.first = self.holds = self.owed = self.pieces = self.slowed = self.tried = self.tries = 0
        self.bodiless = self.charged = self.fronted = self.keep_alive = self.kept = self.moved = False

    def read(self, octets: bytes) -> None:
        """Take the head, from memory where it got through lately but for its length and its trace.

        Args:
            octets: before the empty line.
        Raises:
            Refusal: the head is refused.
        """
        self.key, values = self.plane.passes.split(octets)
        passed = self.passed = self.plane.passes.of(self.key)
        if passed is None:
            head = self.head = self.arrived = self.plane.heads.read(octets)
            self.length, self.caller, self.proof = head.length, (head.trace, head.parent), head.proof
            self.keep_alive, self.bodiless = head.keep_alive, head.method == b"HEAD"
        else:
            self.head = self.arrived = passed.head
            self.length, self.caller = passed.length(values), passed.caller(values)
            self.proof = passed.proof(values)
            self.keep_alive, self.bodiless = passed.keep_alive, passed.bodiless

    @property
    def limits(self) -> bytes:
        """`RateLimit` and `RateLimit-Policy` of its answer, or nothing where it has no limit that is told."""
        if self.reserved is not None and self.reserved.fields:
            return self.reserved.fields
        return requests_left(self.route.limits, self.owed) if self.known is not None else b""

    def rest(self, fault: Refusal) -> int:
        """Return how long nothing is read after a refusal; a proxy's connection brings others' requests too."""
        return 0 if self.fronted else rest_of(fault)
