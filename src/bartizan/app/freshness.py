"""What a worker decides on, and that it is the newest there is.

Rules of this file: a decision is taken on the generation that the counter names, or not at all. The counter
is read once a request; when it has moved, the message with the state is there already, and nothing else is
done before it is taken. Without the control process a worker serves on for `ALONE` and then refuses.
"""

import mmap
import os
import select
from collections.abc import Callable

from bartizan.access.assemble import Access, Ports, assemble
from bartizan.access.change import EVERYTHING, NOTHING, Change
from bartizan.app.channel import Channel
from bartizan.clock import SECOND, Clock, Nanoseconds
from bartizan.identity.state import State

ALONE = Nanoseconds(30 * SECOND)
"""How long a worker serves on the last generation while the control process is gone."""
_PAGE = 4096
_PATIENCE_MS = 5000


class StateLate(Exception):
    """The counter names a generation whose state did not come; the worker must not decide any more."""


class Freshness:
    """The generation in force.

    Args:
        counter: descriptor of the counter's file; mapped read-only.
        ports: what the access room needs.
        channel: where states arrive.
        take: takes one message off the channel and carries it out.
        clock: the time.
    """

    __slots__ = (
        "_alone_since",
        "_changed",
        "_channel",
        "_clock",
        "_counter",
        "_map",
        "_ports",
        "_take",
        "access",
        "generation",
    )

    def __init__(
        self, counter: int, ports: Ports, channel: Channel, take: Callable[[], None], clock: Clock
    ) -> None:
        """Map the counter; there is no state yet."""
        self._map = mmap.mmap(counter, _PAGE, prot=mmap.PROT_READ)
        os.close(counter)
        self._counter = memoryview(self._map).cast("Q")
        self._ports, self._channel, self._take, self._clock = ports, channel, take, clock
        self._alone_since: Nanoseconds | None = None
        self._changed = EVERYTHING
        self.access: Access | None = None
        self.generation = 0

    def newest(self) -> int:
        """Return the number of the newest generation there is; negative where nothing may be decided now."""
        if self._alone_since is not None and self._alone_for_too_long:
            return -1
        return self._counter[0]

    @property
    def _alone_for_too_long(self) -> bool:
        return self._alone_since is not None and self._clock.now() - self._alone_since > ALONE

    def current(self) -> Access | None:
        """Return what to decide on now; None where the control process has been gone for too long.

        Raises:
            StateLate: the newest state did not come.
        """
        while self._counter[0] > self.generation:
            self._wait()
        return None if self._alone_for_too_long else self.access

    def load(self, generation: int, state: State) -> None:
        """Decide on this state from now on."""
        if self.access is None:
            self.access = assemble(self._ports, state, generation)
        else:
            self.access = self.access.next(state, generation)
        self._changed = self._changed.also(self.access.change)
        self.generation = generation

    def changed(self) -> Change:
        """Load the newest generation; return what has been taken away of earlier answers since the last call.

        Raises:
            StateLate: the newest state did not come.
        """
        there = self.current() is not None
        changed, self._changed = self._changed, NOTHING if there else EVERYTHING
        return changed if there else EVERYTHING

    def control_is(self, *, up: bool, away: int = 0) -> None:
        """Note whether the control process is there, or for how many nanoseconds it has been away."""
        self._alone_since = None if up else Nanoseconds(self._clock.now() - away)

    def _wait(self) -> None:
        poll = select.poll()
        poll.register(self._channel.fileno(), select.POLLIN)
        if not poll.poll(_PATIENCE_MS):
            raise StateLate
        self._take()
