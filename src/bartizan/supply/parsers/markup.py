"""Tags of HTML, SVG and XML, as every reader of markup finds them; what readers find in different ways is a fault.

Rules of this file: no tree is built, for what runs is told by tags and attributes wherever they stand. Where one reader takes for
text what another takes for tags (`noscript`, `style`, CDATA), it must be whole tags for both, or is unclear. Source: HTML Living
Standard, 13.2.5 (tokenization) and 13.2.6.4.7 (raw text); XML 1.0, 5th edition.
"""

import html
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from bartizan.supply.format import Damaged
from bartizan.supply.octets import Budget

RAW: Final = frozenset({"script", "style", "title", "textarea", "noscript"})
"""Elements whose content is text to some readers and tags to others."""
_ALIEN: Final = frozenset({"xmp", "noembed", "noframes", "plaintext", "listing"})
_START: Final = re.compile(r"</?([A-Za-z_:\u0080-\U0010ffff][^\s/>\0<\"'=]*+)")
_ATTRIBUTE: Final = re.compile(
    r"(?:\s|/)*+([^\s\"'<>/=\0]++)(?:\s*+=\s*+(?:\"([^\"]*+)\"|'([^']*+)'|([^\s\"'<>`]++)))?+"
)
_END: Final = re.compile(r"(?:\s|/)*+>")
_COMMENT: Final = re.compile(r"<!--(?!-?>)(.*?)-->", re.DOTALL)
_DOCTYPE: Final = re.compile(r"<!DOCTYPE([^<>\[]*+)(>|\[)", re.IGNORECASE)
_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_INSTRUCTION: Final = re.compile(r"<\?([^>]*+)>")
_MOST_ATTRIBUTES: Final = 1000


class Tag(NamedTuple):
    """One tag that begins an element, an instruction to whoever reads the file, or the content of a style.

    Attributes:
        kind: `tag`, `instruction`, `doctype` or `style`.
        name: of the element without its prefix, in small letters; of others what they say.
        attributes: name without prefix, in small letters, and value with its references resolved, in their order.
        at: letter at which it begins.
    """

    kind: str
    name: str
    attributes: tuple[tuple[str, str], ...]
    at: int


def tags(text: str, budget: Budget) -> Iterator[Tag]:
    """Yield the tags of a text.

    Args:
        text: whole.
        budget: one operation for each tag and attribute.
    Raises:
        Damaged: `markup-unclear`, `markup-entities`.
        Exhausted: the budget is.
    """
    return _tags(text, 0, len(text), budget)


def _tags(text: str, at: int, end: int, budget: Budget) -> Iterator[Tag]:
    while (at := text.find("<", at, end)) >= 0:
        budget.spend(1)
        tag, at = _one(text, at, end, budget)
        if tag is None:
            continue
        yield tag
        if tag.kind == "tag" and tag.name in RAW:
            closing = _closing(text, tag.name, at, end)
            if tag.name == "style":
                yield Tag("style", text[at:closing], (), at)
            if tag.name != "script":  # of a script nothing more is told than that it is there
                yield from _tags(text, at, closing, budget)
            at = closing


def _one(text: str, at: int, end: int, budget: Budget) -> tuple[Tag | None, int]:
    """Read what begins here; return it, nothing where it is none of ours, and where it ends."""
    following = text[at + 1 : at + 2]
    if following == "!":
        return _declared(text, at, end)
    if following == "?":
        return _instruction(text, at, end)
    if following == "/" or _START.match(text, at, end):
        return _tag(text, at, end, budget)
    return None, at + 1  # text for who lets it pass at all


def _closing(text: str, name: str, at: int, end: int) -> int:
    """Return where the content of an element ends for who takes it for text: at its end tag, whatever that stands in."""
    found = re.compile(rf"</(?:[\w.-]+:)?{name}(?=[\s/>])", re.IGNORECASE).search(text, at, end)
    return end if found is None else found.start()


def _unclear(at: int, what: str) -> Damaged:
    return Damaged(
        "markup-unclear", f"its markup has {what}, which readers take in different ways; save it anew", at
    )


def _declared(text: str, at: int, end: int) -> tuple[Tag | None, int]:
    """Read a comment, a type of document or CDATA."""
    if found := _COMMENT.match(text, at, end):
        if "--!>" in found[1]:
            raise _unclear(at, "a comment that ends in two ways")
        return None, found.end()
    if found := _DOCTYPE.match(text, at, end):
        if found[2] == "[":
            what = "it declares entities, by which readers fetch files or grow without end; save it without"
            raise Damaged("markup-entities", what, at)
        return Tag("doctype", found[1].strip().lower(), (), at), found.end()
    if found := _CDATA.match(text, at, end):
        if "<" in found[1].partition(">")[2]:
            raise _unclear(at, "tags within CDATA")
        return None, found.end()
    raise _unclear(at, "a declaration that is none, or has no end")


def _instruction(text: str, at: int, end: int) -> tuple[Tag | None, int]:
    found = _INSTRUCTION.match(text, at, end)
    if found is None or not found[1].endswith("?"):
        raise _unclear(at, "an instruction that ends in two ways")
    return Tag("instruction", found[1][:-1].strip(), (), at), found.end()


def _tag(text: str, at: int, end: int, budget: Budget) -> tuple[Tag | None, int]:
    begun = _START.match(text, at, end)
    if begun is None:
        raise _unclear(at, "an end tag without a name")
    attributes: list[tuple[str, str]] = []
    place = begun.end()
    while (ended := _END.match(text, place, end)) is None:
        found = _ATTRIBUTE.match(text, place, end)
        apart = found is not None and (found.start(1) > place or place == begun.end())
        if found is None or not apart or len(attributes) == _MOST_ATTRIBUTES:
            raise _unclear(at, "a tag that is not well formed")
        budget.spend(1)
        attributes.append((_local(found[1]), html.unescape(found[2] or found[3] or found[4] or "")))
        place = found.end()
    if not (begun[1][0].isascii() and begun[1][0].isalpha()) and "<" in text[at + 1 : ended.end()]:
        raise _unclear(at, "a tag within one that is a tag in XML alone")
    name = _local(begun[1])
    if name in _ALIEN:
        raise _unclear(at, f"the element {name}")
    tag = None if text[at + 1] == "/" else Tag("tag", name, tuple(attributes), at)
    return tag, ended.end()


def _local(name: str) -> str:
    """Return a name without its prefix: in XML any prefix can stand for any language."""
    return name.rpartition(":")[2].lower()
