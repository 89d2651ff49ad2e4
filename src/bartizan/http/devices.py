"""Where devices ask to be admitted and say how they are, and what the owner does about them.

Rules of this file: nobody shows a credential at the two public endpoints: what is told is signed, and that is what counts. A
refusal says a word of a closed set and repeats nothing.
"""

from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.access.devices import Asking
from bartizan.access.errors import DeviceUnknown
from bartizan.app.devices import Devices
from bartizan.http.body import read, read_as
from bartizan.http.problem import answer, problem
from bartizan.http.source import source
from bartizan.http.status import Status
from bartizan.identity.device import Device
from bartizan.identity.principal import Principal
from bartizan.identity.statement import MOST, StatementRefused, fingerprint, thumbprint_of

ENROL_PATH: Final = "/device/enrolment"
POSTURE_PATH: Final = "/device/posture"
_WHAT: Final = "the statement is not taken; its reason says why"
Fingerprint = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Name = Annotated[str, msgspec.Meta(max_length=64)]


class Admission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /devices: which key, what to call the device, and whose tokens may be bound to it."""

    key: Fingerprint
    name: Name = ""
    holder: Name = ""
    hardware: bool = False


class Refusal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /devices/refuse."""

    key: Fingerprint


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


def routes(devices: Devices) -> list[Route]:
    """Return the owner's routes below `/devices`."""

    async def everything(_: Request) -> Response:
        return answer(
            {
                "asking": [_asking(each) for each in devices.asking()],
                "devices": [_device(device, person) for device, person in devices.all()],
            }
        )

    async def admit(request: Request) -> Response:
        wanted = await read_as(request, Admission, MOST)
        key = thumbprint_of(wanted.key)
        device = await devices.admit(key, wanted.name, wanted.holder, hardware=wanted.hardware)
        return answer({"id": device.id}, Status.CREATED)

    async def refuse(request: Request) -> Response:
        wanted = await read_as(request, Refusal, MOST)
        if not devices.refuse(thumbprint_of(wanted.key)):
            raise DeviceUnknown
        return answer({})

    return [
        Route("/devices", everything, methods=["GET"]),
        Route("/devices", admit, methods=["POST"]),
        Route("/devices/refuse", refuse, methods=["POST"]),
    ]


def _refused(fault: StatementRefused) -> Response:
    return problem(Status.BAD_REQUEST, fault.reason, _WHAT)


def _asking(one: Asking) -> dict[str, Any]:
    return {"key": fingerprint(one.key), "name": one.name, "at": one.at, "source": one.source}


def _device(device: Device, person: Principal) -> dict[str, Any]:
    return {
        "id": device.id,
        "key": fingerprint(device.key),
        "holder": device.holder,
        "hardware": device.hardware,
        "revoked": person.revoked,
        "pseudonym": person.pseudonym,
        "postures": device.postures,
    }
