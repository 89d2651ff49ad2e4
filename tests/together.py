"""How the tests of a run are shared out among several processes: in their order, one by one, the slow ones beside the others.

As many processes as there are processors take the fast tests first. The others begin with the slow ones, which mostly
wait: so no processor stands still while somebody waits, and no process is left with many slow ones at the end. Tests of
a file that share a fixture of their module go to one process, so that it is made once; one of the session each process
makes for itself.
"""

import os
from bisect import bisect_left
from collections.abc import Sequence
from functools import cache
from itertools import pairwise, takewhile
from pathlib import Path

import pytest
from typing_extensions import override
from xdist.scheduler import LoadScheduling  # type: ignore[import-untyped]  # it says its types, and not that it does
from xdist.workermanage import WorkerController  # type: ignore[import-untyped]  # as above

PROCESSORS = len(os.sched_getaffinity(0))


class InOrder(LoadScheduling):  # type: ignore[misc]
    """Hands out the next test, or the next ones that share, to whichever process has fewer than two before it.

    Two, because a process begins a test only when it knows the one after it, and what that shares with it.
    """

    def __init__(self, config: pytest.Config, log: object) -> None:
        """Begin with no process and no test."""
        super().__init__(config, log)
        self.maxschedchunk = 1
        self._slow: int | None = None

    @override
    def _send_tests(self, node: WorkerController, num: int) -> None:
        while num > 0 and self.pending:
            start = self._next(node)
            count = self._inseparable(start)
            chosen = self.pending[start : start + count]
            self.pending[: start + count] = chosen + self.pending[:start]
            super()._send_tests(node, count)
            num -= count

    def _next(self, node: WorkerController) -> int:
        """Return which of the tests that are left a process takes."""
        if self._slow is None:
            self._slow = first_slow([name.partition("::")[0] for name in self.collection])
        start = bisect_left(self.pending, self._slow) if self.nodes.index(node) >= PROCESSORS else 0
        return start if start < len(self.pending) else 0

    def _inseparable(self, start: int) -> int:
        """Return how many of the tests from there on go to one process."""
        file = self._file(self.pending[start])
        if not shares(file):
            return 1
        return sum(1 for _ in takewhile(lambda each: self._file(each) == file, self.pending[start:]))

    def _file(self, number: int) -> str:
        return str(self.collection[number]).partition("::")[0]


def first_slow(files: Sequence[str]) -> int:
    """Return the number of the first slow test, given the file of each: there the files, which are sorted, begin anew."""
    parts = [file.split("/") for file in files]
    return next((number for number, (one, other) in enumerate(pairwise(parts), 1) if other < one), len(files))


@cache
def shares(file: str) -> bool:
    """Return whether a file of tests has a fixture of its module."""
    return 'scope="module"' in Path(file).read_text()
