"""A guard that refuses whatever a pure function has no business doing, while it is armed.

Python tells its audit hooks of every file, socket, process, library and import before it happens. What is not known
to be harmless is refused, so an event that a later Python adds is refused too. An audit hook cannot be taken
out again, so one is put in for the whole run and armed by a flag. Asking for the time or for chance raises no
event; the import contract `controls-pure` forbids those.
"""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

HARMLESS = frozenset({"sys._getframe", "object.__getattr__", "object.__setattr__", "object.__delattr__"})
"""Events of the language itself: reading a frame, an attribute of a function or type."""


class Impure(AssertionError):
    """A judgement acted on the world; `event` says how."""

    def __init__(self, event: str) -> None:
        """Name the audit event."""
        super().__init__(f"a pure function raised the audit event {event}")
        self.event = event


_armed_thread: int | None = None
_installed = False


@contextmanager
def armed() -> Iterator[None]:
    """Refuse effects of this thread within the block.

    Raises:
        Impure: in the middle of the effect, before it happens.
    """
    global _armed_thread, _installed  # noqa: PLW0603 - an audit hook is one per process, and so is its flag
    if not _installed:
        sys.addaudithook(_refuse)
        _installed = True
    _armed_thread = threading.get_ident()
    try:
        yield
    finally:
        _armed_thread = None


def _refuse(event: str, _arguments: tuple[object, ...]) -> None:
    if _armed_thread is not None and event not in HARMLESS and threading.get_ident() == _armed_thread:
        raise Impure(event)
