"""Handing entries over to a stream of NATS JetStream: one message each, and done once the stream has said so of all.

Rules of this file: TLS begins before anything that is shown, and nothing that came in plain text before it counts
afterwards. Of the server, bounded octets are read, for a bounded time.
Source: NATS client protocol; JetStream publish acknowledgement.
"""

import secrets
from collections.abc import Sequence
from typing import Final

from bartizan.app.plan import Connector
from bartizan.app.shipping.outcome import Later, Outcome, Refused, Taken, unreached
from bartizan.connectors import nats
from bartizan.connectors.formats import LINES
from bartizan.connectors.source import Source, uid
from bartizan.crypto.tls import client_context
from bartizan.egress.line import Line, open_connection
from bartizan.ledger.entry import Entry

SECONDS: Final = 20.0
"""For one batch, from the look-up of the name to the last receipt."""
_MOST_OCTETS: Final = 4 << 20


class _Answered(Exception):
    """The server says no, or nothing of ours; `outcome` is what that means."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.outcome = outcome


class _Talk:
    """What has come over a connection, cut into lines and payloads."""

    def __init__(self, line: Line) -> None:
        self.line, self.rest, self._left = line, b"", _MOST_OCTETS

    def _more(self) -> None:
        octets = self.line.recv()
        self._left -= len(octets)
        if not octets or self._left < 0:
            raise _Answered(Later("answer-malformed" if octets else "unreachable"))
        self.rest += octets

    def until_line(self, longest: int = nats.LONGEST) -> bytes:
        """Return the next line, without its end."""
        while b"\r\n" not in self.rest:
            if len(self.rest) > longest:
                raise _Answered(Later("answer-malformed"))
            self._more()
        found, _, self.rest = self.rest.partition(b"\r\n")
        return found

    def payload(self, octets: int) -> bytes:
        """Return that many octets, behind which the line ends."""
        while len(self.rest) < octets + 2:
            self._more()
        found, self.rest = self.rest[:octets], self.rest[octets + 2 :]
        return found

    def next(self) -> bytes:
        """Return the next line that is none of the server's questions, which are answered."""
        while (found := self.until_line(nats.LONGEST_INFO)).upper() in {b"PING", b"+OK"} or found[
            :5
        ] == b"INFO ":
            if found.upper() == b"PING":
                self.line.send(b"PONG\r\n")
        if found.startswith(b"-ERR"):
            raise _Answered(Later("server-refused"))
        return found


class Jetstream:
    """A stream of a NATS server.

    Args:
        connector: where it is and what it takes; its path is the subject.
        source: who tells.
        seconds: for one batch.
    Raises:
        CertificateUnusable: its authorities cannot be read.
    """

    def __init__(self, connector: Connector, source: Source, seconds: float = SECONDS) -> None:
        """Connect to nothing yet."""
        self._connector, self._source, self._seconds = connector, source, seconds
        self._subject = connector.path.removeprefix("/")
        self._context = client_context(connector.authorities.encode()) if connector.tls else None

    def __call__(self, entries: Sequence[Entry]) -> Outcome:
        """Put these entries into the stream over a connection of their own."""
        try:
            with open_connection(
                self._connector.host,
                self._connector.port,
                context=None,  # TLS begins behind the server's first line
                allowed=frozenset(self._connector.allowed),
                timeout_s=self._seconds,
            ) as line:
                talk = _Talk(line)
                self._begin(talk)
                return self._put(talk, entries)
        except _Answered as no:
            return no.outcome
        except nats.NotNats:
            return Later("answer-malformed")
        except OSError as fault:
            return unreached(fault)

    def _begin(self, talk: _Talk) -> None:
        said = nats.info(talk.until_line(nats.LONGEST_INFO))
        if not (said.headers and said.jetstream):
            raise _Answered(Later("no-jetstream"))
        if self._context is None and said.tls_required:
            raise _Answered(Later("tls-wanted"))
        if self._context is not None:
            if talk.rest or not (said.tls_required or said.tls_available):
                raise _Answered(Later("handshake-refused"))
            talk.line.secure(self._context, self._connector.host)
        hello = nats.connect(self._source.version, self._connector.credential, tls=self._connector.tls)
        talk.line.send(hello + b"PING\r\n")
        if talk.next().upper() != b"PONG":
            raise nats.NotNats

    def _put(self, talk: _Talk, entries: Sequence[Entry]) -> Outcome:
        inbox, encode = f"_INBOX.{secrets.token_hex(11)}", LINES[self._connector.kind]
        parts = [nats.subscribe(inbox)]
        for number, entry in enumerate(entries):
            told = encode(self._source, entry)
            parts.append(nats.publish(self._subject, f"{inbox}.{number}", uid(self._source, entry), told))
        talk.line.send(b"".join(parts))
        waiting = {f"{inbox}.{number}" for number in range(len(entries))}
        while waiting:
            found = nats.message(talk.next())
            if found is None:
                raise nats.NotNats
            subject, headed, whole = found
            body = talk.payload(whole)
            if headed and not body[headed:]:  # nobody listens at the subject
                return Later("no-stream")
            if not nats.acknowledged(body[headed:]):
                return Refused("stream-refused")
            waiting.discard(subject)
        return Taken()
