"""Who is inspected next: sources take turns, stretch by stretch, each within a budget of processor time.

Rules of this file: whoever has waited for nothing yet comes before those of whom a stretch was read, so that a short prompt waits
for one stretch of a long one and no more (Corbató 1962, multi-level queue); of the time that others wait, the long ones have a share.
Bounded in jobs and in octets; where it is full, who waits with most loses the newest of it. What is not
inspected is answered all the same, with the reason. Pure but for the meter that it is given.
"""

from collections import OrderedDict, deque
from collections.abc import Callable, Generator
from typing import Final

from bartizan.clock import SECOND
from bartizan.gateway.inspected import BLOCK, BUDGET, FAILED, UNAVAILABLE, Passed, Said

JOBS: Final = 1024
"""Requests that wait at once."""
OCTETS: Final = 96 << 20
"""Octets that they have together."""
_JOB_OCTETS: Final = OCTETS // JOBS
"""What a job counts for beside its octets."""
SHARE: Final = 0.5
"""Processor time that a source may use for long, of one processor's."""
SAVED: Final = 5 * SECOND
"""Processor time that it may use at once, in nanoseconds."""
SOURCES: Final = 4096
"""Sources whose use is remembered."""
AHEAD: Final = SECOND // 100
"""Processor time that those who begin may use before the next stretch of one that goes on, in nanoseconds."""

Work = Generator[None, None, Said | Passed]
Tell = Callable[[Said | Passed], None]


class Job:
    """One request."""

    __slots__ = ("line", "number", "octets", "source", "tell", "work")

    def __init__(
        self, source: str, octets: int, work: Work, tell: Tell, line: object = None, number: int = 0
    ) -> None:
        """Take it.

        Args:
            source: who asks.
            octets: that it holds while it waits.
            work: inspects, a stretch at a time.
            tell: takes what comes of it, once.
            line, number: that it came over, and of which question.
        """
        self.number = number
        self.source, self.octets, self.work, self.tell, self.line = source, octets, work, tell, line


class Turns:
    """The requests that wait."""

    def __init__(
        self,
        used: Callable[[], int],
        now: Callable[[], int],
        failed: Callable[[str, Exception], None] = lambda _what, _fault: None,
    ) -> None:
        """Start empty.

        Args:
            used: () -> processor time of this thread, in nanoseconds.
            now: () -> the time, in nanoseconds.
            failed: is told where a detector or a control raised; then what it was about is held back.
        """
        self._used, self._now, self._failed = used, now, failed
        self._waiting: dict[str, deque[Job]] = {}
        self._begin, self._go_on = OrderedDict[str, None](), OrderedDict[str, None]()  # each source is in one
        self._ahead = 0
        self._spent: OrderedDict[str, tuple[int, int]] = OrderedDict()
        self._jobs = self._octets = 0

    def __len__(self) -> int:
        """Return how many wait."""
        return self._jobs

    def put(self, job: Job) -> None:
        """Have a request inspected in its turn, or told at once that it is not."""
        if self._owed(job.source) > SAVED:
            job.tell(Said(BLOCK, BUDGET))
            return
        if job.source not in self._waiting:
            self._waiting[job.source] = deque()
            self._begin[job.source] = None
        self._waiting[job.source].append(job)
        self._jobs, self._octets = self._jobs + 1, self._octets + job.octets
        while self._jobs > JOBS or self._octets > OCTETS:
            source = max(self._waiting, key=self._held)
            shed = self._waiting[source][-1]
            self._remove(shed)
            shed.tell(Said(BLOCK, UNAVAILABLE))

    def step(self) -> None:
        """Inspect one stretch of who is next, if anybody waits."""
        if not self._waiting:
            return
        begins = bool(self._begin) and (not self._go_on or self._ahead < AHEAD)
        row = self._begin if begins else self._go_on
        source, _ = row.popitem(last=False)
        job, before = self._waiting[source][0], self._used()
        try:
            next(job.work)
        except StopIteration as done:
            said: Said | Passed | None = done.value
        except Exception as fault:  # noqa: BLE001 - what could not be judged is not let through
            self._failed("an inspection", fault)
            said = Said(BLOCK, FAILED)
        else:
            said = None
        used = self._used() - before
        self._ahead = self._ahead + used if begins else 0
        self._charge(source, used)
        if said is None and self._owed(source) > SAVED:
            said = Said(BLOCK, BUDGET)
        if said is None:
            self._go_on[source] = None
            return
        self._begin[source] = None
        self._remove(job)
        job.tell(said)

    def drop(self, line: object, number: int = 0) -> None:
        """Forget those that came over a line which is gone, or the one of a number for which nobody waits any more."""
        every = [job for jobs in self._waiting.values() for job in jobs]
        for job in [each for each in every if each.line == line and number in (0, each.number)]:
            self._remove(job)

    def _remove(self, job: Job) -> None:
        jobs = self._waiting[job.source]
        if job is jobs[0] and job.source in self._go_on:
            del self._go_on[job.source]
            self._begin[job.source] = None  # with the next one, of which nothing was read yet
        jobs.remove(job)
        job.work.close()
        self._jobs, self._octets = self._jobs - 1, self._octets - job.octets
        if not jobs:
            del self._waiting[job.source], self._begin[job.source]

    def _held(self, source: str) -> int:
        return sum(job.octets + _JOB_OCTETS for job in self._waiting[source])

    def _owed(self, source: str) -> int:
        """Return the processor time that a source has used and not yet got back."""
        spent, since = self._spent.get(source, (0, 0))
        return max(0, spent - int((self._now() - since) * SHARE))

    def _charge(self, source: str, used: int) -> None:
        self._spent[source] = (self._owed(source) + used, self._now())
        self._spent.move_to_end(source)
        if len(self._spent) > SOURCES:
            self._spent.popitem(last=False)
