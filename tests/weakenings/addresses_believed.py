"""A request comes from where its X-Forwarded-For says."""

import re

from bartizan.gateway.dossier import Dossier

MODULES = ("bartizan.app.worker",)
_SAID = re.compile(rb"(?i)\r\nx-forwarded-for: ([0-9.]+)")


def apply() -> None:
    real = Dossier.read

    def weak(self: Dossier, octets: bytes) -> None:
        real(self, octets)
        found = _SAID.search(octets)
        if found:
            source = self.plane.ports.pseudonym_of_address(found[1].decode())
            self.client.source = self.actor = source

    Dossier.read = weak  # type: ignore[method-assign]  # a weakening replaces one function
