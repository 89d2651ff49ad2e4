"""What the gateway says of itself to whoever watches it: that it lives, and whether it should get requests.

Rules of this file: answered by the worker itself, to anybody, at once; nothing is recorded, no token is looked at, and
nothing is told but one word. A worker on its way out, or one that cannot write the record, refuses both (503) before
it comes to this. `/readyz` is 503 too where there is no state to decide on, which a restart of the worker would not mend.
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from bartizan.gateway.answer_head import LINES, SECURITY
from bartizan.gateway.faults import refusal

if TYPE_CHECKING:
    from bartizan.gateway.plane import Plane
    from bartizan.gateway.request import RequestHead

HEALTH: Final = b"/healthz"
"""Whether the worker lives."""
READY: Final = b"/readyz"
"""Whether it would let anybody through."""
PROBES: Final = frozenset({HEALTH, READY})
SERVING: Final = "serving"
"""The word of a worker that serves; another is the reason why it does not."""


def probed(plane: "Plane", head: "RequestHead", *, keep: bool) -> bytes:
    """Return the answer to a probe.

    Args:
        plane: of the worker that is asked.
        head: of the probe.
        keep: whether the connection goes on.
    Raises:
        Refusal: probes are GET or HEAD.
    """
    if head.method not in (b"GET", b"HEAD"):
        raise refusal("method-not-allowed", allow="GET, HEAD")
    word = "control-unavailable" if head.path == READY and plane.generation < 0 else SERVING
    status = HTTPStatus.OK if word == SERVING else HTTPStatus.SERVICE_UNAVAILABLE
    body = b'{"status":"%b"}' % word.encode("ascii")
    fields = b"content-type: application/json\r\ncache-control: no-store\r\ncontent-length: %d\r\n" % len(
        body
    )
    going = b"" if keep else b"connection: close\r\n"
    octets = (LINES[status], plane.dates.line(plane.swept), SECURITY, fields, going, b"\r\n")
    return b"".join(octets) + (b"" if head.method == b"HEAD" else body)
