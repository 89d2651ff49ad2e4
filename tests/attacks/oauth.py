"""An installation with one application and one person, and what an adversary can try on it.

Everything is real but the processes around it: the store, the registrar, the issuer's key, and the room that decides on
the tokens, over the very states that were put in force.
"""

import asyncio
import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from bartizan.access.decide import Circumstances
from bartizan.access.describe import Exposed
from bartizan.access.issue.code import SignedIn
from bartizan.access.issue.form import Credential, GrantRefused, read_credential, read_form
from bartizan.access.issue.grant import ACCESS_TOKEN, EXCHANGE, read_grant
from bartizan.access.issue.mint import Issued, Signer, new_key
from bartizan.access.issue.pushed import read_asked
from bartizan.access.outcome import Authenticated, Refused
from bartizan.access.register import prepare
from bartizan.app.control import Registrar
from bartizan.app.control_ports import NotInForce, Ports
from bartizan.app.entry import Entry
from bartizan.app.issuing import assemble
from bartizan.app.lending import Decided
from bartizan.clock import SECOND, SetClock
from bartizan.identity.holder import Holder
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.state import State
from bartizan.store.engine import open_store
from tests.access.house import access

URL = "https://localhost:8443"
HOME = "https://app.example/back"
LOOPBACK = "http://127.0.0.1/back"
VERIFIER = "v" * 43
SERVICES = (Exposed("assistant"), Exposed("tools"), Exposed("control", control=True))
FORM = "application/x-www-form-urlencoded"


def challenge(verifier: str = VERIFIER) -> str:
    """Return the S256 challenge of a verifier."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


class House:
    """One installation; `app` is confidential, `native` public, `other` another application; `ada` and `bob` are people."""

    def __init__(self, folder: Path, policy: str = "") -> None:
        self.acr = "passkey"
        self.clock = SetClock(1_800_000_000 * SECOND)
        self.store = open_store(f"sqlite:///{folder}/store.db")
        self.entries: list[Entry] = []
        self.states: list[State] = []
        self.stuck = False
        self.ports = Ports(
            store=self.store,
            signer=Signer(URL, new_key()),
            clock=self.clock,
            record=self._record,
            publish=self._publish,
            services=SERVICES,
            policies={"main.cedar": policy} if policy else {},
        )
        self.registrar = Registrar(self.ports)
        prepare(self.store)
        self.issuing = assemble(self.ports, self.registrar, folder)
        self.lending, self.granting = self.issuing.lending, self.issuing.granting
        asyncio.run(self._begin())

    async def _begin(self) -> None:
        await self.registrar.begin()
        self.secrets: dict[str, str] = {}
        self.app = await self._application("app", HOME)
        self.other = await self._application("other", "https://other.example/back")
        self.native, _ = await self.registrar.register(
            Kind.WORKLOAD, "native", [], b"", [LOOPBACK, "com.example.app:/back"], public=True
        )
        self.ada, _ = await self.registrar.register(Kind.USER, "ada", ["caller"])
        self.bob, _ = await self.registrar.register(Kind.USER, "bob", ["caller"])
        self.holder = Holder()

    async def _application(self, name: str, address: str) -> Principal:
        made, secret = await self.registrar.register(Kind.WORKLOAD, name, ["caller"], b"", [address])
        assert secret is not None
        self.secrets[made.client] = secret.reveal().decode()
        return made

    def _record(self, entries: Sequence[Entry]) -> tuple[int, int]:
        self.entries += entries
        return 0, 0

    async def _publish(self, state: State) -> int:
        await asyncio.sleep(0)
        if self.stuck:
            raise NotInForce
        self.states.append(state)
        return len(self.states)

    def kinds(self) -> list[str]:
        """Return the kinds of what was recorded."""
        return [entry.kind for entry in self.entries]

    def later(self, seconds: int) -> None:
        """Let time pass."""
        self.clock.at += seconds * SECOND

    # ---- the application's part --------------------------------------------------------------------------
    def form(self, of: Principal, said: dict[str, str], changed: dict[str, str | None]) -> bytes:
        """Return a form with the client's credential in it."""
        shown = {"client_id": of.client}
        if of.client in self.secrets:
            shown["client_secret"] = self.secrets[of.client]
        merged = said | shown | changed
        return urlencode({name: value for name, value in merged.items() if value is not None}).encode()

    def push(self, of: Principal | None = None, **changed: str | None) -> str:
        """Return the URI of a request that the application pushes."""
        who = of or self.app
        said = {
            "response_type": "code",
            "redirect_uri": HOME if who is self.app else LOOPBACK,
            "code_challenge": challenge(),
            "code_challenge_method": "S256",
            "state": "s",
        }
        form = read_form(FORM, self.form(who, said, changed))
        return self.granting.push(read_credential(form, None), read_asked(form))

    def code(
        self, of: Principal | None = None, person: Principal | None = None, **changed: str | None
    ) -> str:
        """Return the code of a request that the person allows."""
        who = of or self.app
        return self.answered(self.allow(self.push(who, **changed), who, person))["code"]

    def redeem(
        self, code: str, of: Principal | None = None, holder: Holder | None = None, **changed: str | None
    ) -> Issued:
        """Return what a client gets for a code."""
        who = of or self.app
        said = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": VERIFIER,
            "redirect_uri": HOME if who is self.app else LOOPBACK,
        }
        return self._token(self.form(who, said, changed), holder)

    def refresh(
        self, token: str, of: Principal | None = None, holder: Holder | None = None, **changed: str | None
    ) -> Issued:
        """Return what a client gets for a refresh token."""
        said = {"grant_type": "refresh_token", "refresh_token": token}
        return self._token(self.form(of or self.app, said, changed), holder)

    def agent(self, name: str, *roles: str, reuse: bool = False) -> Principal:
        """Return a new workload with a secret, and the role of an agent beside these."""
        made, secret = asyncio.run(
            self.registrar.register(Kind.WORKLOAD, name, ["agent", *roles], reuse=reuse)
        )
        assert secret is not None
        self.secrets[made.client] = secret.reveal().decode()
        return made

    def exchange(
        self, token: str, of: Principal, holder: Holder | None = None, **changed: str | None
    ) -> Issued:
        """Return what an agent gets for somebody's token."""
        said = {"grant_type": EXCHANGE, "subject_token": token, "subject_token_type": ACCESS_TOKEN}
        return self._token(self.form(of, said, changed), holder)

    def inspect(
        self, token: str, of: Principal | None = None, source: str = "", **changed: str | None
    ) -> dict[str, Any]:
        """Return what a client is told of a token."""
        return self.issuing.inspecting.inspect(self._shown(of, changed), token, source)

    def give_back(self, token: str, of: Principal | None = None) -> None:
        """Have a client give a token back."""
        asyncio.run(self.issuing.inspecting.revoke(self._shown(of, {}), token))

    def _shown(self, of: Principal | None, changed: dict[str, str | None]) -> Credential:
        return read_credential(read_form(FORM, self.form(of or self.app, {}, changed)), None)

    def _token(self, body: bytes, holder: Holder | None) -> Issued:
        proof = ""
        if holder is not None:
            nonce = self.granting.nonce()
            proof = holder.proof("POST", f"{URL}/oauth/token", self.clock.now(), nonce=nonce)
        return asyncio.run(self.granting.grant(read_grant(FORM, None, body, proof)))

    # ---- the person's part -------------------------------------------------------------------------------
    def signed_in(self, person: Principal | None = None, session: str = "one") -> SignedIn:
        """Return a person before a browser."""
        return SignedIn((person or self.ada).id, session, self.clock.now(), self.acr)

    def allow(self, uri: str, of: Principal | None = None, person: Principal | None = None) -> Decided:
        """Return where a browser goes whose person allows what is asked."""
        client, who = (of or self.app).client, self.signed_in(person)
        token = self.lending.question(uri, client, who).token
        return self.lending.decide(uri, client, who, token, yes=True)

    @staticmethod
    def answered(decided: Decided) -> dict[str, str]:
        """Return what the browser brings back."""
        return decided.said

    # ---- the gateway's part ------------------------------------------------------------------------------
    def who(self, token: str) -> Authenticated | Refused:
        """Return whom a worker takes for who shows a token."""
        return access(self.states[-1], len(self.states)).authenticate(token, self.clock.now())

    def allowed(self, token: str, service: str = "assistant") -> str:
        """Return why a worker refuses a call with a token; nothing where it lets it through."""
        room = access(self.states[-1], len(self.states))
        who = room.authenticate(token, self.clock.now())
        if isinstance(who, Authenticated):
            answer = room.authorize(who, "chat", service, Circumstances(quantum_safe=True))
            return answer.reason if isinstance(answer, Refused) else ""
        return who.reason

    def works(self, issued: Issued) -> bool:
        """Return whether a worker takes a token."""
        return isinstance(self.who(issued.token), Authenticated)


def refusal(fault: GrantRefused) -> tuple[str, str]:
    """Return the word for the client and the word of the record."""
    return fault.error.value, fault.reason


def query(location: str) -> dict[str, str]:
    """Return the parameters of an address."""
    return dict(parse_qsl(urlsplit(location).query))
