"""Asking a judge about texts in doubt: one request, one answer, for so long and no longer.

Rules of this file: a judge is a stranger: of its answer a bounded part is taken, for a bounded time; redirects are not followed,
and nothing of its text is repeated.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final

from bartizan.app.guard_judge.messages import Word
from bartizan.app.guard_judge.plan import GuardJudge
from bartizan.egress.faults import (
    AddressRefused,
    CertificateRefused,
    EgressFault,
    HandshakeRefused,
    ResponseTooLarge,
    UpstreamUnreachable,
)
from bartizan.egress.http import Client
from bartizan.threats.opinion import MARK_OCTETS, Unclear, opinion, question

ANSWER_OCTETS: Final = 16_384
_OK: Final = 200
_LEAST_SECONDS: Final = 0.01
_FAULTS: Final[tuple[tuple[type[EgressFault], Word], ...]] = (
    (AddressRefused, Word.ADDRESS),
    (CertificateRefused, Word.CERTIFICATE),
    (HandshakeRefused, Word.HANDSHAKE),
    (ResponseTooLarge, Word.TOO_LARGE),
)
Thought = tuple[Word, int, int]
"""What came of it, and how many tokens the judge says it took: of the question, of its answer."""


class Asking:
    """Asks; for several threads at once.

    Args:
        judge: who is asked.
        token_hex: number of octets -> as many random ones, in hexadecimal.
    Raises:
        CertificateUnusable: the judge's authorities cannot be read.
    """

    def __init__(self, judge: GuardJudge, token_hex: Callable[[int], str]) -> None:
        """Connect to nothing yet."""
        self._judge, self._token_hex = judge, token_hex
        self._path = f"{judge.path}/chat/completions"
        shown = [("authorization", judge.credential)] if judge.credential else []
        self._headers = [("content-type", "application/json"), ("accept", "application/json"), *shown]
        self._clients = threading.local()
        self._client(1.0)

    def __call__(self, texts: Sequence[str], seconds: float) -> Thought:
        """Return what the judge says, or why it says nothing.

        Args:
            texts: in doubt.
            seconds: that there are for it.
        """
        if seconds < _LEAST_SECONDS:
            return Word.TIMED_OUT, 0, 0
        mark = self._token_hex(MARK_OCTETS)
        body = question(self._judge.style, self._judge.model, texts, mark)
        try:
            answer = self._client(seconds).request(
                "POST", self._path, self._headers, body, most=ANSWER_OCTETS
            )
        except OSError as fault:
            return _word(fault), 0, 0
        if answer.status != _OK:
            return Word.REFUSED, 0, 0
        try:
            said = opinion(self._judge.style, answer.body, mark)
        except Unclear:
            return Word.UNCLEAR, 0, 0
        word = Word.ATTACK if said.attack else Word.HARMLESS
        return word, said.usage.prompt_tokens, said.usage.completion_tokens

    def _client(self, seconds: float) -> Client:
        """Return this thread's own, which ends a request in so many seconds."""
        found: Client | None = getattr(self._clients, "client", None)
        if found is None:
            found = self._clients.client = self._made()
        found.timeout_s = seconds
        return found

    def _made(self) -> Client:
        judge, allowed = self._judge, frozenset(self._judge.allowed)
        if not judge.tls:
            return Client.plain(judge.host, judge.port, allowed=allowed)
        return Client.over_tls(judge.host, judge.port, judge.authorities.encode(), allowed=allowed)


def _word(fault: OSError) -> Word:
    known = next((word for kind, word in _FAULTS if isinstance(fault, kind)), None)
    if known is not None:
        return known
    late = isinstance(fault, TimeoutError) or (
        isinstance(fault, UpstreamUnreachable) and "time" in fault.fault
    )
    return Word.TIMED_OUT if late else Word.UNREACHABLE
