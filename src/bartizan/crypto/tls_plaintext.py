"""The transport that a protocol above TLS sees: plaintext in, plaintext out.

Rules of this file: it holds no state of its own; everything is asked of the connection's `TlsProtocol`.
"""

import asyncio
import base64
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.hashes import SHA256
from OpenSSL import SSL
from typing_extensions import override

from bartizan.crypto.tls_groups import group_word

if TYPE_CHECKING:
    from bartizan.crypto.tls_transport import TlsProtocol


class TlsTransport(asyncio.Transport):
    """The transport that the inner protocol sees: plaintext in, plaintext out."""

    def __init__(self, tls: "TlsProtocol") -> None:
        """Stand before one connection's TLS."""
        super().__init__()
        self._tls = tls

    @override
    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Encrypt and send; nothing after `close`."""
        self._tls.send(data)

    @override
    def writelines(self, list_of_data: Iterable[bytes | bytearray | memoryview]) -> None:
        """Encrypt and send as one."""
        self._tls.send(b"".join(list_of_data))

    @override
    def close(self) -> None:
        """Send what is queued and close_notify, then close; nothing more is received."""
        self._tls.close()

    @override
    def abort(self) -> None:
        """Close at once; what is queued is lost."""
        self._tls.abort()

    @override
    def is_closing(self) -> bool:
        """Return whether the connection is closed or being closed."""
        return not self._tls.is_open or self._tls.raw.is_closing()

    @override
    def can_write_eof(self) -> bool:
        """Return False: close_notify goes out with `close`."""
        return False

    @override
    def pause_reading(self) -> None:
        """Stop receiving, down to the socket."""
        self._tls.pause()

    @override
    def resume_reading(self) -> None:
        """Receive again, first what was decrypted meanwhile."""
        self._tls.resume()

    @override
    def is_reading(self) -> bool:
        """Return whether data is being received."""
        return not self._tls.paused and not self.is_closing()

    @override
    def get_write_buffer_size(self) -> int:
        """Return how many bytes wait to be sent."""
        return self._tls.undrained + self._tls.raw.get_write_buffer_size()

    @override
    def get_write_buffer_limits(self) -> tuple[int, int]:
        """Return the marks, low and high, at which writing resumes and pauses, in bytes."""
        return self._tls.raw.get_write_buffer_limits()

    @override
    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """Set the marks at which writing pauses and resumes, in bytes."""
        self._tls.raw.set_write_buffer_limits(high, low)

    @override
    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Hand the connection to another protocol."""
        if not isinstance(protocol, asyncio.Protocol):
            raise TypeError("TLS carries a stream protocol")
        self._tls.inner = protocol

    @override
    def get_protocol(self) -> asyncio.BaseProtocol:
        """Return the inner protocol; after the connection's end, the TLS protocol itself."""
        return self._tls.inner or self._tls

    @override
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Return a fact of TLS (`group`, `version`, `alpn`, `resumed`, `certificate`, `sslobject`), `raw`, or one of the socket."""
        connection = self._tls.session.connection
        found: Any
        match name:
            case "group":
                found = group_word(connection)
            case "version":
                found = connection.get_protocol_version_name()
            case "alpn":
                found = connection.get_alpn_proto_negotiated().decode("ascii", "replace")
            case "resumed":
                found = self._tls.session.resumed
            case "certificate":
                found = _thumbprint(connection)
            case "sslobject":
                found = connection
            case "raw":
                found = self._tls.raw
            case _:
                found = self._tls.raw.get_extra_info(name, default)
        return found


def _thumbprint(connection: SSL.Connection) -> str:
    """Return SHA-256, base64url, of the certificate that the other side showed; empty where it showed none.

    Source: RFC 8705 section 3.1.
    """
    shown = connection.get_peer_certificate(as_cryptography=True)
    if shown is None:
        return ""
    return base64.urlsafe_b64encode(shown.fingerprint(SHA256())).rstrip(b"=").decode()
