"""The Workload API's messages, as octets: the few of them that we send, the empty ones that we take, and others' bundles.

Rules of this file: pure. Requests hold nothing that we use, so nothing of them is read but their length. Of what others send,
fields that we do not know are passed over, as the encoding wants it; everything else has one reading or none.
Source: Workload API specification (workload.proto); Protocol Buffers encoding; gRPC over HTTP/2, Length-Prefixed-Message.
"""

import struct
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from bartizan.crypto.secret import Reticent

FETCH_SVID: Final = "/SpiffeWorkloadAPI/FetchX509SVID"
FETCH_BUNDLES: Final = "/SpiffeWorkloadAPI/FetchX509Bundles"
FETCH_KEYS: Final = "/SpiffeWorkloadAPI/FetchJWTBundles"
REQUEST: Final = 1024
"""Octets of a request, at the most."""
_PREFIX: Final = struct.Struct(">BI")
_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
"""Forms of fields; groups, 3 and 4, are no part of this API."""
MOST_DOMAINS: Final = 256
"""Trust domains in one response."""
_LONGEST_WHOLE: Final = 10


class WireMalformed(ValueError):
    """Octets that are no message, or too much of one."""


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


def read_bundles(message: bytes, number: int) -> dict[str, bytes]:
    """Return the bundles of a response, by trust domain as it is written there.

    Args:
        message: `X509BundlesResponse` or `JWTBundlesResponse`.
        number: of the field `bundles` in it: 2 or 1.
    Raises:
        WireMalformed: it is no such message, or names a domain twice.
    """
    found: dict[str, bytes] = {}
    for field, content in _fields(message):
        if field != number:
            continue
        entry = dict(_fields(content))
        try:
            domain = entry.get(1, b"").decode("ascii")
        except UnicodeDecodeError as fault:
            raise WireMalformed from fault
        if domain in found or len(found) >= MOST_DOMAINS:
            raise WireMalformed
        found[domain] = entry.get(2, b"")
    return found


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of each field that has octets for content."""
    at = 0
    while at < len(message):
        key, at = _read_whole(message, at)
        number, form = key >> 3, key & 7
        if number == 0:
            raise WireMalformed
        if form == _VARINT:
            _, at = _read_whole(message, at)
            continue
        if form == _DELIMITED:
            length, at = _read_whole(message, at)
        elif form in (_FIXED32, _FIXED64):
            length = 4 if form == _FIXED32 else 8
        else:
            raise WireMalformed
        if length > len(message) - at:
            raise WireMalformed
        if form == _DELIMITED:
            yield number, message[at : at + length]
        at += length


def _read_whole(octets: bytes, at: int) -> tuple[int, int]:
    """Return a number in groups of seven bits, and where it ends."""
    found = 0
    for place, octet in enumerate(octets[at : at + _LONGEST_WHOLE]):
        found |= (octet & 0x7F) << 7 * place
        if octet < 0x80:  # noqa: PLR2004  # the last of its groups
            return found, at + place + 1
    raise WireMalformed


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
