"""How a process that only carries on (the exporter, the feeder, the shipper) is told to stop."""

import os
import signal


def told_to_stop() -> int:
    """Return a descriptor that becomes readable with SIGTERM; for the main thread of a process that is one at all."""
    reads, writes = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    signal.signal(signal.SIGTERM, lambda *_: None)
    return reads
