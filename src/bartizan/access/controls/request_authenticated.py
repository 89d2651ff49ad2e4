"""Every request names a principal that is known, by a token that verifies now."""

from bartizan.access.subject import Presentation, Standing
from bartizan.control import Control, Finding, Severity

_REVOKED = Finding("token-revoked", "the access token was revoked; request a new one")
_STANDING = {
    Standing.UNKNOWN: Finding("principal-unknown", "the token names a principal that is not registered here"),
    Standing.REVOKED: Finding(
        "principal-revoked", "this principal was revoked; ask the owner to register it"
    ),
    Standing.ARRIVING: Finding(
        "principal-arriving",
        "what the issuer says of this principal is being registered; ask again in a second",
    ),
    Standing.ENDED: Finding("signed-out", "its issuer has ended this sign-in; sign in again for a new token"),
}


def judge(presented: Presentation) -> tuple[Finding, ...]:
    """Return what keeps this credential from being accepted; nothing where it is good."""
    if presented.fault:
        return (Finding(presented.fault, presented.what),)
    if presented.token_revoked:
        return (_REVOKED,)
    finding = _STANDING.get(presented.standing)
    return () if finding is None else (finding,)


CONTROL = Control(
    id="access.request-authenticated",
    promise="every request is authenticated",
    reads=Presentation,
    severity=Severity.CRITICAL,
    because="an unauthenticated caller reaches models and data as anybody (NIST SP 800-207, tenet 6)",
    references=("AML.T0040", "API2:2023", "CWE-287"),
    remediation="request a token from /oauth/token, or with `bartizan token`, and send it as Bearer",
    judge=judge,
    fires_on=(
        Presentation("token-missing", "no access token was presented"),
        Presentation(standing=Standing.KNOWN, token_revoked=True),
        Presentation(standing=Standing.REVOKED),
        Presentation(standing=Standing.ARRIVING),
        Presentation(standing=Standing.ENDED),
        Presentation(),
    ),
    silent_on=(Presentation(standing=Standing.KNOWN),),
)
