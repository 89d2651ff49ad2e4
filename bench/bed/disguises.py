"""Ways in which a text is disguised that a model reads all the same."""

import base64
from collections.abc import Callable, Mapping
from typing import Final


def _leet(text: str) -> str:
    return text.translate(str.maketrans("aeiostAEIOST", "431057431057"))


def _lookalike(text: str) -> str:
    return text.translate(str.maketrans("aeopcxyi", "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456"))


def _wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


DISGUISES: Final[Mapping[str, Callable[[str], str]]] = {
    "plain": lambda text: text,
    "zero-width": "\u200b".join,
    "tag characters": lambda text: "Hello! " + "".join(chr(0xE0000 + ord(a)) for a in text if a.isascii()),
    "homoglyph": _lookalike,
    "full-width": _wide,
    "spaced": lambda text: "  ".join(" ".join(word) for word in text.split()),
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex": lambda text: text.encode().hex(),
    "leet": _leet,
}
