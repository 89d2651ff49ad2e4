"""What the gateway needs from the process that it lives in: functions and values, handed over once.

Rules of this file: shapes alone. The access room's own types fit these structurally, so that app/ hands its
functions over nearly as they are. Every function is called on the loop's thread and does not block, `refresh`
and the journal's `flush` excepted. One that raises where it should not ends the connection: nothing is served.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Protocol

import msgspec
from typing_extensions import TypeIs

from bartizan.clock import Clock, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.gateway.bounds import ANSWERS_OCTETS, BODY_TIME, CONNECTIONS, HEAD_TIME, IDLE_TIME, STALL_TIME
from bartizan.gateway.holds import Alert, Coming, Expected, Overdrawn, Reserved
from bartizan.gateway.inspected import Inspection, Question
from bartizan.gateway.service import ServiceRoute
from bartizan.identity.shown import Shown
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import Sync
from bartizan.metrics.board import Board, unread


class Principal(Protocol):
    """Who asks, as far as the gateway has to know."""

    @property
    def id(self) -> str:
        """`kind.name`; the key of its limits."""
        ...

    @property
    def pseudonym(self) -> str:
        """What events say instead of the id."""
        ...

    @property
    def client(self) -> str:
        """Id of the client that its tokens carry; empty for the anonymous one."""
        ...

    @property
    def content_key(self) -> bytes:
        """32 octets that tag this principal's content; empty for the anonymous one."""
        ...


class Authenticated(Protocol):
    """Somebody known, or `Anonymous` on public routes."""

    @property
    def principal(self) -> Principal:
        """Who."""
        ...

    @property
    def token(self) -> str:
        """Id of the token that was shown."""
        ...

    @property
    def lineage(self) -> tuple[str, ...]:
        """Ids beside the token's own with whose revocation it ends."""
        ...

    @property
    def agent(self) -> Principal | None:
        """Who acts for the principal; None where it acts itself."""
        ...

    @property
    def passkey(self) -> str:
        """Which kind of passkey verified the person, a word of `verified.PASSKEYS`; empty for none."""
        ...

    @property
    def until(self) -> Nanoseconds:
        """Instant from which it must be asked again."""
        ...

    @property
    def bound(self) -> bool:
        """Whether the token is bound to a key or a certificate, which is to be proven each time."""
        ...


class Change(Protocol):
    """What a new state takes away of the answers that were given on earlier ones."""

    @property
    def everything(self) -> bool:
        """Whether none of them is good any more."""
        ...

    @property
    def tokens(self) -> frozenset[str]:
        """Ids of the tokens, and of the families of tokens, whose answers are not."""
        ...


class Allowed(Protocol):
    """The request may go on."""

    @property
    def generation(self) -> int:
        """Number of the state that it was decided on."""
        ...


class Refused(Protocol):
    """The request may not go on, as the access room says it."""

    @property
    def status(self) -> int:
        """Of the HTTP answer."""
        ...

    @property
    def control(self) -> str:
        """Id of the control that says so."""
        ...

    @property
    def reason(self) -> str:
        """Its word in events."""
        ...

    @property
    def what(self) -> str:
        """One sentence for people."""
        ...

    @property
    def after(self) -> Nanoseconds:
        """Instant after which the person must have signed in; 0 where that is not what is wanted."""
        ...


def is_refused(answer: Authenticated | Allowed | Refused) -> TypeIs[Refused]:
    """Return whether an answer of the access room is a refusal."""
    return hasattr(answer, "reason")


class Circumstances(msgspec.Struct, frozen=True):
    """What a policy may look at besides who, what and where.

    Attributes:
        group: key-agreement group of the client's connection, a word of `vocabulary.GROUP`.
        model: name that the request gives, or empty. The client's text: for decisions, never for events.
        stream: whether the answer comes as a stream.
        most_tokens: tokens that the answer may have; 0 where the request names no number.
        operation: id of what a description describes, of the operator's file, or empty.
        action: what the body asks to do, where the route does not say; else empty.
        tool: name of the tool that is to be called, or empty. The client's text, as `model` is.
    """

    group: str
    model: str = ""
    stream: bool = False
    most_tokens: int = 0
    operation: str = ""
    action: str = ""
    tool: str = ""


class Recorder(Protocol):
    """What takes events; somebody else writes them."""

    def record(
        self,
        kind: str,
        actor: str,
        subject: str,
        outcome: Outcome,
        control: str = "",
        detail: Mapping[str, int | str] = {},
    ) -> int:
        """Add an event that happens now; return its sequence. Raises `JournalUnwritable`."""
        ...


class Writable(Protocol):
    """Where events are written together."""

    def flush(self) -> None:
        """Write what was added, with one write. Raises `JournalUnwritable`."""
        ...

    def begin_sync(self) -> Sync:
        """Return the order to make what was flushed survive a loss of power. Raises `JournalUnwritable`."""
        ...

    def end_sync(self, sync: Sync) -> None:
        """Take the result of an order that has run. Raises `JournalUnwritable`."""
        ...


class Journal(Recorder, Writable, Protocol):
    """The worker's own journal (`ledger.journal.Journal`).

    Attributes:
        last: instant of its last event; none may lie before it.
    """

    last: Nanoseconds

    def append(self, at: Nanoseconds, body: bytes) -> int:
        """Add an event that is written out (`ledger.written`); return its sequence. Raises `JournalUnwritable`."""
        ...


class Tracing(msgspec.Struct, frozen=True):
    """How requests are traced.

    Attributes:
        share: of them, 0 to 1.
        write: lines of `traces.passage`, `LONGEST` octets at most together -> whether they were taken, all of them;
            never waits and never raises.
        models: names that may be told; others are a client's text.
    """

    share: float
    write: Callable[[bytes], bool]
    models: frozenset[str] = frozenset()


class Patience(msgspec.Struct, frozen=True):
    """How long a client is waited for.

    Attributes:
        head_time: until a head is whole, from its first octet or from the connection's beginning on.
        body_time: until a body is whole.
        idle_time: until the next request begins.
        stall_time: until it takes something of an answer that it leaves unread.
    """

    head_time: Nanoseconds = HEAD_TIME
    body_time: Nanoseconds = BODY_TIME
    idle_time: Nanoseconds = IDLE_TIME
    stall_time: Nanoseconds = STALL_TIME


ProtocolFactory = Callable[[], asyncio.Protocol]


class Ports(msgspec.Struct, frozen=True):
    """What `assemble` takes.

    Attributes:
        clock: the time.
        names: host names and addresses that Host may carry, without a port.
        services: those behind the gateway; one of protocol `control` serves the public routes.
        default_service: name of the one that `/v1/…` stands for.
        anonymous: who asks on public routes.
        authenticate: (token, now) -> who; the token is what stood after `Bearer `, empty where nothing did.
        authorize: (who, action, service, circumstances) -> whether they may. It says so again for open
            streams after each change of generation, so it must know of revocations by itself.
        generation: number of the newest state, a look into shared memory; negative while nothing may be decided.
        refresh: loads that state and says what it takes away of earlier answers; called when the number has moved.
        limit: (service, key that names service and principal, now) -> nanoseconds to wait; where one more is allowed and counted, minus the
            nanoseconds until all of the limit is there again, or 0.
        address_limit: (address pseudonym, now) -> nanoseconds to wait, 0 where one more request that nobody
            known makes is allowed and counted.
        address_barred: (address pseudonym, token, now) -> nanoseconds that an address which overdid it has to wait
            before another signature is verified for it; 0 where this token may be looked at.
        client_limit: (address pseudonym, client id, now) -> the same, for requests that say to come from a client;
            one that is not registered always has to wait.
        journal: of this worker.
        dial: (service, target) -> a connected, non-blocking stream socket, which the gateway then owns. Raises OSError.
        wrap_upstream: (factory of the inner protocol, service, target, refused) -> the TLS client around it, which calls
            `refused` with a word where there is no connection (`crypto.tls.TlsProtocol`).
        pseudonym_of_address: address -> the pseudonym of its prefix.
        stop_accepting: called once, when the ledger can no longer be written.
        random: number of octets -> random octets.
        reserve: (what is expected, now) -> what is held, None where nothing limits the request, or a future of
            these; None where nothing is limited but requests. A future is done within a second.
        settle: (what was held, tokens of the request, of its answer): ends the hold.
        inspect: (service, pseudonym of who asks, request, marks planted in it) -> what the guard says of it and of its answer; None where no
            service has a guard. Each is said within a bounded time.
        evidence: (service, request, who asks, sequence of the event that tells of it, excerpts): seals excerpts of what the
            guard found, and has them kept. Never waits and never raises.
        hold: (service, request, pseudonym of who asks, tag of exactly this request, reason) -> `ALLOW` where somebody has released
            it, which uses that up; else that it is held, and why. Said within a bounded time; None where nothing is held.
        alerts: () -> budgets that have reached a threshold since the last call.
        target_is: (service, target, whether it is fit to be asked): called when that changes.
        connections: of clients at once; `upstreams`: to all targets together, of which idle ones make room.
        answers: octets of all answers that are held until they are judged, and taken.
        patience: with each of them.
        prove: (who, how the token is shown, now) -> why it is not taken so; None where it is. Nothing of it is kept.
        nonce: (now) -> what the next proofs of clients must hold.
        tls: whether clients have to speak TLS.
        edge: what proxies must show that ask for decisions, or that stand in front; None where none may ask.
        trusted: addresses and networks of proxies in front, which name the address of their clients.
        board: where numbers are counted.
        remembered: () -> how many keys each limiter of this process remembers, by its word.
        tracing: of requests; None where none is traced.
        binding: key under which ids of sessions are bound to who they were given to, and from which that of planted marks is
            derived; 32 octets, the same in every worker. None draws one.
        durable: whether a record has to survive a loss of power before anybody goes on.
    """

    clock: Clock
    names: tuple[str, ...]
    services: tuple[ServiceRoute, ...]
    default_service: str
    anonymous: Authenticated
    authenticate: Callable[[str, Nanoseconds], Authenticated | Refused]
    prove: Callable[[Authenticated, Shown, Nanoseconds], Refused | None]
    nonce: Callable[[Nanoseconds], str]
    authorize: Callable[[Authenticated, str, str, Circumstances], Allowed | Refused]
    generation: Callable[[], int]
    refresh: Callable[[], Change]
    limit: Callable[[str, str, Nanoseconds], int]
    address_limit: Callable[[str, Nanoseconds], int]
    address_barred: Callable[[str, str, Nanoseconds], int]
    client_limit: Callable[[str, str, Nanoseconds], int]
    journal: Journal
    dial: Callable[[str, str], Awaitable[socket.socket]]
    wrap_upstream: Callable[[ProtocolFactory, str, str, Callable[[str], None]], asyncio.Protocol]
    pseudonym_of_address: Callable[[str], str]
    stop_accepting: Callable[[], None]
    random: Callable[[int], bytes]
    reserve: Callable[[Expected, Nanoseconds], Reserved | Overdrawn | Coming | None] | None = None
    settle: Callable[[Reserved, int, int], None] = lambda _reserved, _input, _output: None
    inspect: Callable[[str, str, bytes, tuple[str, ...]], Question] | None = None
    evidence: Callable[[str, str, str, int, bytes], None] = lambda *_: None
    hold: Callable[[str, str, str, str, str], Inspection] | None = None
    alerts: Callable[[], Sequence[Alert]] = tuple
    target_is: Callable[[str, str, bool], None] = lambda _service, _target, _fit: None
    board: Board = msgspec.field(default_factory=unread)
    remembered: Callable[[], Iterable[tuple[str, int]]] = tuple
    tracing: Tracing | None = None
    connections: int = CONNECTIONS
    upstreams: int = CONNECTIONS
    answers: int = ANSWERS_OCTETS
    patience: Patience = Patience()
    tls: bool = True
    edge: Secret | None = None
    trusted: tuple[str, ...] = ()
    binding: Secret | None = None
    durable: bool = False
