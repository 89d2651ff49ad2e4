"""What policies decide over: who is registered, which services there are, and the policies in force.

Rules of this file: from the running platform where one runs, else from what the command line and the configuration say.
"""

from collections.abc import Iterable, Mapping

import msgspec

from bartizan.access.describe import Exposed, describe
from bartizan.admin.principals import Person
from bartizan.app.exposed import exposed
from bartizan.app.owner import Owner
from bartizan.app.plan import CONTROL, JUDGE, SAMPLE
from bartizan.app.policies import check
from bartizan.app.policy_schema import schema
from bartizan.app.settings import Settings
from bartizan.identity.principal import ANONYMOUS, Kind, NotAPrincipal, Principal, principal_id
from bartizan.policy.engine import Engine


class Facts(msgspec.Struct, frozen=True):
    """What a policy set is asked about.

    Attributes:
        people: everybody.
        services: all of them, the platform's own among them.
        files: policies in force by name of their file; none are the built-in ones.
        version: of those; 0 where they are the configured ones of no platform.
    """

    people: tuple[Principal, ...]
    services: tuple[Exposed, ...]
    files: Mapping[str, str]
    version: int = 0

    def engine(self, files: Mapping[str, str]) -> Engine:
        """Return these policies over the people and services.

        Raises:
            PolicyInvalid: they cannot be decided with.
        """
        source = describe(self.people, self.services, check(files), schema())
        return Engine(source.text, source.schema, source.entities)

    def person(self, principal: str) -> Principal:
        """Return somebody by id, `anonymous` among them.

        Raises:
            NobodyOfThat: nobody who is registered, or not any more.
        """
        if principal == ANONYMOUS.id:
            return ANONYMOUS
        for person in self.people:
            if person.id == principal and not person.revoked:
                return person
        raise NobodyOfThat(principal)


class NobodyOfThat(ValueError):
    """Nobody of that id is registered."""

    def __init__(self, principal: str) -> None:
        """Say what to do."""
        super().__init__(
            f"{principal} is not registered, or revoked; `bartizan identity list` shows who is, "
            "and --role says what a principal would hold that is not there yet"
        )


def of_platform(owner: Owner) -> Facts:
    """Return the facts of a running platform.

    Raises:
        PlatformSilent, OwnerRefused.
    """
    version = owner.policy()
    people = tuple(map(_principal, owner.people()))
    return Facts(people, exposed(owner.services()), version.files, version.version)


def of_configuration(settings: Settings, files: Mapping[str, str]) -> Facts:
    """Return the facts of a configuration whose platform does not run: nobody is registered there."""
    names = [*(service.name for service in settings.service), SAMPLE, CONTROL]
    names += [*([JUDGE] if settings.judge.enabled else []), *settings.edge.services]
    return Facts((), exposed(names), files)


def imagined(principal: str, roles: Iterable[str]) -> Principal:
    """Return somebody who need not be registered.

    Args:
        principal: id, such as `workload.ci`.
        roles: that they would hold.
    Raises:
        NotAPrincipal: not of the form of an id.
    """
    kind, dot, name = principal.partition(".")
    if not dot or kind not in {each.value for each in Kind}:
        raise NotAPrincipal("an id is a kind, a dot and a name: user.ada, device.tablet, workload.ci")
    return Principal(principal_id(Kind(kind), name), Kind(kind), name, tuple(sorted(set(roles))), "", b"")


def _principal(person: Person) -> Principal:
    kind, _, name = person.id.partition(".")
    return Principal(
        person.id, Kind(kind), name, person.roles, person.pseudonym, b"", person.client_id, person.revoked
    )
