"""Reading a request's body: bounded in size and time, and typed."""

import asyncio
from typing import Final, TypeVar

import msgspec
from starlette.requests import ClientDisconnect, Request

from bartizan.http.status import Status

SECONDS: Final = 10.0
"""Longest that a body may take."""
_Form = TypeVar("_Form")


class BodyRefused(Exception):
    """A body that is not read to its end, or is not of its form.

    Attributes:
        status: of the answer.
    """

    def __init__(self, status: Status, what: str) -> None:
        """Say what is wrong; nothing that the client sent."""
        super().__init__(what)
        self.status = status


async def read(request: Request, most: int) -> bytes:
    """Return the body.

    Args:
        request: whose.
        most: octets.
    Raises:
        BodyRefused: longer, slower than `SECONDS`, or cut off.
    """
    body = bytearray()
    try:
        async with asyncio.timeout(SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most:
                    raise BodyRefused(Status.TOO_LARGE, f"the body has more than {most} octets")
    except (TimeoutError, ClientDisconnect) as fault:
        raise BodyRefused(Status.TIMEOUT, f"the body did not arrive within {SECONDS:.0f} s") from fault
    return bytes(body)


async def read_as(request: Request, form: type[_Form], most: int) -> _Form:
    """Return the JSON body as a value of a type.

    Raises:
        BodyRefused: as `read`, or not of the type; says where, not what stood there.
    """
    try:
        return msgspec.json.decode(await read(request, most) or b"{}", type=form)
    except msgspec.ValidationError as fault:
        raise BodyRefused(Status.UNPROCESSABLE, f"the body is not of its form: {_where(fault)}") from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise BodyRefused(Status.BAD_REQUEST, "the body is not JSON") from fault


def _where(fault: msgspec.ValidationError) -> str:
    """Return the path of the faulty member, as msgspec ends its messages with it."""
    _, found, path = str(fault).rpartition(" - at `")
    return f"look at {path.rstrip('`')}" if found else "a member is missing or unknown"
