"""The stack, the marks and the memo of a pickle machine, as the C unpickler keeps them: marks stand beside the stack.

Rules of this file: no instruction reaches below the last mark; what is not there is damage.
"""

from typing import Final

from bartizan.supply.octets import Budget
from bartizan.supply.pickles.arguments import damaged
from bartizan.supply.pickles.opcodes import Stream

COSTS: Final = 8
"""Operations that an instruction costs which keeps something: a container, a call, a memo."""
_SPARSE: Final = 1 << 16
"""How far a memo's number may lie beyond those that there are: the C unpickler keeps an array as long as the largest."""


class Stack:
    """Items, marks and memos.

    Attributes:
        push: puts an item on top.
    """

    def __init__(self, stream: Stream, budget: Budget) -> None:
        """Begin with nothing; the stream says where damage is."""
        self._stream, self._budget = stream, budget
        self._items: list[object] = []
        self._marks: list[int] = []
        self._memo: dict[int, object] = {}
        self.push = self._items.append

    @property
    def left(self) -> bool:
        """Return whether anything is left on it."""
        return bool(self._items or self._marks)

    @property
    def memos(self) -> int:
        """Return how many memos there are."""
        return len(self._memo)

    def keep(self, value: object) -> None:
        """Put on top what takes memory of its own.

        Raises:
            Exhausted: the budget does not reach.
        """
        self._budget.spend(COSTS)
        self._items.append(value)

    def pop(self) -> object:
        """Take the item on top.

        Raises:
            Damaged: there is none above the last mark.
        """
        if len(self._items) <= (self._marks[-1] if self._marks else 0):
            raise damaged("an instruction finds nothing to work on", self._stream.at)
        return self._items.pop()

    def top(self) -> object:
        """Return the item on top, as `pop`."""
        value = self.pop()
        self._items.append(value)
        return value

    def replace(self, value: object) -> None:
        """Put an item in the place of the one on top."""
        self.pop()
        self._items.append(value)

    def dup(self) -> None:
        """Put the item on top there once more."""
        self._items.append(self.top())

    def mark(self) -> None:
        """Set a mark."""
        self._marks.append(len(self._items))

    def drop(self) -> None:
        """Take away the item on top, or a mark where one is."""
        if self._marks and self._marks[-1] == len(self._items):
            self._marks.pop()
        else:
            self.pop()

    def marked(self) -> list[object]:
        """Take the items above the last mark, and the mark.

        Raises:
            Damaged: there is no mark.
        """
        if not self._marks:
            raise damaged("there is no mark", self._stream.at)
        mark = self._marks.pop()
        found = self._items[mark:]
        del self._items[mark:]
        return found

    def get(self, number: object) -> None:
        """Put a memo on top.

        Raises:
            Damaged: it is not there.
        """
        if not isinstance(number, int) or number not in self._memo:
            raise damaged("it takes from its memo what is not there", self._stream.at)
        self._items.append(self._memo[number])

    def put(self, number: object) -> bool:
        """Remember the item on top; return whether another was remembered by this number.

        Raises:
            Damaged: no pickler gives such a number.
            Exhausted: the budget does not reach.
        """
        value = self.top()
        if not isinstance(number, int) or number > 2 * len(self._memo) + _SPARSE:
            raise damaged("the number of a memo is far beyond the others", self._stream.at)
        known = number in self._memo
        self._budget.spend(COSTS)
        self._memo[number] = value
        return known
