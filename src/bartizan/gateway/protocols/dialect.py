"""What makes a protocol: its routes, where credentials stand, how its answers end and what its errors look like.

Rules of this file: data. Everything that differs between protocols is a field here, so that the way of a request
is one way.
"""

import enum
import re
from collections.abc import Callable, Mapping

import msgspec

from bartizan.admin.route import SEGMENTS as OF_ADMIN
from bartizan.gateway.credential import Told
from bartizan.gateway.judged import Reader
from bartizan.gateway.page import Page
from bartizan.gateway.query import Parameters


class Errors(enum.Enum):
    """The shape of a refusal."""

    PROBLEM = "problem"
    OPENAI = "openai"
    ANTHROPIC = "anthropic"
    JSONRPC = "json-rpc"


class Row(msgspec.Struct, frozen=True):
    """One route of a protocol, wherever its service stands.

    Attributes:
        name: its word in events.
        method: that it takes.
        path: below the protocol's prefix; `{word}` stands for one segment of the form `SEGMENTS[word]`.
        action: what the principal must be allowed to do.
        reader: of the body.
        query: what its query may say.
        fill: (segments and parameters by name) -> the reader of one request, where the target says what the body
            would; None where it does not.
        last: the line that begins the last event of its streams; None where `data: [DONE]` ends them.
        accept: what its answers are accepted as, where that does not depend on the request.
        told: fields of a client's head that go on, besides its protocol's.
        admin: whether it is of the Admin API, which is there for configured networks alone, and which clients show their
            tokens to.
        shows: whether who asks shows a token to what stands behind it, which goes on as it was shown; of the Admin API always.
        page: what it shows a browser; of the platform's own rows alone.
    """

    name: str
    method: bytes
    path: str
    action: str
    reader: Reader
    query: Parameters = {}
    fill: Callable[[Mapping[str, str]], Reader] | None = None
    last: re.Pattern[bytes] | None = None
    accept: bytes = b""
    told: tuple[Told, ...] = ()
    admin: bool = False
    shows: bool = False
    page: Page | None = None


SEGMENTS: Mapping[str, re.Pattern[bytes]] = {
    "deployment": re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{0,63}"),
    "model": re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:~-]{0,127}"),
    "response": re.compile(rb"[A-Za-z0-9][A-Za-z0-9_-]{0,127}"),
    **{name: re.compile(form.encode()) for name, form in OF_ADMIN.items()},
}
"""Name of a variable segment of a path -> its form."""


class Dialect(msgspec.Struct, frozen=True):
    """A protocol.

    Attributes:
        rows: its routes.
        prefix: of its paths, below the service's own.
        errors: the shape of refusals.
        key: lower-case name of the field where a client's token may stand beside Authorization, or empty.
        credential: lower-case name of the field in which the service expects the gateway's credential.
        told: fields of a client's head that go on.
        public: whether the anonymous principal goes there.
        bound: whether it has sessions, whose ids are bound to who began them, and messages that are read both ways.
        own: whether it is the platform's own, which is at the root alone.
    """

    rows: tuple[Row, ...]
    prefix: str = "/v1"
    errors: Errors = Errors.OPENAI
    key: bytes = b""
    credential: bytes = b"authorization"
    told: tuple[Told, ...] = ()
    public: bool = False
    bound: bool = False
    own: bool = False
