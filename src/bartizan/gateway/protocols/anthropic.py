"""Anthropic's API: messages, the counting of their tokens, and models."""

import re
from typing import Final

from bartizan.gateway.body import JsonBody, NoBody
from bartizan.gateway.credential import Told
from bartizan.gateway.events import last_events
from bartizan.gateway.judged import Judged
from bartizan.gateway.protocols.dialect import Dialect, Errors, Row
from bartizan.gateway.protocols.messages import CountRequest, MessagesRequest
from bartizan.gateway.query import parameter

_MODEL: Final = r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}"
_BETA: Final = {"beta": parameter("true")}
"""What the official client says where it takes part in trials; which ones, it says in `anthropic-beta`."""
_PAGE: Final = _BETA | {
    "limit": parameter(r"[1-9][0-9]{0,3}"),
    "after_id": parameter(_MODEL),
    "before_id": parameter(_MODEL),
    "lifecycle": parameter(r"[a-z_]{1,32}"),
}


def judged_messages(request: MessagesRequest, octets: bytes) -> Judged:
    """Return what decisions need of a request for a message."""
    return Judged(octets, request.model, request.stream is True, request.max_tokens)


def judged_count(request: CountRequest, octets: bytes) -> Judged:
    """Return what decisions need of a request to count tokens."""
    return Judged(octets, request.model)


ANTHROPIC: Final = Dialect(
    (
        Row(
            "messages",
            b"POST",
            "/messages",
            "message",
            JsonBody(MessagesRequest, judged_messages),
            query=_BETA,
            last=last_events(b"message_stop"),
        ),
        Row(
            "count-tokens",
            b"POST",
            "/messages/count_tokens",
            "count-tokens",
            JsonBody(CountRequest, judged_count),
            query=_BETA,
        ),
        Row("models", b"GET", "/models", "list-models", NoBody(), query=_PAGE),
        Row(
            "model",
            b"GET",
            "/models/{model}",
            "list-models",
            NoBody(),
            query=_BETA,
            fill=lambda said: NoBody(said["model"]),
        ),
    ),
    errors=Errors.ANTHROPIC,
    key=b"x-api-key",
    credential=b"x-api-key",
    told=(
        Told(b"anthropic-version", re.compile(rb"20[0-9]{2}-[01][0-9]-[0-3][0-9]")),
        Told(b"anthropic-beta", re.compile(rb"[a-z][a-z0-9-]{0,63}"), words=16),
    ),
)
"""Credentials stand in `x-api-key`, the client's in `Authorization` too; a stream is whole at `message_stop`."""
