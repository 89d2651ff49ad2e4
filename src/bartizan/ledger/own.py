"""A command line's own segment: where no platform runs, it fills the ledger itself for a moment."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bartizan.clock import Clock
from bartizan.ledger.installation import load_signers, segment_path
from bartizan.ledger.journal import Journal
from bartizan.ledger.segment import KEY_OCTETS
from bartizan.ledger.sequence import Sequencer


@contextmanager
def own_segment(state: Path, clock: Clock) -> Iterator[Journal]:
    """Yield a journal; when the block ends, its events are in the tree and the tree is signed.

    What a platform that died left unfinished is finished first. Events that were added when the block fails
    are kept too: they happened.

    Args:
        state: the state folder; the ledger lies in `ledger`, its keys in `keys`.
        clock: stamps events and signatures.
    Raises:
        PlatformRunning: a platform keeps this ledger; ask it through its owner's socket.
        KeysReplaced, KeyExposed, KeyUnreadable, LedgerUnreadable, TreeDiffers, CheckpointInvalid: the ledger
            cannot be continued.
    """
    folder = state / "ledger"
    with Sequencer(folder, load_signers(state / "keys", folder), clock) as sequencer:
        sequencer.recover()
        number, key = sequencer.next_number(), bytearray(os.urandom(KEY_OCTETS))
        sequencer.register(number, "cli", key)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        file = os.open(segment_path(folder, number), flags, 0o600)
        journal = Journal(file, key, number, "cli", os.urandom(16).hex(), clock)
        try:
            yield journal
        finally:
            journal.close()
            sequencer.close(number)
            sequencer.checkpoint()
