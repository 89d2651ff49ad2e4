"""Devices: `[devices]`, how long what is claimed of one counts, and who may claim besides itself.

Rules of this file: an authority is known by its public key in a file of its own; no key stands for two.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from bartizan.app.forms import ServiceName, Text
from bartizan.config import ConfigurationUnreadable, read_octets
from bartizan.config_form import Fault
from bartizan.identity.device import ITSELF, OWNER
from bartizan.identity.device import Authority as Known
from bartizan.identity.statement import AuthorityInvalid, read_authority

MOST: Final = 16
"""Authorities of one platform."""
_OCTETS: Final = 4096


class Authority(msgspec.Struct, frozen=True):
    """Somebody who speaks of devices, such as what manages a company's machines.

    Attributes:
        name: in its statements, in policies (`context.posture_by`) and in the record.
        key: PEM file of its public key, of Ed25519.
        admits: whether a key that asks is admitted on its word; else the owner admits.
    """

    name: ServiceName
    key: Text
    admits: bool = False


class Devices(msgspec.Struct, frozen=True):
    """What counts of what is claimed of devices.

    Attributes:
        posture_hours: how long a claim does.
        healthy: what must be claimed of one that services with `binding = "device"` take.
        authority: who claims besides the device itself.
    """

    posture_hours: Annotated[int, msgspec.Meta(ge=1, le=720)] = 24
    healthy: tuple[
        Literal["disk_encrypted", "screen_lock", "system_current", "firewall", "secure_boot"], ...
    ] = ()
    authority: tuple[Authority, ...] = ()


def authorizing(devices: Devices) -> Iterator[Fault]:
    """Yield what the section says that no type can refuse."""
    if len(devices.authority) > MOST:
        yield Fault(("devices", "authority"), f"has more than {MOST} entries")
    seen: dict[str, int] = {}
    for position, one in enumerate(devices.authority):
        where = ("devices", "authority", position, "name")
        first = seen.setdefault(one.name, position)
        if one.name in {ITSELF, OWNER}:
            yield Fault(
                where, f"cannot be {one.name}: that is somebody else's name in policies and in the record"
            )
        elif first != position:
            yield Fault(where, f"is the name of authority[{first}] already; choose another")


def known_authorities(devices: Devices, folder: Path) -> Iterator[Fault]:
    """Yield which files of keys cannot be used, and which keys stand for two authorities.

    Args:
        devices: as configured.
        folder: of the configuration.
    """
    owners: dict[bytes, int] = {}
    for position, one in enumerate(devices.authority):
        where = ("devices", "authority", position, "key")
        try:
            key = read_authority(read_octets(folder / one.key, _OCTETS))
        except ConfigurationUnreadable as fault:
            yield Fault(where, f"leads to no file that can be read: {fault.why}")
        except AuthorityInvalid as fault:
            yield Fault(where, f"{fault}; make one with: openssl genpkey -algorithm ed25519")
        else:
            first = owners.setdefault(key, position)
            if first != position:
                yield Fault(where, f"is that of authority[{first}] already; each has its own")


def speaking(devices: Devices, folder: Path) -> tuple[Known, ...]:
    """Return who speaks of devices, with their keys.

    Raises:
        ConfigurationUnreadable, AuthorityInvalid: `known_authorities` says which.
    """
    return tuple(
        Known(one.name, read_authority(read_octets(folder / one.key, _OCTETS)), one.admits)
        for one in devices.authority
    )
