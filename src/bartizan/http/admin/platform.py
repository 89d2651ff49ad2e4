"""The platform: one function a route."""

from collections.abc import Callable
from typing import Any

import msgspec

from bartizan.access.describe import Exposed
from bartizan.admin import platform as table
from bartizan.admin.document import document
from bartizan.admin.forms import Page, Paged
from bartizan.admin.platform import Sample, Service, Status
from bartizan.admin.route import Nothing
from bartizan.admin.signins import Standing
from bartizan.admin.table import ROUTES
from bartizan.app.admin.cursor import Cursors, following
from bartizan.app.admin.faults import ServiceUnknown
from bartizan.app.control import Registrar
from bartizan.http.admin.call import Bound, Call, shown


class Facts(msgspec.Struct, frozen=True):
    """What the process was told at its start.

    Attributes:
        issuer: the gateway's URL.
        services: as policy sees them.
        sample_sha256: digest of the secret in the sample's system prompt, hexadecimal.
        scrape: returns the platform's numbers, in Prometheus' text format.
        signins: tells how the watch over sign-ins stands.
    """

    issuer: str
    services: tuple[Exposed, ...]
    sample_sha256: str
    scrape: Callable[[], str]
    signins: Callable[[], Standing | None] = lambda: None


class Platform:
    """The platform over HTTP."""

    def __init__(self, registrar: Registrar, facts: Facts, cursors: Cursors) -> None:
        """Take who knows what is in force, and the rest."""
        self._registrar, self._facts, self._cursors = registrar, facts, cursors
        self._services = {
            each.name: Service(each.name, each.control, each.drill_only) for each in facts.services
        }

    def bound(self) -> tuple[Bound, ...]:
        """Return the routes."""
        return (
            shown(table.STATUS, self.status),
            shown(table.SERVICES, self.services),
            shown(table.SERVICE, self.service),
            shown(table.METRICS, lambda _: self._facts.scrape()),
            shown(table.SAMPLE, lambda _: Sample(self._facts.sample_sha256)),
            shown(table.DOCUMENT, self.document),
        )

    def status(self, _: Call[Nothing, Nothing]) -> Status:
        """Return how it stands."""
        published, everybody = self._registrar.publication, self._registrar.people()
        return Status(published.generation, published.policy_digest, self._facts.issuer, len(everybody))

    def services(self, call: Call[Nothing, Paged]) -> Page[Service]:
        """Return a page of services."""
        every = following(self._services.values(), lambda each: each.name)
        return self._cursors.page(table.SERVICES.name, call.query, every, lambda each: each.name)

    def service(self, call: Call[Nothing, Nothing]) -> Service:
        """Return one."""
        found = self._services.get(call.segments["service"])
        if found is None:
            raise ServiceUnknown
        return found

    def document(self, call: Call[Nothing, Nothing]) -> dict[str, Any]:
        """Return this API's description: of what the caller can reach."""
        return document(ROUTES, self._facts.issuer, local=call.caller.local)
