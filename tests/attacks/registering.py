"""An installation where applications may register themselves, as its policies say, and an issuer that vouches for software.

Everything is real but the processes around it, as in `oauth.py`.
"""

import asyncio
import json
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from typing_extensions import override

from bartizan.access.describe import describe
from bartizan.access.issue.form import GrantRefused
from bartizan.access.issue.mint import CONTROL
from bartizan.access.issue.registration import RegistrationRefused
from bartizan.app.admin.gate import CallRefused, Gate, Shows, gate_of
from bartizan.app.issuer_plan import Issuer
from bartizan.app.issuers import Issuers
from bartizan.app.issuers import Ports as IssuerPorts
from bartizan.app.policy.templates import written
from bartizan.app.registering import NotManaged, Registering
from bartizan.identity.principal import Kind, Principal
from bartizan.identity.shown import Shown
from bartizan.identity.state import State
from tests.attacks.oauth import House, refusal
from tests.identity import abroad

BUILT_IN = describe((), ()).text
REACH = """
@id("reach") permit (principal is Anonymous, action == Action::"reach-registration", resource) when { resource.control };
"""
ANYBODY = (
    REACH
    + """
@id("anybody-registers") permit (principal, action == Action::"register-client", resource) when { resource.control };
"""
)
TEMPLATE = written("self-registration", "developer", "assistant", (), "app.example")
BACK = "https://app.example/back"
WEB = {
    "redirect_uris": [BACK],
    "grant_types": ["authorization_code"],
    "resource": "https://localhost:8443/assistant",
}
OWN_TOKENS: dict[str, Any] = {"redirect_uris": [], "grant_types": ["client_credentials"], "resource": ""}


class Registry(House):
    """`dev` has the role that the template is for; `plain` has none."""

    def __init__(self, folder: Path, policy: str = TEMPLATE) -> None:
        super().__init__(folder, BUILT_IN + policy)
        self.dev = self._workload("dev", "developer")
        self.plain = self._workload("plain", "caller")
        issuer = Issuer(
            abroad.URL,
            ("ES256", "RS256"),
            abroad.PROFILE,
            (abroad.CLIENT,),
            (abroad.RECEIVER,),
            software=True,
        )
        ports = IssuerPorts(
            self.store, self.clock, self._record, self.registrar.publish, lambda _: abroad.keys()
        )
        self.issuers = Issuers(ports, (issuer,))
        self.issuers.begin()
        asyncio.run(self.issuers.renew(issuer))
        self.registering = Registering(self.ports, self.registrar, self.gate, self.issuers.vouched)

    @cached_property
    def gate(self) -> Gate:
        return gate_of(self.clock, self._record, lambda control, fault: pytest.fail(f"{control}: {fault}"))

    @override
    async def _publish(self, state: State) -> int:
        self.gate.take(state)
        return await super()._publish(state)

    def _workload(self, name: str, *roles: str) -> Principal:
        made, secret = asyncio.run(self.registrar.register(Kind.WORKLOAD, name, roles))
        assert secret is not None
        self.secrets[made.client] = secret.reveal().decode()
        return made

    def shows(self, who: Principal | None, source: str = "", audience: str = CONTROL) -> Shows:
        """Return what a request shows of somebody; None shows nothing."""
        token = "" if who is None else self.registrar.issue(who, audience, 60, grant="client").token
        return Shows(Shown(token), quantum_safe=True, source=source)

    def register(
        self, said: object = WEB, who: Principal | str | None = "dev", source: str = "", **more: object
    ) -> dict[str, Any]:
        """Return what is answered to a registration; `who` is shown by its token."""
        asker = getattr(self, who) if isinstance(who, str) else who
        document = said if isinstance(said, bytes) else json.dumps({**said, **more}).encode()  # type: ignore[dict-item]  # an object
        return asyncio.run(self.registering.register(self.shows(asker, source), document))

    def refusal(
        self, said: object = WEB, who: Principal | str | None = "dev", source: str = "", **more: object
    ) -> tuple[str, str]:
        """Return why a registration is refused: the word or the status for the client, and the word of the record."""
        with pytest.raises((CallRefused, RegistrationRefused)) as caught:
            self.register(said, who, source, **more)
        return why(caught.value)

    def read(self, client: str, token: str) -> dict[str, Any]:
        return self.registering.read(client, token, "")

    def update(self, made: dict[str, Any], **changed: object) -> dict[str, Any]:
        """Return what is answered to a change by whoever has the token."""
        said = {**WEB, "client_id": made["client_id"], **changed}
        shows = Shows(Shown(made["registration_access_token"]), quantum_safe=True)
        document = json.dumps({name: each for name, each in said.items() if each is not None}).encode()
        return asyncio.run(self.registering.update(made["client_id"], shows, document))

    def withdraw(self, made: dict[str, Any]) -> None:
        token = made["registration_access_token"]
        asyncio.run(self.registering.withdraw(made["client_id"], token, ""))

    def of(self, made: dict[str, Any]) -> Principal:
        """Return whom a registration is of, ready to ask for tokens."""
        if "client_secret" in made:
            self.secrets[made["client_id"]] = made["client_secret"]
        return next(each for each in self.registrar.people() if each.client == made["client_id"])

    def refused(self) -> list[str]:
        """Return the words of the refusals that are on record by now."""
        self.registering.record_refusals()
        self.granting.record_refusals()
        return [str(each.detail["reason"]) for each in self.entries if each.kind == "access.client.refused"]

    def vouch(self, **changed: object) -> str:
        """Return an honest software statement, with some claims changed."""
        claims = {"iss": abroad.URL, "software_id": "editor", "redirect_uris": [BACK]}
        return abroad.signed(claims | changed, "software-statement+jwt")


def why(fault: Exception) -> tuple[str, str]:
    """Return the word or the status for the client, and the word of the record."""
    if isinstance(fault, RegistrationRefused):
        return fault.error.value, fault.reason
    assert isinstance(fault, CallRefused | NotManaged)
    return str(getattr(fault, "status", 401)), fault.reason


def without(said: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return a document without some members."""
    return {name: each for name, each in said.items() if name not in names}


def asked(house: Registry, of: Principal, **said: str | None) -> tuple[str, str]:
    """Return how a client's token request in its own name is refused."""
    with pytest.raises(GrantRefused) as caught:
        house._token(house.form(of, {"grant_type": "client_credentials"}, dict(said)), None)
    return refusal(caught.value)
