"""Where traces of requests go: `[traces]`.

Rules of this file: nothing is traced unless somebody says whereto. What is private or not encrypted is listed with it,
as a service's place is. It names services and principals' pseudonyms and says when each asked: a secret of the
operator's, so plain HTTP to anywhere but this machine is told as weak.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from bartizan.app.address import HERE, Upstream, upstream
from bartizan.app.authority_files import authorities
from bartizan.app.credentials import credential
from bartizan.app.forms import Reference, Text
from bartizan.app.plan import Traces as Wanted
from bartizan.app.target_settings import reaching
from bartizan.config_form import Fault
from bartizan.traces.otlp import PATH


class Traces(msgspec.Struct, frozen=True):
    """Where traces go; without an endpoint none are made.

    Attributes:
        endpoint: URL of a collector that takes OTLP over HTTP; without a path, `/v1/traces` is meant.
        share: of the requests that are traced.
        credential: reference to what the collector is shown as a bearer token.
        allow_private: `host:port` of each loopback, private or link-local address it may be at.
        authorities: PEM file of who may certify it; None takes the machine's.
    """

    endpoint: Text | None = None
    share: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    credential: Reference | None = None
    allow_private: tuple[Text, ...] = ()
    authorities: Text | None = None

    @property
    def where(self) -> Upstream | None:
        """Its URL taken apart. Raises `AddressInvalid`."""
        return None if self.endpoint is None else upstream(self.endpoint, PATH)


def tracing(traces: Traces) -> Iterator[Fault]:
    """Yield what the section says that no type can refuse."""
    if traces.endpoint is not None:
        yield from reaching(("traces", "endpoint"), traces.endpoint, PATH, traces)
    elif traces != Traces():
        yield Fault(("traces",), "needs an `endpoint`, such as https://collector.example.com:4318")


def weak_traces(traces: Traces) -> Iterator[str]:
    """Yield a sentence where traces can be read on their way, or their reader be another."""
    found = traces.where
    if found is not None and not found.tls and found.host not in HERE:
        yield "traces: who asked which service when, and the collector's credential, cross the network in the clear"


def wanted(traces: Traces, folder: Path) -> Wanted | None:
    """Return where traces go, references read; None where none are made.

    Args:
        traces: the section, settled.
        folder: that references start from.
    Raises:
        SecretMissing: the credential's reference leads nowhere.
        AuthoritiesMissing: an encrypted collector could not be verified.
    """
    found = traces.where
    if found is None:
        return None
    return Wanted(
        host=found.host,
        port=found.port,
        tls=found.tls,
        path=found.path,
        credential=credential(traces.credential, "http", folder) if traces.credential else "",
        allowed=traces.allow_private,
        authorities=authorities(traces.authorities, folder) if found.tls else "",
        share=traces.share,
    )
