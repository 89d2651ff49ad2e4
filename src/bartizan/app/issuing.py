"""The authorization server as the control process has it: its parts, put together over its store and its keys."""

import asyncio
import logging
import secrets
from pathlib import Path
from typing import Final

import msgspec
from sqlalchemy.exc import OperationalError

from bartizan.access.issue.family import RefreshTokens
from bartizan.access.issue.mint import Signer
from bartizan.app.consents import Consents
from bartizan.app.control import Registrar
from bartizan.app.control_ports import NotInForce, Ports
from bartizan.app.device_flow import DeviceFlow
from bartizan.app.exchanging import Exchanging
from bartizan.app.granting import Granting
from bartizan.app.inspecting import Inspecting
from bartizan.app.lending import Lending
from bartizan.app.rotation import Ports as Rotating
from bartizan.app.rotation import Rotation
from bartizan.app.taken import Taken
from bartizan.crypto.keyring import load_or_create
from bartizan.crypto.secret import Secret
from bartizan.ledger.journal import JournalUnwritable

_REFRESH: Final = "refresh.key"
_OCTETS: Final = 32
_TICK_S: Final = 1.0


class Issuing(msgspec.Struct, frozen=True):
    """The parts.

    Attributes:
        signer: of the embedded issuer.
        lending: what applications get of people.
        device_flow: what devices without a browser get of them.
        consents: what people let applications and devices do.
        granting: who gets which token.
        inspecting: what becomes of tokens.
        rotation: the issuer's keys over time.
    """

    signer: Signer
    lending: Lending
    device_flow: DeviceFlow
    consents: Consents
    granting: Granting
    inspecting: Inspecting
    rotation: Rotation

    async def keep(self) -> None:
        """Let the issuer's keys change that are to, for ever."""
        while True:
            await asyncio.sleep(_TICK_S)
            try:
                await self.rotation.tick()
            except NotInForce as fault:  # stored: the next change puts it in force
                logging.getLogger("control").warning("%s", fault)
            except OperationalError:  # a full disk: whoever stops for it revokes nobody either
                logging.getLogger("control").warning("the store takes no change of the issuer's key by now")
            except JournalUnwritable:
                return  # the process ends by it


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
    taken = Taken(registrar, ports.clock)
    device_flow = DeviceFlow(ports, registrar, lending)
    granting = Granting(ports, registrar, lending, device_flow, Exchanging(ports, registrar, taken))
    rotating = Rotating(ports.store, keys, ports.signer, ports.clock, registrar.publish, ports.record)
    inspecting = Inspecting(ports, registrar, refresh, taken, granting.asker, granting.refused)
    consents = Consents(ports, registrar, device_flow)
    return Issuing(ports.signer, lending, device_flow, consents, granting, inspecting, Rotation(rotating))


def _new_secret() -> Secret:
    return Secret(secrets.token_urlsafe(_OCTETS).encode())
