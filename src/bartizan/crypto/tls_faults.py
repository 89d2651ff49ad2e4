"""Why a TLS connection does not go on: one word of a closed set, and what OpenSSL says of it, for people.

Rules of this file: OpenSSL's words are matched, never passed on as words of ours; a peer's text is not among them.
"""

from typing import Final

from OpenSSL._util import ffi, lib

_WORDS: Final = {
    "no suitable key share": "no-shared-group",
    "no suitable groups": "no-shared-group",
    "unsupported protocol": "no-shared-version",
    "version too low": "no-shared-version",
    "no application protocol": "no-shared-protocol",
    "http request": "http-on-tls",
    "https proxy request": "http-on-tls",
    "certificate verify failed": "certificate-refused",
    "unexpected eof while reading": "closed-early",
    "excessive message size": "too-large",
}
FAULTS: Final = frozenset({*_WORDS.values(), "refused-by-peer", "garbage", "timeout"})
"""Every word that a `TlsFault` may carry; each is a name that may stand in an event."""
_QUEUE_DEPTH: Final = 16  # entries of OpenSSL's error queue, which is a ring of sixteen


class TlsFault(ConnectionError):
    """A TLS connection cannot go on; `word` (of `FAULTS`) says why, `detail` says it for people."""

    def __init__(self, word: str, detail: str = "") -> None:
        """Take the word; the detail is OpenSSL's or this module's own text, never the peer's."""
        super().__init__(f"TLS: {detail or word}")
        self.word, self.detail = word, detail


class TlsTruncated(ConnectionError):
    """The peer's stream ended without close_notify: what was received may have been cut by somebody else."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("TLS: the connection ended without close_notify; its data may be cut short")


class NameUnusable(ValueError):
    """A server's name that cannot be verified against a certificate."""

    def __init__(self) -> None:
        """Say what a name is."""
        super().__init__("a server's name must be a DNS name or an address: correct it in the configuration")


def cause() -> tuple[str, str]:
    """Return word and detail of the first entry of OpenSSL's error queue, and empty the queue."""
    first = lib.ERR_get_error()
    for _ in range(_QUEUE_DEPTH):
        if not lib.ERR_get_error():
            break
    text = lib.ERR_reason_error_string(first) if first else ffi.NULL
    if text == ffi.NULL:
        return "garbage", "the connection failed without a reason"
    reason = ffi.string(text).decode("ascii", "replace")
    if " alert " in f" {reason} ":
        return "refused-by-peer", f"the other side refused: {reason}"
    return _WORDS.get(reason, "garbage"), reason
