"""The device's own side: its key in a file, and what it tells a platform with it.

Rules of this file: the private key stands in its file alone, which nobody else may read; what is sent is signed with it.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bartizan.access.errors import EnrolmentsFull
from bartizan.access.issue.paths import METADATA_PATH
from bartizan.app.address import Upstream
from bartizan.clock import SECOND, Clock
from bartizan.crypto.keyring import load, load_or_create
from bartizan.crypto.secret import Secret
from bartizan.egress.http import Client, Response
from bartizan.identity.holder import Holder
from bartizan.identity.statement import ENROLMENT, POSTURE
from bartizan.typed_json import decoded

ENROL_PATH: Final = "/device/enrolment"
POSTURE_PATH: Final = "/device/posture"
_ACCEPTED: Final = 202
_HEADERS: Final = (("content-type", "application/jwt"),)


class DeviceKeyInvalid(ValueError):
    """A file that holds no private key on P-256; the message says which and what to do."""

    def __init__(self, file: Path) -> None:
        """Name the file."""
        super().__init__(f"{file} holds no private key on P-256; take another file, and a key is made there")


_WHAT_TO_DO: Final = {
    EnrolmentsFull.reason: "; too many keys ask to be admitted: ask again later, or have the owner refuse some",
}
"""Word of a refusal -> what to do about it."""


class DeviceRefused(RuntimeError):
    """The platform does not take what a device says; the message says its word for that."""

    def __init__(self, status: int, reason: str) -> None:
        """Carry both."""
        what = _WHAT_TO_DO.get(reason, "")
        super().__init__(f"the platform does not take it: {status} {reason}".rstrip() + what)
        self.reason = reason


class Told(msgspec.Struct, frozen=True):
    """The platform's answer to an enrolment: the key's fingerprint, and whether it `asking` or `admitted`."""

    key: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
    status: Annotated[str, msgspec.Meta(pattern=r"\A[a-z]{1,16}\Z")]


class _Metadata(msgspec.Struct, frozen=True):
    issuer: str


class _Problem(msgspec.Struct, frozen=True):
    reason: Annotated[str, msgspec.Meta(pattern=r"\A[a-z-]{1,40}\Z")] = ""


def device_key(file: Path, *, make: bool) -> Holder:
    """Return who holds the key of a file.

    Args:
        file: of the key, PKCS #8 in PEM; its folder is made where a key is.
        make: whether a key is made where there is none.
    Raises:
        FileNotFoundError: there is none.
        KeyExposed, KeyUnreadable: the file is not this user's alone, or cannot be read.
        DeviceKeyInvalid: it holds something else.
    """
    pem = load_or_create(file, _new) if make else load(file)
    try:
        key = load_pem_private_key(pem.reveal(), None)
    except (ValueError, TypeError) as fault:
        raise DeviceKeyInvalid(file) from fault
    if not isinstance(key, EllipticCurvePrivateKey) or not isinstance(key.curve, SECP256R1):
        raise DeviceKeyInvalid(file)
    return Holder(key)


def connected(url: Upstream, ca: bytes) -> Client:
    """Return the way to a platform.

    Args:
        url: of it.
        ca: PEM of the authority to trust; not looked at where the URL is http.
    Raises:
        CertificateUnusable: it holds no certificate.
    """
    allowed = frozenset({url.host})  # whoever names the address means it, wherever it lies
    if not url.tls:
        return Client.plain(url.host, url.port, allowed=allowed)
    return Client.over_tls(url.host, url.port, ca, allowed=allowed)


def audience(client: Client) -> str:
    """Return for whom statements to a platform are: its URL as its own metadata name it.

    Raises:
        DeviceRefused: it names none.
        EgressFault: the platform cannot be reached.
    """
    answer = client.request("GET", METADATA_PATH, (), b"")
    try:
        return decoded(answer.body, _Metadata).issuer
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise DeviceRefused(answer.status, "") from fault


def enrol(client: Client, wanted: str, holder: Holder, name: str, clock: Clock) -> Told:
    """Ask that a key be admitted.

    Args:
        client: of the platform.
        wanted: the platform's URL, from `audience`.
        holder: of the key.
        name: that the device asks to have.
        clock: the time.
    Raises:
        DeviceRefused: it is not even taken note of.
        EgressFault: the platform cannot be reached.
    """
    said = {"aud": wanted, "iat": clock.now() // SECOND, "name": name}
    answer = client.request("POST", ENROL_PATH, _HEADERS, holder.state(ENROLMENT, said).encode())
    _require_taken(answer)
    try:
        return decoded(answer.body, Told)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise DeviceRefused(answer.status, "") from fault


def tell(client: Client, wanted: str, holder: Holder, holds: Iterable[str], clock: Clock) -> None:
    """Say what holds of the device; what is not said is unknown.

    Args:
        client, wanted, holder, clock: as of `enrol`.
        holds: words of `identity.device.CLAIMS`.
    Raises:
        DeviceRefused: it is not taken.
        EgressFault: the platform cannot be reached.
    """
    said = {"aud": wanted, "iat": clock.now() // SECOND, "posture": dict.fromkeys(holds, True)}
    _require_taken(client.request("POST", POSTURE_PATH, _HEADERS, holder.state(POSTURE, said).encode()))


def _require_taken(answer: Response) -> None:
    if answer.status == _ACCEPTED:
        return
    try:
        reason = decoded(answer.body, _Problem).reason
    except (msgspec.DecodeError, UnicodeDecodeError):
        reason = ""
    raise DeviceRefused(answer.status, reason)


def _new() -> Secret:
    key = generate_private_key(SECP256R1())
    return Secret(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
