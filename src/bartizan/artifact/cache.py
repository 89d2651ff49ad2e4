"""Digests that were taken before, for signing anew: one changed file hashes one file.

Rules of this file: only who signs has one. It is under a tag of the signing key's, so nobody else can put a digest into it that is
then signed; it knows a file by facts that its writer cannot set (ctime, inode), so a stale row needs a clock that was set back, or a
disk that was written past its file system. Even then the signature tells what the file was, and verifying, which has no cache and
always reads, finds that it is not. Rows of files that changed just before the run are not kept: a second change could fall into the
same tick of the file system's clock (what git calls racy).
"""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bartizan.artifact.digest import Digests
from bartizan.artifact.manifest import MOST
from bartizan.artifact.walk import Facts
from bartizan.clock import MILLISECOND, SECOND, Nanoseconds
from bartizan.crypto.secret import Secret, Tag
from bartizan.typed_json import decoded, known

FINE: Final = Nanoseconds(20 * MILLISECOND)
"""How long a file must have been as it is for its digests to be kept: two ticks of Linux's slowest clock (HZ = 100)."""
COARSE: Final = Nanoseconds(2 * SECOND)
"""The same, where the file system keeps no parts of a millisecond: FAT has ticks of two seconds."""
_TAG: Final = hashlib.sha256().digest_size
_MOST_OCTETS: Final = 256 << 20
_Rows = list[tuple[Facts, Digests]]
known(_Rows)


def cache_key(pem: Secret) -> Secret:
    """Return the key under which the cache of a signing key stands."""
    derive = HKDF(SHA256(), 32, salt=None, info=b"bartizan artifact digests")
    return Secret(derive.derive(pem.reveal()))


def load(file: Path, key: Secret) -> Mapping[Facts, Digests]:
    """Return the digests that are kept; none where there is no cache, or one that is not this key's."""
    try:
        with file.open("rb") as stream:
            octets = stream.read(_MOST_OCTETS + 1)
    except OSError:
        return {}
    tag, rows = octets[:_TAG], octets[_TAG:]
    if len(octets) > _MOST_OCTETS or not Tag(_tagged(key, rows)).matches(tag):
        return {}
    return dict(decoded(rows, _Rows))


def encoded(rows: Mapping[Facts, Digests], key: Secret) -> bytes:
    """Return a cache as octets: a tag, then the rows; the newest `MOST` of them."""
    octets = msgspec.json.encode(list(rows.items())[-MOST:])
    return _tagged(key, octets) + octets


def settled(rows: Iterable[tuple[Facts, Digests]], now: Nanoseconds) -> Mapping[Facts, Digests]:
    """Return the rows that may be kept.

    Args:
        rows: facts and digests of a run.
        now: when the run began, by the machine's clock.
    """
    return {of: told for of, told in rows if max(of.changed, of.modified) + _tick(of) <= now}


def _tick(of: Facts) -> int:
    return FINE if of.changed % MILLISECOND else COARSE


def _tagged(key: Secret, octets: bytes) -> bytes:
    return hmac.digest(key.reveal(), octets, "sha256")
