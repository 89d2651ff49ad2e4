"""The Workload API's messages, as octets: the few of them that we send, and the empty ones that we take.

Rules of this file: pure. Requests hold nothing that we use, so nothing of them is read but their length.
Source: Workload API specification (workload.proto); Protocol Buffers encoding; gRPC over HTTP/2, Length-Prefixed-Message.
"""

import struct
from collections.abc import Iterable, Mapping
from typing import Final

from bartizan.crypto.secret import Reticent

FETCH_SVID: Final = "/SpiffeWorkloadAPI/FetchX509SVID"
FETCH_BUNDLES: Final = "/SpiffeWorkloadAPI/FetchX509Bundles"
REQUEST: Final = 1024
"""Octets of a request, at the most."""
_PREFIX: Final = struct.Struct(">BI")
_DELIMITED: Final = 2


class Certified(Reticent, frozen=True):
    """One certificate as a workload gets it.

    Attributes:
        spiffe_id: URI.
        chain: certificates, DER, its own alone.
        key: private, PKCS 8 DER. A secret.
        bundle: of its trust domain, DER.
        hint: its name, for who has several.
    """

    spiffe_id: str
    chain: bytes
    key: bytes
    bundle: bytes
    hint: str


def svid_response(svids: Iterable[Certified]) -> bytes:
    """Return `X509SVIDResponse`."""
    return b"".join(_field(1, _svid(each)) for each in svids)


def bundles_response(bundles: Mapping[str, bytes]) -> bytes:
    """Return `X509BundlesResponse` of certificates (DER) by trust domain."""
    return b"".join(
        _field(2, _field(1, domain.encode("utf-8")) + _field(2, bundle)) for domain, bundle in bundles.items()
    )


def framed(message: bytes) -> bytes:
    """Return a message as gRPC sends it, uncompressed."""
    return _PREFIX.pack(0, len(message)) + message


def is_request(octets: bytes) -> bool:
    """Return whether that is one whole message, uncompressed, and not too long."""
    if not _PREFIX.size <= len(octets) <= _PREFIX.size + REQUEST:
        return False
    compressed, length = _PREFIX.unpack_from(octets)
    return bool(compressed == 0 and length == len(octets) - _PREFIX.size)


def _svid(svid: Certified) -> bytes:
    return b"".join(
        (
            _field(1, svid.spiffe_id.encode("utf-8")),
            _field(2, svid.chain),
            _field(3, svid.key),
            _field(4, svid.bundle),
            _field(5, svid.hint.encode("utf-8")),
        )
    )


def _field(number: int, content: bytes) -> bytes:
    return _whole(number << 3 | _DELIMITED) + _whole(len(content)) + content


def _whole(number: int) -> bytes:
    """Return a number in groups of seven bits, the lowest first."""
    octets = bytearray()
    while number > 0x7F:  # noqa: PLR2004  # seven bits
        octets.append(number & 0x7F | 0x80)
        number >>= 7
    octets.append(number)
    return bytes(octets)
