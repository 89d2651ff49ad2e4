"""The control process's work for external issuers, over a real store; their documents over real sockets."""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import msgspec
import pytest
from joserfc import jwk
from sqlalchemy import Engine
from typing_extensions import override

from bartizan.access import links
from bartizan.access import register as people
from bartizan.access.errors import IssuerNotConfigured, SubjectLinked
from bartizan.app.control_ports import NotInForce
from bartizan.app.discovery import IssuerUnread, Keys, pinnable, read_keys
from bartizan.app.entry import Entry
from bartizan.app.issuer_plan import Issuer
from bartizan.app.issuers import Issuers, Ports, SignalRefused
from bartizan.clock import SECOND, Nanoseconds
from bartizan.identity.external import ended_key
from bartizan.identity.principal import Kind
from bartizan.store.engine import open_store
from tests.identity import abroad
from tests.identity.forge import START, START_S, public

ISSUER = Issuer(abroad.URL, ("ES256", "RS256"), abroad.PROFILE, (abroad.CLIENT,), (abroad.RECEIVER,))


@dataclass
class House:
    """A control process's issuers, and what they did."""

    store: Engine
    at: Nanoseconds = START
    keys: Keys = ()
    asked: int = 0
    published: int = 0
    recorded: list[Entry] = field(default_factory=list)
    broken: bool = False
    issuers: Issuers = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        ports = Ports(self.store, self, self.record, self.publish, self.read)
        self.issuers = Issuers(ports, (ISSUER,))
        self.issuers.begin()

    def now(self) -> Nanoseconds:
        return self.at

    def record(self, entries: Sequence[Entry]) -> None:
        self.recorded.extend(entries)

    async def publish(self, took_away: Sequence[Entry]) -> None:
        if self.broken:
            raise NotInForce
        self.published += 1
        self.record(took_away)

    def read(self, _: Issuer) -> Keys:
        self.asked += 1
        if not self.keys:
            raise IssuerUnread("unreachable")
        return self.keys

    def do(self, work: Callable[[], Awaitable[object]]) -> None:
        async def doing() -> None:
            await work()

        asyncio.run(doing())

    def state(self) -> links.External:
        with self.store.begin() as connection:
            return self.issuers.external(connection, self.at)

    def roles(self, name: str) -> tuple[str, ...]:
        with self.store.begin() as connection:
            return people.get(connection, name).roles

    def kinds(self) -> list[str]:
        return [entry.kind for entry in self.recorded]


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(open_store(f"sqlite:///{tmp_path}/store.db"), keys=abroad.keys())
    made.do(lambda: made.issuers.renew(ISSUER))
    return made


def test_the_keys_of_an_issuer_outlive_its_absence(house: House) -> None:
    assert house.kinds() == ["access.issuer.changed"]
    house.keys = ()
    house.restart()
    for _ in range(3):
        house.do(lambda: house.issuers.renew(ISSUER))
    assert {key["kid"] for key in house.state().issuers[0].keys} == {"there", "rsa"}
    assert house.kinds().count("access.issuer.unread") == 1


def test_a_new_key_is_looked_for_once_a_minute_and_never_elsewhere(house: House) -> None:
    other = jwk.ECKey.generate_key("P-256", {"kid": "new", "alg": "ES256"})
    strange = abroad.signed(abroad.access_claims(), key=other, kid="new")
    before = house.asked
    for _ in range(5):
        house.do(lambda: house.issuers.consider(strange))
    assert house.asked == before + 1
    house.at = Nanoseconds(house.at + 61 * SECOND)
    house.keys = (*house.keys, public(other))
    house.do(lambda: house.issuers.consider(strange))
    assert house.asked == before + 2
    assert len(house.state().issuers[0].keys) == 3


def test_the_first_token_registers_its_subject_and_newer_ones_change_its_roles(house: House) -> None:
    house.do(lambda: house.issuers.consider(abroad.access()))
    (link,) = house.state().links
    assert house.roles(link.principal) == ("caller",)
    assert link.principal.startswith("user.x-")
    later = abroad.access(iat=START_S + 1, realm_access={"roles": ["admins"]})
    house.do(lambda: house.issuers.consider(later))
    assert house.roles(link.principal) == ("auditor", "caller")  # and never `owner`
    house.do(lambda: house.issuers.consider(abroad.access()))
    assert house.roles(link.principal) == ("auditor", "caller")
    assert house.published == 3


def test_what_a_worker_makes_up_registers_nobody(house: House) -> None:
    made = jwk.ECKey.generate_key("P-256", {"kid": "there", "alg": "ES256"})
    for token in ("", "a.b.c", abroad.signed(abroad.access_claims(), key=made), abroad.access(exp=START_S)):
        house.do(partial(house.issuers.consider, token))
    assert house.state().links == ()


def test_a_sign_out_ends_what_came_before_whoever_shows_it_first(house: House) -> None:
    house.do(lambda: house.issuers.logout(abroad.logout()))
    house.do(lambda: house.issuers.consider(abroad.access()))
    assert house.state().links == ()
    assert house.state().ended[ended_key("sub", abroad.URL, "alice")] == START
    assert house.recorded[-1].kind == "access.signal.heeded"


def test_a_signal_is_heard_once_and_again_where_it_was_not_in_force(house: House) -> None:
    house.broken = True
    with pytest.raises(NotInForce):
        house.do(lambda: house.issuers.logout(abroad.logout()))
    house.broken = False
    house.do(lambda: house.issuers.logout(abroad.logout()))
    with pytest.raises(SignalRefused, match="replayed"):
        house.do(lambda: house.issuers.logout(abroad.logout()))
    house.issuers.record_refusals()
    assert house.recorded[-1].detail == {"signal": "logout", "reason": "replayed", "count": 1}


def test_a_disabled_account_stays_out_until_it_is_enabled_and_no_older_word_counts(house: House) -> None:
    key = ended_key("sub", abroad.URL, "alice")
    disabled, enabled = abroad.RISC + "account-disabled", abroad.RISC + "account-enabled"
    house.do(lambda: house.issuers.hear(abroad.event(enabled, jti="e0", iat=START_S - 9)))
    house.do(lambda: house.issuers.hear(abroad.event(disabled, jti="e1")))
    house.do(lambda: house.issuers.hear(abroad.event(enabled, jti="e2", iat=START_S - 5)))
    house.do(lambda: house.issuers.logout(abroad.logout()))
    assert house.state().ended[key] == links.FOR_EVER
    house.do(lambda: house.issuers.hear(abroad.event(enabled, jti="e3", iat=START_S + 1)))
    assert house.state().ended[key] == START + SECOND
    house.do(lambda: house.issuers.hear(abroad.event(disabled, jti="e4", iat=START_S - 2)))
    assert house.state().ended[key] == START + SECOND


def test_a_sign_out_that_is_signed_with_a_new_key_signs_out(house: House) -> None:
    new = jwk.ECKey.generate_key("P-256", {"kid": "new", "alg": "ES256"})
    house.keys = (*house.keys, public(new))
    house.do(lambda: house.issuers.logout(abroad.logout(key=new, kid="new")))
    assert house.state().ended[ended_key("sub", abroad.URL, "alice")] == START
    asked = house.asked
    for _ in range(3):
        with pytest.raises(SignalRefused, match="key-unknown"):
            house.do(lambda: house.issuers.hear(abroad.event(abroad.CAEP + "session-revoked", kid="other")))
    assert house.asked == asked  # once a minute, whatever strangers say


def test_somebody_is_linked_by_hand_once_and_their_roles_stay(house: House) -> None:
    add = house.issuers.add
    house.do(lambda: add(Kind.USER, "ann", ("caller",), abroad.URL, "alice"))
    house.do(lambda: house.issuers.consider(abroad.access(iat=START_S + 1, realm_access={"roles": []})))
    assert house.roles("user.ann") == ("caller",)
    with pytest.raises(SubjectLinked):
        house.do(lambda: add(Kind.USER, "eve", ("caller",), abroad.URL, "alice"))
    with pytest.raises(IssuerNotConfigured):
        house.do(lambda: add(Kind.USER, "eve", ("caller",), "https://other.example", "alice"))


# ---- documents -------------------------------------------------------------------------------------------------
class Server(HTTPServer):
    """Holds documents by path: status, octets and fields."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Documents)
        self.documents: dict[str, tuple[int, bytes, dict[str, str]]] = {}
        self.asked: list[str] = []


class Documents(BaseHTTPRequestHandler):
    """Serves what the server holds, and notes what is asked for."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        status, said, more = self.server.documents.get(self.path, (404, b"", {}))
        self.server.asked.append(self.path)
        self.send_response(status)
        for name, value in more.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    @override
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


DISCOVERY = "/.well-known/openid-configuration"


def read(
    server: Server, document: object, keys: object = None, allowed: tuple[str, ...] | None = None
) -> Keys:
    place = f"127.0.0.1:{server.server_port}"
    listed = {"keys": list(abroad.keys())} if keys is None else keys
    text = json.dumps(document).replace("HERE", f"http://{place}")
    server.documents |= {DISCOVERY: (200, text.encode(), {}), "/keys": (200, json.dumps(listed).encode(), {})}
    listed_places = (place,) if allowed is None else allowed
    asked = msgspec.structs.replace(ISSUER, url=f"http://{place}", allowed=listed_places)
    return read_keys(asked)


def test_an_issuers_keys_are_found_where_its_own_document_leads() -> None:
    with serving() as server:
        found = read(server, {"issuer": "HERE", "jwks_uri": "HERE/keys"})
    assert [key["kid"] for key in found] == ["rsa", "there"]


@pytest.mark.parametrize(
    ("document", "keys", "word"),
    [
        ({"issuer": "HERE/", "jwks_uri": "HERE/keys"}, None, "issuer-differs"),
        ({"issuer": abroad.URL, "jwks_uri": "HERE/keys"}, None, "issuer-differs"),
        ({"issuer": "HERE"}, None, "malformed"),
        ({"issuer": "HERE", "jwks_uri": "http://169.254.169.254/latest"}, None, "keys-elsewhere"),
        ({"issuer": "HERE", "jwks_uri": "http://127.0.0.1:1/keys"}, None, "keys-elsewhere"),
        ({"issuer": "HERE", "jwks_uri": "https://evil.example/keys"}, None, "keys-elsewhere"),
        ({"issuer": "HERE", "jwks_uri": "file:///etc/passwd"}, None, "keys-elsewhere"),
        ({"issuer": "HERE", "jwks_uri": "HERE/none"}, None, "unavailable"),
        ({"issuer": "HERE", "jwks_uri": "HERE/keys"}, {"keys": []}, "no-keys"),
        ({"issuer": "HERE", "jwks_uri": "HERE/keys"}, {"keys": [{}] * 33}, "malformed"),
        ({"issuer": "HERE", "jwks_uri": "HERE/keys"}, {"keys": "x" * 300_000}, "malformed"),
        ([], None, "malformed"),
    ],
)
def test_a_document_that_leads_elsewhere_or_is_odd_is_not_followed(
    document: object, keys: object, word: str
) -> None:
    with serving() as server, pytest.raises(IssuerUnread) as unread:
        read(server, document, keys)
    assert unread.value.word == word


def test_a_redirect_is_not_followed_and_a_private_address_needs_to_be_listed() -> None:
    with serving() as server:
        server.documents["/there"] = (302, b"", {"Location": "/keys"})
        with pytest.raises(IssuerUnread, match="unavailable"):
            read(server, {"issuer": "HERE", "jwks_uri": "HERE/there"})
        assert "/keys" not in server.asked
        with pytest.raises(IssuerUnread, match="address-refused"):
            read(server, {"issuer": "HERE", "jwks_uri": "HERE/keys"}, allowed=())


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_key_that_is_private_weak_or_of_another_use_is_left_out_and_the_others_stay() -> None:
    good = public(abroad.KEY)
    weak = jwk.RSAKey.generate_key(1024, {"kid": "weak", "alg": "RS256"}).as_dict(private=False)
    odd = [
        {**abroad.KEY.as_dict(private=True), "kid": "private"},
        weak,
        {**good, "kid": "enc", "use": "enc"},
        {**good, "kid": "none", "alg": "none"},
        {**good, "kid": "hs", "alg": "HS256"},
        {"kty": "oct", "k": "AAAA", "kid": "oct", "alg": "HS256"},
        {name: value for name, value in good.items() if name != "kid"},
        "text",
        None,
    ]
    bare = {name: value for name, value in good.items() if name != "alg"} | {"kid": "bare"}
    found = pinnable(abroad.URL, ("ES256", "RS256"), [*odd, good, bare])
    assert {key["kid"]: key["alg"] for key in found} == {"there": "ES256", "bare": "ES256"}
