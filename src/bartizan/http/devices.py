"""Where devices ask to be admitted and say how they are; what is done about them stands in `admin/devices.py`.

Rules of this file: nobody shows a credential at the two public endpoints: what is told is signed, and that is what counts. A
refusal says a word of a closed set and repeats nothing.
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.access.errors import EnrolmentsFull
from bartizan.app.devices import Devices
from bartizan.http.body import read
from bartizan.http.problem import answer, problem
from bartizan.http.source import source
from bartizan.http.status import Status
from bartizan.identity.statement import MOST, StatementRefused, fingerprint

ENROL_PATH: Final = "/device/enrolment"
POSTURE_PATH: Final = "/device/posture"
_WHAT: Final = "the statement is not taken; its reason says why"
_FULL: Final = (
    "too many keys ask to be admitted; ask again later, or have the owner refuse some: bartizan device list"
)


def public(devices: Devices) -> list[Route]:
    """Return the routes of devices and of those who speak of them."""

    async def enrol(request: Request) -> Response:
        text = (await read(request, MOST)).decode("utf-8", "replace").strip()
        try:
            key, admitted = devices.ask(text, source(request))
        except StatementRefused as fault:
            return _refused(fault)
        said = {"key": fingerprint(key), "status": "admitted" if admitted else "asking"}
        return answer(said, Status.ACCEPTED)

    async def posture(request: Request) -> Response:
        text = (await read(request, MOST)).decode("utf-8", "replace").strip()
        try:
            by = await devices.tell(text)
        except StatementRefused as fault:
            return _refused(fault)
        return answer({"by": by}, Status.ACCEPTED)

    return [
        Route(ENROL_PATH, enrol, methods=["POST"]),
        Route(POSTURE_PATH, posture, methods=["POST"]),
    ]


def _refused(fault: StatementRefused) -> Response:
    if fault.reason == EnrolmentsFull.reason:
        return problem(Status.UNAVAILABLE, fault.reason, _FULL)
    return problem(Status.BAD_REQUEST, fault.reason, _WHAT)
