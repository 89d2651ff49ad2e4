"""A message of a server, as its client gets it.

Rules of this file: pure. Wherever a message comes from, the answer to a request or a stream, tools that it lists are
judged: a server may answer where it was not asked. What it asks of the client is named, so that it can be decided on, be it a
message of its own or part of an answer, of a failure or of a notification. It goes on as the encoding of what was judged. Some
clients tell the names of members apart by their case and some do not, so a name that is another's but for that is a doubt.
Source: Model Context Protocol, server/tools, client/elicitation (2025-11-25, URL elicitation required); its extension
for tasks (2026-07-28); JSON-RPC 2.0.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from typing import Any, Final

import msgspec

from bartizan.gateway.bounds import MESSAGE_OCTETS
from bartizan.gateway.framing import FramingDoubt
from bartizan.gateway.structure import structure_fault

_DECODE: Final = msgspec.json.Decoder().decode
_ENCODE: Final = msgspec.json.Encoder().encode
_MEMBERS: Final = frozenset({"jsonrpc", "id", "method", "params", "result", "error"})
_RESULT: Final = frozenset({"tools"})
_ASKED: Final = frozenset({"method", "params"})
_REQUESTS: Final = frozenset({"inputRequests"})
_ERROR: Final = frozenset({"code", "data"})
_DATA: Final = frozenset({"elicitations"})
_URL_NEEDED: Final = -32042
"""Code of a failure by which a server has its client's user sent to a URL."""
_ELICITS: Final = "elicitation/create"
ASKS: Final[Mapping[str, str]] = {
    "sampling/createMessage": "sample",
    _ELICITS: "elicit",
    "roots/list": "list-roots",
}
"""Method of a server -> what its client must be allowed to let it have; every other is the protocol's own business."""


class ServerMessage(msgspec.Struct, frozen=True):
    """A message that was judged.

    Attributes:
        octets: its encoding.
        answer: whether it answers a request.
        asks: what the client must be allowed to let the server have, each a word of `ASKS`.
    """

    octets: bytes
    answer: bool
    asks: tuple[str, ...] = ()


def judged(octets: bytes, keep: Callable[[list[Any]], list[Any]]) -> ServerMessage:
    """Return a server's message, judged.

    Args:
        octets: as sent.
        keep: tools of a list -> those that the client gets.
    Raises:
        FramingDoubt: it is no message, or clients could read it in two ways.
    """
    if len(octets) > MESSAGE_OCTETS or structure_fault(octets):
        raise FramingDoubt("upstream-malformed")
    try:
        message = _DECODE(octets)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise FramingDoubt("upstream-malformed") from None
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise FramingDoubt("upstream-malformed")
    _require_plain(message, _MEMBERS)
    result = message.get("result")
    if isinstance(result, dict):
        _require_plain(result, _RESULT)
        if "tools" in result:
            message = {**message, "result": {**result, "tools": _kept(result["tools"], keep)}}
    asks = tuple(dict.fromkeys(ASKS[word] for word in _asked(message) if word in ASKS))
    return ServerMessage(_ENCODE(message), "method" not in message, asks)


def _asked(message: Mapping[str, Any]) -> Iterator[str]:
    """Yield the methods that a server wants its client to do: since 2026-07-28 they may stand in a result."""
    if _sends_away(message.get("error")):
        yield _ELICITS
    for one in (message, *_within(message.get("result")), *_within(message.get("params"))):
        if not isinstance(one, dict):
            raise FramingDoubt("upstream-malformed")
        _require_plain(one, _ASKED)
        method = one.get("method")
        if isinstance(method, str):
            yield method


def _within(said: object) -> Iterable[object]:
    if not isinstance(said, dict):
        return ()
    _require_plain(said, _REQUESTS)
    requests = said.get("inputRequests")
    if requests is not None and not isinstance(requests, dict):
        raise FramingDoubt("upstream-malformed")
    return (requests or {}).values()


def _sends_away(error: object) -> bool:
    """Return whether a failure sends the client's user to a URL first."""
    if not isinstance(error, dict):
        return False
    _require_plain(error, _ERROR)
    data = error.get("data")
    if isinstance(data, dict):
        _require_plain(data, _DATA)
        if "elicitations" in data:
            return True
    return bool(error.get("code") == _URL_NEEDED)


def _kept(tools: object, keep: Callable[[list[Any]], list[Any]]) -> list[Any]:
    if not isinstance(tools, list):
        raise FramingDoubt("upstream-malformed")
    return keep(tools)


def _require_plain(members: Iterable[str], known: frozenset[str]) -> None:
    if not is_plain(members, known):
        raise FramingDoubt("upstream-malformed")


def is_plain(members: Iterable[str], known: frozenset[str]) -> bool:
    """Return whether no member's name is a known one's but for its case."""
    folded = _folded(known)
    return all(name in known or name.casefold() not in folded for name in members)


@cache
def _folded(known: frozenset[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in known)
