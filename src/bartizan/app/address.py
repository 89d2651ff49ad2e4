"""Addresses that configuration and command line name: where to listen, where an upstream is.

Rules of this file: pure; nothing is looked up. A host name may still resolve to a private address, which
egress checks when it connects. No message repeats an address, which may carry a password.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

LOOPBACK: Final = "localhost"
HERE: Final = frozenset({LOOPBACK, "127.0.0.1", "::1"})
"""Hosts of a URL that no octet leaves this machine for."""
_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
_PATH: Final = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.IGNORECASE)
LONGEST_NAME: Final = 253
"""Longest host name, in characters (RFC 1035)."""
LAST_PORT: Final = 65535


class AddressInvalid(ValueError):
    """An address that cannot be used; `what` continues a sentence about the key that holds it."""

    def __init__(self, what: str) -> None:
        """Say what is wrong and what to write instead."""
        super().__init__(what)
        self.what = what


class Listen(msgspec.Struct, frozen=True):
    """Where to listen: an IP address without brackets, and a port; port 0 takes a free one."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def everywhere(self) -> bool:
        """Whether it means every address of this machine, so that nobody connects to it by that name."""
        return ipaddress.ip_address(self.host).is_unspecified


class Upstream(msgspec.Struct, frozen=True):
    """Where an upstream is.

    Attributes:
        tls: whether its URL is https.
        host: name in lower case or address without brackets.
        port: of the URL, or its scheme's.
        path: prefix of its paths without a slash at the end; where the URL has none, what its protocol has (`/v1`).
    """

    tls: bool
    host: str
    port: int
    path: str

    @property
    def private(self) -> bool:
        """Whether the URL itself names an address that is not of the public internet."""
        if self.host == LOOPBACK or self.host.endswith(".localhost"):
            return True
        address = _ip(self.host)
        return address is not None and not address.is_global

    @property
    def authority(self) -> str:
        """Host and port as `allow_private` takes them."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """Scheme, host and port as browsers say them."""
        return origin(self.host, self.port, tls=self.tls)


def origin(host: str, port: int, *, tls: bool) -> str:
    """Return scheme, host and port as browsers say them: an IPv6 address in brackets, no port that is the scheme's own."""
    shown = f"[{host}]" if ":" in host else host
    ending = "" if port == _port(tls=tls) else f":{port}"
    return f"{'https' if tls else 'http'}://{shown}{ending}"


def listen_address(text: str) -> Listen:
    """Return a listening address taken apart: `127.0.0.1:8443`, `[::1]:8443` or `localhost:8443`.

    Raises:
        AddressInvalid: anything else.
    """
    found = private_address(text)
    if found is None:
        raise AddressInvalid('must be an address and a port, such as "127.0.0.1:8443" or "[::1]:8443"')
    host, port = found
    host = "127.0.0.1" if host == LOOPBACK else host
    if _ip(host) is None:
        raise AddressInvalid('must be an address of this machine, not a name, such as "127.0.0.1:8443"')
    return Listen(host, port)


def private_address(text: str) -> tuple[str, int] | None:
    """Return host (lower case, without brackets) and port of `host:port`; None when it is not that."""
    host, colon, port = text.rpartition(":")
    if not colon or re.fullmatch(r"[0-9]{1,5}", port) is None or int(port) > LAST_PORT:
        return None
    if host.startswith("[") and host.endswith("]"):
        address = _ip(host[1:-1])
        return None if address is None or address.version == 4 else (str(address), int(port))  # noqa: PLR2004 - IPv4
    return None if ":" in host or not host_name(host) else (host.lower(), int(port))


def host_name(text: str) -> bool:
    """Return whether a text is a host name or an IP address, without port."""
    if _ip(text) is not None:
        return True
    labels = text.split(".")
    # a name that ends in a number is read as an IPv4 address by some, and as a name by others
    numeric = _NUMBER.fullmatch(labels[-1]) is not None
    return len(text) <= LONGEST_NAME and all(map(_LABEL.fullmatch, labels)) and not numeric


def upstream(url: str, path: str = "/v1") -> Upstream:
    """Return an upstream's URL taken apart.

    Args:
        url: as configured.
        path: prefix of its paths where the URL names none.
    Raises:
        AddressInvalid: not http(s), or with a password, query, fragment or odd characters.
    """
    if not url.isascii() or not url.isprintable() or " " in url:
        raise AddressInvalid("must be a URL of visible ASCII characters; write a foreign name as xn--...")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        raise AddressInvalid("must be a URL such as https://api.example.com/v1") from None
    if parts.scheme not in {"https", "http"} or not host_name(host) or port == 0:
        raise AddressInvalid("must be a URL such as https://api.example.com/v1")
    if parts.username is not None or parts.password is not None:
        raise AddressInvalid("must carry no user name or password; use `credential` with a reference")
    given = parts.path.rstrip("/")
    if parts.query or parts.fragment or url.endswith(("?", "#")) or not _plain(given):
        raise AddressInvalid("must have a plain path, without query, fragment, `..` or escapes")
    tls = parts.scheme == "https"
    return Upstream(tls, _canonical(host), _port(tls=tls) if port is None else port, given or path)


def public_url(text: str) -> Upstream:
    """Return where clients reach the platform, taken apart: `https://gateway.example.com`, perhaps with a port.

    Raises:
        AddressInvalid: not a URL, with a path, or of another machine and not encrypted.
    """
    found = upstream(text, "")
    if found.path:
        raise AddressInvalid("must be a URL without a path, such as https://gateway.example.com")
    if not found.tls and found.host not in HERE:
        raise AddressInvalid("must be https: tokens and prompts would cross the network in the clear")
    return found


def _port(*, tls: bool) -> int:
    return 443 if tls else 80


def _plain(path: str) -> bool:
    return _PATH.fullmatch(path) is not None and not {".", ".."} & set(path.split("/"))


def _canonical(host: str) -> str:
    address = _ip(host)
    return host if address is None else str(address)


def _ip(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return None if "%" in text else address
