"""The generation: which policy, principals, keys and revocations every worker decides on.

Rules of this file: the message first, the counter second, the answer to control last, once every worker has
loaded the generation or is dead. So a worker that sees the counter finds the message waiting, and what
control has answered is in force everywhere.
"""

import asyncio
import mmap
import os
import struct
from collections.abc import Callable
from pathlib import Path

from bartizan.app import worker_messages as w
from bartizan.app.channel import ChannelClosed
from bartizan.app.child import Child
from bartizan.isolation.memory import read_sealed, sealed

_PAGE = 4096
_LOAD_SECONDS = 5.0


class Generation:
    """The counter that workers map, and the state that it stands for.

    Args:
        path: the counter's file; workers get it read-only.
        of: living children of a kind.
    """

    def __init__(self, path: Path, of: Callable[[str], list[Child]]) -> None:
        """Start at 0, which stands for no state at all."""
        path.unlink(missing_ok=True)
        fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        os.ftruncate(fd, _PAGE)
        self._map = mmap.mmap(fd, _PAGE)
        os.close(fd)
        self.readable = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self.number = 0
        self._of, self._state_fd = of, -1
        self._arrived, self._loaded = asyncio.Event(), asyncio.Event()
        self._one = asyncio.Lock()

    async def first(self) -> None:
        """Return once there is a state to decide on."""
        await self._arrived.wait()

    def send(self, worker: Child) -> None:
        """Hand the current state to one worker, which gets every later one too."""
        worker.informed = True
        try:
            worker.channel.send(w.StateChanged(generation=self.number), [self._state_fd])
        except ChannelClosed:
            worker.kill()

    async def publish(self, fd: int) -> int:
        """Put a new state in force and return its generation once every worker decides on it or is dead.

        Raises:
            MemoryFileRefused: not an unchangeable memory file.
        """
        state = sealed(read_sealed(fd))
        async with self._one:
            if self._state_fd >= 0:
                os.close(self._state_fd)
            self._state_fd = state
            return await self._spread()

    async def bump(self) -> None:
        """Have every decision taken anew on the same state."""
        async with self._one:
            await self._spread()

    def loaded(self, worker: Child, generation: int) -> None:
        """Note how far a worker is."""
        worker.generation = generation
        self._loaded.set()

    def reconsider(self) -> None:
        """Look again at who is still awaited, because a worker is gone."""
        self._loaded.set()

    async def _spread(self) -> int:
        self.number += 1
        informed = [worker for worker in self._of("worker") if worker.informed]
        for worker in informed:
            self.send(worker)
        # one that is still starting finds the message waiting before its first decision
        waiting = [worker for worker in informed if worker.ready.done()]
        struct.pack_into("<Q", self._map, 0, self.number)
        self._arrived.set()
        try:
            async with asyncio.timeout(_LOAD_SECONDS):
                while any(w.state != "gone" and w.generation < self.number for w in waiting):
                    self._loaded.clear()
                    await self._loaded.wait()
        except TimeoutError:  # a worker that does not follow may not decide: it is ended, which also answers
            for worker in waiting:
                if worker.generation < self.number:
                    worker.kill()
                    await worker.exited
        return self.number
