"""How an external issuer is asked, and how its tokens are read: a part of the plan that stands by itself."""

import msgspec

from bartizan.identity.external import Profile


class Issuer(msgspec.Struct, frozen=True):
    """An authorization server besides the embedded one, as the control process asks it.

    Attributes:
        url: the exact value of `iss`.
        algorithms: that its keys may be pinned to.
        profile: how its access tokens are read.
        logout_audiences: of which `aud` of its logout tokens must hold one.
        event_audiences: of which `aud` of its security events must hold one.
        keys_at: `host:port` of each other origin that its keys may be at, over TLS.
        software: whether its software statements hold.
        allowed: private addresses that it may be at.
        authorities: PEM of who may certify it, where it speaks TLS.
    """

    url: str
    algorithms: tuple[str, ...]
    profile: Profile
    logout_audiences: tuple[str, ...] = ()
    event_audiences: tuple[str, ...] = ()
    keys_at: tuple[str, ...] = ()
    software: bool = False
    allowed: tuple[str, ...] = ()
    authorities: str = ""
