"""What a route is made of: where it leads, and what is asked on the way.

Rules of this file: data.
"""

import re

import msgspec

from bartizan.gateway.credential import Told
from bartizan.gateway.judged import Reader
from bartizan.gateway.page import Page
from bartizan.gateway.service import ServiceRoute


class RouteSpec(msgspec.Struct, frozen=True):
    """What one route is made of.

    Attributes:
        name: its word in events.
        method: that it takes; GET takes HEAD too.
        path: of the client's request.
        action: what the principal must be allowed to do.
        service: where it leads.
        upstream_path: of the request to the service.
        reader: of the body.
        body_octets: that the body may have.
        public: whether the anonymous principal goes this way.
        clients: whether clients prove who they are there, to the service itself.
        asked: whether a proxy asks that forwards by itself.
        key: field that may hold a client's token beside Authorization, or empty.
        told: fields of a client's head that go on.
        last: the line that begins the last event of its streams; None where `data: [DONE]` ends them.
        operation: id of what a description describes, by which policies name it, or empty.
        lines: header fields that go on, judged, each line with its CR LF.
        accept: what its answers are accepted as; empty where the request says whether it is to be a stream.
        bound: whether sessions are bound to who began them, and answers read.
        place: of its service among all.
        admin: whether it is of the Admin API.
        shows: whether the token that is shown goes on as it was shown, with what its proof is judged by.
        page: what it shows a browser; None everywhere but at the platform's own pages.
    """

    name: str
    method: bytes
    path: bytes
    action: str
    service: ServiceRoute
    upstream_path: bytes
    reader: Reader
    body_octets: int
    public: bool
    clients: bool = False
    asked: bool = False
    key: bytes = b""
    told: tuple[Told, ...] = ()
    last: re.Pattern[bytes] | None = None
    operation: str = ""
    lines: bytes = b""
    accept: bytes = b""
    bound: bool = False
    place: int = 0
    admin: bool = False
    shows: bool = False
    page: Page | None = None
