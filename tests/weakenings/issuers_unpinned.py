"""Whichever issuer a token names is believed, by keys of its own."""

from collections.abc import Callable, Iterable, Mapping

from bartizan.identity import token as tokens
from bartizan.identity.token import Issuer, Opened, PinnedKey

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = tokens.open_signed

    def weak(token: str, issuers: Mapping[str, Issuer], types: Callable[[Issuer], Iterable[str]]) -> Opened:
        parts = tokens._take_apart(token)
        named = str(tokens._read_json(parts.payload, "payload").get("iss", ""))
        kid = str(tokens._read_json(parts.header, "header").get("kid", ""))
        theirs = Issuer(named, {kid: PinnedKey("ES256", lambda _signed, _signature: True)})
        return real(token, {named: theirs, **issuers}, types)

    tokens.open_signed = weak
