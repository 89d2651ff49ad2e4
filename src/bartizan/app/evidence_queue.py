"""Sealed evidence between the workers and the control process, which takes one piece at a time.

Rules of this file: bounded, for a worker may be an adversary's: beyond that the oldest is lost, and who takes the next is
told how much was.
"""

from collections import deque
from typing import TYPE_CHECKING, Final

import msgspec

from bartizan.app.child import Child
from bartizan.app.evidence_messages import EvidenceKept, EvidenceSealed, EvidenceTaken

if TYPE_CHECKING:
    from bartizan.app.supervisor import Supervisor

MOST: Final = 64
"""Pieces that wait."""


class EvidenceQueue:
    """What waits."""

    def __init__(self, supervisor: "Supervisor") -> None:
        """Serve this supervisor."""
        self._s = supervisor
        self._waiting: deque[EvidenceSealed] = deque()
        self._keeping = self._lost = 0

    def sealed(self, worker: Child, message: EvidenceSealed, __: list[int]) -> None:
        """Take what a worker has sealed; what it says of losses is not its to say."""
        if len(self._waiting) >= MOST:
            self._waiting.popleft()
            self._lost += 1
        self._waiting.append(msgspec.structs.replace(message, lost=0))
        self._s.tell(worker, EvidenceTaken())
        self._pass_on()

    def kept(self, control: Child, _: EvidenceKept, __: list[int]) -> None:
        """Hand over the next: the last is dealt with."""
        if self._keeping == control.number:
            self._keeping = 0
            self._pass_on()

    def control_ready(self) -> None:
        """Hand a new control process what its predecessor did not take."""
        self._keeping = 0
        self._pass_on()

    def _pass_on(self) -> None:
        for control in self._s.of("control", "ready"):
            if self._waiting and not self._keeping:
                self._keeping, lost = control.number, self._lost
                self._lost = 0
                self._s.tell(control, msgspec.structs.replace(self._waiting.popleft(), lost=lost))
