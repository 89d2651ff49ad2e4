"""The page on which a person lets an application act, or does not.

Rules of this file: who the person is comes from outside, through `SignIn`; without it, these pages are closed. An
answer counts only with the token of the very question, session and person. A browser is sent to an address that the
application registered, or nowhere: what is wrong with the request itself is said here. The page has no script and shows
names of the operator's alone; what a browser may do with it the gateway says (`gateway/page.py`, `Page.CONSENT`).
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
from bartizan.access.issue.metadata import AUTHORIZE_PATH
from bartizan.access.issue.pushed import RequestUnknown
from bartizan.access.people.errors import SignInRefused
from bartizan.app.lending import Decided, Lending, Question
from bartizan.app.people import People
from bartizan.console.markup import Part, document, tag
from bartizan.console.visits import session_cookie
from bartizan.gateway.page import SHEET_PATH
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
        return self._with_person(request, lambda person: self._asked(uri, client, person))

    async def answer(self, request: Request) -> Response:
        """Answer POST: send the browser back with what the person said."""
        media = request.headers.get("content-type", "")
        try:
            form = read_form(media, await read(request, MAX_FORM))
        except GrantRefused as fault:
            return _said(Status.BAD_REQUEST, fault.what)
        return self._with_person(request, lambda person: self._answered(form, person))

    def _with_person(self, request: Request, then: Callable[[SignedIn], Response]) -> Response:
        if self._sign_in is None:
            return _said(Status.UNAVAILABLE, _CLOSED)
        person = self._sign_in.signed_in(request)
        if person is None:
            return self._sign_in.lead(request)
        try:
            return then(person)
        except RequestUnknown as fault:
            return _said(Status.BAD_REQUEST, str(fault))

    def _asked(self, uri: str, client: str, person: SignedIn) -> Response:
        question = self._lending.question(uri, client, person)
        if question.answered:
            return _sent(self._lending.decide(uri, client, person, question.token, yes=True))
        return _question(question, uri, client)

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
    """Return the way back; an address may have a query of its own."""
    joint = "&" if "?" in decided.redirect else "?"
    location = f"{decided.redirect}{joint}{urlencode(decided.said)}"
    return Response(status_code=Status.SEE_OTHER, headers={"location": location, "cache-control": "no-store"})


def of_people(people: People) -> SignIn:
    """Return how these pages learn who is there: by the session of people's pages, where a passkey stands behind it."""

    def signed_in(request: Request) -> SignedIn | None:
        try:
            found = people.who(session_cookie(request)).session
        except SignInRefused:
            return None
        if not found.verified:  # begun by a link or a recovery code: that is for adding a passkey
            return None
        return SignedIn(found.principal, found.id, found.verified, f"passkey-{found.key}")

    return SignIn(signed_in, _lead)


def _lead(request: Request) -> Response:
    """Return the page that leads to the sign-in, and on to the question.

    A browser that comes from the application's own page does not show the session's cookie (SameSite=Strict), so somebody who is
    signed in comes here too; from here it does.
    """
    here = f"{AUTHORIZE_PATH}?{request.url.query}" if request.method == "GET" else ""
    on = tag("p", tag("a", "Go on to the question", href=here)) if here else ""
    sign_in = tag("a", "Sign in with your passkey", href="/people/sign-in", target="_blank")
    return _page(
        Status.OK,
        tag("section", tag("p", "An application asks to act for you."), on),
        tag("p", "Not signed in? ", sign_in, " first, then come back to this page.", class_="quiet"),
    )


def _question(question: Question, uri: str, client: str) -> Response:
    what = "this platform's own interface" if question.control else "every service that you may call"
    what = f"the service {question.service}" if question.service else what
    hidden = {"request_uri": uri, "client_id": client, "token": question.token}
    fields = (tag("input", type="hidden", name=name, value=value) for name, value in hidden.items())
    return _page(
        Status.OK,
        tag(
            "section",
            tag("p", tag("strong", question.application), f" asks to use {what} in your name."),
            tag(
                "p",
                "It can do so for up to 30 days. Ask who runs this platform to end it sooner.",
                class_="quiet",
            ),
            tag(
                "form",
                *fields,
                tag("button", "Allow", name="answer", value="allow"),
                " ",
                tag("button", "Deny", name="answer", value="deny", class_="plain"),
                method="post",
                action=AUTHORIZE_PATH,
            ),
        ),
    )


def _page(status: Status, *parts: Part) -> Response:
    title = "Let an application act for you"
    head = tag("header", tag("strong", "Bartizan"))
    main = tag("main", tag("h1", title), *parts, id="main", class_="narrow")
    return Response(document(title, head, main, sheet=SHEET_PATH), status, _HEADERS)


def _said(status: Status, text: str) -> Response:
    return _page(status, tag("section", tag("p", text)))
