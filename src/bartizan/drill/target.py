"""What an attack may use.

Rules of this file: an attack gets functions, not Bartizan's insides. What a stranger can do goes through a
`Door`; what only the owner can do (mint a token, look into the record) is a function that somebody above
the drill hands in. Kills and edits happen on a throw-away twin, never on the platform that serves.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from bartizan.crypto.secret import Reticent
from bartizan.drill.door import Door
from bartizan.ledger.entry import Entry

OWNER = "user.owner"
"""Who owns a platform."""
CALLER = "workload.drill"
"""The principal that may call the sample, and nothing more."""
FLOODER = "workload.drill-flood"
"""Like `CALLER`, kept apart so that what it is denied hits nobody else."""
OUTSIDER = "workload.drill-bare"
"""Authenticated, but without any role."""
GATEWAY = "bartizan:gateway"
"""Audience of tokens for the gateway."""
CONTROL = "bartizan:control"
"""Audience of tokens for the control process."""


class Process(msgspec.Struct, frozen=True):
    """A process of a platform: what it is, its id, and how far it is (`serving`, `ready`)."""

    name: str
    pid: int
    state: str = ""


class Platform(msgspec.Struct, frozen=True):
    """A running platform, as its owner and as a stranger may use it.

    Attributes:
        door: the front door.
        ledger: folder of the ledger; attacks copy it and never write into it.
        token: (principal, audience, seconds) -> a token, minted by the owner.
        bound: (principal, thumbprint of a key) -> a token for the gateway that is bound to the key, for a minute.
        admit: fingerprint of a key that asks -> returns once its device is known everywhere, as its owner has it.
        size: () -> how many entries the tree holds.
        entries: index -> the entries from there on, in order; bounded by `MOST_ENTRIES`.
        processes: () -> its processes as they are now.
        secret_sha256: () -> SHA-256, in hexadecimal, of the secret in the sample's system prompt.
        applied: Cedar text by name of its file -> returns once that is in force, as its owner has it; none is the
            built-in policies.
        link: (name, roles) -> address of a link that signs a person of this name in, once, who is registered where nobody is.
        client: (name, roles, redirect) -> client id and secret of a new workload; with a redirect URI it is an application. For
            a throw-away platform: it stays registered.
        revoke: id of a principal, or of a token -> returns once that is refused everywhere, as its owner has it.
        run: name of a schedule -> the number of its run that was started now, as its owner asks.
    """

    door: Door
    ledger: Path
    token: Callable[[str, str, int], str]
    bound: Callable[[str, str], str]
    admit: Callable[[str], None]
    size: Callable[[], int]
    entries: Callable[[int], tuple[Entry, ...]]
    processes: Callable[[], tuple[Process, ...]]
    secret_sha256: Callable[[], str]
    link: Callable[[str, tuple[str, ...]], str]
    client: Callable[[str, tuple[str, ...], str], tuple[str, str]]
    revoke: Callable[[str], None]
    run: Callable[[str], int]
    applied: Callable[[Mapping[str, str]], None]

    def caller(self, principal: str = CALLER) -> str:
        """Return a token that admits a principal to the gateway for a minute."""
        return self.token(principal, GATEWAY, 60)


class Arrived(Reticent, frozen=True):
    """A request as it came to a service behind a platform.

    Attributes:
        method, path: of the request line, the query included; the path begins with the service's name.
        fields: names in lower case; of a repeated one, the last.
        body: as it came.
    """

    method: str
    path: str
    fields: Mapping[str, str]
    body: bytes


class Scene(msgspec.Struct, frozen=True):
    """A throw-away platform before services that are played: `sample/scene.toml` names them.

    Attributes:
        platform: which; it speaks to no other service.
        arrived: name of a service -> the requests that came to it, in order.
    """

    platform: Platform
    arrived: Callable[[str], tuple[Arrived, ...]]

    def door(self, service: str) -> Door:
        """Return the front door, for requests to one service."""
        return msgspec.structs.replace(self.platform.door, service=service)


TOKENS = 4000
"""Tokens a minute that one principal has for the embeddings of a strict twin."""
PLACES = 3
"""Completions of a strict twin that one principal may have under way."""
CONNECTIONS = 64
"""Connections of clients that a strict twin holds."""
STRICT = (
    'pq = "required"',
    "[bounds]",
    f"connections = {CONNECTIONS}",
    "[[limit]]",
    'per = "principal"',
    'routes = ["embeddings"]',
    f"tokens_per_minute = {TOKENS}",
    "[[limit]]",
    'per = "principal"',
    'routes = ["completions"]',
    f"concurrent = {PLACES}",
    "[admin]",
    'networks = ["127.0.0.0/8", "::1"]',
    'binding = "optional"',
)
"""Configuration of the twin that every attack shares that needs one: quantum-safe clients, limits, few connections, and an Admin
API for this machine that takes tokens which are bound to nothing: what is shown is what it refuses whoever holds a good one."""
MOST_ENTRIES = 100_000
"""How many entries one question to the ledger returns at most."""


class Said(msgspec.Struct, frozen=True):
    """How a command of the product ended: its exit code, and what it printed for whom it works for."""

    code: int
    printed: str


class Target(msgspec.Struct, frozen=True):
    """What an attack is let loose on.

    Attributes:
        platform: the running platform.
        twin: lines of configuration -> a throw-away platform with them; the same lines give the same one.
        sleep: seconds -> waits that long.
        scene: () -> the throw-away platform before services that are played; always the same.
        command: (words, folder) -> how `bartizan WORDS` ended there, run by somebody who has just got what lies in it.
    """

    platform: Platform
    twin: Callable[[tuple[str, ...]], Platform]
    sleep: Callable[[float], None]
    scene: Callable[[], Scene]
    command: Callable[[tuple[str, ...], Path], Said]

    @property
    def door(self) -> Door:
        """The front door of the running platform."""
        return self.platform.door

    def caller(self, principal: str = CALLER) -> str:
        """Return a token that admits a principal to the gateway for a minute."""
        return self.platform.caller(principal)
