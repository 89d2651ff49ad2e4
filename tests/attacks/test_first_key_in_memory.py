"""Whoever gets hold of all of a running process's memory finds no key of a record that was written before.

With the first key every record of the segment could be forged, with a later one all that follow and are not sealed yet. They are
searched for in the memory of every process of a running platform, as only root can.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bartizan.ledger.segment import HEAD, TAG_OCTETS, read
from tests.e2e import conftest
from tests.e2e.conftest import Platform
from tests.e2e.test_processes import chat, process, query, until

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.geteuid() != 0, reason="only root can read the memory of a confined process"),
]

KEYED = Path(__file__).with_name("keyed.py")
KEY_OCTETS = 32


def memory(pid: int) -> Iterator[bytes]:
    """Yield what a process has in memory, mapping by mapping."""
    with Path(f"/proc/{pid}/mem").open("rb", buffering=0) as octets:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            place, permissions, *rest = line.split()
            if permissions.startswith("r") and not rest[-1].startswith("[v"):
                low, high = (int(end, 16) for end in place.split("-"))
                octets.seek(low)
                yield octets.read(high - low)


def keys_of(state: Path, firsts: list[bytes]) -> Mapping[bytes, list[bytes]]:
    """Return every key of each segment that is being written, by its first key; the last is the next record's."""
    found = {}
    for segment in (state / "ledger" / "segments").iterdir():
        data = segment.read_bytes()
        for first in firsts:
            keys, key, at = [first], first, 0
            while at + HEAD.size <= len(data):
                one = data[at : at + HEAD.size + HEAD.unpack_from(data, at)[0] + TAG_OCTETS]
                batch = read(one, key, HEAD.unpack_from(data, at)[2])
                if not batch.bodies:
                    break
                key, at = bytes(batch.key), at + len(one)
                keys.append(key)
            if at:
                found[first] = keys
    return found


def search(state: Path, firsts: list[bytes], processes: list[tuple[str, int]]) -> dict[str, set[bytes]]:
    """Return which last keys each kind of process holds; nothing where a record came in between.

    Every record moves its journal's key on, so that what was searched for would be the wrong one.
    """
    keys = keys_of(state, firsts)
    assert set(keys) == set(firsts)
    last = {each[-1] for each in keys.values()}
    spent = {key for each in keys.values() for key in each[:-1]}
    assert len(spent) > len(firsts)
    holders: dict[str, set[bytes]] = {}
    for kind, pid in processes:
        held = holders.setdefault(kind, set())
        for part in memory(pid):
            assert not [first for first in firsts if first in part], f"a first key is in the {kind}'s memory"
            if kind != "sealer":  # which checks with each of them
                assert not [key for key in spent if key in part], f"a spent key is in the {kind}'s memory"
            held.update(key for key in last if key in part)
    return holders if keys_of(state, firsts) == keys else {}


def test_no_spent_key_is_in_the_memory_of_who_wrote_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory(prefix="bartizan-") as folder:
        leak, state = Path(folder, "keys"), Path(folder, "state")
        command = (sys.executable, "-I", str(KEYED), str(leak), "bartizan")
        monkeypatch.setattr(conftest, "COMMAND", command)
        where = ("--state", str(state))
        subprocess.run(
            [*command, "up", "--detach", "--no-drill", "--port", "0", *where],
            cwd=folder,
            check=True,
            capture_output=True,
        )
        try:
            told = json.loads((state / "run" / "status.json").read_text())
            running = Platform(state, int(told["listen"].rpartition(":")[2]), Path(folder), {})
            token = running.token()
            assert [chat(running, token) for _ in range(5)] == [200] * 5
            until(lambda: len(query(running, "--kind", "gateway.request.completed")) == 5)
            process(running, "worker", "ready")  # the spare may come later than the first answers
            until(lambda: len(query(running, "--kind", "ledger.segment.opened")) == 4)
            octets = leak.read_bytes()
            firsts = [octets[at : at + KEY_OCTETS] for at in range(0, len(octets), KEY_OCTETS)]
            assert len(firsts) == 4  # supervisor, control, two workers
            processes = [("supervisor", told["pid"])]
            processes += [(each["kind"], each["pid"]) for each in running.status()["processes"]]
            holders = until(lambda: search(state, firsts, processes))
            assert len(holders["worker"]) == 2  # so the search finds what there is
            assert len(holders["control"]) == len(holders["supervisor"]) == 1
            assert holders["dialer"] == holders["sample"] == set()
        finally:
            subprocess.run([*command, "down", *where], cwd=folder, check=True, capture_output=True)
