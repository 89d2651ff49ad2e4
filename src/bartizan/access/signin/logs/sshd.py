"""What sshd says of sign-ins: `journalctl -o json`, or lines with a date of ISO 8601 (`-o short-iso`, rsyslog).

Rules of this file: a user name is the client's, and may hold what looks like the rest of the line; so the address is the one
that sshd writes last. `Failed ... for invalid user` follows an `Invalid user`, and counts with it once.
Source: OpenSSH, auth.c, auth_log(); systemd, journal fields; pam_unix.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.access.signin.logs.told import LineUnreadable, Reader, Told, address, decoded, instant
from bartizan.access.signin.subject import Act, Credential, Reason

_NAMES: Final = frozenset({"sshd", "sshd-session", "sshd-auth"})
_MICRO: Final = 1000
_LINE: Final = re.compile(
    r"(\d{4}-\d\d-\d\dT\S{8,30}) (\S{1,255}) (sshd[a-z-]*)(?:\[\d+\])?: (.*)", re.DOTALL
)
_FROM: Final = r"(.*) from (\S{2,64}) port \d{1,5}"
_ACCEPTED: Final = re.compile(
    rf"Accepted (\S{{1,64}}) for {_FROM}(?: ssh2)?(?:: (\S{{1,64}}) (\S{{1,128}}))?.*", re.DOTALL
)
_FAILED: Final = re.compile(
    rf"Failed (\S{{1,64}}) for (?!invalid user ){_FROM}(?: ssh2)?(?:: .{{0,256}})?", re.DOTALL
)
_INVALID: Final = re.compile(rf"Invalid user {_FROM}", re.DOTALL)
_LEFT: Final = re.compile(r"(?:Connection closed|Disconnected)(?: by| from) authenticating user (.*) (\S{2,64}) port \d{1,5} \[preauth\]", re.DOTALL)  # fmt: skip
_METHODS: Final[Mapping[str, Credential]] = {
    "password": Credential.PASSWORD,
    "keyboard-interactive/pam": Credential.PASSWORD,
    "publickey": Credential.KEY,
    "gssapi-with-mic": Credential.TOKEN,
    "hostbased": Credential.KEY,
}


class _Journal(msgspec.Struct):
    MESSAGE: str | list[int] | None = None
    SYSLOG_IDENTIFIER: str | None = None
    REALTIME: str = msgspec.field(name="__REALTIME_TIMESTAMP", default="")
    CURSOR: str | None = msgspec.field(name="__CURSOR", default=None)
    HOST: str | None = msgspec.field(name="_HOSTNAME", default=None)


_DECODER = msgspec.json.Decoder(_Journal)


def read(line: bytes) -> Told | None:
    """Return what a line tells.

    Raises:
        LineUnreadable: it is neither of the forms.
    """
    if line[:1] == b"{":
        return _journal(line)
    try:
        found = _LINE.fullmatch(line.decode())
    except UnicodeDecodeError as fault:
        raise LineUnreadable from fault
    if found is None:
        raise LineUnreadable
    if found[3] not in _NAMES:
        return None
    return _said(found[4], instant(found[1]), found[2], "")


def _journal(line: bytes) -> Told | None:
    found = decoded(_DECODER, line)
    if found.SYSLOG_IDENTIFIER not in _NAMES:
        return None
    message = found.MESSAGE
    if isinstance(message, list):  # what the journal makes of octets that are no text
        try:
            message = bytes(message).decode("utf-8", "replace")
        except ValueError as fault:
            raise LineUnreadable from fault
    if not found.REALTIME.isascii() or not found.REALTIME.isdigit() or len(found.REALTIME) > 17:  # noqa: PLR2004 - microseconds, to the year 4000
        raise LineUnreadable
    return _said(message or "", int(found.REALTIME) * _MICRO, found.HOST or "", (found.CURSOR or "")[:512])


def _said(message: str, at: int, host: str, key: str) -> Told | None:
    accepted = _ACCEPTED.fullmatch(message)
    if accepted is not None:
        method, user, source, _, print_ = accepted.groups()
        found = address(source)
        return Told(at, Act.SIGN_IN, Reason.NONE, _METHODS.get(method, Credential.UNKNOWN), user, found, host,
                    print_ or "", id=key) if found else None  # fmt: skip
    failed = _FAILED.fullmatch(message) or _LEFT.fullmatch(message)
    if failed is not None:
        user, source = failed.groups()[-2:]
        return _refused(at, Reason.SECRET_WRONG, user, source, host, key)
    invalid = _INVALID.fullmatch(message)
    if invalid is not None:
        return _refused(at, Reason.PRINCIPAL_UNKNOWN, invalid[1], invalid[2], host, key)
    return None


def _refused(at: int, reason: Reason, user: str, source: str, host: str, key: str) -> Told | None:
    found = address(source)
    if not found:
        return None
    return Told(at, Act.SIGN_IN, reason, Credential.PASSWORD, user, found, host, id=key)


READER = Reader("sshd", "sshd's lines of the journal (journalctl -o json), or with dates of ISO 8601", read)
