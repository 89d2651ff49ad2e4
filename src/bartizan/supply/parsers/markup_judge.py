"""Whether markup is a document alone: what runs, or makes a reader run or fetch something by itself, is told.

Source of what runs: HTML Living Standard (4.12 scripting, 8.1.8 event handlers, 2.4 URLs), SVG 2, XSLT 1.0, XML 1.0.
"""

import re
from collections.abc import Iterable
from typing import Final

from bartizan.supply.format import Damaged
from bartizan.supply.parsers.markup import Tag
from bartizan.supply.parsers.telling import Telling, shown
from bartizan.supply.subject import Standing

ACTIVE: Final = frozenset({
    "script", "iframe", "frame", "object", "embed", "applet", "portal", "fencedframe", "handler", "listener", "stylesheet", "transform",
})  # fmt: skip
"""Elements that run something, or put another document in their place; the last two are XSLT's."""
_ANIMATED: Final = frozenset({"set", "animate"})
_HANDLER: Final = re.compile(r"on[a-z0-9]+")
_CODE_URL: Final = re.compile(r"(?:javascript|vbscript|livescript|mocha):")
_DOCUMENT_URL: Final = re.compile(r"data:[^,;]*(?:html|xml|script|x-shockwave)")
_IMAGES: Final = frozenset({"img", "link", "source", "image"})
"""Elements that show what they name as an image, in which nothing runs."""
_STYLE: Final = re.compile(r"expression\s*\(|behaviou?r\s*:|-moz-binding|javascript:", re.IGNORECASE)
_BLANK: Final = re.compile(r"[\x00-\x20]+")
_ALPHABETS: Final = frozenset({"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin1", "windows-1252"})
_ALPHABET: Final = re.compile(r"(?:charset|encoding)\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)


def judge(tags: Iterable[Tag], telling: Telling) -> None:
    """Say what of a document runs, and which kind it is.

    Args:
        tags: of the document, in their order.
        telling: that is told; its format becomes `html`, `svg` or `xml`.
    Raises:
        Damaged: `markup-alphabet`, and what reading the tags raises.
    """
    for tag in tags:
        if telling.format in {"", "xml"}:
            telling.format = _kind(tag) or telling.format
        if tag.kind == "tag":
            _element(tag, telling)
        elif tag.kind == "instruction":
            _instruction(tag, telling)
        elif tag.kind == "style":
            _style(tag.name, tag, telling)


def _kind(tag: Tag) -> str:
    """Return which kind of document it is, by what comes first; nothing where that does not say so."""
    if tag.kind == "instruction":
        return "xml" if tag.name.lower().startswith("xml ") else ""
    if tag.kind == "doctype":
        return "html" if tag.name.startswith("html") else ""
    return tag.name if tag.kind == "tag" and tag.name in {"svg", "html"} else ""


def _code(telling: Telling, tag: Tag, what: str) -> None:
    telling.say(
        "markup-active", f"it {what}; have a person look, or save it without", Standing.CODE, offset=tag.at
    )


def _instruction(tag: Tag, telling: Telling) -> None:
    word = tag.name.partition(" ")[0].lower()
    if word != "xml":
        _code(
            telling,
            tag,
            f"has the instruction {shown(word) or 'without a name'}, which whoever reads it may carry out",
        )
    else:
        _alphabet(tag.name, tag)


def _alphabet(text: str, tag: Tag) -> None:
    """Refuse alphabets in which plain letters hide tags (UTF-7), or in which it was not read."""
    found = _ALPHABET.search(text)
    if found is not None and found[1].lower() not in _ALPHABETS:
        what = f"it says that it is written in {shown(found[1])}; save it in UTF-8"
        raise Damaged("markup-alphabet", what, tag.at)


def _element(tag: Tag, telling: Telling) -> None:
    if tag.name in ACTIVE:
        _code(telling, tag, f"has the element {tag.name}")
    attributes = dict(tag.attributes)
    if tag.name == "meta":
        _alphabet(f"charset={attributes.get('charset', 'utf-8')}", tag)
        _alphabet(attributes.get("content", ""), tag)
        if attributes.get("http-equiv", "").strip().lower() == "refresh":
            _code(telling, tag, "leads to another document by itself")
    if tag.name in _ANIMATED:
        _changing(attributes.get("attributename", ""), tag, telling)
    for name, value in tag.attributes:
        _attribute(name, value, tag, telling)


def _changing(name: str, tag: Tag, telling: Telling) -> None:
    local = name.rpartition(":")[2].strip().lower()
    if _HANDLER.fullmatch(local) or local == "href":
        _code(telling, tag, f"changes {shown(local)} while it is shown")


def _attribute(name: str, value: str, tag: Tag, telling: Telling) -> None:
    if _HANDLER.fullmatch(name):
        _code(telling, tag, f"has the handler {shown(name)}")
    elif name == "srcdoc":
        _code(telling, tag, "has a document within an attribute")
    elif name == "style":
        _style(value, tag, telling)
    address = _BLANK.sub("", value).lower()
    if _CODE_URL.match(address) or (tag.name not in _IMAGES and _DOCUMENT_URL.match(address)):
        _code(telling, tag, f"has an address in {shown(name)} that is code itself")


def _style(text: str, tag: Tag, telling: Telling) -> None:
    if _STYLE.search(text.replace("\\", "")):
        _code(telling, tag, "has a style that runs something in readers of old")
