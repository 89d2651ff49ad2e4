"""Of a journal's keys, one is in its process's memory: the next record's, once, on a page that is neither swapped nor dumped."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bartizan.ledger.segment import HEAD, TAG_OCTETS, read

WRITER = """
import os, sys
from pathlib import Path
from bartizan.app.key_room import key_room
from bartizan.clock import SetClock
from bartizan.ledger.event import Outcome
from bartizan.ledger.journal import Journal

first = bytearray(32)
os.readv(0, [first])
file = os.open(sys.argv[1], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
journal = Journal(file, key_room(first), 1, "worker", "ab" * 16, SetClock(1), 1 << 20)
for _ in range(int(sys.argv[2])):
    journal.record("platform.process.started", "platform", "", Outcome.DONE)
    journal.flush()
print("written", flush=True)
sys.stdin.read()
"""


@contextmanager
def writer(path: Path, first: bytes, records: int) -> Iterator[int]:
    """Yield the process of somebody who has written so many records, each with a write of its own."""
    words = [sys.executable, "-c", WRITER, str(path), str(records)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        os.write(process.stdin.fileno(), first)
        assert process.stdout.readline() == b"written\n"
        yield process.pid
        process.stdin.close()


def memory(pid: int) -> bytes:
    parts = []
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as octets:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, permissions, *rest = line.split()
            if permissions.startswith("r") and not rest[-1].startswith("[v"):
                low, high = (int(end, 16) for end in place.split("-"))
                octets.seek(low)
                parts.append(octets.read(high - low))
    return b"".join(parts)


def chain(path: Path, first: bytes) -> list[bytes]:
    """Return every key of a segment, the next record's last."""
    data, keys, at = path.read_bytes(), [first], 0
    while at < len(data):
        one = data[at : at + HEAD.size + HEAD.unpack_from(data, at)[0] + TAG_OCTETS]
        batch = read(one, keys[-1], HEAD.unpack_from(data, at)[2])
        keys.append(bytes(batch.key))
        at += len(one)
    return keys


@pytest.mark.parametrize("records", [0, 1, 40])
def test_the_next_key_is_there_once_and_no_other_at_all(tmp_path: Path, records: int) -> None:
    first = os.urandom(32)
    with writer(tmp_path / "segment", first, records) as pid:
        *spent, last = chain(tmp_path / "segment", first)
        held = memory(pid)
    assert len(spent) == records + 1
    assert held.count(last) == 1
    assert not [key for key in spent if key in held]


def test_its_page_is_locked_not_dumped_and_not_inherited(tmp_path: Path) -> None:
    first = os.urandom(32)
    with writer(tmp_path / "segment", first, 3) as pid:
        last = chain(tmp_path / "segment", first)[-1]
        told = Path(f"/proc/{pid}/smaps").read_text()
        flags = {}
        with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as octets:
            for found in re.finditer(
                r"(?m)^([0-9a-f]+)-([0-9a-f]+) r[^\n]*\n(?:(?!^[0-9a-f]+-)[^\n]*\n)*?VmFlags:([^\n]*)", told
            ):
                low, high = int(found[1], 16), int(found[2], 16)
                if high - low == os.sysconf("SC_PAGE_SIZE"):
                    octets.seek(low)
                    flags[octets.read(high - low)] = found[3].split()
    (of_key,) = [words for content, words in flags.items() if last in content]
    assert {"lo", "dd", "wf"} <= set(of_key)  # locked, not in a dump, wiped in a child
