"""The stream to one worker, as a process sees it that is asked over it.

Rules of this file: a worker may be an adversary's: one that says what was not agreed on is not heard any more, and so much may
wait for one that does not read.
"""

import socket
from typing import Any, Final, Generic, TypeVar

import msgspec

from bartizan.app.inspector_wire import FrameRefused, Frames, framed

_READ: Final = 1 << 18
Asked = TypeVar("Asked")


class WorkerStream(Generic[Asked]):
    """One stream.

    Attributes:
        end: ours.
        open: whether answers can still be sent.
    """

    def __init__(self, end: socket.socket, form: Any, most: int) -> None:  # noqa: ANN401 - a type, or several
        """Take our end of it.

        Args:
            end: a socket; waits for nothing from here on.
            form: of what is asked.
            most: octets of answers that may be left unread.
        """
        end.setblocking(False)
        self.end, self.open = end, True
        self._frames, self._unsent, self._most = Frames[Asked](form), bytearray(), most

    @property
    def waits(self) -> bool:
        """Return whether something is to be sent."""
        return bool(self._unsent)

    def read(self) -> list[Asked]:
        """Return what was asked."""
        try:
            octets = self.end.recv(_READ)
            if not octets:
                self.open = False
            return self._frames.take(octets)
        except BlockingIOError:
            return []
        except (OSError, FrameRefused):
            self.open = False
            return []

    def tell(self, message: msgspec.Struct) -> None:
        """Answer, now or once the worker reads."""
        self._unsent += framed(message)
        self.send()

    def send(self) -> None:
        """Send what can be sent."""
        try:
            while self._unsent and self.open:
                del self._unsent[: self.end.send(self._unsent)]
        except BlockingIOError:
            self.open = len(self._unsent) <= self._most
        except OSError:
            self.open = False
