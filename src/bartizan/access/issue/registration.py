"""What an application that registers itself asks to be: its metadata, read once, by the rules for those that people register.

Rules of this file: pure. Members have one reading; those that are not known here are ignored, as the standard has it, and so
is whatever an application would call itself or show of itself: people are told our own names alone. What is known and
cannot be had is refused, never left out in silence. Nothing is fetched for who registers.
Source: RFC 7591 sections 2, 2.3, 3.1 and 3.2.2; RFC 9449 section 5.2; RFC 8707 section 2.
"""

import enum
import json
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec

from bartizan.access.errors import ClientKeyRefused, RedirectRefused
from bartizan.access.issue.client_key import read_keys
from bartizan.access.issue.grant import CLIENT, CODE, DEVICE, REFRESH
from bartizan.access.issue.redirect import require_usable
from bartizan.clock import SECOND, Nanoseconds
from bartizan.strict_json import no_constant, once

MAX_METADATA: Final = 32_768
"""Longest document that is read, in octets."""
SECRETS: Final = ("client_secret_basic", "client_secret_post")
KEYS: Final = "private_key_jwt"
NONE: Final = "none"
STATEMENT: Final = "software_statement"
_METHODS: Final = (*SECRETS, KEYS, NONE)
_GRANTS: Final = (CODE, REFRESH, DEVICE, CLIENT)
_LISTED: Final = 8
_TEXT: Final = 255
_LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})
KNOWN: Final = frozenset(
    {
        "redirect_uris",
        "token_endpoint_auth_method",
        "grant_types",
        "response_types",
        "scope",
        "jwks",
        "jwks_uri",
        "resource",
        "dpop_bound_access_tokens",
    }
)
"""Members that are read; a software statement's win over those beside it."""


class RegistrationFault(enum.Enum):
    """The error words of RFC 7591 section 3.2.2, and one for who asks too often."""

    REDIRECT = "invalid_redirect_uri"
    METADATA = "invalid_client_metadata"
    STATEMENT = "invalid_software_statement"
    UNAPPROVED = "unapproved_software_statement"
    TOO_MANY = "too_many_registrations"


class RegistrationRefused(Exception):
    """A registration that is not made, or not changed so.

    Attributes:
        error: the word for the client.
        what: a sentence; holds nothing that the client sent.
        reason: the word for events.
        wait_s: seconds after which it may be tried again; 0 for no such advice.
    """

    def __init__(self, error: RegistrationFault, what: str, reason: str = "", *, wait_s: int = 0) -> None:
        """Carry them."""
        super().__init__(f"{error.value}: {what}")
        self.error, self.what, self.wait_s = error, what, wait_s
        self.reason = reason or error.value.replace("_", "-")


class Address(msgspec.Struct, frozen=True):
    """An address that people are to be sent back to, as policies look at it.

    Attributes:
        scheme: `https`, `loopback`, or `private` for a scheme of the application's own; empty where there is no address.
        host: of an `https` address; else empty.
    """

    scheme: str = ""
    host: str = ""


class Wanted(msgspec.Struct, frozen=True):
    """What is to be registered, all of it in its form.

    Attributes:
        method: how the client is to authenticate, a word of `metadata.METHODS`.
        grants: what it may ask for, of `grant.GRANTS`, in their order here.
        redirects: addresses that people may be sent back to.
        jwks: public keys that it signs with, where it does.
        resource: URL of the one service that its tokens are to be good for; empty for all.
        bound: whether its tokens are always to be bound to a key.
    """

    method: str
    grants: tuple[str, ...]
    redirects: tuple[str, ...] = ()
    jwks: tuple[dict[str, str], ...] = ()
    resource: str = ""
    bound: bool = False

    @property
    def public(self) -> bool:
        """Whether it can keep no secret."""
        return self.method == NONE

    def addresses(self) -> tuple[Address, ...]:
        """Return what policies are asked about, each by itself: every different address, or the one that is none."""
        return tuple(dict.fromkeys(map(address_of, self.redirects))) or (Address(),)


def read_document(document: bytes) -> dict[str, Any]:
    """Return the JSON object of a request.

    Raises:
        RegistrationRefused: it is none, or one that names a member twice.
    """
    if len(document) > MAX_METADATA:
        raise _wrong(f"the document has more than {MAX_METADATA} octets")
    try:
        found = json.loads(document.decode(), object_pairs_hook=once, parse_constant=no_constant)
    except (ValueError, RecursionError) as fault:
        raise _wrong("the document is no JSON object, or names a member twice") from fault
    if not isinstance(found, dict):
        raise _wrong("the document is no JSON object")
    return found


def wanted(said: Mapping[str, Any]) -> Wanted:
    """Return what a document asks for, a software statement's members put in already.

    Raises:
        RegistrationRefused: a member is not of its form, is not served here, or two do not fit each other.
    """
    method = said.get("token_endpoint_auth_method", SECRETS[0])
    if not isinstance(method, str) or method not in _METHODS:
        raise _wrong(f"token_endpoint_auth_method must be one of {', '.join(_METHODS)}")
    grants = _grants(said, method)
    redirects = _redirects(said, grants)
    if said.get("scope", "") != "":
        raise _wrong("no scopes are defined; leave scope out")
    resource, bound = said.get("resource", ""), said.get("dpop_bound_access_tokens", False)
    if not isinstance(resource, str) or len(resource) > _TEXT or not isinstance(bound, bool):
        raise _wrong("resource must be one URL, and dpop_bound_access_tokens true or false")
    return Wanted(method, grants, redirects, _keys(said, method), resource, bound or method == NONE)


def _grants(said: Mapping[str, Any], method: str) -> tuple[str, ...]:
    asked = _texts(said, "grant_types", [CODE])
    if not asked or not set(asked) <= set(_GRANTS):
        raise _wrong(f"grant_types must be some of {', '.join(_GRANTS)}")
    lent = {CODE, DEVICE} & set(asked)
    if REFRESH in asked and not lent:
        raise _wrong(f"{REFRESH} goes with {CODE} or {DEVICE}, of which it comes")
    if method == NONE and (CLIENT in asked or not lent):
        raise _wrong("who shows nothing of itself acts for people alone")
    answers = _texts(said, "response_types", ["code"] if CODE in asked else [])
    if answers != (("code",) if CODE in asked else ()):
        raise _wrong(f'response_types must be ["code"] with {CODE}, and is left out without')
    # Whoever is lent anything gets a refresh token: it is registered for what it will have.
    held = {*asked, *({REFRESH} if lent else ())}
    return tuple(each for each in _GRANTS if each in held)


def _redirects(said: Mapping[str, Any], grants: tuple[str, ...]) -> tuple[str, ...]:
    try:
        found = require_usable(_texts(said, "redirect_uris", []))
    except RedirectRefused as fault:
        raise RegistrationRefused(RegistrationFault.REDIRECT, fault.fault) from fault
    if bool(found) is not (CODE in grants):
        what = f"redirect_uris goes with {CODE}: at least one with it, none without"
        raise RegistrationRefused(RegistrationFault.REDIRECT, what)
    return found


def _keys(said: Mapping[str, Any], method: str) -> tuple[dict[str, str], ...]:
    if "jwks_uri" in said:
        raise _wrong("nothing is fetched for who registers; send the public keys themselves, as jwks")
    if ("jwks" in said) is not (method == KEYS):
        raise _wrong(f"jwks goes with {KEYS}, and with nothing else")
    if method != KEYS:
        return ()
    try:
        return read_keys(msgspec.json.encode(said["jwks"]))
    except ClientKeyRefused as fault:
        raise _wrong(str(fault)) from fault
    except (ValueError, TypeError, OverflowError, RecursionError) as fault:
        raise _wrong("jwks is no set of public keys") from fault


def _texts(said: Mapping[str, Any], name: str, otherwise: list[str]) -> tuple[str, ...]:
    found = said.get(name, otherwise)
    if (
        not isinstance(found, list)
        or len(found) > _LISTED
        or not all(isinstance(each, str) for each in found)
    ):
        raise _wrong(f"{name} must be a list of at most {_LISTED} texts")
    return tuple(dict.fromkeys(found))


def address_of(redirect: str) -> Address:
    """Return an address that can be registered as policies, and people who are asked, look at it."""
    parts = urlsplit(redirect)
    if parts.scheme == "https":
        return Address("https", parts.hostname or "")
    return Address("loopback" if parts.scheme == "http" and parts.hostname in _LOOPBACK else "private")


def information(wanted: Wanted, made: Nanoseconds, expires: Nanoseconds) -> dict[str, Any]:
    """Return what an application is told that it is registered as, but for its id and credentials.

    Source: RFC 7591 section 3.2.1.
    """
    answers = {"response_types": ["code"] if CODE in wanted.grants else []}
    redirects = {"redirect_uris": list(wanted.redirects)} if wanted.redirects else {}
    keys = {"jwks": {"keys": list(wanted.jwks)}} if wanted.jwks else {}
    resource = {"resource": wanted.resource} if wanted.resource else {}
    return {
        "client_id_issued_at": made // SECOND,
        "registration_expires_at": expires // SECOND,
        "token_endpoint_auth_method": wanted.method,
        "grant_types": list(wanted.grants),
        "dpop_bound_access_tokens": wanted.bound,
        **answers,
        **redirects,
        **keys,
        **resource,
    }


def _wrong(what: str) -> RegistrationRefused:
    return RegistrationRefused(RegistrationFault.METADATA, what)
