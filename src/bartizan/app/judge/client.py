"""A program's way to ask a platform for verdicts (`POST /v1/judge`, docs/guard.md).

Rules of this file: whatever is no verdict is a fault, so that who forgets to look is closed. A request is sent again where
another nonce is wanted, and in no other case. No text stands in a fault.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Final, Literal
from urllib.parse import urlsplit

import msgspec

from bartizan.app.admin.remote import Bound
from bartizan.app.provider import TokenUnavailable
from bartizan.config import SecretMissing
from bartizan.crypto.tls import CertificateUnusable
from bartizan.egress.faults import EgressFault
from bartizan.egress.http import Client, Response
from bartizan.gateway.protocols.judge import TEXTS
from bartizan.threats.profile import PROFILES
from bartizan.typed_json import decoded

PATH: Final = "/v1/judge"
OCTETS: Final = 2 << 20
"""Octets of the texts of one request, where they are several."""
SECONDS: Final = 30.0
"""Longest time for an answer; the platform itself waits 20 s for its inspector."""
_NONCES: Final = 2
_OK: Final = 200

Channel = Literal["user", "tool", "document", "response", "system"]


class Unjudged(RuntimeError):
    """There is no verdict, so that a text is to be held back; the message says why.

    Attributes:
        reason: the platform's word, such as `inspection-budget`; empty where it did not answer.
    """

    def __init__(self, what: str, reason: str = "") -> None:
        """Say why."""
        super().__init__(what)
        self.reason = reason


class Text(msgspec.Struct, frozen=True):
    """A text, and whose words it is."""

    text: str
    channel: Channel = "user"


class Finding(msgspec.Struct, frozen=True):
    """Something that was found.

    Attributes:
        control, kind, rule: who says so, in which word, by what.
        start, end: where it stands, in letters; the end is not included.
        action: what the profile makes of it.
    """

    control: str
    kind: str
    rule: str
    start: int
    end: int
    action: str


class Verdict(msgspec.Struct, frozen=True):
    """What the guard makes of a text: as of `bartizan inspect`."""

    action: Literal["allow", "flag", "redact", "block"]
    score: float
    findings: tuple[Finding, ...]
    whole: bool


class _Verdicts(msgspec.Struct, frozen=True):
    verdicts: tuple[Verdict, ...]


class _Problem(msgspec.Struct, frozen=True):
    detail: str = ""
    type: str = ""


class Judge:
    """Asks one platform; for many threads, a connection a request.

    Attributes:
        profile: by which texts are judged.
    """

    __slots__ = ("_ca", "_host", "_port", "_provider", "_url", "profile")

    def __init__(
        self, url: str, provider: Bound | Callable[[], str], *, ca: str | Path, profile: str = "standard"
    ) -> None:
        """Ask nothing yet.

        Args:
            url: of the gateway: `https://HOST[:PORT]`.
            provider: shows tokens: `bartizan.token_provider` or what that makes, bound to a key or not.
            ca: file of the authority to trust.
            profile: `observe`, `standard` or `strict`.
        Raises:
            ValueError: another URL or profile.
        """
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.path.strip("/"):
            raise ValueError("verdicts are to be had at https://HOST[:PORT], the gateway's own address")
        if profile not in PROFILES:
            raise ValueError(f"there is no profile {profile!r}; there are {', '.join(PROFILES)}")
        self._url, self._host, self._port = url.rstrip("/"), parts.hostname, parts.port or 443
        self._provider, self._ca, self.profile = provider, Path(ca), profile

    def texts(self, texts: Sequence[Text], prompt: str = "") -> tuple[Verdict, ...]:
        """Return the verdict on each text, in order.

        Args:
            texts: of any number.
            prompt: the application's own instructions, which no `response` among them may repeat.
        Raises:
            Unjudged: there is none, for one of them at least.
        """
        before = (Text(prompt, "system"),) if prompt else ()
        return tuple(
            verdict
            for some in _parted(texts, TEXTS - len(before), OCTETS)
            for verdict in self._asked((*before, *some))[len(before) :]
        )

    def _asked(self, texts: Sequence[Text]) -> tuple[Verdict, ...]:
        try:
            body = msgspec.json.encode({"texts": texts, "profile": self.profile})
            response = self._sent(body)
        except UnicodeEncodeError:
            raise Unjudged("a text holds half of a surrogate pair, which is no character") from None
        except (TokenUnavailable, SecretMissing, EgressFault, CertificateUnusable, OSError) as fault:
            raise Unjudged(f"no verdict from {self._url}: {fault}") from fault
        if response.status != _OK:
            raise _refusal(response, self._url)
        try:
            said = decoded(response.body, _Verdicts).verdicts
        except (msgspec.DecodeError, UnicodeDecodeError):
            said = ()
        if len(said) != len(texts):
            raise Unjudged(f"{self._url} gave an answer that is no verdict on each text")
        return said

    def _sent(self, body: bytes) -> Response:
        for _ in range(_NONCES):
            response = self._once(body)
            if callable(self._provider) or not self._provider.told(response.status, dict(response.headers)):
                return response
        return self._once(body)

    def _once(self, body: bytes) -> Response:
        if callable(self._provider):
            shown = {"Authorization": f"Bearer {self._provider()}"}
        else:
            shown = self._provider.headers("POST", self._url + PATH)
        allowed = frozenset({self._host})  # whoever writes the address into a program means it
        client = Client.over_tls(
            self._host, self._port, self._ca.read_bytes(), allowed=allowed, timeout_s=SECONDS
        )
        return client.request("POST", PATH, (("Content-Type", "application/json"), *shown.items()), body)


def _parted(texts: Sequence[Text], most: int, octets: int) -> Iterator[list[Text]]:
    """Yield the texts in order, so many at once that a request takes them; one that is longer goes alone."""
    some, held = list[Text](), 0
    for text in texts:
        size = len(text.text.encode("utf-8", "replace"))
        if some and (len(some) == most or held + size > octets):
            yield some
            some, held = [], 0
        some.append(text)
        held += size
    if some:
        yield some


def _refusal(response: Response, url: str) -> Unjudged:
    try:
        said = decoded(response.body, _Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        said = _Problem()
    why = said.detail or "it says no more"
    return Unjudged(
        f"no verdict from {url}, which answered {response.status}: {why}", said.type.rpartition(":")[2]
    )
