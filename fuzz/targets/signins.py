"""Foreign logs of sign-ins: each line is read in one way or counted, and whatever is read can be folded.

The first octet chooses the format.
"""

from zlib import crc32

from bartizan.access.signin.fold import Fold
from bartizan.access.signin.logs import READERS
from bartizan.access.signin.logs.told import LONGEST, lines
from bartizan.access.signin.subject import SignIn
from bartizan.app.signin_import import read
from bartizan.app.signin_watch import flagged
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.pseudonym import prefix
from bartizan.ledger.event import Event
from fuzz.target import Target

_FORMS = sorted(READERS)
NOW = Nanoseconds(1_800_000_000 * SECOND)


def run(data: bytes) -> str:
    if not data:
        return "nothing"
    form, log = _FORMS[data[0] % len(_FORMS)], data[1:]
    found, counted = read(log, form, NOW)
    assert sum(counted.values()) + len(found) <= len(list(lines(log)))
    instants = [told.at for _, told in found]
    assert instants == sorted(instants)
    fold, alerts = Fold(1000), 0
    for key, told in found:
        assert len(key) == 16
        assert max(len(told.principal), len(told.device), len(told.client)) <= LONGEST
        source = f"a-{crc32(prefix(told.address).encode()):016x}" if told.address else ""
        who = f"p-{crc32(told.principal.encode()):016x}" if told.principal else ""
        for alert in fold.step(SignIn(told.at, form, told.act, told.reason, told.credential, who, source)):
            entry = flagged(alert, 0, "owner")
            Event(told.at, entry.kind, entry.actor, entry.subject, entry.outcome, entry.control, entry.detail)
            alerts += 1
    reasons = sorted({told.reason.value for _, told in found})
    return f"{form} {min(len(found), 2)} {min(counted['unreadable'], 1)} {min(counted['other'], 1)} {','.join(reasons)} {min(alerts, 1)}"


def _of(form: str, log: bytes) -> bytes:
    return bytes([_FORMS.index(form)]) + log


_KEYCLOAK = (
    b'2026-11-27 08:00:01,199 WARN  [org.keycloak.events] (t) type="LOGIN_ERROR", clientId="a", userId="null", '
    b'ipAddress="203.0.113.7", error="user_not_found", username="x"'
)

TARGET = Target(
    modules=(
        "bartizan.access.signin.logs.told",
        "bartizan.access.signin.logs.entra",
        "bartizan.access.signin.logs.keycloak",
        "bartizan.access.signin.logs.kubernetes",
        "bartizan.access.signin.logs.oidc",
        "bartizan.access.signin.logs.okta",
        "bartizan.access.signin.logs.sshd",
    ),
    run=run,
    seeds=(
        _of("keycloak", _KEYCLOAK),
        _of("keycloak", b'[{"time":1764230400123,"type":"LOGIN","userId":"u","ipAddress":"::1","details":{"scope":"x"}}]'),
        _of("oidc", b'{"time":"2026-11-27T08:00:00Z","event":"login","sub":"a","ip":"::1","amr":["pwd"]}\n{"time":1.5e9,"event":"consent","scope":"admin"}'),
        _of("entra", b'{"value":[{"createdDateTime":"2026-11-27T08:00:00Z","status":{"errorCode":50126},"location":{"countryOrRegion":"SE"}}]}'),
        _of("entra", b'{"category":"A","properties":{"activityDateTime":"2026-11-27T08:00:00Z","activityDisplayName":"Consent to application"}}'),
        _of("okta", b'{"eventType":"user.session.start","published":"2026-11-27T08:00:00Z","outcome":{"result":"FAILURE","reason":"LOCKED_OUT"},"debugContext":{"debugData":{"dtHash":"h"}}}'),
        _of("sshd", b"2026-11-27T08:00:00+0000 h sshd[1]: Accepted publickey for a from 203.0.113.7 port 5 ssh2: RSA SHA256:x"),
        _of("sshd", b'{"__REALTIME_TIMESTAMP":"1764230400123456","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"Invalid user x from ::1 port 5"}'),
        _of("kubernetes", b'{"kind":"Event","stage":"ResponseComplete","requestReceivedTimestamp":"2026-11-27T08:00:00Z","verb":"create","user":{"username":"a"},"sourceIPs":["::1"],"responseStatus":{"code":201},"objectRef":{"resource":"rolebindings"}}'),
    ),
    words=(b"Failed password for ", b" from ", b" port ", b"[preauth]", b'"value":[', b'"records":[', b"ipAddress=", b"type=", b"null", b"\\ud800", b"1e999", b"system:anonymous"),
    longest=2048,
)  # fmt: skip
