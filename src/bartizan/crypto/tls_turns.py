"""How often OpenSSL's handshake machine turns, and what interrupts the counting of it.

Rules of this file: one callback for all contexts, made with this module: OpenSSL keeps only the bare pointer, and it
needs executable memory, which an isolated worker that renews its certificate can no longer have.
"""

import threading

from OpenSSL._util import ffi, lib


class Turns(threading.local):
    """How often OpenSSL's handshake machine has turned in this thread, and what interrupted the counting of it."""

    count = 0
    interrupted: BaseException | None = None


turns = Turns()


def _keep_interruption(_kind: type, fault: BaseException, _trace: object) -> None:
    """Keep what cannot pass through OpenSSL: a signal's handler may run, and raise, wherever Python code does."""
    turns.interrupted = fault


def raise_interruption() -> None:
    """Raise what interrupted the last call into OpenSSL, if anything did."""
    fault = turns.interrupted
    if fault is not None:
        turns.interrupted = None
        raise fault


@ffi.callback("void (*)(const SSL *, int, int)", onerror=_keep_interruption)  # type: ignore[untyped-decorator]
def count_turns(_ssl: object, where: int, _result: int) -> None:
    """Count a turn; given to every context, so that its connections' turns are counted."""
    if where & lib.SSL_CB_LOOP:
        turns.count += 1
