"""What a request is expected to take of its limits, and what whoever counts them says of it.

Rules of this file: shapes alone, as in `ports.py`.
"""

import asyncio
from typing import TypeAlias

import msgspec


class Expected(msgspec.Struct, frozen=True):
    """What one request is expected to take of its limits.

    Attributes:
        lease: its id; what it holds is held under this name.
        service, route: where it goes.
        principal, client, address: who asks, through what, from where (pseudonym of the prefix).
        pseudonym: of the principal.
        model: that is asked for, for its price. The client's text.
        input, output: tokens of the request and of its answer.
    """

    lease: str
    service: str
    route: str
    principal: str
    pseudonym: str
    client: str
    address: str
    model: str
    input: int
    output: int


class Reserved(msgspec.Struct, frozen=True):
    """What is expected is held; the same goes back to `settle`.

    Attributes:
        input, output: tokens that were expected.
        fields: `RateLimit` and `RateLimit-Policy` of the answer, each line with its CR LF, or nothing.
        held: whoever counts knows by it what is held.
    """

    input: int
    output: int
    fields: bytes
    held: object


class Overdrawn(msgspec.Struct, frozen=True):
    """A limit is not kept, or nobody knows whether it is.

    Attributes:
        party: a word of `subject.Allowance`; empty where nobody knows.
        wait: nanoseconds until it may be kept; negative where waiting does not help.
        fields: as of `Reserved`.
    """

    party: str
    wait: int
    fields: bytes = b""


class Alert(msgspec.Struct, frozen=True):
    """A budget has reached a threshold.

    Attributes:
        actor: pseudonym of the principal whose budget it is, or `platform`.
        service: that the request went to which reached it.
        per: what the budget is told apart by, a word of `vocabulary.PER`.
        period: `day` or `month`.
        percent: 50, 80 or 100.
    """

    actor: str
    service: str
    per: str
    period: str
    percent: int


Coming: TypeAlias = asyncio.Future[Reserved | Overdrawn | None]
