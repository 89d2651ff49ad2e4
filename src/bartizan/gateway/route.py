"""One way through the gateway, as every request reads it.

Rules of this file: a route says what its `RouteSpec` says, in one object of its own: a request reads a dozen of these,
and there are too many routes for all to be at hand.
"""

from typing import Final

from bartizan.gateway.route_spec import RouteSpec


class Route:
    """One way through the gateway.

    Attributes:
        spec: what it is made of; all else that it has is from there, `service_name` and `limits` from its service.
        index: its place among the routes that stand in the table; negative for one that was written for one request.
    """

    __slots__ = (
        "accept",
        "action",
        "admin",
        "asked",
        "body_octets",
        "bound",
        "clients",
        "index",
        "key",
        "last",
        "limits",
        "lines",
        "method",
        "name",
        "operation",
        "page",
        "path",
        "place",
        "public",
        "reader",
        "service",
        "service_name",
        "shows",
        "spec",
        "told",
        "upstream_path",
    )

    def __init__(self, spec: RouteSpec, index: int = -1) -> None:
        """Be made of this."""
        self.spec: Final = spec
        self.index: Final = index
        self.service_name: Final = spec.service.name
        self.limits: Final = spec.service.limits
        self.accept: Final = spec.accept
        self.action: Final = spec.action
        self.admin: Final = spec.admin
        self.asked: Final = spec.asked
        self.body_octets: Final = spec.body_octets
        self.bound: Final = spec.bound
        self.clients: Final = spec.clients
        self.key: Final = spec.key
        self.last: Final = spec.last
        self.lines: Final = spec.lines
        self.method: Final = spec.method
        self.name: Final = spec.name
        self.operation: Final = spec.operation
        self.page: Final = spec.page
        self.path: Final = spec.path
        self.place: Final = spec.place
        self.public: Final = spec.public
        self.reader: Final = spec.reader
        self.service: Final = spec.service
        self.shows: Final = spec.shows
        self.told: Final = spec.told
        self.upstream_path: Final = spec.upstream_path
