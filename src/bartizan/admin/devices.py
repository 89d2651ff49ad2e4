"""Devices: keys that ask to be admitted, and those that were."""

from typing import Annotated, Final

import msgspec

from bartizan.admin.route import AnyRoute, Nothing, Route
from bartizan.identity.device import Posture

Fingerprint = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Name = Annotated[str, msgspec.Meta(max_length=64)]


class Admission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which key is admitted, what to call the device, and whose tokens may be bound to it."""

    key: Fingerprint
    name: Name = ""
    holder: Name = ""
    hardware: bool = False


class Admitted(msgspec.Struct, frozen=True):
    """The device of a key that was admitted."""

    id: str


class AskingDevice(msgspec.Struct, frozen=True):
    """A key that asks: fingerprint, the name that it asks to have, since when, pseudonym of its network or empty."""

    key: str
    name: str
    at: int
    source: str


class KnownDevice(msgspec.Struct, frozen=True):
    """A device that was admitted; members as of `identity.device.Device`, the key as its fingerprint."""

    id: str
    key: str
    holder: str
    hardware: bool
    revoked: bool
    pseudonym: str
    postures: tuple[Posture, ...]


class Devices(msgspec.Struct, frozen=True):
    """Keys that ask to be admitted, and devices that were."""

    asking: tuple[AskingDevice, ...]
    devices: tuple[KnownDevice, ...]


READ: Final[Route[Nothing, Nothing, Devices]] = Route(
    name="read-devices",
    method="GET",
    path="/devices",
    action="read-principals",
    summary="keys that ask to be admitted, and devices that were",
    answer=Devices,
    local=True,
)
ADMIT: Final[Route[Admission, Nothing, Admitted]] = Route(
    name="admit-device",
    method="POST",
    path="/devices",
    action="register-principal",
    summary="admits a key that asks, in every worker when this is answered",
    answer=Admitted,
    body=Admission,
    status=201,
    local=True,
    refusals=(404, 409),
)
REFUSE: Final[Route[Nothing, Nothing, Nothing]] = Route(
    name="refuse-device",
    method="DELETE",
    path="/devices/asking/{fingerprint}",
    action="register-principal",
    summary="forgets that a key asks",
    answer=Nothing,
    local=True,
    refusals=(404,),
)
ROUTES: Final[tuple[AnyRoute, ...]] = (READ, ADMIT, REFUSE)
