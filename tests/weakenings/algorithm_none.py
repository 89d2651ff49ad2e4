"""A token whose header says `none` needs no signature."""

from collections.abc import Mapping

from bartizan.identity import token

MODULES = ("bartizan.app.worker",)


def apply() -> None:
    real = token._choose_key

    def weak(header: Mapping[str, str], issuer: token.Issuer) -> token.PinnedKey:
        if header["alg"].lower() == "none":
            return token.PinnedKey("none", lambda _signed, _signature: True)
        return real(header, issuer)

    token._choose_key = weak
