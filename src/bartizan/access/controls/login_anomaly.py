"""Sign-ins that are out of the ordinary are flagged, within a budget of alerts."""

from bartizan.access.signin.subject import GUESSES, PROOFS, Reason, SignIn
from bartizan.access.signin.suspicion import WHAT, Kind
from bartizan.control import Control, Finding, Severity

_KINDS = {
    Reason.TOKEN_REPLAYED: Kind.TOKEN_REPLAY,
    Reason.PROOF_REPLAYED: Kind.PROOF_REPLAY,
    Reason.REFRESH_REUSED: Kind.REFRESH_REUSE,
}
_MANY = 20


def judge(signin: SignIn) -> tuple[Finding, ...]:
    """Return what one sign-in alone says; what many say together, the watch of this id does."""
    if signin.reason in PROOFS:
        kind = _KINDS[signin.reason]
    elif signin.reason in GUESSES and signin.count >= _MANY:
        kind = Kind.GUESSING if signin.principal else Kind.STUFFING
    else:
        return ()
    severity, confidence, what = WHAT[kind]
    return (Finding(kind.value, what, severity, confidence),)


CONTROL = Control(
    id="access.login-anomaly",
    promise="unauthorized sign-ins are flagged",
    reads=SignIn,
    severity=Severity.HIGH,
    because="stolen and guessed credentials are the most used way in (NIST SP 800-63B 5.2.2, ATT&CK T1110)",
    references=("AML.T0012", "API2:2023", "CWE-307"),
    remediation="look at `bartizan signins list`, ask whoever it is about, then revoke or clear",
    judge=judge,
    fires_on=(SignIn(0, "bartizan", reason=Reason.PROOF_REPLAYED), SignIn(0, "x", reason=Reason.SECRET_WRONG, count=99)),
    silent_on=(SignIn(0, "bartizan"), SignIn(0, "bartizan", reason=Reason.SECRET_WRONG)),
)  # fmt: skip
