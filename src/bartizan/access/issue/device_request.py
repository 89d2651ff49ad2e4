"""Reading the request of a device that has no browser.

Rules of this file: pure. It has one reading or none.
Source: RFC 8628 section 3.1; RFC 8707 section 2; RFC 9449 section 10, whose parameter is taken here as well.
"""

import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.access.issue.form import GrantFault, GrantRefused
from bartizan.access.issue.resource import read_target

_DIGEST: Final = re.compile(r"[A-Za-z0-9_-]{43}")


class DeviceAsked(msgspec.Struct, frozen=True):
    """What the form of a device says, its client left out.

    Attributes:
        key: thumbprint that the tokens are to be bound to, or empty.
        audience: word of `AUDIENCES`.
        resource: URL of the one service that the tokens are to be good for, or empty.
    """

    key: str
    audience: str
    resource: str


def read_device_asked(form: Mapping[str, str]) -> DeviceAsked:
    """Return what a device's form asks for.

    Raises:
        GrantRefused: it asks otherwise than this server answers.
    """
    if form.get("scope"):
        raise GrantRefused(GrantFault.INVALID_SCOPE, "no scopes are defined; leave scope out")
    key = form.get("dpop_jkt", "")
    if key and _DIGEST.fullmatch(key) is None:
        raise GrantRefused(GrantFault.INVALID_REQUEST, "dpop_jkt is not of its form")
    return DeviceAsked(key, *read_target(form))
