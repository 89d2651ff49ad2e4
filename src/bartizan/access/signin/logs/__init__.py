"""Logs of sign-ins that others keep: what reads them, by name of their format."""

from collections.abc import Mapping
from typing import Final

from bartizan.access.signin.logs import entra, keycloak, kubernetes, oidc, okta, sshd
from bartizan.access.signin.logs.told import Reader

READERS: Final[Mapping[str, Reader]] = {
    reader.name: reader
    for reader in (entra.READER, keycloak.READER, kubernetes.READER, oidc.READER, okta.READER, sshd.READER)
}
"""Name of a format -> what reads it."""
