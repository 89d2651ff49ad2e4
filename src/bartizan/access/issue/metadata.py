"""What the authorization server says about itself (RFC 8414) and its keys (RFC 7517)."""

from typing import Any, Final

from bartizan.access.issue.mint import Signer
from bartizan.identity.dpop import ALGORITHMS

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path
METADATA_PATH: Final = "/.well-known/oauth-authorization-server"
KEYS_PATH: Final = "/oauth/jwks"


def metadata(issuer: str, more: tuple[str, ...] = ()) -> dict[str, Any]:
    """Return the metadata document of an issuer, which takes `more` grants besides.

    Source: RFC 8414 section 2; RFC 9449 section 5.1.
    """
    return {
        "issuer": issuer,
        "token_endpoint": issuer + TOKEN_PATH,
        "jwks_uri": issuer + KEYS_PATH,
        "response_types_supported": [],
        "grant_types_supported": ["client_credentials", *more],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "dpop_signing_alg_values_supported": list(ALGORITHMS),
    }


def jwks(signer: Signer) -> dict[str, Any]:
    """Return the public keys of an issuer.

    Source: RFC 7517 section 5.
    """
    return {"keys": [signer.public]}
