"""Every token is shown by who holds the key, or the certificate, that it is bound to."""

from bartizan.access.subject import Possession
from bartizan.control import Control, Finding, Severity


def judge(shown: Possession) -> tuple[Finding, ...]:
    """Return what keeps a token from being taken as it is shown; nothing where it is proven, or bound to nothing."""
    return (Finding(shown.fault, shown.what),) if shown.fault else ()


CONTROL = Control(
    id="access.token-bound",
    promise="a stolen token is useless without its key",
    reads=Possession,
    severity=Severity.CRITICAL,
    because="tokens are stolen from logs, memory and proxies; bound ones are of no use elsewhere (RFC 9700, 2.2.1)",
    references=("AML.T0055", "API2:2023", "CWE-294"),
    remediation='request tokens with a DPoP proof, as `bartizan connect` does, and say binding = "required"',
    judge=judge,
    fires_on=(
        Possession("proof-missing", "the access token is bound to a key"),
        Possession("proof-replayed", "the DPoP proof was used before"),
        Possession("binding-missing", "this service takes bound tokens only"),
    ),
    silent_on=(Possession(),),
)
