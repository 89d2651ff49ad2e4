"""Which offered tools the sample calls, and with what arguments: whatever a text names, it calls.

Rules of this file: pure and bounded in depth and count. No judgement: a document that names a tool gets it
called, which is what tool injection is (OWASP LLM06:2025, excessive agency).
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec

from bartizan.sample.ask import Chat, ChosenTool, Function, Message

MOST_CALLS = 4
_MOST_FIELDS = 32
_DEEPEST = 4
_LONGEST = 200

_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")
_LINK = re.compile(r"https?://[^\s\"'<>)]{1,400}")
_NUMBER = re.compile(r"-?\d{1,12}(?:\.\d{1,6})?")
_PLACE = re.compile(
    r"\b(?:in|for|at|of|to|from) ((?-i:[A-Z])[\w'-]{1,40}(?: (?-i:[A-Z])[\w'-]{1,40})?)", re.IGNORECASE
)
_QUOTED = re.compile(r"[\"'\u201c\u00ab`]([^\"'\u201d\u00bb`]{1,400})[\"'\u201d\u00bb`]")
_BODY: Final = re.compile(
    r"text|body|message|content|query|prompt|command|code|data|note|input|^q$", re.IGNORECASE
)


class Call(msgspec.Struct, frozen=True):
    """A tool call that the sample makes.

    Attributes:
        id: of the call, the same for the same call.
        name: of the function.
        arguments: JSON text, as OpenAI's API carries it.
    """

    id: str
    name: str
    arguments: str


def calls(chat: Chat, news: Sequence[Message], told: str) -> tuple[Call, ...]:
    """Return the calls that a conversation brings the sample to make.

    Args:
        chat: with the tools on offer and the client's choice among them.
        news: the messages since its own last answer.
        told: what it is about to say; fills arguments that take a text.
    """
    if not chat.tools or chat.tool_choice == "none":
        return ()
    text = "\n".join(message.text for message in news)
    wanted = [tool.function for tool in chat.tools if _called_for(tool.function, chat, news, text)]
    if not wanted and chat.tool_choice == "required":
        wanted = [chat.tools[0].function]
    most = 1 if chat.parallel_tool_calls is False else MOST_CALLS
    return tuple(_call(function, text, told) for function in wanted[:most])


def _called_for(function: Function, chat: Chat, news: Sequence[Message], text: str) -> bool:
    if isinstance(chat.tool_choice, ChosenTool):
        return chat.tool_choice.function.name == function.name
    if function.name in _answered(chat, news):
        return False
    if function.name.lower() in text.lower():
        return True
    words = [word for word in re.split(r"[^a-z]+", _words(function.name)) if len(word) > 3]  # noqa: PLR2004  # "get" and "to" name nothing
    return bool(words) and all(re.search(rf"\b{word}", text, re.IGNORECASE) for word in words)


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _answered(chat: Chat, news: Sequence[Message]) -> frozenset[str]:
    """Return the tools whose results are among the news: calling them again would never end."""
    results = {message.tool_call_id for message in news if message.role == "tool"}
    return frozenset(
        call.function.name
        for message in chat.messages
        for call in message.tool_calls or ()
        if call.id in results
    )


def _call(function: Function, text: str, told: str) -> Call:
    arguments = msgspec.json.encode(_object(function.parameters or {}, text, told, _DEEPEST))
    digest = hashlib.blake2b(function.name.encode() + b"\0" + arguments, digest_size=12).hexdigest()
    return Call(f"call_{digest}", function.name, arguments.decode())


def _object(schema: dict[str, Any], text: str, told: str, depth: int) -> dict[str, Any]:
    properties = schema.get("properties")
    if not isinstance(properties, dict) or depth == 0:
        return {}
    few = list(properties.items())[:_MOST_FIELDS]
    return {
        name: _value(name, field, text, told, depth - 1) for name, field in few if isinstance(field, dict)
    }


def _value(name: str, schema: dict[str, Any], text: str, told: str, depth: int) -> Any:  # noqa: ANN401  # any JSON
    if isinstance(schema.get("enum"), list) and schema["enum"]:
        return schema["enum"][0]
    match schema.get("type"):
        case "integer" | "number" as kind:
            return _number(schema, text, whole=kind == "integer")
        case "boolean" | "null" as kind:
            return True if kind == "boolean" else None
        case "array":
            items = schema.get("items")
            return [_value(name, items, text, told, depth - 1)] if isinstance(items, dict) and depth else []
        case "object":
            return _object(schema, text, told, depth)
        case _:
            return _string(name, schema, text, told)


def _number(schema: dict[str, Any], text: str, *, whole: bool) -> float:
    least, most = schema.get("minimum"), schema.get("maximum")
    value = float(found.group()) if (found := _NUMBER.search(text)) else 1.0
    value = max(value, least) if isinstance(least, int | float) else value
    value = min(value, most) if isinstance(most, int | float) else value
    return int(value) if whole else value


def _string(name: str, schema: dict[str, Any], text: str, told: str) -> str:
    return next(_strings(name, str(schema.get("format", "")), text, told))


def _strings(name: str, form: str, text: str, told: str) -> Iterator[str]:
    if form == "email" or re.search(r"mail|recipient|^to$", name, re.IGNORECASE):
        yield found.group() if (found := _MAIL.search(text)) else "someone@example.com"
    if form == "uri" or re.search(r"url|link|uri", name, re.IGNORECASE):
        yield found.group() if (found := _LINK.search(text)) else "https://example.com/"
    if _BODY.search(name):
        yield told[:2000] or (found.group(1) if (found := _QUOTED.search(text)) else text.strip()[:_LONGEST])
    if found := _PLACE.search(text):
        yield found.group(1)
    if found := _QUOTED.search(text):
        yield found.group(1)
    yield text.strip()[:_LONGEST]
