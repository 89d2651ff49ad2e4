"""`kill -9` of the process that fills the tree, at any moment: nothing that was flushed is lost or doubled."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bartizan.clock import SystemClock
from bartizan.ledger.installation import load_signers, segment_path
from bartizan.ledger.journal import Journal
from bartizan.ledger.query import Query, query
from bartizan.ledger.sequence import Sequencer
from bartizan.ledger.verify import verify
from tests.ledger.ground import admit, complete

SEALER = """
import sys
from pathlib import Path
from bartizan.clock import SystemClock
from bartizan.ledger.installation import load_signers
from bartizan.ledger.sequence import Sequencer
state = Path(sys.argv[1])
with Sequencer(state / "ledger", load_signers(state / "keys", state / "ledger"), SystemClock()) as sequencer:
    print("ready", flush=True)
    while True:
        sequencer.tail()
        sequencer.checkpoint()
"""


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_sealer_killed_again_and_again_loses_and_doubles_nothing(tmp_path: Path, seed: int) -> None:
    keys, folder = tmp_path / "keys", tmp_path / "ledger"
    with Sequencer(folder, load_signers(keys, folder), SystemClock()) as sequencer:
        first = bytearray(os.urandom(32))
        sequencer.register(1, "worker", first)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
    file = os.open(segment_path(folder, 1), flags, 0o600)
    journal = Journal(file, first, 1, "worker", "00" * 16, SystemClock())
    number = 0
    for turn in range(6):
        with subprocess.Popen([sys.executable, "-c", SEALER, tmp_path], stdout=subprocess.PIPE) as sealer:
            assert sealer.stdout is not None
            sealer.stdout.readline()
            end = time.monotonic() + 0.013 * (seed * 6 + turn)
            while time.monotonic() < end:
                for _ in range(20):
                    number += 1
                    complete(journal, number, admit(journal, number))
                journal.flush()
            sealer.kill()
    signers = load_signers(keys, folder)
    with Sequencer(folder, signers, SystemClock()) as sequencer:
        sequencer.recover()
        note = sequencer.checkpoint()
    assert verify(folder, signers.verifiers, note).faults == ()
    sequences = [entry.sequence for entry in query(folder, Query(limit=100_000)) if entry.segment == 1]
    assert sequences == list(range(1 + 2 * number))[:100_000]
