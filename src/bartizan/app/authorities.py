"""The installation's certificate authorities, in the sealer's hands.

Rules of this file: keys lie in the key folder, certificates beside; only the server authority's certificate
is for clients (`ca.pem`). It may certify the gateway's own names and nothing else; when those change, the same
key gets a new certificate, which clients have to be given.
"""

from pathlib import Path

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from bartizan.app.folder import Folder
from bartizan.clock import DAY, Clock
from bartizan.crypto.keyring import load_or_create
from bartizan.crypto.secret import Secret
from bartizan.crypto.svid import sign_svid
from bartizan.crypto.trust_domain import TRUST_DOMAIN
from bartizan.crypto.x509 import Kind, certificate_pem, key_pem, load_key, make_authority, sign_leaf

_LEFT = 90 * DAY
"""An authority with less validity left is issued anew."""


class Authority(msgspec.Struct, frozen=True):
    """A certificate that signs others, and its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


class Authorities:
    """Signs for the processes of one installation.

    Args:
        folder: the state folder.
        names: host names and addresses that servers may be certified for.
        clock: validity starts now.
        trust_domain: that workloads may be certified for.
    Raises:
        KeyExposed, KeyUnreadable: a key's file is not as it must be.
    """

    def __init__(
        self, folder: Folder, names: tuple[str, ...], clock: Clock, trust_domain: str = TRUST_DOMAIN
    ) -> None:
        """Load both authorities, making what is missing."""
        self._names, self._clock = names, clock
        self._server = self._load("server", folder.keys, folder.authority, names)
        self._client = self._load("client", folder.keys, folder.client_authority, (trust_domain,))

    def sign(self, request: bytes, *, addresses: bool = True) -> bytes:
        """Return the certificate of a gateway worker for its request, both PEM.

        Args:
            request: of the worker.
            addresses: whether it is for the addresses among the names too.
        Raises:
            NameNotAllowed, RequestRefused: the request is not one that a worker of ours makes.
        """
        authority, now = self._server, self._clock.now()
        return sign_leaf(authority.certificate, authority.key, request, self._names, now, addresses=addresses)

    def sign_svid(self, request: bytes, uri: str) -> bytes:
        """Return the certificate (DER) of a workload, of whom somebody else has made sure, for its request (PEM).

        Raises:
            RequestRefused: the request cannot be read.
        """
        return sign_svid(self._client.certificate, self._client.key, request, uri, self._clock.now())

    @property
    def clients(self) -> bytes:
        """The client authority's certificate, DER."""
        return self._client.certificate.public_bytes(Encoding.DER)

    def _load(self, kind: Kind, keys: Path, certificate: Path, names: tuple[str, ...]) -> Authority:
        now = self._clock.now()

        def make() -> Secret:
            return Secret(key_pem(make_authority(kind, names, now)[1]))

        key = load_key(load_or_create(keys / f"{kind}-authority.pem", make).reveal())
        wanted, _ = make_authority(kind, names, now, key)
        found = _read(certificate)
        if (
            found is not None
            and _same(found, wanted)
            and found.not_valid_after_utc.timestamp() * 1e9 > now + _LEFT
        ):
            return Authority(found, key)
        _publish(certificate, certificate_pem(wanted))
        return Authority(wanted, key)


def _read(path: Path) -> x509.Certificate | None:
    try:
        return x509.load_pem_x509_certificate(path.read_bytes())
    except (FileNotFoundError, ValueError):
        return None


def _same(found: x509.Certificate, wanted: x509.Certificate) -> bool:
    """Return whether two certificates stand for one key and may certify the same names."""
    if found.public_key() != wanted.public_key():
        return False
    constraints = [c.extensions.get_extension_for_class(x509.NameConstraints).value for c in (found, wanted)]
    return constraints[0] == constraints[1]


def _publish(path: Path, pem: bytes) -> None:
    new = path.with_suffix(".new")
    new.write_bytes(pem)
    new.replace(path)
