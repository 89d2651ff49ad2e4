"""What a text says beneath its disguise, and how to disguise an answer: the sample falls for every trick.

Rules of this file: pure, and bounded by the length of the text. A view is the text as one more trick hides
it: full-width and homoglyph letters, invisible characters, letters spaced out, leet, base64, hex, ROT13.
"""

import base64
import binascii
import codecs
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

LONGEST = 16 << 10
"""Characters up to which a text is searched for disguises; of longer ones only the plain text is read."""

_TAGS = range(0xE0020, 0xE007F)
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0501\u04bb\u051b\u051d"  # Cyrillic
    "\u0391\u0392\u0395\u0397\u0399\u039a\u039c\u039d\u039f\u03a1\u03a4\u03a5\u03a7",  # Greek
    "aeopcyxisdhqwABEHIKMNOPTYX",
)
_LEET = str.maketrans("013457@$!", "oieastasi")
_SPACED = re.compile(r"(?<!\w)(?:\w[ .\-_*]){3,}\w(?!\w)")
_CODED = re.compile(r"[A-Za-z0-9+/_-]{16,8192}={0,2}")
_LEAST_PRINTABLE = 8


def views(text: str) -> Iterator[str]:
    """Yield the text, and then what it says under each disguise that changes it."""
    yield text
    if len(text) > LONGEST:
        return
    plain = visible(text)
    leet = plain.translate(_LEET)
    seen = {text}
    for view in (plain, leet, _unspaced(plain), *_decoded(plain), *_turned(plain)):
        if view not in seen:
            seen.add(view)
            yield view


def visible(text: str) -> str:
    """Return the text without invisible characters, its letters folded to the plain ones they look like."""
    kept = (
        chr(ord(letter) - 0xE0000) if ord(letter) in _TAGS else letter
        for letter in unicodedata.normalize("NFKC", text)
        if ord(letter) in _TAGS or unicodedata.category(letter) != "Cf"
    )
    return "".join(kept).translate(_LOOKALIKES)


def _unspaced(text: str) -> str:
    return _SPACED.sub(lambda found: f"{re.sub(r'[ .*_-]', '', found.group())} ", text)


def _decoded(text: str) -> Iterator[str]:
    for found in _CODED.finditer(text):
        for octets in (_from_hex(found.group()), _from_base64(found.group())):
            if octets is not None and len(octets) >= _LEAST_PRINTABLE:
                told = octets.decode("utf-8", "replace")
                if "\ufffd" not in told and told.isprintable():
                    yield told


def _from_hex(word: str) -> bytes | None:
    try:
        return bytes.fromhex(word)
    except ValueError:
        return None


def _from_base64(word: str) -> bytes | None:
    bare = word.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(bare + "=" * (-len(bare) % 4), validate=True)
    except binascii.Error:
        return None


def _turned(text: str) -> Iterator[str]:
    if re.search(r"rot-?13", text, re.IGNORECASE):
        yield codecs.encode(text, "rot13")
    if re.search(r"revers|backwards", text, re.IGNORECASE):
        yield text[::-1]


_CODES: Final[tuple[tuple[re.Pattern[str], Callable[[str], str]], ...]] = (
    (re.compile(r"base\W?64", re.IGNORECASE), lambda text: base64.b64encode(text.encode()).decode()),
    (re.compile(r"rot\W?13", re.IGNORECASE), lambda text: codecs.encode(text, "rot13")),
    (re.compile(r"\bhex(?:adecimal)?\b", re.IGNORECASE), lambda text: text.encode().hex()),
    (re.compile(r"\breverse|\bbackwards?\b", re.IGNORECASE), lambda text: text[::-1]),
    (re.compile(r"\bupper.?case|\ball caps\b", re.IGNORECASE), str.upper),
    (re.compile(r"letter by letter|\bspell|one (?:letter|character) at a time|(?:spaces|dashes|hyphens) between",
                re.IGNORECASE), "-".join),
)  # fmt: skip


def coded(text: str, order: str) -> str:
    """Return the text in the code that the order asks for; as it is where none is asked for."""
    for asked, code in _CODES:
        if asked.search(order):
            return code(text)
    return text
