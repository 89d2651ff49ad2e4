"""How the tests of a run are shared out among several processes: in their order, one by one.

The fast ones come first that way, and no process is left with many slow ones at the end. Tests of a file that share a
fixture of their module go to one process, so that it is made once; one of the session each process makes for itself.
"""

from functools import cache
from itertools import takewhile
from pathlib import Path

import pytest
from typing_extensions import override
from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]  # it says its types, and not that it does


class InOrder(LoadScheduling):  # type: ignore[misc]
    """Hands out the next test, or the next ones that share, to whichever process has fewer than two before it.

    Two, because a process begins a test only when it knows the one after it, and what that shares with it.
    """

    def __init__(self, config: pytest.Config, log: object) -> None:
        """Begin with no process and no test."""
        super().__init__(config, log)
        self.maxschedchunk = 1

    @override
    def _send_tests(self, node: object, num: int) -> None:
        while num > 0 and self.pending:
            count = self._inseparable()
            super()._send_tests(node, count)
            num -= count

    def _inseparable(self) -> int:
        """Return how many of the tests that come next go to one process."""
        file = self._file(self.pending[0])
        if not shares(file):
            return 1
        return sum(1 for _ in takewhile(lambda each: self._file(each) == file, self.pending))

    def _file(self, number: int) -> str:
        return str(self.collection[number]).partition("::")[0]


@cache
def shares(file: str) -> bool:
    """Return whether a file of tests has a fixture of its module."""
    return 'scope="module"' in Path(file).read_text()
