"""Which decoders may find something in a text, told at the speed of C.

Rules of this file: an answer may be wrong one way only, and a test holds every decoder to it: what is not named here
finds nothing. So each question is a condition that every reading of a decoder must meet, never a likeness. It is asked of
the text with one octet a letter: those of Latin-1 as they are, and `?` for every other.
"""

import binascii
import re
from codecs import utf_8_decode
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cache, lru_cache
from itertools import chain, filterfalse
from typing import Final

from bartizan.text.decode import letters, octets
from bartizan.text.decode.escapes import LEAST
from bartizan.text.decode.reading import MOST, printable
from bartizan.text.lexicon import words


def worth(text: str) -> AbstractSet[str]:
    """Return the names of the decoders that may find something in a text.

    Args:
        text: of any length; the time grows with it.
    """
    row = text.replace("?", ";").encode("latin-1", "replace")
    found = {name for name, sign, fewest in _SIGNS if row.count(sign) >= fewest}
    if _SIXTEEN in row.translate(_HEX, _AROUND_HEX):
        found |= _numbers(row)
    if _may_be_base64(text, row):
        found.add("base64")
    lone = _LONE if text.isascii() else _MAYBE_LONE
    if lone.search(b"x" + row.translate(_APART)) is not None:
        found.add("spaced")
    if "€" in text:  # the one figure that is not of Latin-1
        found.add("leet")
    return found | _by_words(row.translate(_LOWER))


_SIGNS: Final = (("percent", b"%", LEAST), ("entities", b"&", 1), ("escapes", b"\\", LEAST))
"""What a decoder's every part begins with, and how many it needs; one reference of HTML's may leave letters enough."""
_LETTERS, _DIGITS = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", b"0123456789"


def _classes(*classes: tuple[bytes, bytes], other: bytes = b" ") -> bytes:
    """Return a table that takes each octet of a class for that class's one."""
    table = bytearray(other * 256)
    for members, name in classes:
        for member in members:
            table[member] = name[0]
    return bytes(table)


_HEX: Final = _classes((_DIGITS + b"abcdefABCDEF", b"h"))
_DECIMAL: Final = _classes((_DIGITS, b"h"))
_BINARY: Final = _classes((b"01", b"h"))
_AROUND_HEX, _AROUND_NUMBERS = b" ,:\n-\\x", b" ,\n"
_SIXTEEN, _EIGHT = b"h" * 16, b"h" * 8
"""Eight octets in hexadecimal, or eight numbers of two digits, when what stands between is left out; an octet in binary."""


def _numbers(row: bytes) -> set[str]:
    """Return the decoders of numbers for a text that has digits enough."""
    found = {"hex"}
    if _SIXTEEN in row.translate(_DECIMAL, _AROUND_NUMBERS):
        found.add("decimal")
    if _EIGHT in row.translate(_BINARY):
        found.add("binary")
    return found


_SEALED: Final = _classes((_LETTERS + _DIGITS + b"+/_-", b"h"), (b"=", b"e"), (b" \t\r\n", b"s"), other=b"x")
_ROW: Final = re.compile(rb"hhhhhhhhh*(?:(?<=hhhhhhhhhhh)|(?=e*s*(?:hhhhhhhh|h{2,7}e)))")
"""A word of base64 that makes eight octets, or one that others follow."""
_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_FEWEST_SEALED: Final = 11
"""Letters of base64 that make eight octets."""


def _may_be_base64(text: str, row: bytes) -> bool:
    """Return whether some word, alone or as the first of a row, opens to what may begin a text."""
    sealed = row.translate(_SEALED)
    if _ENDLESS in sealed:
        return True
    for found in _ROW.finditer(sealed):
        start = found.start()
        if (
            _begins(row[start : start + 4])
            and _begins(row[start : start + 8])
            and _opens(text, row, start, found.end())
        ):
            return True
    return b"he" in sealed and _may_be_padded(text, sealed)


def _may_be_padded(text: str, sealed: bytes) -> bool:
    """Return whether a row that begins with a short word and `=` may open to a text."""
    at = sealed.find(b"he")
    while at >= 0:
        if sealed[at + 2 : at + 10] == _WHOLE or sealed[at + 2 : at + 3] in _MAY_GO_ON:
            before = sealed[max(at - _SHORT, 0) : at + 1]
            size = len(before) - len(before.rstrip(b"h"))
            if size <= _SHORT and _opens_padded(text, at + 1 - size):
                return True
        at = sealed.find(b"he", at + 2)
    return False


_ENDLESS: Final = b"h" * MOST
"""A word of base64 that does not fit in one row and goes on in another."""
_WHOLE, _SHORT = b"h" * 8, 7
"""A word of base64 that needs no `=` after it, and most letters of one that does."""
_MAY_GO_ON: Final = frozenset({b"e", b"s"})


def _opens(text: str, row: bytes, start: int, end: int) -> bool:
    """Return whether a word of base64, with those that follow it or alone, is the beginning of a text that is long enough."""
    part = octets.ROW.match(text, start, start + _LOOKED_AT)
    if part is None:
        return False
    together = part.group().encode().translate(_STANDARD, b" \t\r\n")
    if b"=" in together:
        return _is_beginning(together[: min(end - start, _LOOKED_AT) // 4 * 4])
    return any(
        _is_beginning(each[: len(each) // 4 * 4]) if size > _CUT else _is_text(each)
        for each, size in (
            (together, part.end() - start),
            (row[start : min(end, start + _LOOKED_AT)].translate(_STANDARD), end - start),
        )
    )


def _opens_padded(text: str, start: int) -> bool:
    part = octets.ROW.match(text, start, start + _LOOKED_AT)
    if part is None or len(part.group().rstrip()) < _FEWEST_SEALED:
        return False
    first = part.group().split(None, 1)[0].encode().translate(_STANDARD, b"=")
    return len(first) < len(_WHOLE) or _is_beginning(first[: len(first) // 4 * 4])


@lru_cache(maxsize=4096)
def _begins(sealed: bytes) -> bool:
    """Return whether four or eight letters of base64 are the beginning of UTF-8 or UTF-16 that can be read."""
    return _is_beginning(sealed.translate(_STANDARD))


def _is_text(sealed: bytes) -> bool:
    """Return whether letters of base64 are a text that is long enough."""
    if len(sealed) < _FEWEST_SEALED or len(sealed) % 4 == 1:
        return False
    return _is_beginning(sealed + b"=" * (-len(sealed) % 4), whole=True)


def _is_beginning(sealed: bytes, *, whole: bool = False) -> bool:
    opened = binascii.a2b_base64(sealed)
    if not any(opened[1::2]):
        return True
    try:
        return printable(utf_8_decode(opened, "strict", whole)[0])
    except UnicodeDecodeError:
        return False


_LOOKED_AT, _CUT = 96, 80
"""Letters of a row that are looked at, for most that is no text is none from its beginning; how many may be all."""
_APART: Final = _classes(
    (_LETTERS + _DIGITS, b"a"),
    (b"?" + bytes(range(0x80, 0x100)), b"n"),
    (b" .-_*|~/,\n", b"s"),
    other=b"x",
)
_LONE: Final = re.compile(rb"sa(?:(?<=[^a]asa)|(?<=[^a]assa)|(?<=[^a]asssa))s{1,3}as{1,3}a(?!a)")
_MAYBE_LONE: Final = re.compile(rb"s[an]s{1,3}[an]s{1,3}[an](?!a)")
"""Four letters, each alone; and three, where what is not ASCII may be a letter or not."""
_FIGURES: Final = _DIGITS + b"@$!|+\xa3&("
_LOWER: Final = _classes(*((bytes([each]), bytes([each]).lower()) for each in _LETTERS + _FIGURES))
_PLAIN, _PLAIN_L = (
    bytes(table.get(each, each) if each in _FIGURES else _LOWER[each] for each in range(256))
    for table in (letters.LEET, letters.LEET_L)
)
_UNFIGURED: Final = _classes(*((bytes([each]), bytes([each])) for each in _LETTERS))


def _by_words(row: bytes) -> set[str]:
    """Return the decoders of words with figures, moved or mirrored, for a text that has words of the kind."""
    plain, turned, start = set[bytes](), set[bytes](), 0
    while start < len(row):
        end = row.find(b" ", start + _AT_ONCE)
        end = len(row) if end < 0 else end
        tokens = row[start:end].split()
        figured = [*filterfalse(bytes.isalpha, tokens)]
        letters_alone = b" ".join(figured).translate(_UNFIGURED).split() if figured else []
        turned |= _turned().intersection(chain(tokens, letters_alone))
        plain |= _unfigured(figured) if figured else plain
        start = end
    found = set[str]()
    if len(plain) >= letters.FEWEST_WORDS and max(map(len, plain)) >= letters.TELLING:
        found.add("leet")
    return found | _backwards(turned) if len(turned) >= letters.FEWEST_MOVED else found


_AT_ONCE: Final = 65_536
"""How much of a text is in words at once, for they have ten times its size."""


def _unfigured(figured: Iterable[bytes]) -> AbstractSet[bytes]:
    """Return the words that tokens with figures stand for."""
    parts, size = [*filterfalse(bytes.isdigit, figured)], letters.LONGEST_TOKEN
    if max(map(len, parts), default=0) > size:
        parts = [part for token in parts for part in (_pieces(token) if len(token) > size else (token,))]
    whole = b" ".join(parts)
    return _vocabulary().intersection(
        chain(whole.translate(_PLAIN).split(), whole.translate(_PLAIN_L).split())
    )


def _pieces(token: bytes) -> list[bytes]:
    size = letters.LONGEST_TOKEN
    return [token[at : at + size] for at in range(0, len(token), size)]


def _backwards(turned: Iterable[bytes]) -> set[str]:
    plain = {word.decode() for word in turned}
    kinds = {"rot13": letters.moved(), "reversed": letters.mirrored()}
    return {name for name, vocabulary in kinds.items() if letters.no_accident(plain & vocabulary)}


@cache
def _vocabulary() -> frozenset[bytes]:
    return frozenset(word.encode() for word in words())


@cache
def _turned() -> frozenset[bytes]:
    return frozenset(word.encode() for word in letters.moved() | letters.mirrored())
