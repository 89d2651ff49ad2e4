"""Principals: who is known, and under which pseudonym; registered, revoked and erased."""

from typing import Annotated, Final

import msgspec
from typing_extensions import override

from bartizan.admin.forms import InForce, Name, Page, Paged
from bartizan.admin.route import AnyRoute, Nothing, Route, Tag, change
from bartizan.identity.principal import Kind

MAX_KEYS: Final = 16_384
"""Characters of a client's public keys; `access.issue.client_key` reads no more."""
MOST_ADDRESSES: Final = 8
Address = Annotated[str, msgspec.Meta(max_length=255)]
"""To which an application has people sent back."""


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom to register.

    With issuer and subject somebody is known by their tokens and gets no secret. With `reuse`, which is owners' alone, the
    name may be one of somebody who was erased.
    """

    name: Name
    kind: Kind = Kind.WORKLOAD
    roles: Annotated[tuple[Name, ...], msgspec.Meta(max_length=16)] = ("caller",)
    keys: Annotated[str, msgspec.Meta(max_length=MAX_KEYS)] = ""
    redirects: Annotated[tuple[Address, ...], msgspec.Meta(max_length=MOST_ADDRESSES)] = ()
    public: bool = False
    device_flow: bool = False
    issuer: Annotated[str, msgspec.Meta(max_length=2048)] = ""
    subject: Annotated[str, msgspec.Meta(max_length=255)] = ""
    reuse: bool = False


class Registered(msgspec.Struct, frozen=True):
    """A new principal; its client secret is shown this once, and kept nowhere."""

    id: str
    client_id: str
    client_secret: str

    @override
    def __repr__(self) -> str:
        """Return the id only."""
        return f"Registered({self.id!r}, …)"


class KeysGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A public JWK or a set of them, as text."""

    keys: Annotated[str, msgspec.Meta(max_length=MAX_KEYS)]


class Kids(msgspec.Struct, frozen=True):
    """Ids of the keys that a client signs with."""

    kids: tuple[str, ...]


class Person(msgspec.Struct, frozen=True):
    """A registered principal; in the record it is `pseudonym` alone."""

    id: str
    client_id: str
    pseudonym: str
    kind: Kind
    roles: tuple[str, ...]
    revoked: bool


LIST: Final[Route[Nothing, Paged, Page[Person]]] = Route(
    name="list-principals",
    method="GET",
    path="/principals",
    action="read-principals",
    summary="everybody, the revoked included, in order of id",
    answer=Page[Person],
    query=Paged,
)
REGISTER: Final[Route[Registration, Nothing, Registered]] = Route(
    name="register-principal",
    method="POST",
    path="/principals",
    action="register-principal",
    summary="registers a principal; its roles are in force in every worker when this is answered",
    answer=Registered,
    body=Registration,
    status=201,
    repeatable=True,
    once=("client_secret",),
    refusals=(409,),
)
READ: Final[Route[Nothing, Nothing, Person]] = Route(
    name="read-principal",
    method="GET",
    path="/principals/{principal}",
    action="read-principals",
    summary="one principal",
    answer=Person,
    tag=Tag.SHOWN,
    refusals=(404,),
)
ERASE: Final[Route[Nothing, Nothing, InForce]] = change(
    READ,
    Route(
        name="erase-principal",
        method="DELETE",
        path="",
        action="erase-principal",
        summary="revokes a principal and deletes, down to the disk, what links it to its pseudonym; over the network once a second person has approved it",
        answer=InForce,
        refusals=(409,),
    ),
)
REVOKE: Final[Route[Nothing, Nothing, InForce]] = change(
    READ,
    Route(
        name="revoke-principal",
        method="PUT",
        path="/revocation",
        action="revoke-principal",
        summary="refuses everything of a principal, for good, in every worker when this is answered",
        answer=InForce,
    ),
)
RENEW: Final[Route[Nothing, Nothing, Registered]] = change(
    READ,
    Route(
        name="renew-secret",
        method="PUT",
        path="/secret",
        action="register-principal",
        summary="gives a principal's client another secret; the one before no longer works",
        answer=Registered,
        once=("client_secret",),
        refusals=(409,),
    ),
)
GIVE_KEYS: Final[Route[KeysGiven, Nothing, Kids]] = change(
    READ,
    Route(
        name="give-keys",
        method="PUT",
        path="/keys",
        action="register-principal",
        summary="has a principal's client sign with these public keys; its secret and earlier keys no longer work",
        answer=Kids,
        body=KeysGiven,
        refusals=(409,),
    ),
)
ROUTES: Final[tuple[AnyRoute, ...]] = (LIST, REGISTER, READ, ERASE, REVOKE, RENEW, GIVE_KEYS)
