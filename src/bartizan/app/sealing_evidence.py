"""Evidence, as a worker makes it: excerpts sealed to a key that the worker does not have, on their way to who keeps them.

Rules of this file: bounded in number; what is too much is lost, and that is on record. Sealed at once: no excerpt waits in
the clear. One piece at a time goes to the supervisor, so that none fills a channel that other things go through.
"""

import contextlib
from collections import deque
from collections.abc import Mapping
from typing import Final, Protocol

from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.evidence_messages import About, EvidenceSealed, EvidenceTaken
from bartizan.clock import SECOND, Clock
from bartizan.crypto.sealing import KeyMisshapen, seal
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import JournalUnwritable
from bartizan.threats.excerpt import LARGEST

MOST: Final = 64
"""Pieces that wait to be handed on."""
LOST: Final = "threats.evidence.lost"


class Journal(Protocol):
    """The worker's own."""

    @property
    def segment(self) -> int:
        """Number of the segment that is written to."""
        ...

    def flush(self) -> None:
        """Write what was added. Raises JournalUnwritable."""
        ...

    def record(
        self,
        kind: str,
        actor: str,
        subject: str,
        outcome: Outcome,
        control: str = "",
        detail: Mapping[str, int | str] = {},
    ) -> int:
        """Add an event. Raises JournalUnwritable."""
        ...


class Sealing:
    """What one worker seals.

    Attributes:
        key: public key to seal to; empty while nobody has told of one.
    """

    def __init__(self, kept: Mapping[str, int], clock: Clock, journal: Journal) -> None:
        """Wait for a key.

        Args:
            kept: service -> seconds for which its evidence is kept, of those that keep any.
            clock: the time.
            journal: that what is lost is told to.
        """
        self._kept, self._clock, self._journal = kept, clock, journal
        self._waiting: deque[EvidenceSealed] = deque()
        self._lost: dict[str, int] = {}
        self._handed = False
        self.key = b""

    def keep(self, service: str, request: str, principal: str, entry: int, excerpts: bytes) -> None:
        """Seal excerpts of what was found in a request or its answer, and have them kept."""
        seconds = self._kept.get(service, 0)
        if not seconds or len(excerpts) > LARGEST or not principal.startswith("p-"):
            return  # an inspector that tells what it was not asked for
        now = self._clock.now()
        segment = self._journal.segment
        about = About(service, request, principal, segment, entry, now, now + seconds * SECOND)
        try:
            if len(self._waiting) < MOST:
                sealed = seal(excerpts, self.key, about.octets)
                self._waiting.append(EvidenceSealed(about=about, sealed=sealed))
                return
        except KeyMisshapen:  # nobody has told of one yet
            pass
        self._lost[service] = self._lost.get(service, 0) + 1

    def taken(self, _: EvidenceTaken, __: list[int]) -> None:
        """Hand on the next piece from now on."""
        self._handed = False

    def hand_on(self, channel: Channel) -> None:
        """Hand on the next piece, where the last was taken, and tell of what was lost."""
        if self._waiting and not self._handed:
            with contextlib.suppress(ChannelClosed):
                channel.send(self._waiting[0])
                self._waiting.popleft()
                self._handed = True
        lost, self._lost = self._lost, {}
        with contextlib.suppress(JournalUnwritable):  # the next request finds out
            for service, count in lost.items():
                detail: dict[str, int | str] = {"count": count}
                self._journal.record(LOST, "platform", service, Outcome.FAILED, "", detail)
                self._journal.flush()
