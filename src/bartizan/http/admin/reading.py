"""Reading what a call says beside its path: query, body, precondition and idempotency key.

Rules of this file: everything is bounded and typed; a refusal names the place and repeats nothing that was sent.
"""

import re
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request

from bartizan.admin.route import AnyRoute, parameters
from bartizan.http.body import BodyRefused, read
from bartizan.http.status import Status
from bartizan.policy.engine import MAX_POLICY

MOST: Final = 6 * MAX_POLICY
"""Octets of a request's body: the longest policies, each character as an escape."""
_PAIRS: Final = 16
_JSON: Final = "application/json"
_KEY: Final = re.compile(r'"?([A-Za-z0-9_.:-]{1,128})"?')
_TAG: Final = re.compile(r'(?:W/)?"[\x21\x23-\x7e]{0,128}"')


class FieldRefused(Exception):
    """A field of the head, or a query, that is not of its form."""

    reason = "field-refused"

    def __init__(self, what: str) -> None:
        """Say which."""
        super().__init__(what)


class TagMissing(Exception):
    """A change of what is there, without saying what it was last seen as."""

    reason = "precondition-required"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__(
            "this changes what is there: send If-Match with the ETag that it was last shown with, or * for whatever it is"
        )


class TagOutdated(Exception):
    """What is to be changed is not what it was."""

    reason = "precondition-failed"

    def __init__(self) -> None:
        """Say what to do."""
        super().__init__("it was changed since: look at it again, and send its ETag of now as If-Match")


def query_of(request: Request, route: AnyRoute) -> Any:  # noqa: ANN401 - the route's own type
    """Return the query.

    Raises:
        FieldRefused: a parameter that there is not, one twice, or a value of another form.
    """
    known = parameters(route.query)
    try:
        pairs = parse_qsl(
            request.url.query,
            keep_blank_values=True,
            strict_parsing=bool(request.url.query),
            max_num_fields=_PAIRS,
        )
    except ValueError as fault:
        raise FieldRefused("the query is not of its form: name=value, with & between them") from fault
    given = dict(pairs)
    if len(given) != len(pairs) or not given.keys() <= known.keys():
        takes = f"only {', '.join(known)}, each once" if known else "nothing"
        raise FieldRefused(f"the query says what it may not; it may say {takes}")
    try:
        return msgspec.convert(given, route.query, strict=False)
    except msgspec.ValidationError as fault:
        _, _, place = str(fault).rpartition(" - at `$.")
        named = place.rstrip("`")
        raise FieldRefused(
            f"the query's {named if named in known else 'value'} is not of its form"
        ) from fault


async def body_of(request: Request, route: AnyRoute) -> tuple[Any, bytes]:
    """Return the body, and its octets.

    Raises:
        BodyRefused: too long, too slow, of another type, or not of its form.
    """
    octets = await read(request, MOST)
    media = request.headers.get("content-type", _JSON).partition(";")[0].strip().lower()
    if octets and media != _JSON:
        raise BodyRefused(Status.UNSUPPORTED_MEDIA, f"a body is {_JSON} here")
    if octets and not route.takes_body:
        raise BodyRefused(Status.UNPROCESSABLE, "this takes no body")
    try:
        return msgspec.json.decode(octets or b"{}", type=route.body), octets
    except msgspec.ValidationError as fault:
        raise BodyRefused(Status.UNPROCESSABLE, f"the body is not of its form: {_where(fault)}") from fault
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as fault:
        raise BodyRefused(Status.BAD_REQUEST, "the body is not JSON") from fault


def _where(fault: msgspec.ValidationError) -> str:
    """Return the path of the faulty member, as msgspec ends its messages with it."""
    _, found, path = str(fault).rpartition(" - at `")
    return f"look at {path.rstrip('`')}" if found else "a member is missing or unknown"


def key_of(request: Request) -> str:
    """Return the idempotency key, or nothing.

    Raises:
        FieldRefused: it is not of its form, or there are two.
    """
    found = request.headers.getlist("idempotency-key")
    if not found:
        return ""
    shape = _KEY.fullmatch(found[0])
    if len(found) > 1 or shape is None:
        raise FieldRefused("an Idempotency-Key is 1 to 128 letters, digits and _ . : -")
    return shape[1]


def require_match(request: Request, tag: str) -> None:
    """Let a change happen to what was last seen as it is now.

    Args:
        request: whose `If-Match` it is.
        tag: of what is there now.
    Raises:
        TagMissing, TagOutdated, FieldRefused.
    Source: RFC 9110 section 13.1.1: tags are compared strongly, so a weak one matches nothing.
    """
    said = ",".join(request.headers.getlist("if-match")).strip()
    if not said:
        raise TagMissing
    if said == "*":
        return
    listed = [each.strip() for each in said.split(",")]
    if not all(map(_TAG.fullmatch, listed)):
        raise FieldRefused('If-Match is * or an ETag as it was shown, with its quotation marks: "..."')
    if tag not in listed:
        raise TagOutdated
