"""A worker that was taken over says of its connections whichever certificate it likes; or a client shows another's.

Source: RFC 8705 sections 2.2, 3 and 7.2; docs/decisions/0045.
"""

import asyncio
import base64
import datetime as dt
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from bartizan.access.errors import ClientKeyRefused
from bartizan.access.issue.client_certificate import MOST
from bartizan.access.issue.client_key import read_keys
from bartizan.access.issue.form import Credential, GrantRefused
from bartizan.access.issue.grant import read_grant
from bartizan.access.issue.metadata import metadata
from bartizan.access.issue.mint import Issued
from bartizan.clock import SECOND
from bartizan.identity.principal import Kind, Principal
from tests.attacks.oauth import FORM, HOME, URL, House, refusal

DAYS = 2


class Certified(House):
    """One where `mesh` is known by its certificate, and `own` is the digest of that."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        pem, self.own = certificate(self.clock.now() // SECOND)
        self.pem = pem
        self.mesh, self.secret = asyncio.run(self.registrar.register(Kind.WORKLOAD, "mesh", ["caller"], pem))

    def ask(self, shown: str, client: Principal | None = None, proof: str = "", **said: str) -> Issued:
        """Return what is granted over a connection of which a worker says that it showed this certificate."""
        form = {"grant_type": "client_credentials", "client_id": (client or self.mesh).client} | said
        return asyncio.run(
            self.granting.grant(read_grant(FORM, None, urlencode(form).encode(), proof, shown))
        )

    def refused(self, shown: str, client: Principal | None = None, **said: str) -> tuple[str, str]:
        with pytest.raises(GrantRefused) as caught:
            self.ask(shown, client, **said)
        return refusal(caught.value)


def certificate(now: int) -> tuple[bytes, str]:
    """Return a certificate (PEM) that its own key signed, and its digest."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mesh")])
    start = dt.datetime.fromtimestamp(now - 60, dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + dt.timedelta(days=DAYS))
        .sign(key, hashes.SHA256())
    )
    digest = hashlib.sha256(made.public_bytes(Encoding.DER)).digest()
    return made.public_bytes(Encoding.PEM), base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Certified]:
    made = Certified(tmp_path)
    yield made
    made.store.dispose()


def payload(issued: Issued) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(base64.urlsafe_b64decode(issued.token.split(".")[1] + "=="))
    return read


def test_who_shows_its_certificate_has_tokens_that_are_bound_to_it(house: Certified) -> None:
    assert house.secret is None
    said = payload(house.ask(house.own))
    assert (said["sub"], said["aud"]) == ("workload.mesh", "bartizan:gateway")
    assert said["cnf"] == {"x5t#S256": house.own}
    assert payload(house.ask(house.own, resource=f"{URL}/tools"))["aud"] == "bartizan:gateway:tools"
    assert house.entries[-1].detail["binding"] == "certificate"


def test_no_other_certificate_and_no_other_client_gets_any(house: Certified) -> None:
    _, other = certificate(house.clock.now() // SECOND)
    for shown, client in ((other, house.mesh), (house.own, house.app), (house.own, house.native)):
        assert house.refused(shown, client) == ("invalid_client", "invalid-client")
    assert house.refused("")[0] == "invalid_client"
    assert house.refused(house.own, client_secret="secret")[0] == "invalid_client"  # noqa: S106 - it has none


def test_a_lie_gets_nothing_that_another_worker_would_take(house: Certified) -> None:
    """What it gets is bound to the certificate that it named, whose key it has not."""
    assert house.refused(house.own, audience="bartizan:control") == (
        "invalid_target",
        "certificate-too-little",
    )
    proof = house.holder.proof("POST", f"{URL}/oauth/token", house.clock.now(), nonce=house.granting.nonce())
    assert house.refused(house.own, proof=proof) == ("invalid_dpop_proof", "certificate-and-proof")
    lent = house.ask(house.own)
    with pytest.raises(GrantRefused) as caught:
        house.exchange(lent.token, house.agent("accomplice", "caller"), house.holder)
    assert refusal(caught.value) == ("invalid_request", "subject-by-certificate")


def test_a_certificate_asks_about_no_token_and_has_no_code(house: Certified) -> None:
    shown = Credential(house.mesh.client)
    for ask in (
        lambda: house.issuing.inspecting.inspect(shown, house.ask(house.own).token),
        lambda: asyncio.run(house.issuing.inspecting.revoke(shown, house.ask(house.own).token)),
        lambda: house.ask(
            house.own, grant_type="authorization_code", code="a", code_verifier="v" * 43, redirect_uri=HOME
        ),
        lambda: house.ask(house.own, grant_type="refresh_token", refresh_token="a"),  # noqa: S106 - it is none
    ):
        with pytest.raises(GrantRefused) as caught:
            ask()
        assert caught.value.error.value == "invalid_client"
    with pytest.raises(ClientKeyRefused):
        asyncio.run(house.registrar.register(Kind.WORKLOAD, "shop", [], house.pem, [HOME]))


def test_what_is_over_or_revoked_gets_none(house: Certified) -> None:
    house.later(DAYS * 86_400)
    assert house.refused(house.own)[0] == "invalid_client"
    pem, new = certificate(house.clock.now() // SECOND)
    assert house.registrar.give_keys(house.mesh.id, pem) == (new,)
    assert payload(house.ask(new))["cnf"] == {"x5t#S256": new}
    assert house.refused(house.own)[0] == "invalid_client"
    asyncio.run(house.registrar.revoke(house.mesh.id))
    assert house.refused(new)[0] == "invalid_client"


def test_what_is_no_certificate_is_not_kept() -> None:
    pem, _ = certificate(1_800_000_000)
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    for wrong in (
        pem + key,
        pem[:100],
        pem * (MOST + 1),
        b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
    ):
        with pytest.raises(ClientKeyRefused):
            read_keys(wrong)


def test_it_is_offered_only_where_clients_are_asked_for_certificates() -> None:
    name = "token_endpoint_auth_methods_supported"
    assert "self_signed_tls_client_auth" not in metadata(URL)[name]
    assert metadata(URL, asks=True)[name][-1] == "self_signed_tls_client_auth"
    assert metadata(URL)["tls_client_certificate_bound_access_tokens"] is False
