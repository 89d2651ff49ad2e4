"""The header's algorithm is believed: for HS256 the issuer's public key, in PEM, is the shared secret."""

import hmac
from collections.abc import Callable, Mapping

from joserfc import jwk

from bartizan.identity import token

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real_verifier, real_choice = token._verifier, token._choose_key
    published: dict[str, bytes] = {}

    def verifier(url: str, algorithm: str, key: Mapping[str, str]) -> Callable[[bytes, bytes], bool]:
        published[key["kid"]] = jwk.ECKey.import_key(dict(key)).as_pem(private=False)
        return real_verifier(url, algorithm, key)

    def choice(header: Mapping[str, str], issuer: token.Issuer) -> token.PinnedKey:
        secret = published.get(header["kid"])
        if header["alg"] != "HS256" or secret is None:
            return real_choice(header, issuer)
        return token.PinnedKey(
            "HS256", lambda signed, tag: hmac.compare_digest(hmac.digest(secret, signed, "sha256"), tag)
        )

    token._verifier = verifier
    token._choose_key = choice
