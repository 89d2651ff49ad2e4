"""Key-agreement groups of TLS, by the names that the ledger's vocabulary has for them."""

from typing import Final

from OpenSSL import SSL

GROUPS: Final = frozenset(
    {"x25519mlkem768", "secp256r1mlkem768", "secp384r1mlkem1024", "x25519", "secp256r1", "secp384r1"}
)
"""Key-agreement groups known by name, as the ledger's vocabulary writes them."""
HYBRID: Final = frozenset({"x25519mlkem768", "secp256r1mlkem768", "secp384r1mlkem1024"})
"""The groups of `GROUPS` that stay safe against a quantum computer."""


def group_word(connection: SSL.Connection) -> str:
    """Return the word for the key-agreement group of a connection: of `GROUPS`, or `other`, or `none`."""
    name = connection.get_group_name()
    if name is None:
        return "none"
    return name.lower() if name.lower() in GROUPS else "other"
