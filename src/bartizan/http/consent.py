"""The page on which a person lets an application act, or does not.

Rules of this file: who the person is comes from outside, through `SignIn`; without it, these pages are closed. An
answer counts only with the token of the very question, session and person. A browser is sent to an address that the
application registered, or nowhere: what is wrong with the request itself is said here. The page has no script and no
style, and shows names of the operator's alone.
Source: RFC 9700 sections 4.1, 4.7 and 4.16; RFC 9207.
"""

from collections.abc import Callable, Mapping
from html import escape
from typing import Final
from urllib.parse import urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from bartizan.access.issue.code import SignedIn
from bartizan.access.issue.form import MAX_FORM, GrantRefused, read_form
from bartizan.access.issue.metadata import AUTHORIZE_PATH
from bartizan.access.issue.pushed import RequestUnknown
from bartizan.app.lending import Decided, Lending, Question
from bartizan.http.body import read
from bartizan.http.status import Status

_CLOSED: Final = "People cannot sign in here yet: this platform has no sign-in pages."
_HEADERS: Final = {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
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
            return _page(Status.BAD_REQUEST, fault.what)
        return self._with_person(request, lambda person: self._answered(form, person))

    def _with_person(self, request: Request, then: Callable[[SignedIn], Response]) -> Response:
        if self._sign_in is None:
            return _page(Status.UNAVAILABLE, _CLOSED)
        person = self._sign_in.signed_in(request)
        if person is None:
            return self._sign_in.lead(request)
        try:
            return then(person)
        except RequestUnknown as fault:
            return _page(Status.BAD_REQUEST, str(fault))

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


def _question(question: Question, uri: str, client: str) -> Response:
    what = "this platform's own interface" if question.control else "every service that you may call"
    what = f"the service {question.service}" if question.service else what
    hidden = {"request_uri": uri, "client_id": client, "token": question.token}
    fields = "".join(
        f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in hidden.items()
    )
    asks = f"<strong>{escape(question.application)}</strong> asks to use {escape(what)} in your name"
    return _page(
        Status.OK,
        "",
        f'<p>{asks}, for up to 30 days, until you or the owner revoke it.</p><form method="post" '
        f'action="{AUTHORIZE_PATH}">{fields}<button name="answer" value="allow">Allow</button> '
        '<button name="answer" value="deny">Deny</button></form>',
    )


def _page(status: Status, text: str, content: str = "") -> Response:
    body = content or f"<p>{escape(text)}</p>"
    document = (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        'content="width=device-width"><title>Bartizan</title><main><h1>Bartizan</h1>'
        f"{body}</main></html>"
    )
    return Response(document, status, _HEADERS)
