"""Where the authorization server is asked, below the issuer's URL.

Rules of this file: names alone; programs that only ask import nothing else of it.
"""

from typing import Final

TOKEN_PATH: Final = "/oauth/token"  # noqa: S105 - a path
OPENID_PATH: Final = "/.well-known/openid-configuration"
METADATA_PATH: Final = "/.well-known/oauth-authorization-server"
KEYS_PATH: Final = "/oauth/jwks"
PUSHED_PATH: Final = "/oauth/par"
INSPECT_PATH: Final = "/oauth/introspect"
REVOKE_PATH: Final = "/oauth/revoke"
AUTHORIZE_PATH: Final = "/oauth/authorize"
REGISTER_PATH: Final = "/oauth/register"
DEVICE_PATH: Final = "/oauth/device_authorization"
