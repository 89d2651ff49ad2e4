"""What the supervisor says to the process that workloads ask for certificates, and it to the supervisor.

Rules of this file: as in `messages`. Whoever runs as one of the users may speak to that process: what it reports is
checked like a stranger's.
"""

from typing import Annotated

import msgspec

from bartizan.app.channel import Message
from bartizan.app.messages import Alive, Ask, Number, Ready, SvidSigned
from bartizan.crypto.trust_domain import TRUST_DOMAIN


class BootWorkloads(Message, frozen=True):
    """Users that workloads run as, and their trust domain. Descriptor: the listener."""

    uids: tuple[Number, ...]
    trust_domain: str = TRUST_DOMAIN
    confined: bool = True


class SvidWanted(Message, frozen=True):
    """As `SignSvid`, whose descriptor it has."""

    ticket: Number
    accepted: Number
    request: Annotated[str, msgspec.Meta(max_length=4096)] = ""


WorkloadsOrders = BootWorkloads | Ask | SvidSigned
WorkloadsReports = Ready | Alive | SvidWanted
