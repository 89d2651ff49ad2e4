"""Watching one trust domain's source for ever, in a thread of its own: whatever kind it is.

Rules of this file: whoever cannot be read is tried again, later and later, within bounds. Nothing here decides on a bundle.
"""

import threading
from typing import Final

from bartizan.app.bundle_source import FILE_S, Unread, again_in, read_endpoint, read_file
from bartizan.app.federation import Source
from bartizan.app.federation_plan import Federated

SOONEST_S: Final = 1.0
LATEST_S: Final = 60.0
"""Between which a source that could not be read is tried again."""


def watch(domain: Federated, source: Source) -> None:
    """Tell what a source says, for ever; never returns.

    Args:
        domain: whose source.
        source: is told.
    """
    pause, wait = threading.Event(), SOONEST_S
    while True:
        try:
            wait_next = _read(domain, source)
            wait = SOONEST_S
        except Unread as fault:
            source.unread(fault.word)
            wait_next, wait = wait, min(2 * wait, LATEST_S)
        except BaseException:
            source.unread(
                "failed"
            )  # a fault of ours: the thread ends, aloud, and what it read last counts for its time
            raise
        pause.wait(wait_next)


def read_once(domain: Federated) -> None:
    """Return if a source has a bundle that can be taken now; for people who ask whether it has.

    Raises:
        Unread: it has none.
    """
    if domain.file:
        read_file(domain)
    if domain.url and domain.profile == "https_web":
        read_endpoint(domain, None)
    if domain.url and domain.profile == "https_spiffe":
        read_endpoint(domain, read_file(domain))


def _read(domain: Federated, source: Source) -> float:
    """Tell a bundle; return the seconds after which it is to be looked at again.

    Raises:
        Unread: it cannot be had.
    """
    if domain.socket:
        _follow(domain, source)
    if not domain.url:
        source.found(read_file(domain))
        return FILE_S
    known = source.known()
    if known is None and domain.file:
        known = read_file(domain)
        source.found(known)
    new = read_endpoint(domain, known)
    source.found(new)
    return again_in(new)


def _follow(domain: Federated, source: Source) -> None:
    """Tell bundles of a Workload API for as long as it is there.

    Raises:
        Unread: it is not, or no more.
    """
    from bartizan.app.workload_api import Wanted, follow  # noqa: PLC0415 - an extra: only where there is a socket

    follow(Wanted(domain.socket, domain.owner, domain.trust_domain), source.found, source.alive)
