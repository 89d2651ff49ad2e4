from bartizan.access.issue.metadata import jwks, metadata
from bartizan.access.issue.mint import Signer, new_key
from bartizan.identity.token import pin

URL = "https://localhost:8443"


def test_the_document_names_the_issuer_exactly_and_its_endpoints_below_it() -> None:
    about = metadata(URL)
    assert about["issuer"] == URL
    assert about["token_endpoint"] == f"{URL}/oauth/token"
    assert about["jwks_uri"] == f"{URL}/oauth/jwks"
    assert about["response_types_supported"] == []  # required by RFC 8414 section 2


def test_the_published_keys_are_what_a_verifier_pins() -> None:
    signer = Signer(URL, new_key())
    assert set(pin(URL, ["ES256"], jwks(signer)["keys"]).keys) == {signer.kid}
