"""Where the links and images of an answer lead: those that lead to a host which is not on a service's list.

Rules of this file: pure. A link counts for where a browser would go, however it is written: in Markdown, in HTML, as a bare address; each
way to read it must lead to a host on the list, and what cannot be read leads to none. What has no host of its own stays on
the page that shows it, and is nobody's business.
Source: WHATWG URL, section 4.4; CommonMark 0.31, sections 4.7, 6.3 to 6.5; GitHub Flavored Markdown 0.29, section 6.9.
"""

import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import unquote

LINK: Final = "link-not-allowed"
IMAGE: Final = "image-not-allowed"
PATTERN: Final = (
    r"(?:\*\.)?(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?)(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?){0,32}"
)
"""Form of a name on a list: a host in small letters of ASCII, or `*.` and one, which stands for every host below it."""
_AUTHORITY: Final = 200
"""Letters in which the host of a link must have come to its end: fewer than wait of a stream."""
_VALUE: Final = 2_048
"""Letters of a link that are looked at."""
_BLANKS: Final = 64
"""Blanks that may stand before it."""
_ELEMENT: Final = 600
"""How far before it the element may begin that it is an attribute of."""
_ALT: Final = 300
_START: Final = re.compile(
    r"(?P<inline>\]\(\s{0,64}<?)"
    r"|(?P<definition>\]:\s{0,64}<?)"
    r"|(?P<attribute>(?<![a-z0-9_.-])(?P<name>href|src|srcset|imagesrcset|poster|action|formaction|background|ping|cite|data|manifest"
    r"|codebase|longdesc|lowsrc|dynsrc|url)\s{0,8}=\s{0,64}(?P<quote>[\"']?))"
    r"|(?P<style>\burl\(\s{0,64}[\"']?|@import\s{1,64}[\"'])"
    r"|(?P<bare>(?:https?|ftps?|wss?):(?=[/\\]{2})|(?<![a-z0-9_./\\@:=&?%#-])www\.(?=[a-z0-9]))"
    r"|(?P<autolink><(?=(?:mailto|javascript|vbscript|data|file):))",
    re.IGNORECASE,
)
_IMAGES: Final = frozenset(
    {"src", "srcset", "imagesrcset", "poster", "background", "lowsrc", "dynsrc", "data"}
)
_SEVERAL: Final = frozenset({"srcset", "imagesrcset", "ping"})
_BARE: Final = re.compile(r"[^\s<>\"'`]{0,2048}")
_INLINE: Final = re.compile(r"[^\s()<>]{0,2048}")
_SHARP: Final = re.compile(r"[^<>\n]{0,2048}")
_UNQUOTED: Final = re.compile(r"[^\s>]{0,2048}")
_IN_IMAGE: Final = re.compile(r"!\[[^\[\]]{0,300}\Z")
_AFTER: Final = ".,;:!?*_~)]}|"
"""What ends a sentence, or what is around it, and no bare address."""
_SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{1,31}):")
_WEB: Final = frozenset({"http", "https", "ftp", "ftps", "ws", "wss"})
_DROPPED: Final = re.compile(r"[\t\n\r]")
_UNSEEN_FIRST: Final = "".join(map(chr, range(0x21)))
_ESCAPED: Final = re.compile(r"\\([!-/:-@\[-`{-~])")
_NAME: Final = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,127}")
_NUMERIC: Final = re.compile(r"\[[0-9a-f:.]{2,45}\]")
_DOTS: Final = str.maketrans(dict.fromkeys("\u3002\uff0e\uff61", "."))
_DEVIATING: Final = frozenset("\u00df\u1e9e\u03c2\u200c\u200d")
"""Letters of which two readings of international names make two hosts (UTS 46, section 7)."""
_NOWHERE: Final = "//"
"""Stands for a link that begins after more blanks than anybody needs."""
UNREADABLE: Final = ""
"""Stands for a host that cannot be told."""


class Link(NamedTuple):
    """A link or an image that leads elsewhere: rule, start and end, in letters of the text."""

    rule: str
    start: int
    end: int


class Links:
    """Where a service's answers may lead."""

    __slots__ = ("_below", "_exact")

    def __init__(self, hosts: Sequence[str]) -> None:
        """Take the list.

        Args:
            hosts: each of the form `PATTERN`.
        """
        self._exact = frozenset(each for each in hosts if not each.startswith("*."))
        self._below = tuple(each[1:] for each in hosts if each.startswith("*."))

    def permits(self, host: str) -> bool:
        """Return whether a host is on the list."""
        return host in self._exact or host.endswith(self._below)

    def elsewhere(self, text: str) -> Iterator[Link]:
        """Yield the links and images of a text that lead where they may not, in order."""
        if not _may_hold_one(text):
            return
        at = 0
        while (found := _START.search(text, at)) is not None:
            rule, start, values = _read(text, found)
            end, at = start, max(found.end(), start)
            for value in values:
                end = max(end, start + len(value))
                if not all(map(self.permits, hosts(value))):
                    yield Link(rule, start, max(end, start + 1))
                    break
            at = max(at, end)


def _may_hold_one(text: str) -> bool:
    """Return whether a text has what every link has, in one form or another."""
    return (
        any(each in text for each in _OF_LINKS)
        or ("<" in text and "=" in text)
        or _WORDS.search(text) is not None
    )


_OF_LINKS: Final = ("//", "\\", "](", "]:")
_WORDS: Final = re.compile(r"www\.|url\(|@import|<[a-z]+:", re.IGNORECASE)


def _read(text: str, found: re.Match[str]) -> tuple[str, int, tuple[str, ...]]:
    """Return the rule that a link would break, where it begins, and what it says; nothing, where it is none."""
    start, kind = found.end(), found.lastgroup
    if text[start : start + 1].isspace() and text[start - _BLANKS : start].isspace():
        return LINK, start, (_NOWHERE,)
    if kind == "bare":
        return LINK, found.start(), (_bare(text, found.start()),)
    if kind == "autolink":
        return LINK, start, (_matched(_SHARP, text, start),)
    if kind in {"inline", "definition"}:
        image = kind == "inline" and _IN_IMAGE.search(text, max(found.start() - _ALT, 0), found.start())
        form = _SHARP if text[start - 1] == "<" else _INLINE
        return IMAGE if image else LINK, start, (_matched(form, text, start),)
    if kind == "style":
        return IMAGE, start, (_matched(_BARE, text, start).rstrip(")"),)
    return _attribute(text, found)


def _attribute(text: str, found: re.Match[str]) -> tuple[str, int, tuple[str, ...]]:
    start, quote, name = found.end(), found["quote"], found["name"].lower()
    opened = text.rfind("<", max(found.start() - _ELEMENT, 0), found.start())
    if opened < 0 or not text[opened + 1 : opened + 2].isalpha():
        return LINK, start, ()
    if quote:
        end = text.find(quote, start, start + _VALUE)
        value = text[start : end if end >= 0 else start + _VALUE]
    else:
        value = _matched(_UNQUOTED, text, start)
    rule = IMAGE if name in _IMAGES else LINK
    return rule, start, tuple(re.split(r"[\s,]+", value)) if name in _SEVERAL else (value,)


def _matched(form: re.Pattern[str], text: str, start: int) -> str:
    found = form.match(text, start)
    return found[0] if found is not None else ""


def _bare(text: str, start: int) -> str:
    value = _matched(_BARE, text, start)
    return value.rstrip(_AFTER) or value


def hosts(value: str) -> Iterator[str]:
    """Yield the host that each way to read a link leads to, `UNREADABLE` where none can be told; nothing for one that stays."""
    plain = _ESCAPED.sub(r"\1", value)
    for each in dict.fromkeys((value, plain, html.unescape(value), html.unescape(plain))):
        host = _host(each)
        if host is not None:
            yield host


def _host(value: str) -> str | None:
    """Return where a browser goes; None where it stays."""
    text = _DROPPED.sub("", value).lstrip(_UNSEEN_FIRST)
    if len(value) - len(text) > _BLANKS // 4:
        return UNREADABLE
    scheme = _SCHEME.match(text)
    if scheme is not None:
        return _of_scheme(scheme[1].lower(), text[scheme.end() :])
    if text[:4].lower() == "www.":
        return _of_authority(text)
    if len(text) > 1 and text[0] in "/\\" and text[1] in "/\\":
        return _of_authority(text.lstrip("/\\"))
    return None


def _of_scheme(scheme: str, rest: str) -> str:
    if scheme in _WEB:
        return _of_authority(rest.lstrip("/\\"))
    if scheme == "mailto":
        address = unquote(rest.partition("?")[0])
        return _named(address.rpartition("@")[2]) if "," not in address and "?" not in address else UNREADABLE
    return UNREADABLE  # no other leads to a host that a list could name


def _of_authority(rest: str) -> str:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if len(authority) > _AUTHORITY or "\\" in authority:  # what two readers end in two places
        return UNREADABLE
    host = authority.rpartition("@")[2]
    if host.startswith("["):
        return _numbered(host)
    name, _, port = host.partition(":")
    return _named(name) if not port or port.isdecimal() else UNREADABLE


def _numbered(host: str) -> str:
    address = host.lower().partition("]")[0] + "]"
    return address if _NUMERIC.fullmatch(address) else UNREADABLE


def _named(name: str) -> str:
    """Return the name of a host as a list has it."""
    told = unquote(name)
    if not _DEVIATING.isdisjoint(told):
        return UNREADABLE
    told = unicodedata.normalize("NFKC", told).casefold().translate(_DOTS).removesuffix(".")
    try:
        told = told.encode("idna").decode("ascii") if not told.isascii() else told
    except UnicodeError:
        return UNREADABLE
    return told if _NAME.fullmatch(told) else UNREADABLE
