"""What the authorization server says about itself (RFC 8414) and its keys (RFC 7517)."""

from typing import Any, Final

from bartizan.access.issue.client_certificate import METHOD
from bartizan.access.issue.grant import GRANTS
from bartizan.access.issue.mint import Signer
from bartizan.access.issue.paths import (
    AUTHORIZE_PATH,
    DEVICE_PATH,
    INSPECT_PATH,
    KEYS_PATH,
    PUSHED_PATH,
    REGISTER_PATH,
    REVOKE_PATH,
    TOKEN_PATH,
)
from bartizan.access.issue.step_up import LOGIN
from bartizan.identity.dpop import ALGORITHMS as PROOFS
from bartizan.identity.strength import ACRS
from bartizan.identity.token import ALGORITHMS

METHODS: Final = ("client_secret_basic", "client_secret_post", "private_key_jwt", "none")
"""How clients may authenticate."""


def metadata(
    issuer: str,
    more: tuple[str, ...] = (),
    methods: tuple[str, ...] = (),
    *,
    registers: bool = False,
    asks: bool = False,
) -> dict[str, Any]:
    """Return the metadata document of an issuer.

    Args:
        issuer: its URL.
        more: grants that it takes besides.
        methods: by which clients may authenticate at the token endpoint besides.
        registers: whether applications may register themselves, if not all of them.
        asks: whether the gateway asks clients for a certificate, which may then show who they are, and binds tokens.

    Source: RFC 8414 section 2; RFC 8628 section 4; RFC 8705 sections 2.2.1 and 3.3; RFC 9126 section 5; RFC 9207 section 3; RFC 9449 section 5.1.
    """
    algorithms = sorted(ALGORITHMS)
    return {
        "issuer": issuer,
        "token_endpoint": issuer + TOKEN_PATH,
        "jwks_uri": issuer + KEYS_PATH,
        "authorization_endpoint": issuer + AUTHORIZE_PATH,
        "pushed_authorization_request_endpoint": issuer + PUSHED_PATH,
        "device_authorization_endpoint": issuer + DEVICE_PATH,
        "require_pushed_authorization_requests": True,
        "authorization_response_iss_parameter_supported": True,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "code_challenge_methods_supported": ["S256"],
        "grant_types_supported": [*GRANTS, *more],
        "token_endpoint_auth_methods_supported": [*METHODS, *((METHOD,) if asks else ()), *methods],
        "tls_client_certificate_bound_access_tokens": asks,
        "token_endpoint_auth_signing_alg_values_supported": algorithms,
        "introspection_endpoint": issuer + INSPECT_PATH,
        "introspection_endpoint_auth_methods_supported": [each for each in METHODS if each != "none"],
        "introspection_endpoint_auth_signing_alg_values_supported": algorithms,
        "revocation_endpoint": issuer + REVOKE_PATH,
        "revocation_endpoint_auth_methods_supported": list(METHODS),
        "revocation_endpoint_auth_signing_alg_values_supported": algorithms,
        "acr_values_supported": list(ACRS),
        "prompt_values_supported": [LOGIN],
        "dpop_signing_alg_values_supported": list(PROOFS),
        **({"registration_endpoint": issuer + REGISTER_PATH} if registers else {}),
    }


def jwks(signer: Signer) -> dict[str, Any]:
    """Return the public keys of an issuer.

    Source: RFC 7517 section 5.
    """
    return {"keys": list(signer.published)}
