"""Whichever issuer a token names is believed, by keys of its own."""

from collections.abc import Callable, Iterable, Mapping

from bartizan.identity import token
from bartizan.identity.token import Issuer, Opened, PinnedKey

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = token.open_signed

    def weak(shown: str, issuers: Mapping[str, Issuer], types: Callable[[Issuer], Iterable[str]]) -> Opened:
        parts = token._take_apart(shown)
        named = str(token._read_json(parts.payload, "payload").get("iss", ""))
        kid = str(token._read_json(parts.header, "header").get("kid", ""))
        theirs = Issuer(named, {kid: PinnedKey("ES256", lambda _signed, _signature: True)})
        return real(shown, {named: theirs, **issuers}, types)

    token.open_signed = weak
