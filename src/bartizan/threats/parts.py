"""The texts of a request, whatever its protocol: every string of its JSON, and whose words each is.

Rules of this file: nothing is left out for not being known, since a model may be told by a tool's description as well as
by a message. What is known of protocols only says whose words a string is; where nothing says it, they are the user's.
Only data of images, sound and files is left unread, and counted. No recursion: the depth is the caller's.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

import msgspec

from bartizan.threats.subject import Channel

Path = tuple[str | int, ...]
Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_ROLES: Final[Mapping[str, Channel]] = {
    "user": Channel.USER,
    "system": Channel.SYSTEM,
    "developer": Channel.SYSTEM,
    "assistant": Channel.RESPONSE,
    "tool": Channel.TOOL,
    "function": Channel.TOOL,
}
_TYPES: Final[Mapping[str, Channel]] = {
    "document": Channel.DOCUMENT,
    "search_result": Channel.DOCUMENT,
    "file_search_call": Channel.DOCUMENT,
    "tool_use": Channel.RESPONSE,
    "function_call": Channel.RESPONSE,
    "tool_result": Channel.TOOL,
}
_OUTPUTS: Final = ("_output", "_tool_result", "_call_response")
"""Ends of `type` by which what tools gave back is told, in whichever protocol."""
_KEYS: Final[Mapping[str, Channel]] = {
    "system": Channel.SYSTEM,
    "instructions": Channel.SYSTEM,
    "tools": Channel.TOOL,
    "functions": Channel.TOOL,
    "choices": Channel.RESPONSE,
}
"""Members of a request or an answer by which whose words theirs are is said for all that they hold."""
_WORDS: Final = frozenset({"role", "type", "model", "object", "finish_reason", "stop_reason"})
"""Members that hold words of the protocol; what is long enough for a secret is read all the same."""
_PROTOCOL: Final = frozenset(
    {"chat.completion", "chat.completion.chunk", "text_completion", "content_block_delta"}
    | {"finish_reason", "prompt_tokens", "completion_tokens", "system_fingerprint", "service_tier"}
    | {"prompt_tokens_details", "completion_tokens_details", "cached_tokens", "reasoning_tokens"}
    | {"max_completion_tokens", "stream_options", "include_usage", "response_format", "parallel_tool_calls"}
)
"""Whole words of protocols: names of members, and what `object` or `type` say. They are nobody's text."""
_WORD: Final = re.compile(r"[A-Za-z0-9_.:/-]{1,12}")
_MEDIA: Final = frozenset(
    {"image", "image_url", "input_image", "audio", "input_audio", "file", "input_file", "video"}
)
"""Words of `type` by which an object is, or names, what is no text."""
_PROMPTS: Final = frozenset({"prompt", "input"})
_DATA: Final = frozenset({"data", "file_data"})
_DATA_URL: Final = re.compile(r"data:(?!text/|application/json)[a-z]+/[a-z0-9.+-]+;base64,", re.IGNORECASE)
_BASE64: Final = re.compile(r"[A-Za-z0-9+/\r\n]{64,}={0,2}\s*")
_DESCRIPTIONS: Final = (("tools",), ("functions",))
"""Members of a request in which tools are described; deeper ones may be a stranger's."""
_LONG_NAME: Final = 13
"""Letters that the name of a member has at least to be read as a text."""


class Part(msgspec.Struct, frozen=True):
    """A text of a request.

    Attributes:
        channel: whose words they are.
        path: members and places that lead to it; the name of a member itself has its own path with `*` after it.
        text: it.
    """

    channel: Channel
    path: Path
    text: str

    @property
    def describes(self) -> bool:
        """Return whether it is of what the application says of its tools, or the name of a member."""
        return self.path[:1] in _DESCRIPTIONS or self.path[-1:] == ("*",)


class Parts(msgspec.Struct, frozen=True):
    """What a request holds.

    Attributes:
        parts: its texts, in order.
        media: how many images, sounds and files there are that nobody reads.
    """

    parts: tuple[Part, ...]
    media: int


def parts_of(document: Json, channel: Channel = Channel.USER) -> Parts:
    """Return the texts of a document.

    Args:
        document: JSON, decoded.
        channel: whose words those are of which nothing says it.
    """
    found, media = list[Part](), 0
    waiting: list[tuple[Json, Path, Channel, bool]] = [(document, (), channel, False)]
    while waiting:
        value, path, whose, counted = waiting.pop()
        if isinstance(value, str):
            if _is_data(value, path):
                media += not counted
            elif value and not _is_word(value, path):
                found.append(Part(whose, path, value))
        elif isinstance(value, list):
            media += _is_tokens(value, path)
            waiting += [(each, (*path, at), whose, counted) for at, each in reversed([*enumerate(value)])]
        elif isinstance(value, dict):
            kind = value.get("type")
            if not counted and isinstance(kind, str) and kind in _MEDIA:
                media, counted = media + 1, True
            whose = _whose(value, whose)
            waiting += [
                (each, (*path, name), _KEYS.get(name, whose), counted)
                for name, each in reversed(value.items())
            ]
            found += _names(value, path, whose)
    return Parts(tuple(found), media)


def _names(value: Mapping[str, Json], path: Path, whose: Channel) -> Iterator[Part]:
    for name in value:
        if len(name) >= _LONG_NAME and name not in _PROTOCOL:
            yield Part(whose, (*path, name, "*"), name)


def _whose(value: Mapping[str, Json], whose: Channel) -> Channel:
    """Return whose words an object's are, by its role or its type."""
    role, kind = value.get("role"), value.get("type")
    if isinstance(role, str) and role in _ROLES:
        return _ROLES[role]
    if isinstance(kind, str):
        if kind.endswith(_OUTPUTS):
            return Channel.TOOL
        return _TYPES.get(kind, whose)
    return whose


def _is_word(value: str, path: Path) -> bool:
    if not path or path[-1] not in _WORDS:
        return False
    return value in _PROTOCOL or _WORD.fullmatch(value) is not None


def _is_data(value: str, path: Path) -> bool:
    """Return whether a text is data of an image, of sound or of a file: by what it says of itself, or where it stands."""
    if _DATA_URL.match(value) is not None:
        return True
    return bool(path) and path[-1] in _DATA and _BASE64.fullmatch(value) is not None


def _is_tokens(value: list[Json], path: Path) -> int:
    """Return 1 where a prompt stands in a model's numbers for words, which nobody reads here; else 0."""
    return int(bool(path) and path[0] in _PROMPTS and bool(value) and isinstance(value[0], int))


def is_prompt(part: Part) -> bool:
    """Return whether a text of an answer is the application's own prompt, which the Responses API sends back beside what it says."""
    path = part.path[1:] if part.path[:1] == ("response",) else part.path
    return path[:1] == ("instructions",)


def replaced(document: Json, path: Path, text: str) -> bool:
    """Replace a text of a document in its place; return whether there was one to replace, which the name of a member is not.

    Args:
        document: JSON, decoded; changed.
        path: of a `Part` of it.
        text: what stands there from now on.
    """
    at: Json = document
    try:
        for step in path[:-1]:
            at = at[step]  # type: ignore[index]
        if not isinstance(at[path[-1]], str):  # type: ignore[index]
            return False
        at[path[-1]] = text  # type: ignore[index]
    except (KeyError, IndexError, TypeError):
        return False
    return True
