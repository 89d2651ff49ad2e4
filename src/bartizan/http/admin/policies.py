"""Policies: one function a route."""

from bartizan.access.versions import Version
from bartizan.admin import policies as table
from bartizan.admin.forms import Page, Paged
from bartizan.admin.policies import (
    Earlier,
    Policies,
    PolicyApplied,
    PolicyListed,
    PolicyVersion,
    Tagged,
    Tags,
)
from bartizan.admin.route import Nothing
from bartizan.app.admin.cursor import Cursors
from bartizan.app.control import Registrar
from bartizan.app.tool_names import tool_tags
from bartizan.http.admin.call import Bound, Call, done, shown
from bartizan.http.body import BodyRefused
from bartizan.http.status import Status

MOST_TAGS = 20_000
"""Tags of one answer: they are made while nobody else is served."""


class Versions:
    """Policies over HTTP."""

    def __init__(self, registrar: Registrar, cursors: Cursors) -> None:
        """Take who has them."""
        self._registrar, self._policies, self._cursors = registrar, registrar.policies, cursors

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.READ, lambda _: _whole(self._policies.in_force())),
            done(table.APPLY, self.apply),
            done(table.ROLL_BACK, self.roll_back),
            shown(table.LIST, self.list),
            shown(table.VERSION, self.version),
            shown(table.TAGS, self.tags),
        )

    async def apply(self, call: Call[Policies, Nothing]) -> PolicyApplied:
        """Put policies in force."""
        version, generation = await self._policies.apply(
            call.body.files, configured=call.body.configured, actor=call.caller.actor
        )
        return PolicyApplied(*_listed(version), generation=generation)

    async def roll_back(self, call: Call[Earlier, Nothing]) -> PolicyApplied:
        """Put an earlier version in force again."""
        version, generation = await self._policies.roll_back(call.body.version, call.caller.actor)
        return PolicyApplied(*_listed(version), generation=generation)

    def list(self, call: Call[Nothing, Paged]) -> Page[PolicyListed]:
        """Return a page of versions, the newest first."""
        newest = [PolicyListed(*_listed(each)) for each in reversed(self._policies.all())]

        def older(after: str, _most: int) -> list[PolicyListed]:
            return [each for each in newest if not after or each.version < int(after)]

        return self._cursors.page(table.LIST.name, call.query, older, lambda each: str(each.version))

    def version(self, call: Call[Nothing, Nothing]) -> PolicyVersion:
        """Return one version."""
        return _whole(self._policies.get(int(call.segments["version"])))

    def tags(self, call: Call[Tagged, Nothing]) -> Tags:
        """Return how the record calls tools."""
        wanted = call.body
        if len(wanted.principals) * len(wanted.names) > MOST_TAGS:
            raise BodyRefused(Status.UNPROCESSABLE, f"that would be more than {MOST_TAGS} tags; ask in parts")
        return Tags(tool_tags(self._registrar.people(), wanted.principals, wanted.names))


def _whole(version: Version) -> PolicyVersion:
    return PolicyVersion(*_listed(version), files=dict(version.files))


def _listed(version: Version) -> tuple[int, str, str, int, int, bool, tuple[str, ...]]:
    return (
        version.number,
        version.digest,
        version.source,
        version.repeats,
        version.at,
        version.digest == version.configured,
        tuple(sorted(version.files)),
    )
