"""`data.transit-quantum-safe`: what is recorded on the wire today cannot be read by a quantum computer later."""

from bartizan.control import Control, Finding, Severity
from bartizan.data.subject import HYBRID, Channel

_CLEAR = "The connection carries data without TLS: use https."
_DOWNGRADED = "Both ends know a hybrid group and agreed on a classical one: look for who is in between."
_CLASSICAL = 'A classical connection was accepted under pq = "required": restart the gateway, then report it.'


def judge(channel: Channel) -> tuple[Finding, ...]:
    """Return what is wrong with a connection; a classical one is allowed where the client has no better."""
    if channel.group in HYBRID:
        return ()
    if channel.group == "none":
        return (Finding("no-tls", _CLEAR, Severity.CRITICAL),)
    if channel.offered:
        return (Finding("group-downgraded", _DOWNGRADED, Severity.CRITICAL),)
    if channel.pq == "required":
        return (Finding("group-classical", _CLASSICAL),)
    return ()


CONTROL = Control(
    id="data.transit-quantum-safe",
    promise="Connections agree on a quantum-safe key where the client can",
    reads=Channel,
    severity=Severity.HIGH,
    because="Traffic recorded now can be decrypted once a quantum computer exists (NIST IR 8547; FIPS 203).",
    references=("CWE-319", "CWE-326", "CWE-757", "API8:2023"),
    remediation='Use clients with X25519MLKEM768 (browsers, OpenSSL 3.5, Go 1.24); then set pq = "required".',
    judge=judge,
    fires_on=(Channel("none", False), Channel("x25519", True), Channel("secp256r1", False, "required")),
    silent_on=(Channel("x25519mlkem768", True, "required"), Channel("x25519", False)),
)
