"""The typed facts that the gateway's controls judge."""

from collections.abc import Mapping

import msgspec


class RequestFacts(msgspec.Struct, frozen=True):
    """What was read of one request, before anything is decided about it.

    Attributes:
        fault: word of `faults.FAULTS` for what a reader of head or body could not accept, or empty.
        method: of the request line.
        minor: of the version, HTTP/1.minor.
        fields: header fields by lower-case name, values without surrounding white space; of a repeated
            field, the first.
        repeated: lower-case names of fields that stand more than once.
        host_known: whether Host names a name of this gateway.
    """

    fault: str = ""
    method: bytes = b"POST"
    minor: int = 1
    fields: Mapping[bytes, bytes] = {}
    repeated: tuple[bytes, ...] = ()
    host_known: bool = True


class Allowance(msgspec.Struct, frozen=True):
    """What a limiter says of one more request.

    Attributes:
        party: whose or what limit it is: `principal` or `address` for its requests; else `requests`, `tokens`,
            `concurrent` or `spend`, whoever shares it.
        retry_after: nanoseconds until one more is allowed; 0 when it is allowed now, negative when never.
    """

    party: str
    retry_after: int


class ToolFacts(msgspec.Struct, frozen=True):
    """What is known of a tool that is to be called.

    Attributes:
        listed: whether its server listed it here.
        changed: whether it was ever listed otherwise than it was pinned.
        pinned: whether the operator pinned it, or need not have.
        destructive: whether it is marked as one that may destroy.
        approved: whether the operator allows that.
    """

    listed: bool = True
    changed: bool = False
    pinned: bool = True
    destructive: bool = False
    approved: bool = False


class Account(msgspec.Struct, frozen=True):
    """How one worker's requests add up in the record, since its start.

    Attributes:
        admitted: requests whose admitted record is written.
        completed: of these, the ones whose completed record is written.
        open: of these, the ones on their way now.
        unwritten: records that could not be written.
    """

    admitted: int
    completed: int
    open: int
    unwritten: int
