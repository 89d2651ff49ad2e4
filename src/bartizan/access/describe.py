"""The register and the configuration as Cedar sees them: roles, principals, services."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any, Final

import msgspec

from bartizan.access.decide import SERVICE
from bartizan.clock import Nanoseconds
from bartizan.identity.principal import ANONYMOUS, ITSELF, Principal, Uid
from bartizan.identity.state import PolicySource

ROLES: Final = ("auditor", "caller", "drill", "ml-engineer", "owner", "security-engineer", "service-owner")
"""Roles that the built-in policies speak of; others come from the register."""
_ENCODER: Final = msgspec.json.Encoder(order="sorted")


class Exposed(msgspec.Struct, frozen=True):
    """A service as policy sees it.

    Attributes:
        name: as configured; `control` is Bartizan's own endpoints.
        control: whether it is those.
        drill_only: whether only the drill may call it.
    """

    name: str
    control: bool = False
    drill_only: bool = False


def describe(
    people: Iterable[Principal],
    services: Iterable[Exposed],
    policy: str = "",
    composed: str = "",
    suspects: Mapping[str, Nanoseconds] = {},
) -> PolicySource:
    """Return policies, schema and entities for the engine.

    Args:
        people: everybody; the revoked are left out, so that no policy permits them anything.
        services: all of them.
        policy: Cedar text; empty for the built-in policies.
        composed: Cedar schema of all rooms; empty takes this room's fragment, which is whole by itself.
        suspects: pseudonyms of those whose sign-ins were flagged lately -> when the last was.
    """
    active = [person for person in people if not person.revoked]
    roles = sorted({*ROLES, *(role for person in active for role in _held(person))})
    entities = [
        *(_entity(Uid("Role", role)) for role in roles),
        _entity(ANONYMOUS.uid),
        *(
            _entity(
                person.uid,
                {"suspect": True} if person.pseudonym in suspects else {},
                [Uid("Role", role) for role in _held(person)],
            )
            for person in active
        ),
        *(
            _entity(Uid(SERVICE, each.name), {"control": each.control, "drill_only": each.drill_only})
            for each in services
        ),
    ]
    text = policy or _packaged("default.cedar")
    return PolicySource(text, composed or schema(), _ENCODER.encode(entities).decode(), dict(suspects))


def schema() -> str:
    """Return this room's fragment of the Cedar schema."""
    return _packaged("schema.cedarschema")


def _packaged(name: str) -> str:
    return files("bartizan.access").joinpath(name).read_text("utf-8")


def _held(person: Principal) -> tuple[str, ...]:
    """Return the roles that somebody is in: an application that registered itself in the one for those, and in no other."""
    return (ITSELF,) if person.self_registered else person.roles


def _entity(
    uid: Uid, attributes: dict[str, bool] | None = None, parents: Iterable[Uid] = ()
) -> dict[str, Any]:
    return {"uid": uid, "attrs": attributes or {}, "parents": list(parents)}
