"""What the supervisor and its children say to each other, by child.

A gateway worker's stand in `worker_messages`, those of what carries the record away in `shipping_messages`, of what
certifies workloads in `workload_messages`.

Rules of this file: a message names its descriptors, in order, in its docstring. `Orders` go to the child,
`Reports` come from it.
"""

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec
from typing_extensions import override

from bartizan.app.channel import Message
from bartizan.app.evidence_messages import EvidenceKept, EvidenceSealed
from bartizan.app.hold_messages import HoldAnswered, HoldAsked
from bartizan.app.plan import MAIN, Schedule
from bartizan.crypto.trust_domain import TRUST_DOMAIN
from bartizan.identity.device import Authority
from bartizan.identity.strength import Strength
from bartizan.identity.workload import Workload

Word = Annotated[str, msgspec.Meta(pattern=r"\A[a-z][a-z0-9._-]{0,62}\Z")]
"""A configured name or a closed word."""
Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
Instant = Annotated[int, msgspec.Meta(ge=0, le=2**63 - 1)]
Pseudonym = Annotated[str, msgspec.Meta(pattern=r"\Aa-[0-9a-f]{16}\Z")]
Prefix = Annotated[str, msgspec.Meta(max_length=64)]


# ---- the supervisor and who starts it ---------------------------------------------------------------------
class BootSupervisor(Message, frozen=True):
    """Start. Descriptor: the plan (sealed memory)."""


class Started(Message, frozen=True):
    """The platform answers requests at this address."""

    url: str
    listen: str


class NotStarted(Message, frozen=True):
    """The platform could not be started."""

    fault: str


class Leave(Message, frozen=True):
    """Whoever started the platform leaves it to itself: from here on it stays without them."""


# ---- any child -------------------------------------------------------------------------------------------
class Ready(Message, frozen=True):
    """The child has taken its boot message and is set up; a worker is confined as it says.

    The sealer says from which number on segments are new to the ledger; a worker, whether its hot path is compiled.
    """

    seccomp: bool = False
    landlock: Number = 0
    compiled: bool = False
    segment: Number = 0


class Ask(Message, frozen=True):
    """Say `Alive`, at once."""


class Alive(Message, frozen=True):
    """The child still takes its orders."""


class Segment(Message, frozen=True):
    """A new journal segment. Descriptors: the segment (write-only, append), the first key (sealed memory)."""

    number: int


class SegmentWanted(Message, frozen=True):
    """The current segment is nearly full."""


# ---- dialer ----------------------------------------------------------------------------------------------
class BootDialer(Message, frozen=True):
    """Descriptor: the upstreams (sealed memory)."""

    folder: str


class Dial(Message, frozen=True):
    """A connection to a target of a service is wanted; the answer carries the same ticket."""

    ticket: Number
    service: Word
    target: Word = MAIN


class Dialled(Message, frozen=True):
    """Descriptor: the connected socket, where `fault` is empty. To the supervisor, a second one: the sample's end."""

    ticket: int
    fault: str = ""
    sample: bool = False


DialerOrders = BootDialer | Ask | Dial
DialerReports = Ready | Alive | Dialled


# ---- exporter --------------------------------------------------------------------------------------------
class BootExporter(Message, frozen=True):
    """Descriptors: the pipe that traces come through, board, what to export and whereto (sealed memory)."""

    confined: bool = True


ExporterOrders = BootExporter | Ask
ExporterReports = Ready | Alive


# ---- archiver --------------------------------------------------------------------------------------------
class BootArchiver(Message, frozen=True):
    """Where the ledger lies."""

    ledger: str
    confined: bool = True


ArchiverOrders = BootArchiver | Ask
ArchiverReports = Ready | Alive


# ---- sealer ----------------------------------------------------------------------------------------------
class BootSealer(Message, frozen=True):
    """Where the state lies, which names certificates may carry, and which segments have living writers.

    Entries of requests, and all others, are kept for so many seconds; 0 is for ever. `columns` says whether somebody
    keeps a copy of them for analysis. `workload_socket` is the address at which `workloads` ask for certificates, of `trust_domain`.
    """

    folder: str
    names: list[str]
    boot: str
    live: list[int]
    keep_requests: Number = 0
    keep_others: Number = 0
    columns: bool = False
    workloads: tuple[Workload, ...] = ()
    workload_socket: str = ""
    trust_domain: str = TRUST_DOMAIN


class Register(Message, frozen=True):
    """A new segment, before anybody writes to it. Descriptor: its first key (sealed memory).

    `line` is the first segment of the same writer's life.
    """

    segment: int
    writer: str
    line: int


class Registered(Message, frozen=True):
    """The segment is known to the sealer, durably; or its number was given before, so nobody may write to it."""

    segment: int
    taken: bool = False


class Close(Message, frozen=True):
    """The segment's writer is gone; what it holds is final."""

    segment: int


class SignLeaf(Message, frozen=True):
    """A worker's certificate request."""

    worker: int
    request: str


class LeafSigned(Message, frozen=True):
    """The chains for that worker, or a fault."""

    worker: int
    chain: str = ""
    named: str = ""
    fault: str = ""


class SignSvid(Message, frozen=True):
    """Attest who is at the other end, and certify the request's key for what that is. Descriptor: the connection.

    Without a request nothing is signed, and the answer says what would be.
    """

    ticket: Number
    accepted: Number
    request: str = ""


class Svid(msgspec.Struct, frozen=True):
    """A workload, and its certificate, DER in base64."""

    workload: Word
    certificate: str = ""


class SvidSigned(Message, frozen=True):
    """What that process is, and the authority's certificate (DER in base64); or a word why nothing is signed."""

    ticket: Number
    svids: tuple[Svid, ...] = ()
    authority: str = ""
    fault: Annotated[str, msgspec.Meta(pattern=r"\A([a-z][a-z0-9._-]{0,62})?\Z")] = ""


class Altered(Message, frozen=True):
    """The segment holds a record that does not fit; nothing more of it is brought into the tree."""

    segment: int


class Sealed(Message, frozen=True):
    """How far the tree has come: entries, and segments that hold an altered record."""

    entries: int
    altered: int = 0


SealerOrders = BootSealer | Ask | Register | Close | SignLeaf | SignSvid
SealerReports = Ready | Alive | Registered | LeafSigned | SvidSigned | Altered | Sealed


# ---- control ---------------------------------------------------------------------------------------------
AdminReach = Literal["local", "any", "bound"]
"""What opens the Admin API besides the owner's socket: nothing; a token of any kind; a token that is bound to something."""


class BootControl(Message, frozen=True, tag="boot"):
    """Descriptors: control listener, owner listener, with `metrics` the scraper's, policies where there are own ones, with `outside` the issuers and trust domains, segment, first key.

    `evidence`: service -> seconds for which what the guard found there is kept, sealed.
    """

    state: str
    issuer: str
    services: list[str]
    boot: str
    segment: int
    sample_sha256: str
    durable: bool = False
    metrics: bool = False
    workloads: tuple[Word, ...] = ()
    trust_domain: str = TRUST_DOMAIN
    launch: tuple[str, ...] = ()
    schedules: tuple[Schedule, ...] = ()
    alerts_per_day: int = 5
    outside: bool = False
    admin: AdminReach = "local"
    admin_strength: Strength | None = None
    posture_hours: Number = 24
    healthy: tuple[str, ...] = ()
    authorities: tuple[Authority, ...] = ()
    asks: bool = False
    evidence: Mapping[Word, Number] = {}


class Publish(Message, frozen=True):
    """A new generation of the state. Descriptor: the state (sealed memory)."""


class Published(Message, frozen=True):
    """Every worker decides on this generation, or is dead."""

    generation: int


class Minted(Message, frozen=True):
    """Pseudonyms that the worker made for source prefixes, for the store: prefix -> pseudonym.

    The supervisor passes one at a time: the next once control says `Kept`.
    """

    addresses: Annotated[dict[Prefix, Pseudonym], msgspec.Meta(max_length=256)]


class Undecided(Message, frozen=True):
    """A token that the worker can decide on only once control has: it names a key, a subject or roles that are new.

    Good for nothing here until control, which verifies it anew, has registered what it says. The supervisor passes one
    at a time: the next once control says `Considered`.
    """

    token: Annotated[str, msgspec.Meta(max_length=8192)]

    @override
    def __repr__(self) -> str:
        """Return its kind."""
        return "Undecided(…)"


class PolicyInForce(Message, frozen=True):
    """Which version of the policies the last `Publish` put in force.

    It is `source`, again that of number `repeats` where it is one that was rolled back to; `configured` says whether
    the configured files are the same, as far as they were read.
    """

    version: Number
    source: Word
    repeats: Number = 0
    configured: bool = True


class SignInsWatched(Message, frozen=True):
    """How the watch over sign-ins stands: as in `admin.signins.Standing`."""

    budget: Number
    learning: bool
    today: Number
    withheld: Number


class DomainStanding(Message, frozen=True):
    """How a trust domain stands: as in `federation.Standing`."""

    name: Word
    trust_domain: Annotated[str, msgspec.Meta(max_length=255)]
    authorities: Number = 0
    keys: Number = 0
    confirmed: Instant = 0
    until: Instant = 0
    word: Annotated[str, msgspec.Meta(pattern=r"\A[a-z-]{0,40}\Z")] = ""


class DomainsWatched(Message, frozen=True):
    """How every trust domain stands besides our own."""

    domains: Annotated[tuple[DomainStanding, ...], msgspec.Meta(max_length=64)]


class Kept(Message, frozen=True):
    """The pseudonyms of the last `Minted` are stored."""


class Considered(Message, frozen=True):
    """The last `Undecided` is dealt with."""


ControlReports = (
    Ready
    | Alive
    | Publish
    | PolicyInForce
    | SignInsWatched
    | DomainsWatched
    | SegmentWanted
    | Kept
    | Considered
    | EvidenceKept
    | HoldAnswered
)
ControlOrders = BootControl | Ask | Published | Segment | Minted | Undecided | EvidenceSealed | HoldAsked


# ---- sample ----------------------------------------------------------------------------------------------
class BootSample(Message, frozen=True, tag="boot"):
    """Descriptor: the secret of its system prompt (sealed memory)."""

    model: str
    weights: str = ""


class Connection(Message, frozen=True):
    """Descriptor: a connected socket to serve."""


SampleReports = Ready
