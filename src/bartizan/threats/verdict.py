"""What becomes of a request or an answer after what was found in it, by a profile.

Rules of this file: pure. What is taken out of a text is taken out of the text that came, wherever it was found.
"""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from bartizan.threats.inspect import Found, Inspected
from bartizan.threats.parts import Json, Part, replaced
from bartizan.threats.profile import Action, Profile

UNINSPECTED: Final = "not-inspected"
MEDIA: Final = "media-not-inspected"
_UNREAD: Final = (
    "Not all of the text could be inspected: it is encoded too deep, or holds too much; send it plainly."
)
_SEEN: Final = "The request holds an image, sound or a file, which nobody inspects here; send text."


class Verdict(msgspec.Struct, frozen=True):
    """What becomes of it.

    Attributes:
        action: what is done.
        reason: the gravest finding's word, or `UNINSPECTED` or `MEDIA`; empty where there is nothing to say.
        control: whose; empty where none says so.
        what: a sentence for people.
    """

    action: Action
    reason: str = ""
    control: str = ""
    what: str = ""


def verdict(profile: Profile, found: Iterable[Found], *, whole: bool, media: int) -> Verdict:
    """Return what a profile makes of what was found.

    Args:
        profile: of the route; one that is not enforced says what it would do.
        found: in all texts together.
        whole: whether all of them were inspected whole.
        media: how many images, sounds and files nobody read.
    """
    said = [Verdict(profile.action(each.reason), each.reason, each.control, each.what) for each in found]
    if not whole:
        said.append(Verdict(profile.uninspected, UNINSPECTED, what=_UNREAD))
    if media:
        said.append(Verdict(profile.media, MEDIA, what=_SEEN))
    return max(said, key=lambda each: each.action.grade, default=Verdict(Action.ALLOW))


def redact(document: Json, profile: Profile, found: Sequence[tuple[Part, Inspected]]) -> bool:
    """Take out of a document what a profile has taken out; return whether all of it could be.

    Args:
        document: JSON, decoded; changed.
        profile: of the route.
        found: each text of it with what was found there.
    """
    done = True
    for part, inspected in found:
        spans = [
            (each.start, each.end, each.reason)
            for each in inspected.found
            if profile.action(each.reason) is Action.REDACT
        ]
        if spans:
            done &= replaced(document, part.path, without(part.text, spans))
    return done


def without(text: str, spans: Iterable[tuple[int, int, str]]) -> str:
    """Return a text with `[redacted: REASON]` in place of spans: start, end, reason. Those that overlap become one."""
    pieces, upto = list[str](), 0
    for start, end, reason in sorted(spans):
        if end <= upto:
            continue
        if start >= upto:
            pieces += [text[upto:start], f"[redacted: {reason}]"]
        upto = end
    return "".join([*pieces, text[upto:]])
