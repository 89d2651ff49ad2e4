"""What the supervisor says to the inspector, and it to the supervisor.

Rules of this file: as in `messages`.
"""

from typing import Literal

from bartizan.app.channel import Message
from bartizan.app.messages import Alive, Ask, Number, Ready


class BootInspector(Message, frozen=True):
    """Descriptor: the guards of services (sealed memory). `names`: whether any of them, or the judge, may seek names."""

    confined: bool = True
    names: bool = False


class Line(Message, frozen=True):
    """Inspect for this worker. Descriptor: a connected stream socket."""

    worker: int


class SievedBy(Message, frozen=True):
    """What patterns are sieved by from now on, and the day of the model of injections; empty where none could be read.

    `encoder` is the day of that, empty where it is not installed, and `broken` where it cannot be used.
    """

    engine: Literal["hyperscan", "re2"]
    rules: Number
    model: str = ""
    encoder: str = ""


InspectorOrders = BootInspector | Line | Ask
InspectorReports = Ready | Alive | SievedBy
