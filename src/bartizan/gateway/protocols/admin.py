"""The Admin API as the gateway passes it on: the rows are made of its own table, those of the owner's socket left out.

Rules of this file: nothing is decided here but that a request is of its form. Who asks, and may they, the control process
asks itself, by the token and the proof that go on to it.
"""

import re
from collections.abc import Iterator
from typing import Final

from bartizan.admin.route import PREFIX, AnyRoute, Tag, parameters, pattern
from bartizan.admin.table import ROUTES
from bartizan.gateway.body import NoBody
from bartizan.gateway.credential import Told
from bartizan.gateway.exact_body import ExactBody
from bartizan.gateway.judged import Reader
from bartizan.gateway.protocols.dialect import Row
from bartizan.gateway.query import parameter

ACTION: Final = "call-admin"
_MATCH: Final = Told(b"if-match", re.compile(rb'\*|(?:W/)?"[\x21\x23-\x2b\x2d-\x7e]{0,128}"'), words=8)
_KEY: Final = Told(b"idempotency-key", re.compile(rb'"?[A-Za-z0-9_.:-]{1,128}"?'))


def rows() -> Iterator[Row]:
    """Yield a row for each route that is reached over the network."""
    for route in ROUTES:
        if not route.local:
            yield Row(
                name=route.name,
                method=route.method.encode(),
                path=PREFIX + route.path,
                action=ACTION,
                reader=_reader(route),
                query={name: parameter(pattern(kind)) for name, kind in parameters(route.query).items()},
                accept=route.media.encode(),
                told=(
                    *((_MATCH,) if route.tag is Tag.NEEDED else ()),
                    *((_KEY,) if route.repeatable else ()),
                ),
                admin=True,
            )


def _reader(route: AnyRoute) -> Reader:
    return ExactBody(route.body) if route.takes_body else NoBody()


ROWS: Final = tuple(rows())
"""The rows."""
