"""Digests of files: SHA-256 of the whole, BLAKE3 of each shard, read once, by a few threads.

Rules of this file: files are read, not mapped: one that is cut off while it is mapped ends the process (SIGBUS), and reading costs
no more (decision 56). A file is the same, by its facts, before, when opened, and after, or it is told as moving.
"""

import errno
import hashlib
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, Protocol

import msgspec

from bartizan.artifact.errors import Moving
from bartizan.artifact.manifest import Algorithm, shards
from bartizan.artifact.walk import Facts, facts, opened

PIECE: Final = 256 << 10
"""Octets that are read at once, so that they are hashed out of the processor's cache."""
MOST_THREADS: Final = 8
_TOGETHER: Final = 4 << 20
"""Octets of small files that one thread takes at once."""


class _Hash(Protocol):
    def update(self, data: memoryview, /) -> object: ...
    def hexdigest(self) -> str: ...


class Wanted(msgspec.Struct, frozen=True):
    """A file that is to be hashed: its name below the root, and its facts when it was found."""

    name: str
    facts: Facts


class Digests(msgspec.Struct, frozen=True, array_like=True):
    """Digests of one file, in hexadecimal; empty where they were not asked for."""

    sha256: str = ""
    blake3: tuple[str, ...] = ()


class _Part(msgspec.Struct, frozen=True):
    """Octets `start` to `end` of a file, which begin and end a shard."""

    file: int
    start: int
    end: int


def threads() -> int:
    """Return how many threads hash: one a processor that this process may use, `MOST_THREADS` at most."""
    return min(MOST_THREADS, len(os.sched_getaffinity(0)))


def digests(
    root: int, files: Sequence[Wanted], algorithms: Sequence[Algorithm], shard: int, count: int = 0
) -> list[Digests]:
    """Return the digests of files, in their order.

    Args:
        root: descriptor of the artifact's folder.
        files: in it.
        algorithms: which digests.
        shard: octets of a shard.
        count: of threads; 0 takes `threads()`.
    Raises:
        Moving: a file is not, or does not stay, what it was.
        OSError: one cannot be read.
    """
    lots = list(_lots(list(_parts(files, algorithms, shard))))

    def hashed(lot: Sequence[_Part]) -> list[Digests]:
        buffer = memoryview(bytearray(PIECE))
        return [_part(root, files[part.file], part, (algorithms, shard, buffer)) for part in lot]

    found: list[list[Digests]] = [[] for _ in files]
    with ThreadPoolExecutor(count or threads()) as pool:
        for lot, told in zip(lots, pool.map(hashed, lots), strict=True):
            for part, one in zip(lot, told, strict=True):
                found[part.file].append(one)
    return [Digests(many[0].sha256, tuple(each for one in many for each in one.blake3)) for many in found]


def _parts(files: Sequence[Wanted], algorithms: Sequence[Algorithm], shard: int) -> Iterator[_Part]:
    """Yield what can be hashed apart: the whole of a file for SHA-256, which goes from end to end, else each shard."""
    for number, file in enumerate(files):
        size = file.facts.octets
        if "sha256" in algorithms:
            yield _Part(number, 0, size)
        else:
            for one in range(shards(size, shard)):
                yield _Part(number, one * shard, min(size, (one + 1) * shard))


def _lots(parts: Sequence[_Part]) -> Iterator[list[_Part]]:
    lot: list[_Part] = []
    octets = 0
    for part in parts:
        lot.append(part)
        octets += part.end - part.start + 4096
        if octets >= _TOGETHER:
            yield lot
            lot, octets = [], 0
    if lot:
        yield lot


def _part(root: int, file: Wanted, part: _Part, how: tuple[Sequence[Algorithm], int, memoryview]) -> Digests:
    algorithms, shard, buffer = how
    descriptor = opened(root, file.name)
    try:
        if facts(os.fstat(descriptor)) != file.facts:
            raise Moving(file.name)
        found = _hashed(_Reading(descriptor, file.name, buffer), part, algorithms, shard)
        if facts(os.fstat(descriptor)) != file.facts:
            raise Moving(file.name)
    finally:
        os.close(descriptor)
    return found


def _hashed(reading: "_Reading", part: _Part, algorithms: Sequence[Algorithm], shard: int) -> Digests:
    whole = hashlib.sha256() if "sha256" in algorithms else None
    make = _blake3() if "blake3" in algorithms else None
    blake3: list[str] = []
    for start in range(part.start, max(part.end, part.start + 1), shard):
        tree = make() if make is not None else None
        reading.into(
            [each for each in (whole, tree) if each is not None], start, min(part.end, start + shard)
        )
        if tree is not None:
            blake3.append(tree.hexdigest())
    return Digests(whole.hexdigest() if whole is not None else "", tuple(blake3))


def _blake3() -> Callable[[], _Hash]:
    from blake3 import blake3  # noqa: PLC0415 - most commands hash no artifact

    return blake3


class _Reading:
    """A file under way."""

    __slots__ = ("_buffer", "_descriptor", "_name")

    def __init__(self, descriptor: int, name: str, buffer: memoryview) -> None:
        """Read from a descriptor, by way of this buffer."""
        self._descriptor, self._name, self._buffer = descriptor, name, buffer

    def into(self, hashes: Sequence[_Hash], start: int, end: int) -> None:
        """Hash octets from `start` to before `end`.

        Raises:
            Moving: they are not all there.
        """
        while start < end:
            room = self._buffer[: min(PIECE, end - start)]
            count = self._read(room, start)
            if not count:
                raise Moving(self._name)
            for each in hashes:
                each.update(room[:count])
            start += count

    def _read(self, room: memoryview, start: int) -> int:
        try:
            return os.preadv(self._descriptor, [room], start)
        except OSError as fault:
            if fault.errno == errno.ESTALE:  # replaced on a network's file system
                raise Moving(self._name) from None
            raise OSError(fault.errno, fault.strerror, self._name) from fault
