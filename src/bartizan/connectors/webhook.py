"""Entries for a webhook that can check who sent them: Standard Webhooks, signed with HMAC-SHA256. Pure.

Rules of this file: what is signed is the id, the instant and the body together, so that none of them can be put
beside another. The key never leaves this process; its text form is `whsec_` and base64.
Source: Standard Webhooks specification 1.0, sections Webhook headers and Verifying webhook authenticity.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence
from typing import Final

import msgspec

from bartizan.connectors.native import encode
from bartizan.connectors.source import Source
from bartizan.ledger.entry import Entry

TYPE: Final = "bartizan.entries"
LEAST, MOST = 24, 64
"""Octets of a key."""
_PREFIX: Final = "whsec_"
_SECOND: Final = 1_000_000_000


class KeyUnusable(ValueError):
    """A text that is no key of a webhook; the message does not repeat it."""

    def __init__(self) -> None:
        """Say what one looks like."""
        super().__init__(
            f"is no key of a webhook: {_PREFIX} and {LEAST} to {MOST} octets in base64; "
            'make one with: echo "whsec_$(openssl rand -base64 32)"'
        )


def key(text: str) -> bytes:
    """Return the key that a text stands for.

    Raises:
        KeyUnusable: it stands for none.
    """
    try:
        found = base64.b64decode(text.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise KeyUnusable from None
    if not text.startswith(_PREFIX) or not LEAST <= len(found) <= MOST:
        raise KeyUnusable
    return found


def request(source: Source, entries: Sequence[Entry]) -> tuple[str, bytes]:
    """Return the id and the body of a request that tells these entries, at least one.

    The same entries have the same id whenever they are told.
    """
    first, last = entries[0], entries[-1]
    data = {"ledger": source.ledger, "entries": [msgspec.Raw(encode(source, entry)) for entry in entries]}
    body = msgspec.json.encode({"type": TYPE, "timestamp": last.event.at // _SECOND, "data": data})
    told = hashlib.sha256(body).hexdigest()[:16]
    return f"{source.ledger.rpartition('/')[2]}-{first.index}-{last.index}-{told}", body


def signed(secret: bytes, identity: str, at: int, body: bytes) -> tuple[tuple[str, str], ...]:
    """Return the fields that go with a body.

    Args:
        secret: the key.
        identity: of the request.
        at: when it is sent, UTC nanoseconds.
        body: of the request.
    """
    seconds = str(at // _SECOND)
    mac = hmac.new(secret, f"{identity}.{seconds}.".encode() + body, hashlib.sha256)
    signature = "v1," + base64.b64encode(mac.digest()).decode("ascii")
    return (
        ("webhook-id", identity),
        ("webhook-timestamp", seconds),
        ("webhook-signature", signature),
    )
