"""What the owner's commands ask of a running platform, over the unix socket that only the owner reaches.

Rules of this file: answers are checked like a stranger's; a refusal carries the platform's own sentence, which
says what to do. Tokens and secrets go to the caller and nowhere else.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar
from urllib.parse import quote

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.plan import Reticent
from bartizan.app.schedule.shown import Shown
from bartizan.app.signin_standing import Standing
from bartizan.egress.http import Client, Response
from bartizan.identity.device import Posture

SECONDS: Final = 30.0
"""Longest time for an answer: a revocation is answered once every worker has loaded it."""
_OK: Final = 200
Shape = TypeVar("Shape")


class PlatformSilent(Exception):
    """Nobody answers for this state folder."""

    def __init__(self, folder: Folder) -> None:
        """Name the folder and what to do."""
        super().__init__(f"no platform answers for {folder.root}; start it with `bartizan up`")
        self.folder = folder


class OwnerRefused(Exception):
    """The platform refused what the owner asked; the message is its own sentence."""

    def __init__(self, status: int, detail: str) -> None:
        """Carry the status of the answer and what it said."""
        super().__init__(detail or f"the platform answered {status}; look at `bartizan status`")
        self.status = status


class Token(Reticent, frozen=True):
    """An access token: a secret of `expires_in` seconds; `id` may stand in the record."""

    access_token: str
    expires_in: int
    id: str


class Person(msgspec.Struct, frozen=True):
    """A registered principal."""

    id: str
    client_id: str
    pseudonym: str
    kind: str
    roles: tuple[str, ...]
    revoked: bool


class Suspect(msgspec.Struct, frozen=True):
    """Somebody against whom an alert is held: pseudonym, id where it is registered, and until when, UTC nanoseconds."""

    about: str
    principal: str
    until: int


class SignIns(msgspec.Struct, frozen=True):
    """How the watch over sign-ins stands, and against whom an alert is held."""

    standing: Standing | None
    suspects: tuple[Suspect, ...]


class Registered(Reticent, frozen=True):
    """A new principal with its client secret, which is shown this once."""

    id: str
    client_id: str
    client_secret: str


class PolicyVersion(msgspec.Struct, frozen=True):
    """A version of the policies.

    Attributes:
        version: its number.
        digest: SHA-256 of its files with their names, hexadecimal.
        source: `start`, `applied` or `rolled-back`.
        repeats: the version that it is again; 0 where it is new.
        at: when it was put in force, UTC nanoseconds.
        configured: whether the configured files are the same, as far as they were read.
        files: names of its files, with their text where that was asked for; none are the built-in policies.
        generation: from which every worker decides on it, where it was just put in force; else 0.
    """

    version: int
    digest: str
    source: str
    repeats: int
    at: int
    configured: bool
    files: dict[str, str] | tuple[str, ...]
    generation: int = 0


class _Versions(msgspec.Struct, frozen=True):
    versions: tuple[PolicyVersion, ...]


class _Platform(msgspec.Struct, frozen=True):
    services: tuple[str, ...]


class _Tags(msgspec.Struct, frozen=True):
    tags: dict[str, dict[str, str]]


class Rotated(msgspec.Struct, frozen=True):
    """A new key of the issuer: its id, and in how many seconds it signs."""

    kid: str
    signs_in: int


class _Kids(msgspec.Struct, frozen=True):
    kids: tuple[str, ...]


class SignInLink(Reticent, frozen=True):
    """A link that signs a person in once: a secret of `seconds` seconds."""

    url: str
    seconds: int


class _People(msgspec.Struct, frozen=True):
    principals: tuple[Person, ...]


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


class _Admitted(msgspec.Struct, frozen=True):
    id: str


class _Nothing(msgspec.Struct, frozen=True):
    pass


class _Generation(msgspec.Struct, frozen=True):
    generation: int


class _Recorded(msgspec.Struct, frozen=True):
    first: int
    last: int


class _Schedules(msgspec.Struct, frozen=True):
    schedules: tuple[Shown, ...]


class _Sample(msgspec.Struct, frozen=True):
    sha256: str


class _Problem(msgspec.Struct, frozen=True):
    detail: str = ""


class Owner:
    """A client of one platform's owner API; opens a connection a question."""

    __slots__ = ("_folder",)

    def __init__(self, folder: Folder) -> None:
        """Ask the platform of this state folder; nothing is asked yet."""
        self._folder = folder

    def token(self, principal: str, audience: str, seconds: int, key: str = "") -> Token:
        """Return a token.

        Args:
            principal: id of the owner or of one of the drill's principals.
            audience: `bartizan:gateway` or `bartizan:control`.
            seconds: its life, 1 to 600.
            key: thumbprint of the key that it is bound to; empty for a bearer token.
        Raises:
            PlatformSilent, OwnerRefused.
        """
        wanted = {"principal": principal, "audience": audience, "seconds": seconds, "key": key}
        return self._ask("POST", "/token", Token, wanted)

    def people(self) -> tuple[Person, ...]:
        """Return everybody who is registered, the revoked included; raises as `token`."""
        return self._ask("GET", "/principals", _People).principals

    def link(self, principal: str) -> SignInLink:
        """Return a link that signs a person in once; raises as `token`."""
        return self._ask("POST", "/people/link", SignInLink, {"principal": principal})

    def register(
        self,
        name: str,
        kind: str,
        roles: Sequence[str],
        keys: str = "",
        redirects: Sequence[str] = (),
        *,
        public: bool = False,
    ) -> Registered:
        """Return a new principal; its roles are in force in every worker; raises as `token`.

        Args:
            name, kind, roles: of the principal.
            keys: public JWK or a set of them, JSON; with one there is no secret.
            redirects: addresses to which it has people sent back; makes it an application.
            public: whether that can keep no secret.
        """
        wanted = {"name": name, "kind": kind, "roles": list(roles), "keys": keys}
        return self._ask(
            "POST", "/principals", Registered, {**wanted, "redirects": list(redirects), "public": public}
        )

    def adopt(self, name: str, kind: str, roles: Sequence[str], issuer: str, subject: str) -> Registered:
        """Return a new principal that is known by an external issuer's tokens, and has no secret; raises as `token`.

        Args:
            name, kind, roles: of it.
            issuer, subject: of those tokens.
        """
        wanted = {"name": name, "kind": kind, "roles": list(roles), "issuer": issuer, "subject": subject}
        return self._ask("POST", "/principals", Registered, wanted)

    def give_keys(self, principal: str, keys: str) -> tuple[str, ...]:
        """Have a principal's client sign with these public keys from now on; return their ids; raises as `token`."""
        path = f"/principals/{quote(principal, safe='')}/keys"
        return self._ask("POST", path, _Kids, {"keys": keys}).kids

    def rotate(self, *, at_once: bool) -> Rotated:
        """Publish a new key of the issuer, or have it take the old one's place at once; raises as `token`."""
        return self._ask("POST", "/issuer/rotations", Rotated, {"at_once": at_once})

    def revoke(self, principal: str) -> int:
        """Refuse everything of a principal from now on, in every worker; return the generation; raises as `token`."""
        return self._ask("POST", "/revoke", _Generation, {"principal": principal}).generation

    def erase(self, principal: str) -> int:
        """Revoke a principal and forget who its pseudonym is; return the generation; raises as `token`."""
        return self._ask("DELETE", f"/principals/{quote(principal, safe='')}", _Generation).generation

    def revoke_token(self, token: str) -> int:
        """Refuse one token by its id from now on, in every worker; return the generation; raises as `token`."""
        return self._ask("POST", "/revoke", _Generation, {"token": token}).generation

    def report(self, events: Sequence[Mapping[str, Any]]) -> tuple[int, int]:
        """Put events on record; return the first and the last sequence in the segment; raises as `token`."""
        found = self._ask("POST", "/events", _Recorded, {"events": list(events)})
        return found.first, found.last

    def services(self) -> tuple[str, ...]:
        """Return the names of every service, the platform's own among them; raises as `token`."""
        return self._ask("GET", "/status", _Platform).services

    def policy(self, version: int = 0) -> PolicyVersion:
        """Return a version of the policies with its text; 0 is the one in force; raises as `token`."""
        return self._ask("GET", f"/policy/versions/{version}" if version else "/policy", PolicyVersion)

    def policy_versions(self) -> tuple[PolicyVersion, ...]:
        """Return the versions that are kept, the newest first; raises as `token`."""
        return self._ask("GET", "/policy/versions", _Versions).versions

    def apply_policies(self, files: Mapping[str, str], *, configured: bool) -> PolicyVersion:
        """Put policies in force in every worker, and return their version; raises as `token`.

        Args:
            files: Cedar text by name of its file; none are the built-in policies.
            configured: whether the configuration leads to these.
        """
        wanted = {"files": dict(files), "configured": configured}
        return self._ask("POST", "/policy", PolicyVersion, wanted)

    def roll_back_policies(self, version: int) -> PolicyVersion:
        """Put an earlier version in force in every worker, and return the new one that it is; raises as `token`."""
        return self._ask("POST", "/policy/rollback", PolicyVersion, {"version": version})

    def tool_tags(self, principals: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return pseudonym -> tag -> name of tools that the record may tell of; raises as `token`."""
        wanted = {"principals": list(principals), "names": list(names)}
        return self._ask("POST", "/policy/tags", _Tags, wanted).tags

    def signins(self) -> SignIns:
        """Return how the watch over sign-ins stands, and against whom an alert is held; raises as `token`."""
        return self._ask("GET", "/sign-ins", SignIns)

    def clear(self, about: str) -> None:
        """Hold no alert against a principal or a source any more, by its pseudonym; raises as `token`."""
        self._ask("POST", "/sign-ins/clear", _Generation, {"about": about})

    def devices(self) -> Devices:
        """Return the keys that ask and the devices that were admitted; raises as `token`."""
        return self._ask("GET", "/devices", Devices)

    def admit(self, key: str, name: str, holder: str, *, hardware: bool) -> str:
        """Admit a key that asks, in every worker, and return the id of its device; raises as `token`.

        Args:
            key: fingerprint.
            name: of the device; empty for the one that it asks to have.
            holder: id of whose tokens may be bound to it; empty for everybody's.
            hardware: whether the owner vouches that the key cannot leave the machine.
        """
        wanted = {"key": key, "name": name, "holder": holder, "hardware": hardware}
        return self._ask("POST", "/devices", _Admitted, wanted).id

    def refuse(self, key: str) -> None:
        """Forget that a key asks, by its fingerprint; raises as `token`."""
        self._ask("POST", "/devices/refuse", _Nothing, {"key": key})

    def schedules(self) -> tuple[Shown, ...]:
        """Return every schedule, those that are off included; raises as `token`."""
        return self._ask("GET", "/schedules", _Schedules).schedules

    def run(self, schedule: str) -> Shown:
        """Start a schedule's run now, and return what is known of it then; raises as `token`."""
        return self._ask("POST", f"/schedules/{quote(schedule, safe='')}/runs", Shown, {})

    def metrics(self) -> str:
        """Return the platform's numbers in Prometheus' text format; raises as `token`."""
        response = self._send("GET", "/metrics", (), b"")
        try:
            if response.status != _OK:
                raise OwnerRefused(response.status, "")
            return response.body.decode()
        except UnicodeDecodeError as fault:
            raise OwnerRefused(response.status, "") from fault

    def sample_sha256(self) -> str:
        """Return the digest of the secret in the sample's system prompt, hexadecimal; raises as `token`."""
        return self._ask("GET", "/sample", _Sample).sha256

    def _ask(
        self, method: str, path: str, shape: type[Shape], body: Mapping[str, Any] | None = None
    ) -> Shape:
        headers = (("content-type", "application/json"),) if body is not None else ()
        octets = b"" if body is None else msgspec.json.encode(body)
        return _read(self._send(method, path, headers, octets), shape)

    def _send(self, method: str, path: str, headers: tuple[tuple[str, str], ...], octets: bytes) -> Response:
        try:
            client = Client.unix(self._folder.owner_socket, timeout_s=SECONDS)
            return client.request(method, path, headers, octets)
        except PermissionError as fault:
            raise PermissionError(fault.errno, fault.strerror, str(self._folder.owner_socket)) from fault
        except OSError as fault:
            raise PlatformSilent(self._folder) from fault


def _read(response: Response, shape: type[Shape]) -> Shape:
    try:
        if response.status >= 400:  # noqa: PLR2004 - RFC 9110, client and server errors
            raise OwnerRefused(response.status, msgspec.json.decode(response.body, type=_Problem).detail)
        return msgspec.json.decode(response.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise OwnerRefused(response.status, "") from fault
