"""The authorization server as the control process has it: its parts, put together over its store and its keys."""

import secrets
from pathlib import Path
from typing import Final

import msgspec

from bartizan.access.issue.family import RefreshTokens
from bartizan.access.issue.mint import Signer
from bartizan.app.control import Registrar
from bartizan.app.control_ports import Ports
from bartizan.app.granting import Granting
from bartizan.app.lending import Lending
from bartizan.app.rotation import Ports as Rotating
from bartizan.app.rotation import Rotation
from bartizan.crypto.keyring import load_or_create
from bartizan.crypto.secret import Secret

_REFRESH: Final = "refresh.key"
_OCTETS: Final = 32


class Issuing(msgspec.Struct, frozen=True):
    """The parts.

    Attributes:
        signer: of the embedded issuer.
        lending: what applications get of people.
        granting: who gets which token.
        rotation: the issuer's keys over time.
    """

    signer: Signer
    lending: Lending
    granting: Granting
    rotation: Rotation

    async def go_on(self) -> None:
        """Record what was refused since the last call, and let the issuer's keys change that are to.

        Raises:
            NotInForce: stored; the next change puts it in force.
            JournalUnwritable.
        """
        self.granting.record_refusals()
        await self.rotation.tick()


def assemble(ports: Ports, registrar: Registrar, keys: Path) -> Issuing:
    """Return the authorization server.

    Args:
        ports: of the process; the store has its tables.
        registrar: who mints and records.
        keys: folder of the key files.
    Raises:
        KeyExposed, KeyUnreadable: the folder of keys cannot be used.
    """
    refresh = RefreshTokens(load_or_create(keys / _REFRESH, _new_secret))
    lending = Lending(ports, registrar, refresh)
    granting = Granting(ports, registrar, lending)
    rotating = Rotating(ports.store, keys, ports.signer, ports.clock, registrar.publish, ports.record)
    return Issuing(ports.signer, lending, granting, Rotation(rotating))


def _new_secret() -> Secret:
    return Secret(secrets.token_urlsafe(_OCTETS).encode())
