"""Who may certify an upstream: the machine's own list of authorities, or a file that the operator names.

Rules of this file: read where the configuration is checked and where the platform is started, and handed on as text; no
process behind it opens such a file again. What TLS could not be set up with is refused here, by the file's name.
"""

import functools
import ssl
from pathlib import Path
from typing import Final

from bartizan.config import ConfigurationFault, ConfigurationUnreadable, read_octets
from bartizan.crypto.tls import CertificateUnusable, client_context

BUNDLES: Final = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
"""Where Debian, Fedora, SUSE and Alpine keep the list, in this order."""
LARGEST: Final = 4 << 20


class AuthoritiesMissing(ConfigurationFault):
    """There is nobody to trust: an encrypted upstream could not be verified."""

    def __init__(self, where: str, fault: str) -> None:
        """Name the file or the machine, and what is wrong with it."""
        super().__init__(
            f"{where}: {fault}; install the package ca-certificates, or name a PEM file of authorities with "
            "`authorities` in the service"
        )
        self.where, self.fault = where, fault


def authorities(named: str | None, folder: Path) -> str:
    """Return PEM certificates of the authorities.

    Args:
        named: the operator's file, from `folder`; None takes the machine's list.
        folder: of the configuration.
    Raises:
        AuthoritiesMissing: the file cannot be read or holds no certificate that can be, or the machine has no list.
    """
    if named is not None:
        return _read(folder / named)
    own = ssl.get_default_verify_paths().cafile
    for path in map(Path, (*([own] if own else []), *BUNDLES)):
        if path.is_file():
            return _read(path)
    raise AuthoritiesMissing("this machine", "no list of certificate authorities was found")


def _read(path: Path) -> str:
    try:
        pem = read_octets(path, LARGEST).decode("utf-8", "replace")
        _require_usable(pem)
    except ConfigurationUnreadable as fault:
        raise AuthoritiesMissing(str(path), f"cannot be read: {fault.why}") from fault
    except CertificateUnusable as fault:
        raise AuthoritiesMissing(str(path), f"cannot be used: {fault.fault}") from None
    return pem


@functools.lru_cache(maxsize=8)  # most services have the same, and what is checked is started
def _require_usable(pem: str) -> None:
    client_context(pem.encode())
