"""The pages on which an application asks to act for a person, and the way there through the sign-in.

Rules of this file: who is asked was verified by a passkey in this very session; whoever came by a link or a recovery code
signs in with one first. The way to a question is the word `consent` with the two parameters of one, each in its form:
nothing that somebody wrote leads anywhere else.
"""

import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from bartizan.access.issue.code import SignedIn
from bartizan.access.issue.paths import AUTHORIZE_PATH
from bartizan.access.people.errors import SignInRefused
from bartizan.app.lending import Question
from bartizan.app.people import People
from bartizan.console.markup import tag
from bartizan.console.parts import allow_or_deny, asked_for, by_itself, for_how_long, hidden, outside
from bartizan.http.status import Status
from bartizan.identity.verified import acr

CONSENT: Final = "consent"
"""Word in `next` that leads to the question of an application."""
_FORMS: Final = {
    "client_id": re.compile(r"[A-Za-z0-9_-]{1,64}"),
    "request_uri": re.compile(r"urn:[A-Za-z0-9_:-]{1,2100}"),
}


def question_of(said: Mapping[str, str]) -> dict[str, str]:
    """Return the two parameters of a question; nothing where they are not both there, in their forms."""
    found = {name: said.get(name, "") for name in _FORMS}
    return found if all(form.fullmatch(found[name]) for name, form in _FORMS.items()) else {}


def way_to(question: Mapping[str, str]) -> str:
    """Return the address of a question."""
    return f"{AUTHORIZE_PATH}?{urlencode(question)}"


def way_through(question: Mapping[str, str], said: str = "") -> str:
    """Return the address of the sign-in that leads to a question, with a word of what happened before, if any did."""
    words = {"next": CONSENT, **question} if question else {}
    return f"/people/sign-in?{urlencode(words | ({'said': said} if said else {}))}".rstrip("?")


def signed_in(people: People, cookie: str) -> SignedIn | None:
    """Return who a session is of, where a passkey has verified them in it."""
    try:
        who = people.who(cookie)
    except SignInRefused:
        return None
    verified = who.session.verified_by
    if not verified.passkey:
        return None
    return SignedIn(who.person.id, who.session.id, verified.at, acr(verified.passkey))


def lead(request: Request) -> Response:
    """Return what leads a browser to the sign-in, and from there back to the question that it asked for."""
    location = way_through(question_of(request.query_params))
    return Response(b"", Status.SEE_OTHER, {"location": location, "cache-control": "no-store"})


def ask(question: Question, uri: str, client: str, person: str) -> bytes:
    """Return the page with a question.

    Args:
        question: what is asked.
        uri, client: of the request.
        person: id of whom it is asked.
    """
    form = tag(
        "form",
        hidden(request_uri=uri, client_id=client, token=question.token),
        allow_or_deny(),
        method="post",
        action=AUTHORIZE_PATH,
    )
    what = asked_for(question.service, control=question.control)
    about = tag("p", tag("strong", question.application), f" asks to use {what} in your name.")
    itself = () if question.registered is None else (by_itself(question.registered),)
    you = tag("p", "You are signed in as ", tag("strong", person), ".", class_="quiet")
    return outside("Allow an application?", "", tag("section", about, *itself, for_how_long(), form), you)


def leave(address: str) -> bytes:
    """Return the page with the way back to an application on this device."""
    way = tag("p", tag("a", "Back to the application", href=address))
    return outside("Answered", "", tag("section", tag("p", "Take your answer to the application."), way))


def told(sentence: str) -> bytes:
    """Return the page that says why nothing is asked."""
    whole = f"{sentence[:1].upper()}{sentence[1:].removesuffix('.')}."
    return outside("Nothing to answer", "", tag("section", tag("p", whole)))
