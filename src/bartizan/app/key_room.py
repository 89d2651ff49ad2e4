"""Where a process keeps the key of its journal's next record."""

import sys

from bartizan.isolation.secrecy import PageUnlocked, locked_page
from bartizan.ledger.segment import KEY_OCTETS


def key_room(key: bytearray) -> bytearray | memoryview:
    """Return a key on a locked page, its own place overwritten; where the kernel locks none, in its own place, which is said."""
    try:
        room = locked_page()[:KEY_OCTETS]
    except PageUnlocked as fault:
        sys.stderr.write(
            f"the key of this process's journal may be swapped to disk: its page cannot be locked ({fault.strerror}); "
            "allow it some locked memory (ulimit -l)\n"
        )
        return key
    room[:], key[:] = key, bytes(len(key))
    return room
