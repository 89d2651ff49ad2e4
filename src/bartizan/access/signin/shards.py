"""A watch over many keys in a bounded room.

Rules of this file: what strangers can make as many of as they like has a room of its own, and takes nothing from the keys
that good sign-ins have made. Of strangers' keys, that one gives way which tried least among those that were still for the
longest: who wants to push out one that tries has to try more, from more places than there is room for, and a crowd like that
is what `crowd.py` sees, which has nothing to be pushed out of.
"""

from collections import OrderedDict
from itertools import islice
from typing import Any, Final

from bartizan.control import Finding, Watch

EARNED: Final = 65_536
STRANGE: Final = 16_384
_LOOKED_AT: Final = 16


class Shards:
    """The states of one watch by key."""

    __slots__ = ("_earned", "_most", "_strange", "_watch", "evicted")

    def __init__(self, watch: Watch, earned: int = EARNED, strange: int = STRANGE) -> None:
        """Begin with nothing.

        Args:
            watch: whose states are kept; a state tells by `earned` and `tries`, where it has them.
            earned, strange: keys that are kept at most of either sort.
        """
        self._watch, self._most = watch, (earned, strange)
        self._earned: OrderedDict[str, Any] = OrderedDict()
        self._strange: OrderedDict[str, Any] = OrderedDict()
        self.evicted = 0

    def __len__(self) -> int:
        """Return how many keys are kept."""
        return len(self._earned) + len(self._strange)

    def state(self, key: str) -> Any:  # noqa: ANN401 - of the watch
        """Return the state of a key; the start of one that is not kept."""
        found = self._earned.get(key)
        return found if found is not None else self._strange.get(key, self._watch.start)

    def step(self, subject: Any) -> tuple[Finding, ...]:  # noqa: ANN401 - of the watch
        """Fold a subject into the state of its key; return what is found."""
        key = self._watch.key(subject)
        before = self.state(key)
        after, found = self._watch.step(before, subject)
        if after is not before:
            self.put(key, after)
        return found

    def put(self, key: str, state: Any) -> None:  # noqa: ANN401 - of the watch
        """Keep a state; another one may have to give way."""
        earned = getattr(state, "earned", True)
        if earned:
            self._strange.pop(key, None)
        room, most = (self._earned, self._most[0]) if earned else (self._strange, self._most[1])
        room[key] = state
        room.move_to_end(key)
        if len(room) > most:
            self.evicted += 1
            del room[next(iter(room)) if earned else self._least()]

    def items(self) -> tuple[tuple[str, Any], ...]:
        """Return every key and its state, in an order in which `put` restores both rooms."""
        return (*self._earned.items(), *self._strange.items())

    def _least(self) -> str:
        first = islice(self._strange.items(), _LOOKED_AT)
        return min(first, key=lambda item: getattr(item[1], "tries", 0))[0]
