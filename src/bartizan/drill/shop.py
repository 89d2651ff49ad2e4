"""An application of the drill's, and a person who lets it act for them: what honest ones do, up to where an attack begins.

Rules of this file: on a throw-away platform. What does not go as it must is no finding: nothing can be said then.
"""

import base64
import hashlib
import json
import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from bartizan.drill.door import Answer
from bartizan.drill.passkey import new_passkey
from bartizan.drill.target import Platform
from bartizan.drill.trial import formed
from bartizan.drill.visitor import NotSignedIn, Visitor

_HOME: Final = "https://shop.example/back"
_FIELD: Final = re.compile(r'name="(client_id|request_uri|token)" value="([^"]+)"')
_LED_ON: Final = 303


class Shop:
    """A confidential application.

    Args:
        platform: at which it is registered now.
        name: of it; one that nobody has.
    """

    def __init__(self, platform: Platform, name: str) -> None:
        """Register it."""
        client, secret = platform.client(name, (), _HOME)
        self._platform, self._name = platform, name
        self._own = {"client_id": client, "client_secret": secret}

    def answer(self, verifier: str, person: Visitor | None = None) -> dict[str, str]:
        """Return what the browser brings back of a person who was asked, and allowed it.

        Args:
            verifier: whose challenge is pushed, 43 characters.
            person: who is asked; where None, `person`.
        Raises:
            NotSignedIn: an honest consent did not go as it must.
        """
        door = self._platform.door
        asks = {"response_type": "code", "redirect_uri": _HOME, "state": self._name}
        digest = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        how = {"code_challenge": digest, "code_challenge_method": "S256"}
        pushed = formed(door, "/oauth/par", **asks, **how, **self._own)
        if not pushed.served:
            raise NotSignedIn(pushed)
        person, uri = person or self.person(), str(json.loads(pushed.body)["request_uri"])
        question = person.page(
            f"/oauth/authorize?{urlencode({'client_id': self._own['client_id'], 'request_uri': uri})}"
        )
        fields = dict(_FIELD.findall(question.body.decode(errors="replace")))
        answered = person.send("/oauth/authorize", **fields, answer="allow")
        if answered.status != _LED_ON:
            raise NotSignedIn(answered)
        return dict(parse_qsl(urlsplit(answered.headers["location"]).query))

    def redeem(self, code: str, verifier: str) -> Answer:
        """Return what is answered to a code."""
        said = {"code": code, "code_verifier": verifier, "redirect_uri": _HOME}
        return formed(
            self._platform.door, "/oauth/token", grant_type="authorization_code", **said, **self._own
        )

    def refresh(self, token: str) -> Answer:
        """Return what is answered to a refresh token."""
        said = {"grant_type": "refresh_token", "refresh_token": token}
        return formed(self._platform.door, "/oauth/token", **said, **self._own)

    def person(self) -> Visitor:
        """Return somebody who is signed in, and has used a passkey just now.

        Raises:
            NotSignedIn: an honest sign-in did not go as it must.
        """
        person = Visitor(self._platform, f"{self._name}-guest").sign_in()
        credential = new_passkey(person.page("/people/enrol").body, person.origin)
        added = person.send("/people/enrol", csrf=person.form, credential=credential, label="drill")
        if added.status != _LED_ON:
            raise NotSignedIn(added)
        return person


def refresh_of(answer: Answer) -> str:
    """Return the refresh token of an answer.

    Raises:
        NotSignedIn: it has none.
    """
    if not answer.served:
        raise NotSignedIn(answer)
    return str(json.loads(answer.body)["refresh_token"])
