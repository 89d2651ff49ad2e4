"""Every request is permitted by a policy, for this principal, action and service."""

from bartizan.access.subject import Authorization
from bartizan.control import Control, Finding, Severity
from bartizan.identity.strength import INSUFFICIENT, WHAT

_FAILED = Finding("policy-error", "the policies could not be evaluated for this request; it is refused")
_ELSEWHERE = Finding(
    "token-elsewhere",
    "the token is good for another service; request one with this service's URL as resource",
)
_BARRED = Finding(
    "agent-denied",
    "no policy permits this to who acts for the principal, so it may not do it for anybody; ask the owner for a role",
)
_UNCONFIRMED = Finding(INSUFFICIENT, WHAT)
_FORBIDDEN = Finding("policy-forbids", "a policy forbids this; ask the owner, who can change it")
_DENIED = Finding(
    "policy-denied", "no policy permits this principal to do that here; ask the owner for a role"
)


def judge(asked: Authorization) -> tuple[Finding, ...]:
    """Return why the request may not go on; nothing where a policy permits it."""
    if asked.failed:
        return (_FAILED,)
    if asked.elsewhere:
        return (_ELSEWHERE,)
    if asked.unconfirmed:
        return (_UNCONFIRMED,)
    if asked.allowed:
        return (_BARRED,) if asked.agent_barred else ()
    return (_FORBIDDEN,) if asked.policies else (_DENIED,)


CONTROL = Control(
    id="access.request-authorized",
    promise="every request is authorized by policy",
    reads=Authorization,
    severity=Severity.CRITICAL,
    because="who may ask is not thereby allowed everything (NIST SP 800-207, tenet 3: access per request)",
    references=("AML.T0040", "API5:2023", "CWE-862"),
    remediation="give the principal the role that the service's policy asks for, or change the policy",
    judge=judge,
    fires_on=(
        Authorization(allowed=False),
        Authorization(allowed=False, policies=("no-embedding",)),
        Authorization(allowed=True, failed=True),
        Authorization(allowed=True, elsewhere=True),
        Authorization(allowed=True, agent_barred=True),
        Authorization(allowed=False, policies=("flagged-first",), unconfirmed=True),
    ),
    silent_on=(Authorization(allowed=True, policies=("callers-call-services",)),),
)
