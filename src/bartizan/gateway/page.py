"""The pages of the platform itself: which answers may be shown as one, and what a browser is told about them.

Rules of this file: a closed set. A route is of a page only where its row says so, and rows that say so are those of
the platform's own endpoints: `routes.py` lays none for a service. Services answer on the same origin as these pages, so
a page may load from the two addresses that are named here and from nowhere else, and what a service answers is put
into a sandbox (`answer_head.SECURITY`). A session's cookie is the one cookie there is: it goes on to these routes
alone, without its neighbours, and is set by answers of these routes alone, in one form, that is written here.
"""

import enum
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.gateway.answer_head import SECURITY, AnswerHead, opening
from bartizan.gateway.bounds import FORM_OCTETS
from bartizan.gateway.faults import refusal
from bartizan.gateway.form import read_form
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.judged import Judged

COOKIE: Final = b"__Host-bartizan-session"
"""Name of the session's cookie. `__Host-`: a browser takes it over TLS alone, from this very host, for all of its paths."""
SHEET_PATH: Final = "/people/page.css"
SCRIPT_PATH: Final = "/people/passkey.js"
SEE_OTHER: Final = 303
"""The one redirect of a page, after a form."""
_DOCUMENT: Final = (
    b"x-content-type-options: nosniff\r\n"
    b"content-security-policy: default-src 'none'; style-src https://%b/people/page.css; "
    b"script-src https://%b/people/passkey.js; form-action 'self'%b; base-uri 'none'; frame-ancestors 'none'; "
    b"require-trusted-types-for 'script'; trusted-types 'none'\r\n"
    b"referrer-policy: same-origin\r\n"  # with none, a form of our own page would say `Origin: null`
    b"x-frame-options: DENY\r\n"
    b"cross-origin-opener-policy: same-origin\r\n"
    b"cross-origin-resource-policy: same-origin\r\n"
    b"permissions-policy: publickey-credentials-get=(self), publickey-credentials-create=(self)\r\n"
)
_LOADED: Final = SECURITY + b"cross-origin-resource-policy: same-origin\r\n"
_SESSION: Final = re.compile(rb"[A-Za-z0-9_-]{43}")
_SET: Final = re.compile(
    rb"__Host-bartizan-session=(?:[A-Za-z0-9_-]{43}; Max-Age=[1-9][0-9]{0,6}|; Max-Age=0)"
    rb"; Path=/; Secure; HttpOnly; SameSite=Strict"
)
_PROBLEM: Final = b"application/problem+json"
_ASKED: Final = rb"client_id=[A-Za-z0-9_-]{1,64}&request_uri=urn(?:%3A[A-Za-z0-9_-]{1,2000}){1,8}"
_WAY: Final = re.compile(
    rb"/people(?:/[a-z-]+)*(?:\?[a-z]+=[a-z-]+(?:&[a-z]+=[a-z-]+)*)?"
    rb"|/people/sign-in\?next=consent&" + _ASKED + rb"(?:&said=[a-z-]+)?|/oauth/authorize\?" + _ASKED
)
"""Where a page leads: to another one, in one of these forms."""
_APPLICATION: Final = re.compile(
    rb"(?:https://[a-z0-9.-]{1,253}|http://127\.0\.0\.1|http://\[::1\])(?::[0-9]{1,5})?"
    rb"/[A-Za-z0-9._~!$&'()+,;=:@%/?*-]{0,8000}"
)
"""Where a question leads besides: what applications may register as their address in a browser (RFC 8252, section 7)."""
_BEYOND: Final = b" https: http://127.0.0.1:* http://[::1]:*"
_ORIGIN: Final = re.compile(rb"https?://[A-Za-z0-9.:\[\]-]{1,260}|null")
_SITE: Final = re.compile(rb"same-origin|same-site|cross-site|none")


class Page(enum.Enum):
    """What a route of the platform's own shows a browser."""

    DOCUMENT = "document"
    LEADING = "leading"
    """A document whose form may lead through others to an application: browsers hold `form-action` against all of them."""
    CONSENT = "consent"
    """A document like that, which itself may lead to an application: what a person answers goes back there."""
    SHEET = "sheet"
    SCRIPT = "script"

    @property
    def media(self) -> bytes:
        """Return its media type."""
        return _MEDIA.get(self, b"text/html; charset=utf-8")


_MEDIA: Final = {Page.SHEET: b"text/css; charset=utf-8", Page.SCRIPT: b"text/javascript; charset=utf-8"}


def asked(fields: Mapping[bytes, bytes]) -> bytes:
    """Return the lines that tell a page who asks and from where: the session, Origin and Sec-Fetch-Site.

    Args:
        fields: of the request's head.
    Raises:
        Refusal: one has no known form, or the session is named twice.
    """
    lines = []
    session = _session(fields.get(b"cookie", b""))
    if session:
        lines.append(b"cookie: %b=%b\r\n" % (COOKIE, session))
    for name, form in ((b"origin", _ORIGIN), (b"sec-fetch-site", _SITE)):
        if name in fields:
            if form.fullmatch(fields[name]) is None:
                raise refusal("field-value-refused", param=name.decode())
            lines.append(b"%b: %b\r\n" % (name, fields[name]))
    return b"".join(lines)


def _session(cookies: bytes) -> bytes:
    """Return the value of the session's cookie; empty where there is none or none of its form."""
    pairs = [pair.strip().partition(b"=") for pair in cookies.split(b";")]
    found = [value for name, _, value in pairs if name == COOKIE]
    if len(found) > 1:
        raise refusal("field-value-refused", param="cookie")
    return found[0] if found and _SESSION.fullmatch(found[0]) else b""


def dressed(head: AnswerHead, page: Page, host: bytes) -> AnswerHead:
    """Return the head of a page's answer as a browser gets it.

    Args:
        head: as the platform's own process answered.
        page: of the route.
        host: value of the request's Host, one of this gateway's names.
    Raises:
        FramingDoubt: it is of another media type, or sets or leads to what no page of ours does.
    """
    if head.cookie and (page is Page.CONSENT or _SET.fullmatch(head.cookie) is None):
        raise FramingDoubt("upstream-malformed")
    if (head.status == SEE_OTHER) is not bool(head.location) or not _leads(page, head.location):
        raise FramingDoubt("upstream-malformed")
    if head.media == _PROBLEM and not head.cookie:
        return head
    if head.status != SEE_OTHER and head.media != page.media:
        raise FramingDoubt("upstream-malformed")
    security = _security(page, host)
    more = b"".join(
        b"%b: %b\r\n" % (name, value)
        for name, value in ((b"set-cookie", head.cookie), (b"location", head.location))
        if value
    )
    return msgspec.structs.replace(
        head, opening=opening(head.status, head.kept + more, head.length, security)
    )


def _leads(page: Page, location: bytes) -> bool:
    """Return whether a page of this kind may lead there, or leads nowhere."""
    if not location or _WAY.fullmatch(location):
        return True
    return page is Page.CONSENT and _APPLICATION.fullmatch(location) is not None


def _security(page: Page, host: bytes) -> bytes:
    if page in _MEDIA:
        return _LOADED
    return _DOCUMENT % (host, host, b"" if page is Page.DOCUMENT else _BEYOND)


class PageForm:
    """Reads a form of a page: some fields of it, each in its form."""

    __slots__ = ("fields",)
    media: Final = b"application/x-www-form-urlencoded"

    def __init__(self, **fields: str) -> None:
        """Take these fields and no other.

        Args:
            fields: name -> pattern of its whole value.
        """
        self.fields: Final = {name: re.compile(form) for name, form in fields.items()}

    def read(self, body: bytes) -> Judged:
        """Return the form, re-encoded from its pairs.

        Raises:
            Refusal: it is malformed or longer than `FORM_OCTETS`, repeats a field, or has one that is not known or not of its form.
        """
        if len(body) > FORM_OCTETS:
            raise refusal("form-malformed")
        pairs, octets = read_form(body, frozenset(self.fields))
        if any(self.fields[name].fullmatch(value) is None for name, value in pairs):
            raise refusal("form-malformed")
        return Judged(octets)
