"""A person at the platform's pages, without a browser: what a browser would keep from happening, happens here.

Rules of this file: a browser's own defences (SameSite, the same-origin policy) are left out on purpose: what is shown
is what the platform refuses by itself. Whoever visits is a person of the drill's own, on a throw-away platform.
"""

import re
from typing import Final
from urllib.parse import urlencode, urlsplit

from bartizan.drill.attack import Undecided
from bartizan.drill.door import Answer
from bartizan.drill.target import Platform
from bartizan.drill.trial import trace

COOKIE: Final = "__Host-bartizan-session"
ACCOUNT: Final = "/people"
_FORM: Final = re.compile(r'name="csrf" value="([A-Za-z0-9_-]{43})"')
_SESSION: Final = re.compile(r'name="session" value="([0-9a-f]{16})"')
_SET: Final = re.compile(rf"{COOKIE}=([A-Za-z0-9_-]{{43}});")
_LED_ON: Final = 303


class NotSignedIn(Exception):
    """An honest sign-in did not go as it must, so nothing can be said of a hostile one."""

    def __init__(self, answer: Answer) -> None:
        """Carry what was answered instead."""
        super().__init__(f"an honest sign-in was answered {answer.status}")
        self.undecided = Undecided(str(self), trace(answer))


class Visitor:
    """A browser with one cookie, and whoever sits before it.

    Attributes:
        cookie: of the session, or whatever was planted there; empty for none.
    """

    def __init__(self, platform: Platform, name: str, *roles: str, cookie: str = "") -> None:
        """Take a browser with this cookie in it, and a link that signs a person of this name in; it is not followed yet.

        Args:
            platform: whose pages are visited.
            name, roles: of the person, who is registered where nobody of that name is.
            cookie: that somebody has planted.
        """
        where = urlsplit(platform.link(name, roles))
        self._door, self._token = platform.door, where.query.removeprefix("token=")
        self.origin, self.cookie = f"{where.scheme}://{where.netloc}", cookie

    def sign_in(self) -> "Visitor":
        """Follow the link, and return the same visitor.

        Raises:
            NotSignedIn: it did not sign anybody in.
        """
        answer = self.send("/people/link", token=self._token)
        found = _SET.match(answer.headers.get("set-cookie", ""))
        if answer.status != _LED_ON or found is None:
            raise NotSignedIn(answer)
        self.cookie = found[1]
        return self

    def page(self, path: str = ACCOUNT, *, cookie: str = "") -> Answer:
        """Return a page, as seen with the visitor's cookie, or with another one."""
        return self._door.send("GET", path, headers=_cookie(cookie or self.cookie))

    def send(self, path: str, origin: str = "", **form: str) -> Answer:
        """Send a form from a page of an origin: the platform's own, unless another one is named."""
        from_there = "cross-site" if origin else "same-origin"
        headers = [
            *_cookie(self.cookie),
            ("origin", origin or self.origin),
            ("sec-fetch-site", from_there),
            ("content-type", "application/x-www-form-urlencoded"),
        ]
        return self._door.send("POST", path, headers=headers, body=urlencode(form).encode())

    @property
    def form(self) -> str:
        """What the forms of the visitor's pages hold."""
        return self._found(_FORM)

    @property
    def session(self) -> str:
        """What the visitor's page calls their session."""
        return self._found(_SESSION)

    @property
    def is_signed_in(self) -> bool:
        """Whether the visitor sees their account."""
        return self.page().served

    def _found(self, shape: re.Pattern[str]) -> str:
        answer = self.page()
        found = shape.search(answer.body.decode(errors="replace"))
        if found is None:
            raise NotSignedIn(answer)
        return found[1]


def _cookie(value: str) -> list[tuple[str, str]]:
    return [("cookie", f"{COOKIE}={value}")] if value else []
