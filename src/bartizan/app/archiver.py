"""The archiver: keeps a copy of the ledger in columns, for analysis.

Rules of this file: it has no key and no network, by a filter on its system calls; of the ledger it reads the tree and
writes the copy, which nobody believes who verifies, and Landlock leaves it no other file. It goes last when there is little to go round, and a disk that is
full, or a tree that cannot be read, is said once and waited for.
"""

import os
import select
import signal
import socket
import sys
from errno import EPERM
from pathlib import Path
from typing import Final

from bartizan.app import messages as m
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock
from bartizan.isolation.bpf import ALLOW, Rule, program, refuse
from bartizan.isolation.carrier import Reach, leave_files
from bartizan.isolation.confinement import Confinement, IsolationUnavailable, single_threaded
from bartizan.isolation.kernel import die_with_parent, no_new_privileges, not_dumpable, seccomp_filter
from bartizan.isolation.syscalls import SUPPORTED
from bartizan.ledger.archive import Archive
from bartizan.ledger.column_engine import ColumnsUnusable, QuestionTooLarge
from bartizan.ledger.columns import pieces_folder
from bartizan.ledger.database import LedgerUnreadable

_LOOK_MS: Final = 1000
"""How long it waits before it looks at the tree again."""
_AGAIN_MS: Final = 10_000
"""The same, after something went wrong."""
_DOUBT_EVERY: Final = Nanoseconds(3600 * SECOND)
"""How often every file is looked at again."""
_NICE: Final = 10
_OUTWARD: Final = ("socket", "connect", "bind", "io_uring_setup", "ptrace", "execve", "execveat")
"""Calls that it has no use for, and whoever took it over would."""
_ENGINE_READS: Final = tuple(
    map(Path, ("/proc/self", "/proc/meminfo", "/sys/fs/cgroup", "/sys/devices/system"))
)
"""By which its engine learns how much of the machine it may take."""


class Archiver:
    """What the archiver does, behind the supervisor's channel.

    Args:
        channel: to the supervisor; without it the process ends.
        archive: that it keeps.
        clock: the time.
    """

    def __init__(self, channel: Channel, archive: Archive, clock: Clock) -> None:
        """Begin."""
        self._channel, self._archive, self._clock = channel, archive, clock
        self._said, self._doubts = "", Nanoseconds(clock.now() + _DOUBT_EVERY)

    def run(self) -> None:
        """Keep the copy for ever.

        Raises:
            ChannelClosed: the supervisor is gone.
        """
        poll, wait = select.poll(), 0
        poll.register(self._channel.fileno(), select.POLLIN)
        while True:
            if poll.poll(wait):
                self._channel.receive()
                self._channel.send(m.Alive())
            wait = self.turn()

    def turn(self) -> int:
        """Do one piece of work; return after how many milliseconds the next is due."""
        if self._clock.now() >= self._doubts:
            self._doubts = Nanoseconds(self._clock.now() + _DOUBT_EVERY)
            self._archive.doubt()
        try:
            more = self._archive.turn()
        except (LedgerUnreadable, ColumnsUnusable, QuestionTooLarge, OSError) as fault:
            self._say(f"the copy in columns is not kept up: {fault}")
            return _AGAIN_MS
        if not more:
            self._say("")
        return 0 if more else _LOOK_MS

    def _say(self, words: str) -> None:
        """Say how it stands, where that is news."""
        if words != self._said:
            sys.stderr.write(f"{words or 'the copy in columns is kept up again'}\n")
            sys.stderr.flush()
            self._said = words


def stay_inside(ledger: Path) -> Confinement:
    """Refuse every call that reaches outward, and every file but the tree and the copy, for ever.

    Args:
        ledger: its folder.
    Raises:
        IsolationUnavailable: the kernel cannot do that, or a thread runs already.
    """
    kept = pieces_folder(ledger).parent
    kept.mkdir(mode=0o700, exist_ok=True)
    what = "archiver"
    if not SUPPORTED:
        raise IsolationUnavailable("no system-call filter for this machine", what)
    single_threaded(what)
    landlock = leave_files(Reach(what, reads=(ledger, *_ENGINE_READS), keeps=(kept,)))
    seccomp_filter(program([Rule(name, verdict=refuse(EPERM)) for name in _OUTWARD], ALLOW))
    return Confinement(seccomp=True, landlock=landlock)


def main(argv: list[str]) -> int:
    """Keep the copy until the supervisor is gone; `argv` holds the descriptor of the channel. Returns the exit status."""
    die_with_parent(signal.SIGKILL)
    no_new_privileges()
    not_dumpable()
    os.nice(_NICE)
    channel = Channel(socket.socket(fileno=int(argv[0])), m.ArchiverOrders)
    boot, _ = channel.receive()
    try:
        held = stay_inside(Path(boot.ledger)) if boot.confined else Confinement()
        archive = Archive(Path(boot.ledger))
    except IsolationUnavailable as fault:
        sys.stderr.write(f"{fault}\n")
        return 3
    except OSError as fault:
        sys.stderr.write(f"no copy in columns can be kept: {fault}\n")
        return 3
    channel.send(m.Ready(seccomp=held.seccomp, landlock=held.landlock))
    try:
        Archiver(channel, archive, SystemClock()).run()
    except ChannelClosed:
        os._exit(0)  # the supervisor is gone
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
