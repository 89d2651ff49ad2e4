"""The pages over a real store, without a gateway before them: asked as a program asks, not as a browser does."""

import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import msgspec
from starlette.applications import Starlette

from bartizan.access import register
from bartizan.access.issue.mint import Signer, new_key
from bartizan.access.people.passkey import Site
from bartizan.app.approvals import Approvals
from bartizan.app.control import Registrar
from bartizan.app.control_ports import Ports as ControlPorts
from bartizan.app.entry import Entry
from bartizan.app.everyone import Everyone
from bartizan.app.everyone import Ports as EveryonePorts
from bartizan.app.issuing import assemble
from bartizan.app.people import People, Ports
from bartizan.app.permits import ACTIONS
from bartizan.clock import Nanoseconds
from bartizan.console.visits import visits
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.state import State
from bartizan.identity.verified import Verified
from bartizan.ledger.event import Event
from bartizan.store.engine import open_store
from tests.console.soft import Soft

ORIGIN = "https://localhost:8443"
NAME = "__Host-bartizan-session"
HERE = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}


class Clock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = Nanoseconds(1_800_000_000 * 10**9)

    def now(self) -> Nanoseconds:
        return self.at

    def boottime(self) -> Nanoseconds:
        return self.at

    def move(self, seconds: float) -> None:
        self.at = Nanoseconds(self.at + int(seconds * 10**9))


class Answer(msgspec.Struct):
    """What came back."""

    status: int
    headers: dict[str, str]
    body: str

    @property
    def cookie(self) -> str:
        return self.headers.get("set-cookie", "").partition(";")[0].partition("=")[2]

    @property
    def way(self) -> str:
        return self.headers.get("location", "")


class Scene:
    """Two people, `user.ada` and `user.bob`, with a passkey each."""

    def __init__(self, folder: Path) -> None:
        self.clock, self.record = Clock(), list[Entry]()
        self.done: list[tuple[str, str, str]] = []
        self.store = open_store(f"sqlite:///{folder / 'store.db'}")
        register.prepare(self.store)
        self.permitted: dict[str, frozenset[str]] = {"user.ada": ACTIONS}
        self.flagged: dict[str, Nanoseconds] = {}
        self.permits: Callable[[Principal, Verified, str], frozenset[str]] = lambda person, _, __: (
            self.permitted.get(person.id, frozenset())
        )
        ports = Ports(
            self.store,
            self.clock,
            self._keep,
            Site(ORIGIN),
            lambda person, verified, group: self.permits(person, verified, group),  # noqa: PLW0108 - a test may change it
            lambda person: self.flagged.get(person.pseudonym, Nanoseconds(0)),
        )
        self.people, self.approvals = People(ports), Approvals(ports)
        self.everyone = Everyone(EveryonePorts(self._everybody, self._revoke, self._erase), self.approvals)
        control = ControlPorts(
            self.store, Signer(ORIGIN, new_key()), self.clock, self._keep, self._publish, ()
        )
        self.registrar = Registrar(control)
        self.issuing = assemble(control, self.registrar, folder)
        flow = self.issuing.device_flow
        self.app = Starlette(
            routes=visits(self.people, self.approvals, self.everyone, flow, self.issuing.consents)
        )
        self.soft = {name: Soft(ORIGIN) for name in ("ada", "bob")}
        for name, roles in (("ada", ["owner"]), ("bob", ["security-engineer"])):
            with self.store.begin() as connection:
                register.register(connection, Kind.USER, name, roles, self.clock.now())
            who = self.people.who(self.linked(name))
            self.people.enrol(who, self.soft[name].create(self.people.enrolment(who)), name)

    def linked(self, name: str) -> str:
        """Return the cookie of a session that a link begins."""
        token = self.people.link(f"user.{name}").reveal().decode()
        return self.people.follow(token, "").reveal().decode()

    def signed_in(self, name: str) -> str:
        """Return the cookie of a session that a passkey begins."""
        return self.people.sign_in(self.soft[name].get(self.people.options()), "").reveal().decode()

    def add(self, cookie: str, passkey: Soft, label: str) -> None:
        """Add a passkey of whose session this is."""
        who = self.people.who(cookie)
        self.people.enrol(who, passkey.create(self.people.enrolment(who)), label)

    def begun_by(self, passkey: Soft) -> str:
        """Return the cookie of a session that this passkey begins."""
        return self.people.sign_in(passkey.get(self.people.options()), "").reveal().decode()

    def _keep(self, entries: Sequence[Entry]) -> tuple[int, int]:
        for each in entries:
            Event(0, each.kind, each.actor, each.subject, each.outcome, each.control, each.detail)
        self.record += entries
        return 0, 0

    async def _publish(self, state: State) -> int:
        self.states = (state,)
        return 1

    def _everybody(self) -> tuple[Principal, ...]:
        with self.store.begin() as connection:
            return register.people(connection)

    async def _revoke(self, principal: str, actor: str) -> int:
        self.done.append(("revoked", principal, actor))
        with self.store.begin() as connection:
            register.revoke(connection, principal)
        return 1

    async def _erase(self, principal: str, actor: str) -> int:
        self.done.append(("erased", principal, actor))
        with self.store.begin() as connection:
            register.erase(connection, principal)
        return 1

    def page(self, path: str, cookie: str = "", **headers: str) -> Answer:
        said = {name.replace("_", "-"): value for name, value in headers.items()}
        return self._ask("GET", path, said | ({"cookie": f"{NAME}={cookie}"} if cookie else {}), b"")

    def send(self, path: str, cookie: str, headers: Mapping[str, str] = HERE, **form: str) -> Answer:
        """Return what answers a form with exactly these fields."""
        said = {"content-type": "application/x-www-form-urlencoded", **headers}
        return self._ask(
            "POST", path, said | ({"cookie": f"{NAME}={cookie}"} if cookie else {}), urlencode(form).encode()
        )

    def form(self, cookie: str) -> str:
        """Return what the forms of a session hold."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.page("/people", cookie).body)
        assert found
        return found[1]

    def _ask(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        where, _, query = path.partition("?")
        scope: dict[str, object] = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "path": where,
            "raw_path": where.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }
        return asyncio.run(_answered(self.app, scope, body))


async def _answered(app: Callable[..., object], scope: dict[str, object], body: bytes) -> Answer:
    sent: list[dict[str, object]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    await app(scope, receive, send)  # type: ignore[misc]
    head = msgspec.convert(sent[0]["headers"], list[tuple[bytes, bytes]])
    octets = b"".join(msgspec.convert(each.get("body", b""), bytes) for each in sent[1:])
    status = msgspec.convert(sent[0]["status"], int)
    return Answer(status, {name.decode(): value.decode() for name, value in head}, octets.decode())


@contextmanager
def standing(folder: Path) -> Iterator[Scene]:
    """Yield a scene, and close its store."""
    scene = Scene(folder)
    try:
        yield scene
    finally:
        scene.store.dispose()
