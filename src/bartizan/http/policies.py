"""The owner's API of policies: which are in force, which were, others, and an earlier version again."""

from typing import Annotated, Any, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bartizan.access.versions import Version
from bartizan.app.control import Registrar
from bartizan.app.policies import MOST_FILES
from bartizan.http.body import BodyRefused, read_as
from bartizan.http.problem import answer
from bartizan.http.status import Status
from bartizan.policy.engine import MAX_POLICY

MOST: Final = 6 * MAX_POLICY
"""Octets of a request's body: the longest policies, each character as an escape."""
MOST_TAGS: Final = 20_000
"""Tags of one answer: they are made while nobody else is served."""
Text = Annotated[str, msgspec.Meta(max_length=MAX_POLICY)]
Pseudonym = Annotated[str, msgspec.Meta(pattern=r"\Ap-[0-9a-f]{16}\Z")]
Called = Annotated[str, msgspec.Meta(max_length=1024)]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /policy: Cedar text by name of its file; none at all brings the built-in policies back."""

    files: Annotated[dict[str, Text], msgspec.Meta(max_length=MOST_FILES)]
    configured: bool = False


class Earlier(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /policy/rollback."""

    version: Annotated[int, msgspec.Meta(ge=1, le=2**53)]


class Tagged(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Body of POST /policy/tags: principals by pseudonym, and names of tools that they may have called."""

    principals: tuple[Pseudonym, ...]
    names: tuple[Called, ...]


def routes(registrar: Registrar) -> list[Route]:
    """Return the routes below `/policy`."""
    api = _Api(registrar)
    return [
        Route("/policy", api.in_force, methods=["GET"]),
        Route("/policy", api.apply, methods=["POST"]),
        Route("/policy/versions", api.versions, methods=["GET"]),
        Route("/policy/versions/{number:int}", api.version, methods=["GET"]),
        Route("/policy/rollback", api.roll_back, methods=["POST"]),
        Route("/policy/tags", api.tags, methods=["POST"]),
    ]


class _Api:
    """One method a route: read, call one function, show."""

    def __init__(self, registrar: Registrar) -> None:
        self._registrar, self._policies = registrar, registrar.policies

    async def in_force(self, _: Request) -> Response:
        return answer(shown(self._policies.in_force(), text=True))

    async def versions(self, _: Request) -> Response:
        return answer({"versions": [shown(each) for each in reversed(self._policies.all())]})

    async def version(self, request: Request) -> Response:
        return answer(shown(self._policies.get(int(request.path_params["number"])), text=True))

    async def apply(self, request: Request) -> Response:
        wanted = await read_as(request, Wanted, MOST)
        version, generation = await self._policies.apply(wanted.files, configured=wanted.configured)
        return answer(shown(version) | {"generation": generation}, Status.CREATED)

    async def roll_back(self, request: Request) -> Response:
        wanted = await read_as(request, Earlier, MOST)
        version, generation = await self._policies.roll_back(wanted.version)
        return answer(shown(version) | {"generation": generation}, Status.CREATED)

    async def tags(self, request: Request) -> Response:
        wanted = await read_as(request, Tagged, MOST)
        if len(wanted.principals) * len(wanted.names) > MOST_TAGS:
            raise BodyRefused(Status.UNPROCESSABLE, f"that would be more than {MOST_TAGS} tags; ask in parts")
        return answer({"tags": self._registrar.tool_tags(wanted.principals, wanted.names)})


def shown(version: Version, *, text: bool = False) -> dict[str, Any]:
    """Return a version as the API shows it.

    Args:
        version: which.
        text: whether its files are wanted; else their names alone.
    """
    return {
        "version": version.number,
        "digest": version.digest,
        "source": version.source,
        "repeats": version.repeats,
        "at": version.at,
        "configured": version.digest == version.configured,
        "files": dict(version.files) if text else sorted(version.files),
    }
