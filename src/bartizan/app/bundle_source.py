"""Reading a trust domain's bundle from a file, or from where the domain publishes it.

Rules of this file: it blocks, so it runs off the loop. A file that others can write to is nobody's word. The endpoint that is
configured is the only one that is asked, through egress; a bounded part of its answer is taken, for a bounded time, and no
redirect is followed. Nothing of what was read is repeated.
Source: SPIFFE Federation specification, sections 5 to 7 (https_web, https_spiffe).
"""

import os
import stat
from pathlib import Path
from typing import Final

from bartizan import __version__
from bartizan.app.address import upstream
from bartizan.app.federation_plan import Federated
from bartizan.config import ConfigurationUnreadable, read_octets
from bartizan.crypto.tls import CertificateUnusable
from bartizan.egress.faults import AddressRefused, CertificateRefused, ResponseMalformed, ResponseTooLarge
from bartizan.egress.http import Client
from bartizan.identity.trust_bundle import MOST_OCTETS, Bundle, BundleRefused, read_bundle

SECONDS: Final = 10.0
"""Longest that one answer may take."""
USUAL_S: Final = 300.0
"""How long after a bundle another is looked for, where the bundle gives no hint."""
SOONEST_S: Final = 60.0
LATEST_S: Final = 3600.0
"""Between which a hint is followed."""
FILE_S: Final = 30.0
"""How often a file is looked at."""
_OK: Final = 200


class Unread(Exception):
    """A bundle could not be had; `word` says why, in a closed set."""

    def __init__(self, word: str) -> None:
        """Carry the word."""
        super().__init__(word)
        self.word = word


def read_file(domain: Federated) -> Bundle:
    """Return the bundle that a file holds now.

    Raises:
        Unread: it cannot be taken.
    """
    try:
        found = Path(domain.file).stat()
        if found.st_uid not in (0, os.geteuid()) or stat.S_IMODE(found.st_mode) & 0o022:
            raise Unread("file-of-others")
        return read_bundle(read_octets(Path(domain.file), MOST_OCTETS), domain.trust_domain)
    except (ConfigurationUnreadable, OSError) as fault:
        raise Unread("unreadable") from fault
    except BundleRefused as fault:
        raise Unread(fault.word) from fault


def read_endpoint(domain: Federated, known: Bundle | None) -> Bundle:
    """Return the bundle that a trust domain publishes now.

    Args:
        domain: whose.
        known: the bundle that counts now, by which its own server is known in the profile `https_spiffe`.
    Raises:
        Unread: it cannot be had.
    """
    there = upstream(domain.url, "")
    fields = (("accept", "application/json"), ("user-agent", f"bartizan/{__version__}"))
    try:
        answer = _client(domain, known).request("GET", there.path or "/", fields, most=MOST_OCTETS)
        if answer.status != _OK:
            raise Unread("unavailable")
        return read_bundle(answer.body, domain.trust_domain)
    except BundleRefused as fault:
        raise Unread(fault.word) from fault
    except AddressRefused as fault:
        raise Unread("address-refused") from fault
    except (CertificateRefused, CertificateUnusable) as fault:
        raise Unread("untrusted") from fault
    except ResponseTooLarge as fault:
        raise Unread("too-large") from fault
    except ResponseMalformed as fault:
        raise Unread("malformed") from fault
    except OSError as fault:
        raise Unread("unreachable") from fault


def again_in(bundle: Bundle) -> float:
    """Return the seconds after which a published bundle is to be looked at again."""
    hint = USUAL_S if bundle.refresh_hint is None else float(bundle.refresh_hint)
    return min(max(hint, SOONEST_S), LATEST_S)


def _client(domain: Federated, known: Bundle | None) -> Client:
    there, allowed = upstream(domain.url, ""), frozenset(domain.allowed)
    if domain.profile == "https_spiffe":
        if known is None or not known.authorities:
            raise Unread("bundle-missing")
        return Client.of_spiffe(
            there.host,
            there.port,
            known.authorities,
            domain.endpoint_id,
            allowed=allowed,
            timeout_s=SECONDS,
        )
    pem = domain.authorities.encode()
    return Client.over_tls(there.host, there.port, pem, allowed=allowed, timeout_s=SECONDS)
