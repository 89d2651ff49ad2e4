"""`gateway.tls-strong`: every connection is TLS 1.3, made anew, and speaks what the gateway judges."""

from bartizan.control import Control, Finding, Severity
from bartizan.gateway.connection import Connection

_OLD = "The connection is not TLS 1.3: use a client that speaks it."
_CLASSLESS = "No known group of key agreement was used: use a client that offers X25519MLKEM768 or X25519."
_PROTOCOL = "The connection agreed on another protocol than HTTP/1.1: offer http/1.1 by ALPN."
_RESUMED = "The connection continues an earlier session, without a new key agreement: begin a new one."


def judge(connection: Connection) -> tuple[Finding, ...]:
    """Return what is weak about a connection's terms."""
    found: list[Finding] = []
    if connection.version != "TLSv1.3":
        found.append(Finding("tls-version", _OLD, Severity.CRITICAL))
    if connection.group in {"none", "other"}:
        found.append(Finding("tls-group", _CLASSLESS))
    if connection.alpn not in {"", "http/1.1"}:
        found.append(Finding("tls-protocol", _PROTOCOL, Severity.MEDIUM))
    if connection.resumed:
        found.append(Finding("tls-resumed", _RESUMED, Severity.MEDIUM))
    return tuple(found)


_GOOD = Connection("TLSv1.3", "x25519mlkem768", "http/1.1")
CONTROL = Control(
    id="gateway.tls-strong",
    promise="Every connection is TLS 1.3 with a new key",
    reads=Connection,
    severity=Severity.HIGH,
    because="Older versions negotiate broken algorithms, and tickets outlive the keys that protect them (RFC 9325).",
    references=("API8:2023", "CWE-327", "CWE-326", "CWE-319"),
    remediation="Update the client; nothing is to be configured at the gateway.",
    judge=judge,
    fires_on=(Connection("TLSv1.2", "x25519"), Connection("", "none"), Connection("TLSv1.3", "x25519", "h2")),
    silent_on=(_GOOD, Connection("TLSv1.3", "x25519")),
)
