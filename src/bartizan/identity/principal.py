"""Who acts: a user, a device, a workload, or nobody in particular."""

import enum
import hashlib
import re
from typing import Final

import msgspec
from typing_extensions import override

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,39}")
"""The name of a principal within its kind, and of a role."""

SELF_REGISTERED: Final = re.compile(r"self-[0-9a-f]{16}")
"""The name of an application that registered itself: random, and nobody else's."""
ITSELF: Final = "self-registered"
"""The role that such an application is in for policy; nobody is given it."""


class Kind(enum.Enum):
    """What sort of principal; with the name it makes the id (`workload.drill`)."""

    USER = "user"
    DEVICE = "device"
    WORKLOAD = "workload"
    ANONYMOUS = "anonymous"


_TYPE: Final = {
    Kind.USER: "User",
    Kind.DEVICE: "Device",
    Kind.WORKLOAD: "Workload",
    Kind.ANONYMOUS: "Anonymous",
}


class NotAPrincipal(ValueError):
    """A kind, name or role that no principal can have."""

    def __init__(self, fault: str) -> None:
        """Say which part, without repeating it."""
        super().__init__(f"not a principal: {fault}")
        self.fault = fault


class Uid(msgspec.Struct, frozen=True, order=True):
    """A Cedar entity's type and id, kept apart so that no id is ever pasted into policy text."""

    type: str
    id: str


class Principal(msgspec.Struct, frozen=True):
    """Somebody whom the operator knows.

    Attributes:
        id: `kind.name`; what `sub` says in our own tokens.
        kind, name: its parts.
        roles: names of roles, without the kind.
        pseudonym: `p-` and 16 hexadecimal digits, random; what events say instead of the id.
        content_key: 32 octets that tag this principal's content; destroyed on erasure. Never printed.
        client: the `client_id` that its tokens must carry; random, so that a name that is erased and given
            again does not bring old tokens back.
        revoked: whether every token of this principal is refused.
    """

    id: str
    kind: Kind
    name: str
    roles: tuple[str, ...]
    pseudonym: str
    content_key: bytes
    client: str = ""
    revoked: bool = False

    @property
    def uid(self) -> Uid:
        """Return the entity that stands for this principal in policy."""
        return Uid(_TYPE[self.kind], self.name)

    @property
    def self_registered(self) -> bool:
        """Whether it is an application that registered itself: no person here vouches for it."""
        return self.kind is Kind.WORKLOAD and SELF_REGISTERED.fullmatch(self.name) is not None

    @override
    def __repr__(self) -> str:
        """Return the id and the pseudonym; never the key."""
        return f"Principal({self.id}, {self.pseudonym})"


def principal_id(kind: Kind, name: str) -> str:
    """Return the id of a principal of this kind and name.

    Raises:
        NotAPrincipal: a name that is not of the form `NAME`, or the kind that cannot be registered.
    """
    if kind is Kind.ANONYMOUS:
        raise NotAPrincipal("anonymous is nobody's name; choose user, device or workload")
    if NAME.fullmatch(name) is None:
        raise NotAPrincipal("a name is a lower-case letter, then at most 39 letters, digits or hyphens")
    return f"{kind.value}.{name}"


def registration(client: str) -> str:
    """Return what tokens that somebody else's client holds say of their principal's registration.

    A name that is erased and given again has another; nobody else's client learns the principal's own `client_id`.

    Args:
        client: the principal's own.
    """
    return hashlib.sha256(b"registration " + client.encode()).hexdigest()[:32]


ANONYMOUS: Final = Principal("anonymous", Kind.ANONYMOUS, "anonymous", (), "anonymous", b"")
"""Whoever uses a public endpoint; its events name the address prefix instead."""
