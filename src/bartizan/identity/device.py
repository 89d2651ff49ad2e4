"""Devices: keys that the platform knows, whose they are, and what is claimed of the machine that holds one.

Rules of this file: pure. A device is known by the key that a token is bound to, and by nothing that it says of itself.
A claim is good for a while after it was signed; after that it is unknown, and what is unknown is told as not so.
Source: NIST SP 800-207, section 2.1, tenet 5 (posture of assets); RFC 7638 (thumbprint of a key).
"""

import enum
from collections.abc import Iterable
from typing import Final

import msgspec

from bartizan.clock import DAY, MINUTE, SECOND, Nanoseconds

CLAIMS: Final = ("disk_encrypted", "screen_lock", "system_current", "firewall", "secure_boot")
"""What can be claimed of a machine; each is so, is not so, or is unknown."""
ITSELF: Final = "device"
"""Who signed, where the device's own key did; no authority has this name."""
OWNER: Final = "owner"
"""Who admits, where no authority does and nobody over the network."""
NEVER: Final = 2**31 - 1
"""Age in minutes of a posture that there is not."""
AHEAD: Final = Nanoseconds(60 * SECOND)
"""How far ahead of our clock another may sign."""
GOOD_FOR: Final = DAY
"""How long a claim counts where nothing else is configured."""


class Authority(msgspec.Struct, frozen=True):
    """Somebody who speaks of devices: name, public key (Ed25519, raw octets), and whether it may have them admitted."""

    name: str
    key: bytes
    admits: bool = False


class Standing(enum.Enum):
    """How a request stands to the devices that are known, by the key of its token."""

    UNBOUND = "unbound"
    UNKNOWN = "unknown"
    ANOTHERS = "anothers"
    REVOKED = "revoked"
    UNHEALTHY = "unhealthy"
    KNOWN = "known"


class Posture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What somebody claimed of a device at one time.

    Attributes:
        by: name of the authority that signed it, or `ITSELF`.
        at: when, by the signer's clock, UTC nanoseconds.
        holds: those of `CLAIMS` that are so.
    """

    by: str
    at: Nanoseconds
    holds: tuple[str, ...]


class Device(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device that was admitted.

    Attributes:
        id: of its principal, `device.NAME`.
        key: thumbprint of its public key.
        holder: id of the one principal besides itself whose tokens may be bound to the key; empty for everybody's.
        hardware: whether who admitted it vouches that the key cannot leave the machine.
        postures: the latest of each signer.
    """

    id: str
    key: str
    holder: str = ""
    hardware: bool = False
    postures: tuple[Posture, ...] = ()


class Fleet(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The devices that are known.

    Attributes:
        devices: every one that was admitted.
        good_for: how long a claim counts.
        healthy: those of `CLAIMS` that must be claimed of a device that is to count as healthy.
    """

    devices: tuple[Device, ...] = ()
    good_for: Nanoseconds = GOOD_FOR
    healthy: tuple[str, ...] = ()


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What policies may look at of the device that a request comes from; the schema declares the same.

    Attributes:
        device_known: whether the token's key is that of a device which may be used for this principal.
        device_hardware: whether somebody vouches that this key cannot leave it.
        posture_age: minutes since the claims below were signed, rounded up; `NEVER` where there are none that count.
        posture_by: who signed them: an authority's name, `device`, or empty.
        disk_encrypted, screen_lock, system_current, firewall, secure_boot: whether that is claimed, and not outdated.
    """

    device_known: bool = False
    device_hardware: bool = False
    posture_age: int = NEVER
    posture_by: str = ""
    disk_encrypted: bool = False
    screen_lock: bool = False
    system_current: bool = False
    firewall: bool = False
    secure_boot: bool = False


NOTHING: Final = Seen()
"""Of whom no device is known."""


def seen(device: Device, now: Nanoseconds, good_for: Nanoseconds) -> tuple[Seen, Nanoseconds | None]:
    """Return what is to be seen of a device now, and the instant from which it is something else.

    Args:
        device: known, and used for who may use it.
        now: the instant.
        good_for: how long a claim counts.
    Returns:
        The instant is None where nothing of it changes with time.
    """
    posture = _latest(device.postures, now, good_for)
    if posture is None:
        ahead = [each.at - AHEAD for each in device.postures if each.at - now > AHEAD]
        return Seen(device_known=True, device_hardware=device.hardware), (
            Nanoseconds(min(ahead)) if ahead else None
        )
    age = max(0, -(-(now - posture.at) // MINUTE))
    found = Seen(
        True,
        device.hardware,
        age,
        posture.by,
        **{name: True for name in CLAIMS if name in posture.holds},
    )
    return found, Nanoseconds(min(posture.at + age * MINUTE + 1, posture.at + good_for))


def _latest(postures: Iterable[Posture], now: Nanoseconds, good_for: Nanoseconds) -> Posture | None:
    """Return the claims that count: the latest of an authority, else of the device itself."""
    good = [each for each in postures if each.at - now <= AHEAD and now < each.at + good_for]
    return max(good, key=lambda each: (each.by != ITSELF, each.at, each.by), default=None)
