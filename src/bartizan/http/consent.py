"""The page on which a person lets an application act, or does not.

Rules of this file: who the person is comes from outside, through `SignIn`; without it, these pages are closed. An
answer counts only with the token of the very question, session and person. A browser is sent to an address that the
application registered, or nowhere: what is wrong with the request itself is said here. The page has no script,
and shows names of the operator's alone.
Source: RFC 9700 sections 4.1, 4.7 and 4.16; RFC 9207.
"""

from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bartizan.access.issue.code import SignedIn
from bartizan.access.issue.form import MAX_FORM, GrantRefused, read_form
from bartizan.access.issue.pushed import RequestUnknown
from bartizan.access.issue.step_up import Step
from bartizan.app.lending import Decided, Lending
from bartizan.app.people import People
from bartizan.console.questions import ask, lead, leave, signed_in, told
from bartizan.console.visits import session_cookie
from bartizan.http.body import read
from bartizan.http.status import Status

_CLOSED: Final = "People cannot sign in here: this platform has no sign-in pages."
_HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    # The gateway says its own; this is for whoever should get past it.
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    "referrer-policy": "no-referrer",
}


class SignIn(msgspec.Struct, frozen=True):
    """How these pages learn who sits before the browser.

    Attributes:
        signed_in: (request) -> who is signed in, or None.
        lead: (request) -> answer that leads to the sign-in, and from there back to this request.
    """

    signed_in: Callable[[Request], SignedIn | None]
    lead: Callable[[Request], Response]


def of_people(people: People) -> SignIn:
    """Return how these pages learn who is there: by the session of people's pages, where a passkey stands behind it."""
    return SignIn(lambda request: signed_in(people, session_cookie(request)), lead)


class Consent:
    """The two ways of the page: asked, answered.

    Args:
        lending: whose questions are shown.
        sign_in: who is there; None where nobody can sign in.
    """

    def __init__(self, lending: Lending, sign_in: SignIn | None = None) -> None:
        """Take both."""
        self._lending, self._sign_in = lending, sign_in

    async def ask(self, request: Request) -> Response:
        """Answer GET: the question; where it was answered before, the answer."""
        uri, client = request.query_params.get("request_uri", ""), request.query_params.get("client_id", "")
        return self._with_person(request, lambda person: self._asked(uri, client, person, request))

    async def answer(self, request: Request) -> Response:
        """Answer POST: send the browser back with what the person said."""
        media = request.headers.get("content-type", "")
        try:
            form = read_form(media, await read(request, MAX_FORM))
        except GrantRefused as fault:
            return _page(Status.BAD_REQUEST, told(fault.what))
        return self._with_person(request, lambda person: self._answered(form, person))

    def _with_person(self, request: Request, then: Callable[[SignedIn], Response]) -> Response:
        if self._sign_in is None:
            return _page(Status.UNAVAILABLE, told(_CLOSED))
        person = self._sign_in.signed_in(request)
        if person is None:
            return self._sign_in.lead(request)
        try:
            return then(person)
        except RequestUnknown as fault:
            return _page(Status.BAD_REQUEST, told(str(fault)))

    def _asked(self, uri: str, client: str, person: SignedIn, request: Request) -> Response:
        question = self._lending.question(uri, client, person)
        if question.step is Step.AGAIN and self._sign_in is not None:
            return self._sign_in.lead(request)
        if question.answered or question.step is Step.UNMET:
            return _sent(self._lending.decide(uri, client, person, question.token, yes=True))
        return _page(Status.OK, ask(question, uri, client, person.principal))

    def _answered(self, said: Mapping[str, str], person: SignedIn) -> Response:
        return _sent(
            self._lending.decide(
                said.get("request_uri", ""),
                said.get("client_id", ""),
                person,
                said.get("token", ""),
                yes=said.get("answer") == "allow",
            )
        )


def _sent(decided: Decided) -> Response:
    """Return the way back; an address may have a query of its own.

    An application's own scheme is led to by a link that is pressed: browsers hold a page's `form-action` against it, and
    ask their person before they leave for another program.
    """
    joint = "&" if "?" in decided.redirect else "?"
    location = f"{decided.redirect}{joint}{urlencode(decided.said)}"
    if not location.startswith(("https://", "http://")):
        return _page(Status.OK, leave(location))
    return Response(status_code=Status.SEE_OTHER, headers={"location": location, "cache-control": "no-store"})


def _page(status: Status, octets: bytes) -> Response:
    return Response(octets, status, _HEADERS)
