"""The owner's API, on a unix socket that only the owner's processes reach.

Rules of this file: whoever connects must run as the same user as this process, or as root, by the kernel's
word (SO_PEERCRED); everybody else's connection is cut before a byte of it is read.
"""

import os
import socket
import struct
from asyncio import Transport
from collections.abc import Awaitable, Callable, Iterable
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from bartizan.access.issue.client_key import MAX_KEYS
from bartizan.access.issue.mint import GATEWAY, LIFETIME_S, Issued
from bartizan.access.issue.redirect import LONGEST as LONGEST_ADDRESS
from bartizan.access.issue.redirect import MOST as MOST_ADDRESSES
from bartizan.access.people.once import LINK_LIFE
from bartizan.app.control import Registrar
from bartizan.app.control_ports import OWNER
from bartizan.app.entry import Entry
from bartizan.app.issuers import Issuers
from bartizan.app.people import People
from bartizan.app.rotation import Rotation
from bartizan.app.schedule.keep import Scheduler
from bartizan.app.signin_standing import Standing
from bartizan.clock import SECOND
from bartizan.http import policies
from bartizan.http.body import BodyRefused, read_as
from bartizan.http.problem import ANSWERS, answer
from bartizan.http.status import Status
from bartizan.identity.principal import Kind
from bartizan.ledger.event import Outcome
from bartizan.metrics.exposition import MEDIA

MOST: Final = 1 << 20
"""Octets of a request's body."""
MOST_EVENTS: Final = 1000
"""Events of one report."""
_UCRED: Final = struct.Struct("iII")

Id = Annotated[str, msgspec.Meta(max_length=64)]
Thumbprint = Annotated[str, msgspec.Meta(pattern=r"\A(?:[A-Za-z0-9_-]{43})?\Z")]
Address = Annotated[str, msgspec.Meta(max_length=LONGEST_ADDRESS)]
Keys = Annotated[str, msgspec.Meta(max_length=MAX_KEYS)]
TokenId = Annotated[str, msgspec.Meta(pattern=r"\At-[0-9a-f]{16}\Z")]


class TokenWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /token."""

    principal: Id = OWNER
    audience: Literal["bartizan:gateway", "bartizan:control"] = GATEWAY
    seconds: Annotated[int, msgspec.Meta(ge=1, le=LIFETIME_S)] = LIFETIME_S
    key: Thumbprint = ""


class LinkWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /people/link."""

    principal: Id = OWNER


class Registration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /principals; with issuer and subject somebody is known by their tokens and gets no secret."""

    name: Id
    kind: Kind = Kind.WORKLOAD
    roles: Annotated[tuple[Id, ...], msgspec.Meta(max_length=16)] = ("caller",)
    keys: Keys = ""
    redirects: Annotated[tuple[Address, ...], msgspec.Meta(max_length=MOST_ADDRESSES)] = ()
    public: bool = False
    issuer: Annotated[str, msgspec.Meta(max_length=2048)] = ""
    subject: Annotated[str, msgspec.Meta(max_length=255)] = ""


class KeysGiven(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /principals/{principal}/keys: a public JWK or a set of them, as text."""

    keys: Keys


class RotationWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /issuer/rotations."""

    at_once: bool = False


class Revocation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /revoke: a principal's id, or a token's `jti`."""

    principal: Id | None = None
    token: TokenId | None = None


class Clearance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /sign-ins/clear: pseudonym of a principal or a source."""

    about: Annotated[str, msgspec.Meta(pattern=r"\A[ap]-[0-9a-f]{16}\Z")]


class Reported(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event of POST /events."""

    kind: Id
    outcome: Outcome
    subject: Id = ""
    control: Id = ""
    detail: dict[str, int | str] = {}


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /events."""

    events: Annotated[tuple[Reported, ...], msgspec.Meta(min_length=1, max_length=MOST_EVENTS)]


class Facts(msgspec.Struct, frozen=True):
    """What the process was told at its start.

    Attributes:
        issuer: the gateway's URL.
        services: names.
        sample_sha256: digest of the secret in the sample's system prompt, hexadecimal.
        scrape: returns the platform's numbers, in Prometheus' text format.
        signins: tells how the watch over sign-ins stands.
    """

    issuer: str
    services: tuple[str, ...]
    sample_sha256: str
    scrape: Callable[[], str]
    signins: Callable[[], Standing | None] = lambda: None


class OwnersOnly(H11Protocol):
    """Cuts a connection from any other user than ours and root."""

    @override
    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]  # as in uvicorn, a Transport
        """Ask the kernel who is there."""
        super().connection_made(transport)
        if not is_owner(transport.get_extra_info("socket")):
            self.transport.abort()


def is_owner(connection: socket.socket) -> bool:
    """Return whether the peer runs as our user or as root.

    Source: unix(7), SO_PEERCRED: credentials at the time of connect(2).
    """
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size)
    _, uid, _ = _UCRED.unpack(credentials)
    return uid in {os.geteuid(), 0}


def owner(
    registrar: Registrar,
    scheduler: Scheduler,
    rotation: Rotation,
    facts: Facts,
    issuers: Issuers,
    people: People | None = None,
    more: Iterable[Route] = (),
) -> Starlette:
    """Return the owner's API over a registrar, schedules, the issuer's keys, external issuers, and who signs people in.

    Args:
        registrar, scheduler, rotation, facts, issuers, people: those.
        more: routes beside these.
    """
    api = _Api(registrar, scheduler, rotation, facts, issuers)
    routes = [
        Route("/status", api.status, methods=["GET"]),
        Route("/token", api.token, methods=["POST"]),
        Route("/principals", api.people, methods=["GET"]),
        Route("/principals", api.register, methods=["POST"]),
        Route("/principals/{principal}", api.erase, methods=["DELETE"]),
        Route("/principals/{principal}/keys", api.give_keys, methods=["POST"]),
        Route("/issuer/rotations", api.rotate, methods=["POST"]),
        Route("/revoke", api.revoke, methods=["POST"]),
        Route("/events", api.events, methods=["POST"]),
        *policies.routes(registrar),
        *more,
        Route("/sample", api.sample, methods=["GET"]),
        Route("/metrics", api.metrics, methods=["GET"]),
        Route("/sign-ins", api.signins, methods=["GET"]),
        Route("/sign-ins/clear", api.clear, methods=["POST"]),
        Route("/schedules", api.schedules, methods=["GET"]),
        Route("/schedules/{schedule}/runs", api.run, methods=["POST"]),
    ]
    if people is not None:
        routes.append(Route("/people/link", _links(people), methods=["POST"]))
    app = Starlette(routes=routes, exception_handlers=ANSWERS)
    app.router.redirect_slashes = False
    return app


def _links(people: People) -> Callable[[Request], Awaitable[Response]]:
    async def link(request: Request) -> Response:
        wanted = await read_as(request, LinkWanted, MOST)
        token = people.link(wanted.principal).reveal().decode()
        return answer({"url": f"{people.origin}/people/link?token={token}", "seconds": LINK_LIFE // SECOND})

    return link


class _Api:
    """One method a route: read, call one function, show."""

    def __init__(
        self, registrar: Registrar, scheduler: Scheduler, rotation: Rotation, facts: Facts, issuers: Issuers
    ) -> None:
        self._registrar, self._scheduler, self._facts = registrar, scheduler, facts
        self._rotation, self._issuers = rotation, issuers

    async def status(self, _: Request) -> Response:
        return answer(
            {
                "generation": self._registrar.generation,
                "policy": self._registrar.policy_digest,
                "issuer": self._facts.issuer,
                "services": self._facts.services,
                "principals": len(self._registrar.people()),
            }
        )

    async def token(self, request: Request) -> Response:
        wanted = await read_as(request, TokenWanted, MOST)
        issued = self._registrar.owners_token(wanted.principal, wanted.audience, wanted.seconds, wanted.key)
        return answer({**bearer(issued), "id": issued.id})

    async def people(self, _: Request) -> Response:
        shown = [
            {"id": each.id, "client_id": each.client, "pseudonym": each.pseudonym}
            | {"kind": each.kind, "roles": each.roles, "revoked": each.revoked}
            for each in self._registrar.people()
        ]
        return answer({"principals": shown})

    async def register(self, request: Request) -> Response:
        wanted = await read_as(request, Registration, MOST)
        if bool(wanted.issuer) is not bool(wanted.subject):
            raise BodyRefused(Status.UNPROCESSABLE, "an issuer and a subject go together")
        if wanted.issuer:
            return answer(await self._linked(wanted), Status.CREATED)
        person, secret = await self._registrar.register(
            wanted.kind,
            wanted.name,
            wanted.roles,
            wanted.keys.encode(),
            wanted.redirects,
            public=wanted.public,
        )
        told = "" if secret is None else secret.reveal().decode()
        shown = {"id": person.id, "client_id": person.client, "client_secret": told}
        return answer(shown, Status.CREATED)

    async def _linked(self, wanted: Registration) -> dict[str, str]:
        if wanted.keys or wanted.redirects or wanted.public:
            raise BodyRefused(
                Status.UNPROCESSABLE,
                "whom another issuer's tokens name has no client of ours: no key, no address",
            )
        known = await self._issuers.add(wanted.kind, wanted.name, wanted.roles, wanted.issuer, wanted.subject)
        return {"id": known.id, "client_id": "", "client_secret": ""}

    async def give_keys(self, request: Request) -> Response:
        wanted = await read_as(request, KeysGiven, MOST)
        principal = str(request.path_params["principal"])
        return answer({"kids": self._registrar.give_keys(principal, wanted.keys.encode())})

    async def rotate(self, request: Request) -> Response:
        wanted = await read_as(request, RotationWanted, MOST)
        step = await self._rotation.rotate(at_once=wanted.at_once)
        return answer({"kid": step.kid, "signs_in": step.seconds}, Status.ACCEPTED)

    async def erase(self, request: Request) -> Response:
        generation = await self._registrar.erase(str(request.path_params["principal"]))
        return answer({"generation": generation})

    async def revoke(self, request: Request) -> Response:
        wanted = await read_as(request, Revocation, MOST)
        match wanted:
            case Revocation(principal=str(principal), token=None):
                generation = await self._registrar.revoke(principal)
            case Revocation(principal=None, token=str(token)):
                generation = await self._registrar.revoke_token(token)
            case _:
                raise BodyRefused(Status.UNPROCESSABLE, "name a principal or a token, one of both")
        return answer({"generation": generation})

    async def events(self, request: Request) -> Response:
        report = await read_as(request, Report, MOST)
        entries = [
            Entry(each.kind, "owner", each.subject, each.outcome, each.control, each.detail)
            for each in report.events
        ]
        first, last = self._registrar.report(entries)
        return answer({"first": first, "last": last}, Status.CREATED)

    async def sample(self, _: Request) -> Response:
        return answer({"sha256": self._facts.sample_sha256})

    async def metrics(self, _: Request) -> Response:
        return Response(self._facts.scrape(), media_type=MEDIA)

    async def signins(self, _: Request) -> Response:
        known = {each.pseudonym: each.id for each in self._registrar.people()}
        suspects = [
            {"about": about, "principal": known.get(about, ""), "until": until}
            for about, until in sorted(self._registrar.suspects.items())
        ]
        return answer({"standing": self._facts.signins(), "suspects": suspects})

    async def clear(self, request: Request) -> Response:
        wanted = await read_as(request, Clearance, MOST)
        await self._registrar.clear(wanted.about)
        return answer({"generation": self._registrar.generation})

    async def schedules(self, _: Request) -> Response:
        return answer({"schedules": self._scheduler.list()})

    async def run(self, request: Request) -> Response:
        return answer(self._scheduler.run(str(request.path_params["schedule"])), Status.ACCEPTED)


def bearer(issued: Issued) -> dict[str, Any]:
    """Return the members that tell a client its token (RFC 6749 section 5.1, RFC 8693 section 2.2.1, RFC 9449 section 5)."""
    kind = "DPoP" if issued.bound else "Bearer"
    refresh = {"refresh_token": issued.refresh} if issued.refresh else {}
    exchanged = {"issued_token_type": issued.kind} if issued.kind else {}
    shown = {"access_token": issued.token, "token_type": kind, "expires_in": issued.seconds}
    return {**shown, **refresh, **exchanged}
