"""A mark of each session in its system prompts: who gives such a prompt away gives the mark away, in whatever words.

Rules of this file: pure. A session is a principal at a service on one day: what the gateway knows of itself and no client says, so that
nobody can have another's mark planted, and prompts stay the same for as long as services keep them ready. The mark is an
HMAC of that under a key of this start, so that nothing is stored, every worker plants the same one, and no mark tells another. It is planted in
what goes on, after that was inspected.
What is forwarded differs from what was judged in system prompts alone, by one line at their end; every other octet stays.
Source: RFC 2104; Anthropic, OpenAI: prompt caching is by the longest beginning that stays the same.
"""

import hmac
from collections.abc import Mapping
from typing import Final

import msgspec

from bartizan.clock import DAY, Nanoseconds
from bartizan.crypto.secret import Secret
from bartizan.gateway.ports import Principal
from bartizan.text.mark import PLANTED, PLANTED_OCTETS, mark, planted

_LABEL: Final = b"bartizan canary 1"
"""Parts the key from others that are made of the same one."""
_SAID: Final = msgspec.json.Encoder().encode
_MEMBERS: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_ITEMS: Final = msgspec.json.Decoder(list[msgspec.Raw])
_TEXT: Final = msgspec.json.Decoder(str)
_SYSTEM: Final = frozenset({b'"system"', b'"developer"'})
_TEXTS: Final = frozenset({b'"text"', b'"input_text"'})


class Canaries:
    """The marks of sessions, under one key."""

    __slots__ = ("_key",)

    def __init__(self, key: Secret) -> None:
        """Derive the key from one of this start, 32 octets."""
        self._key = Secret(hmac.digest(key.reveal(), _LABEL, "sha256"))

    def of(self, service: str, who: Principal, now: Nanoseconds) -> tuple[str, str]:
        """Return the mark of a session, and that of the same on the day before: a conversation may be older than the day.

        Args:
            service: that is asked.
            who: asks it, and through which client.
            now: UTC; a day begins at midnight.
        """
        day = now // DAY
        return self._of(service, who, day), self._of(service, who, day - 1)

    def _of(self, service: str, who: Principal, day: int) -> str:
        said = _SAID((service, who.id, who.client, day))
        return mark(PLANTED, hmac.digest(self._key.reveal(), said, "sha256")[:PLANTED_OCTETS])


def with_canary(body: bytes, word: str) -> bytes:
    """Return a request with a mark at the end of each system prompt, in place of one that was planted before.

    Args:
        body: the encoding of what was judged: a request of the OpenAI, Azure or Anthropic API, or of OpenAI's Responses; any other
            comes back as it is.
        word: the mark.
    """
    if not body.startswith(b"{"):
        return body
    members = _MEMBERS.decode(body)
    changed = False
    for name in ("system", "instructions"):
        changed |= _plant(members, name, word)
    for name in ("messages", "input"):
        if name in members and _begins(members[name], b"["):
            items = [_message(item, word) for item in _ITEMS.decode(members[name])]
            members[name] = msgspec.Raw(_SAID(items))
            changed = True
    return _SAID(members) if changed else body


def _message(item: msgspec.Raw, word: str) -> msgspec.Raw:
    if not _begins(item, b"{"):
        return item
    members = _MEMBERS.decode(item)
    if bytes(members.get("role", _NONE)) not in _SYSTEM or not _plant(members, "content", word):
        return item
    return msgspec.Raw(_SAID(members))


def _plant(members: dict[str, msgspec.Raw], name: str, word: str) -> bool:
    """Plant a mark in a member that is a text, or has texts, of which the last takes it; return whether it could be."""
    value = members.get(name, _NONE)
    if _begins(value, b'"'):
        text = _TEXT.decode(value)
        if not text:
            return False
        members[name] = msgspec.Raw(_SAID(planted(text, word)))
        return True
    if not _begins(value, b"["):
        return False
    items = _ITEMS.decode(value)
    for at in range(len(items) - 1, -1, -1):
        if _begins(items[at], b"{") and _is_text(block := _MEMBERS.decode(items[at])):
            if not _plant(block, "text", word):
                return False
            items[at] = msgspec.Raw(_SAID(block))
            members[name] = msgspec.Raw(_SAID(items))
            return True
    return False


def _begins(value: msgspec.Raw, letter: bytes) -> bool:
    return memoryview(value)[:1] == letter


def _is_text(block: Mapping[str, msgspec.Raw]) -> bool:
    return bytes(block.get("type", _NONE)) in _TEXTS


_NONE: Final = msgspec.Raw(b"null")
