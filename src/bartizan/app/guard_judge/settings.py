"""`[guard_judge]`: who else is asked about texts in doubt.

Rules of this file: nobody is asked unless somebody says whom, and which services' texts go there. What is private or not
encrypted is listed with it, as a service's place is.
"""

import enum
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from bartizan.app.address import HERE, Upstream, upstream
from bartizan.app.authority_files import authorities
from bartizan.app.credentials import credential
from bartizan.app.forms import Rate, Reference, Text
from bartizan.app.guard_judge.plan import GuardJudge as Wanted
from bartizan.app.service_settings import Guard, Service
from bartizan.app.target_settings import reaching
from bartizan.config_form import Fault

ROOT = "/v1"
"""Prefix of the judge's path where its URL names none."""


class Style(enum.Enum):
    """What it speaks: chat completions with a prompt of ours, or with the texts alone, which it calls safe or unsafe."""

    OPENAI = "openai"
    LLAMA_GUARD = "llama-guard"


class OnFailure(enum.Enum):
    """What becomes of a request where there is no answer."""

    BLOCK = "block"
    ALLOW = "allow"


class GuardJudge(msgspec.Struct, frozen=True):
    """Who is asked; without a URL nobody is.

    Attributes:
        url: of an API like OpenAI's; without a path, `/v1` is meant. `/chat/completions` follows.
        model: that is asked there.
        style: what it speaks.
        credential: reference to what it is shown as a bearer token.
        floor: score of the model of injections from which on a text is in doubt.
        timeout_ms: until the answer is there whole.
        concurrent: questions at once.
        requests_per_minute: of one principal, for which it is asked.
        on_failure: what becomes of a request where there is no answer.
        allow_private: `host:port` of each loopback, private or link-local address it may be at.
        authorities: PEM file of who may certify it; None takes the machine's.
    """

    url: Text | None = None
    model: Text | None = None
    style: Style = Style.OPENAI
    credential: Reference | None = None
    floor: Annotated[float, msgspec.Meta(ge=0.05, le=0.95)] = 0.4
    timeout_ms: Annotated[int, msgspec.Meta(ge=100, le=30_000)] = 3000
    concurrent: Annotated[int, msgspec.Meta(ge=1, le=64)] = 8
    requests_per_minute: Rate = 30
    on_failure: OnFailure = OnFailure.BLOCK
    allow_private: tuple[Text, ...] = ()
    authorities: Text | None = None

    @property
    def where(self) -> Upstream | None:
        """Its URL taken apart. Raises `AddressInvalid`."""
        return None if self.url is None else upstream(self.url, ROOT)


def second_opinions(judge: GuardJudge, services: Iterable[Service]) -> Iterator[Fault]:
    """Yield what the section and services say of it that no type can refuse."""
    if judge.url is not None:
        yield from reaching(("guard_judge", "url"), judge.url, ROOT, judge)
        if judge.model is None:
            yield Fault(("guard_judge", "model"), "is needed: the model that is asked there")
    elif judge != GuardJudge():
        yield Fault(("guard_judge",), "needs a `url`, such as https://judge.example.com/v1")
    for position, service in enumerate(services):
        key = ("service", position, "guard_judge")
        if service.guard_judge and judge.url is None:
            yield Fault(key, "needs a [guard_judge] with a `url`")
        if service.guard_judge and service.guard is Guard.OFF:
            yield Fault(key, 'is for services with a guard; say guard = "standard", or leave it out')


def weak_judge(judge: GuardJudge) -> Iterator[str]:
    """Yield sentences about what is weaker than it could be."""
    found = judge.where
    if found is None:
        return
    if not found.tls and found.host not in HERE:
        yield "guard_judge: texts in doubt, and what the judge is shown, cross the network in the clear"
    if judge.on_failure is OnFailure.ALLOW:
        yield 'guard_judge: on_failure = "allow": texts in doubt go on where the judge does not answer'


def wanted(judge: GuardJudge, folder: Path) -> Wanted | None:
    """Return who is asked, references read; None where nobody is.

    Args:
        judge: the section, settled.
        folder: that references start from.
    Raises:
        SecretMissing: the credential's reference leads nowhere.
        AuthoritiesMissing: an encrypted judge could not be verified.
    """
    found = judge.where
    if found is None:
        return None
    return Wanted(
        host=found.host,
        port=found.port,
        tls=found.tls,
        path=found.path,
        model=judge.model or "",
        style=judge.style.value,
        credential=credential(judge.credential, "openai", folder) if judge.credential else "",
        floor=judge.floor,
        timeout_ms=judge.timeout_ms,
        concurrent=judge.concurrent,
        requests_per_minute=judge.requests_per_minute,
        blocks=judge.on_failure is OnFailure.BLOCK,
        allowed=judge.allow_private,
        authorities=authorities(judge.authorities, folder) if found.tls else "",
    )
