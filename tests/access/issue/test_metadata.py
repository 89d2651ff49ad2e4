from bartizan.access.issue.metadata import jwks, metadata
from bartizan.access.issue.mint import Signer, new_key
from bartizan.gateway.protocols.control import CONTROL
from bartizan.identity.token import pin

URL = "https://localhost:8443"


def test_the_document_names_the_issuer_exactly_and_its_endpoints_below_it() -> None:
    about = metadata(URL)
    assert about["issuer"] == URL
    assert about["token_endpoint"] == f"{URL}/oauth/token"
    assert about["jwks_uri"] == f"{URL}/oauth/jwks"
    assert about["authorization_endpoint"] == f"{URL}/oauth/authorize"
    assert about["pushed_authorization_request_endpoint"] == f"{URL}/oauth/par"


def test_the_document_says_what_is_required_and_offers_nothing_that_is_not_served() -> None:
    about = metadata(URL)
    assert about["require_pushed_authorization_requests"] is True
    assert about["authorization_response_iss_parameter_supported"] is True
    assert about["code_challenge_methods_supported"] == ["S256"]
    assert about["response_types_supported"] == ["code"]
    assert set(about["grant_types_supported"]) == {
        "authorization_code",
        "client_credentials",
        "refresh_token",
        "urn:ietf:params:oauth:grant-type:device_code",
        "urn:ietf:params:oauth:grant-type:token-exchange",
    }
    assert "none" not in about["token_endpoint_auth_signing_alg_values_supported"]
    assert not any(
        each.startswith("HS") for each in about["token_endpoint_auth_signing_alg_values_supported"]
    )
    paths = {row.path for row in CONTROL.rows}
    assert {
        str(each).removeprefix(URL) for name, each in about.items() if name.endswith(("endpoint", "uri"))
    } < paths


def test_where_to_register_is_said_only_while_somebody_may() -> None:
    assert "registration_endpoint" not in metadata(URL)
    assert metadata(URL, registers=True)["registration_endpoint"] == f"{URL}/oauth/register"


def test_the_published_keys_are_what_a_verifier_pins() -> None:
    signer = Signer(URL, new_key())
    assert set(pin(URL, ["ES256"], jwks(signer)["keys"]).keys) == {signer.kid}
