"""Devices: keys that ask to be admitted, and those that were."""

from typing import Annotated, Final

import msgspec

from bartizan.admin.forms import Page, Paged
from bartizan.admin.route import AnyRoute, Nothing, Route, Tag
from bartizan.identity.device import Posture

Fingerprint = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]
Name = Annotated[str, msgspec.Meta(max_length=64)]


class Admission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which key is admitted, what to call the device, whose tokens may be bound to it, and `reuse`, as of `Registration`."""

    key: Fingerprint
    name: Name = ""
    holder: Name = ""
    hardware: bool = False
    reuse: bool = False


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


LIST: Final[Route[Nothing, Paged, Page[KnownDevice]]] = Route(
    name="list-devices",
    method="GET",
    path="/devices",
    action="read-principals",
    summary="devices that were admitted, the revoked included, in order of id",
    answer=Page[KnownDevice],
    query=Paged,
)
READ: Final[Route[Nothing, Nothing, KnownDevice]] = Route(
    name="read-device",
    method="GET",
    path="/devices/{device}",
    action="read-principals",
    summary="one device; it is revoked and erased as the principal that it is",
    answer=KnownDevice,
    tag=Tag.SHOWN,
    refusals=(404,),
)
ASKING: Final[Route[Nothing, Paged, Page[AskingDevice]]] = Route(
    name="list-asking-devices",
    method="GET",
    path="/devices/asking",
    action="read-principals",
    summary="keys that ask to be admitted, in order of their fingerprint",
    answer=Page[AskingDevice],
    query=Paged,
)
ADMIT: Final[Route[Admission, Nothing, Admitted]] = Route(
    name="admit-device",
    method="POST",
    path="/devices",
    action="admit-device",
    summary="admits a key that asks, in every worker when this is answered",
    answer=Admitted,
    body=Admission,
    status=201,
    repeatable=True,
    refusals=(404, 409),
)
REFUSE: Final[Route[Nothing, Nothing, Nothing]] = Route(
    name="refuse-device",
    method="DELETE",
    path="/devices/asking/{fingerprint}",
    action="admit-device",
    summary="forgets that a key asks",
    answer=Nothing,
    refusals=(404,),
)
ROUTES: Final[tuple[AnyRoute, ...]] = (LIST, READ, ASKING, ADMIT, REFUSE)
