"""Event logs of any OpenID provider, in the words of the standards: one JSON object a line.

Members: `time` (ISO 8601, or seconds or milliseconds since 1970), `event` (login, token, refresh, use, consent), `error`
(absent for what was granted: the words of RFC 6749, or `user_not_found`, `mfa_failed`, `token_replayed`,
`proof_replayed`, `refresh_reused`), `sub`, `client_id`, `ip`, `device`, `country`, `sid`, `jti`, `scope`, `amr`.
"""

from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.access.signin.logs.told import LineUnreadable, Reader, Told, address, decoded, instant
from bartizan.access.signin.subject import Act, Credential, Reason
from bartizan.clock import SECOND

_ACTS: Final[Mapping[str, Act]] = {
    "login": Act.SIGN_IN,
    "token": Act.SIGN_IN,
    "refresh": Act.RENEW,
    "use": Act.USE,
    "consent": Act.CONSENT,
}
_ERRORS: Final[Mapping[str, Reason]] = {
    "access_denied": Reason.SECRET_WRONG,
    "invalid_client": Reason.SECRET_WRONG,
    "invalid_grant": Reason.SECRET_WRONG,
    "invalid_credentials": Reason.SECRET_WRONG,
    "user_not_found": Reason.PRINCIPAL_UNKNOWN,
    "mfa_failed": Reason.SECOND_FACTOR,
    "token_replayed": Reason.TOKEN_REPLAYED,
    "proof_replayed": Reason.PROOF_REPLAYED,
    "invalid_dpop_proof": Reason.PROOF_REPLAYED,
    "refresh_reused": Reason.REFRESH_REUSED,
}
_METHODS: Final[Mapping[str, Credential]] = {
    "pwd": Credential.PASSWORD,
    "hwk": Credential.PASSKEY,
    "swk": Credential.PASSKEY,
    "fpt": Credential.PASSKEY,
}
_MILLISECONDS_FROM: Final = 100_000_000_000
_GRAVE: Final = ("offline_access", "admin", "write", "full_access", ".readwrite")


class _Line(msgspec.Struct):
    time: str | int | float
    event: str
    error: str | None = None
    sub: str | None = None
    client_id: str | None = None
    ip: str | None = None
    device: str | None = None
    country: str | None = None
    sid: str | None = None
    jti: str | None = None
    scope: str | None = None
    amr: list[str] | None = None


_DECODER = msgspec.json.Decoder(_Line)


def read(line: bytes) -> Told | None:
    """Return what a line tells.

    Raises:
        LineUnreadable: it is not of the form above.
    """
    found = decoded(_DECODER, line)
    act = _ACTS.get(found.event)
    if act is None:
        return None
    methods = [_METHODS[each] for each in found.amr or () if each in _METHODS]
    return Told(
        _at(found.time),
        act,
        _ERRORS.get(found.error, Reason.OTHER) if found.error else Reason.NONE,
        methods[-1] if methods else Credential.UNKNOWN,
        found.sub or "",
        address(found.ip),
        found.client_id or "",
        found.device or "",
        found.country or "",
        found.sid or "",
        grave=any(word in (found.scope or "").lower() for word in _GRAVE),
        id=found.jti or "",
    )


def _at(time: str | float) -> int:
    if isinstance(time, str):
        return instant(time)
    try:
        return int(time * 1_000_000 if time >= _MILLISECONDS_FROM else time * SECOND)
    except OverflowError as fault:  # a number that is infinite as nanoseconds
        raise LineUnreadable from fault


READER = Reader("oidc", "events of any OpenID provider, one JSON object a line (docs/sign-ins.md)", read)
