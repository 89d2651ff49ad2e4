"""SPIFFE IDs and trust domains: one text has one reading, or none.

Rules of this file: pure. Nothing is made to fit: no letter is folded, no escape undone, so that two texts that differ are two
domains. What looks like another name to a person (a letter of another script) is no name here.
Source: SPIFFE ID specification, sections 2.1 to 2.4.
"""

import re
from typing import Final

import msgspec

LONGEST: Final = 2048
"""Octets of a SPIFFE ID; of them 255 at most are the trust domain's."""
_SCHEME: Final = "spiffe://"
_DOMAIN: Final = re.compile(r"[a-z0-9._-]{1,255}")
_SEGMENT: Final = re.compile(r"[A-Za-z0-9._-]+")
_DOTS: Final = frozenset({".", ".."})


class NotSpiffe(ValueError):
    """A text that is no SPIFFE ID, or no name of a trust domain."""

    def __init__(self) -> None:
        """Say what one looks like; never what was given."""
        super().__init__(
            "not a SPIFFE ID (spiffe://corp.example/path: lower-case domain, no port, no escapes)"
        )


class SpiffeId(msgspec.Struct, frozen=True):
    """Whom a certificate or a token names.

    Attributes:
        trust_domain: name, such as `corp.example`.
        path: with its first slash; empty for the trust domain itself.
    """

    trust_domain: str
    path: str

    @property
    def uri(self) -> str:
        """Return it as it is written."""
        return f"{_SCHEME}{self.trust_domain}{self.path}"


def is_trust_domain(name: str) -> bool:
    """Return whether a text is the name of a trust domain."""
    return _DOMAIN.fullmatch(name) is not None


def is_path(path: str) -> bool:
    """Return whether a text can be the path of a workload's SPIFFE ID."""
    return path.startswith("/") and all(
        _SEGMENT.fullmatch(each) is not None and each not in _DOTS for each in path[1:].split("/")
    )


def spiffe_id(uri: str) -> SpiffeId:
    """Return a SPIFFE ID taken apart.

    Raises:
        NotSpiffe: it is none.
    """
    domain, slash, rest = uri.removeprefix(_SCHEME).partition("/")
    path = slash + rest
    if not uri.startswith(_SCHEME) or len(uri) > LONGEST or not is_trust_domain(domain):
        raise NotSpiffe
    if path and not is_path(path):
        raise NotSpiffe
    return SpiffeId(domain, path)


def trust_domain(text: str) -> str:
    """Return the name of a trust domain that is given as such, or as the SPIFFE ID of the domain itself.

    Raises:
        NotSpiffe: it is neither.
    Source: Workload API specification, section 5.2.2 (keys of `bundles`).
    """
    found = spiffe_id(text if text.startswith(_SCHEME) else _SCHEME + text)
    if found.path:
        raise NotSpiffe
    return found.trust_domain
