"""The facts that this room's controls judge."""

import enum

import msgspec

from bartizan.identity.device import Standing as Device


class Standing(enum.Enum):
    """What the register says about the principal that a token names."""

    KNOWN = "known"
    UNKNOWN = "unknown"
    REVOKED = "revoked"
    ARRIVING = "arriving"
    ENDED = "ended"


class Presentation(msgspec.Struct, frozen=True):
    """A credential as it was presented, after it was looked at.

    Attributes:
        fault: word of what verification found wrong (`token-expired`), empty where it found nothing.
        what: the fault as a sentence for people; empty with it.
        standing: of the principal that the token names; unknown while the token is not verified.
        token_revoked: whether this very token was revoked.
    """

    fault: str = ""
    what: str = ""
    standing: Standing = Standing.UNKNOWN
    token_revoked: bool = False


class Possession(msgspec.Struct, frozen=True):
    """How a token was shown, as far as holding what it is bound to goes.

    Attributes:
        fault: word of what is wrong (`proof-replayed`), empty where nothing is.
        what: the fault as a sentence for people; empty with it.
    """

    fault: str = ""
    what: str = ""


class DeviceUse(msgspec.Struct, frozen=True):
    """The device that a request comes from, as far as the key of its token tells.

    Attributes:
        standing: how it stands to the devices that are known.
        required: whether only those are served.
    """

    standing: Device
    required: bool = False


class Authorization(msgspec.Struct, frozen=True):
    """What the policies said about one action of one principal on one service.

    Attributes:
        allowed: whether a policy permits it and none forbids it.
        failed: whether evaluating met an error.
        policies: `@id` of each policy that decided.
        elsewhere: whether the token is good for another service alone.
        agent_barred: whether somebody acts for the principal whom no policy permits this.
        unconfirmed: whether it is refused for a flagged sign-in alone, and the person's passkey, used after it, does away with that.
    """

    allowed: bool
    failed: bool = False
    policies: tuple[str, ...] = ()
    elsewhere: bool = False
    agent_barred: bool = False
    unconfirmed: bool = False
