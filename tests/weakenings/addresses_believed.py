"""A request comes from where its X-Forwarded-For says."""

import re

from bartizan.gateway.stream import Exchange

MODULES = ("bartizan.app.worker",)
_SAID = re.compile(rb"(?i)\r\nx-forwarded-for: ([0-9.]+)")


def apply() -> None:
    real = Exchange.read

    def weak(self: Exchange, octets: bytes) -> None:
        real(self, octets)
        found = _SAID.search(octets)
        if found:
            source = self.plane.ports.pseudonym_of_address(found[1].decode())
            self.client.source = self.actor = source

    Exchange.read = weak  # type: ignore[method-assign]  # a weakening replaces one function
