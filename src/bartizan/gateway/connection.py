"""What the gateway knows of a TLS connection once the handshake is done."""

from typing import Any, Protocol

import msgspec


class Informed(Protocol):
    """What can be asked for facts about a connection: any transport of asyncio, or one over TLS."""

    def get_extra_info(self, name: str, default: Any = None) -> Any:  # noqa: ANN401 - asyncio's own signature
        """Return the fact of this name, or the default."""
        ...


class Connection(msgspec.Struct, frozen=True):
    """The terms of one connection.

    Attributes:
        version: as OpenSSL names it (`TLSv1.3`); empty without TLS.
        group: key-agreement group, a word of the ledger's vocabulary; `none` without TLS.
        alpn: protocol agreed on by ALPN; empty where the client offered none.
        resumed: whether the handshake continued an earlier session.
        certificate: SHA-256, base64url, of the certificate that the client showed; empty without.
    """

    version: str
    group: str
    alpn: str = ""
    resumed: bool = False
    certificate: str = ""


def connection_of(transport: Informed) -> Connection:
    """Return the terms of an open connection, from a transport of `crypto.tls_transport` or a plain one."""
    return Connection(
        version=transport.get_extra_info("version", ""),
        group=transport.get_extra_info("group", "none"),
        alpn=transport.get_extra_info("alpn", ""),
        resumed=transport.get_extra_info("resumed", False),
        certificate=transport.get_extra_info("certificate", ""),
    )
