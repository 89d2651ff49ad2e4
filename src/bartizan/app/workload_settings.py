"""Workloads that are known by what they are: `[[workload]]`, and where they ask, `[workload_api]`.

Rules of this file: a process is told from others by what the kernel says of it. One that runs as the platform's own user
could as well read the platform's keys, so such a one is told as weak.
"""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from bartizan.app.forms import Text, TrustDomainName
from bartizan.config_form import Fault
from bartizan.crypto.trust_domain import TRUST_DOMAIN
from bartizan.identity.workload import Workload

EXTRA: Final = "workloads"
MOST: Final = 64
"""Workloads that are told apart."""
_ADDRESS: Final = 100
"""Octets of the path of a unix socket."""


class WorkloadApi(msgspec.Struct, frozen=True):
    """Where workloads ask for their certificates.

    Attributes:
        socket: absolute path of a unix socket, in a folder that is there; every user may connect. None puts it in the
            state folder, where the platform's own user alone reaches it.
        trust_domain: that workloads are certified for.
    """

    socket: Text | None = None
    trust_domain: TrustDomainName = TRUST_DOMAIN


def attested(workloads: Sequence[Workload], api: WorkloadApi) -> Iterator[Fault]:
    """Yield what the sections say that no type can refuse."""
    if workloads and not available():
        yield Fault(("workload",), f"needs the package h2: pip install 'bartizan[{EXTRA}]'")
    if len(workloads) > MOST:
        yield Fault(("workload",), f"has more than {MOST} entries; a process serves no more")
    if api.socket is not None:
        if not workloads:
            yield Fault(("workload_api",), "serves nobody; add a [[workload]], or leave it out")
        if not api.socket.startswith("/") or len(os.fsencode(api.socket)) > _ADDRESS:
            yield Fault(
                ("workload_api", "socket"),
                f"must be an absolute path of at most {_ADDRESS} octets, such as /run/bartizan/workload.sock",
            )
    seen: dict[str, int] = {}
    for position, each in enumerate(workloads):
        first = seen.setdefault(each.name, position)
        if first != position:
            yield Fault(
                ("workload", position, "name"), f"is the name of workload[{first}] already; choose another"
            )


def available() -> bool:
    """Return whether what serves workloads is installed."""
    return importlib.util.find_spec("h2") is not None


def weak_workloads(workloads: Sequence[Workload], user: int) -> Iterator[str]:
    """Yield a sentence for each workload that its selectors do not part from the platform itself, or from its user.

    Args:
        workloads: as configured.
        user: number of the one that the platform runs as.
    """
    for each in workloads:
        if each.uid == user:
            yield (
                f"workload {each.name}: runs as the platform's own user, so whoever becomes that workload "
                "can read the platform's keys too; give it a user of its own"
            )
