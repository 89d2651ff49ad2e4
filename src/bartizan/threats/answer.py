"""An answer that streams: its events read as they come, and passed on with as much of their text as may go out.

Rules of this file: every event goes on, in order, at once; of its free texts what is safe by now, the rest with a later one
or, at the latest, before the event that ends it. Texts are told apart by where they stand and by the numbers that
protocols give them, so that several answers at once, and the arguments of several tools, are each one text. Whatever else
an event says is inspected whole.
"""

from typing import Final

import msgspec

from bartizan.text.canonical import canonical
from bartizan.text.mark import unplanted
from bartizan.threats.excerpt import Excerpt, excerpt
from bartizan.threats.inspect import Found
from bartizan.threats.lane import Guarding, Lane, Withheld, require_whole
from bartizan.threats.parts import Json, Part, Path, is_prompt, parts_of, replaced
from bartizan.threats.profile import Action
from bartizan.threats.subject import Channel
from bartizan.threats.verdict import UNINSPECTED, Verdict, without

LANES: Final = 1_024
"""Texts of one answer at once."""
DONE: Final = b"[DONE]"
_NUMBERS: Final = ("index", "output_index", "content_index", "summary_index")
"""Members that say which of several texts one belongs to."""
_FREE: Final = frozenset(
    {"content", "text", "partial_json", "arguments", "reasoning", "reasoning_content", "thinking"}
    | {"refusal", "delta", "input", "transcript"}
)
"""Members that hold a piece of a text."""
_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder().decode
Key = tuple[tuple[str, ...], tuple[int, ...]]
Ends = tuple[tuple[int, ...], ...]


class Answer:
    """One answer.

    Attributes:
        found: what was found since this was last emptied.
        shown: excerpts of that, where the profile wants them.
    """

    def __init__(self, guarding: Guarding) -> None:
        """Begin before the first event."""
        self._g = guarding
        self._lanes: dict[Key, Lane] = {}
        self._last: dict[Key, tuple[Json, Path]] = {}
        self.found: list[Found] = []
        self.shown: list[Excerpt] = []

    def take(self, data: bytes) -> list[bytes]:
        """Return the data of the events that go out for one that came.

        Args:
            data: of the event.
        Raises:
            Withheld: the answer goes no further.
        """
        if data == DONE:
            return [*self.flush(), DONE]
        try:
            document: Json = _DECODE(data)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise Withheld(Verdict(Action.BLOCK, UNINSPECTED)) from None
        pieces = list[tuple[Part, Key]]()
        for part in parts_of(document, Channel.RESPONSE).parts:
            key = lane_of(document, part.path)
            if key is None:
                self._whole(document, part)
            else:
                pieces.append((part, key))
        ends = _ended(document)
        for part, key in pieces:
            lane = self._of(key)
            lane.add(part.text)
            self._last[key] = document, part.path
            replaced(document, part.path, self._released(lane, end=_within(key, ends)))
        for key in {key for _, key in pieces if _within(key, ends)}:
            del self._lanes[key], self._last[key]
        return [*self.flush(ends), _ENCODE(document)]

    def flush(self, ends: Ends = ((),)) -> list[bytes]:
        """Return the events with the rest of the texts that end.

        Args:
            ends: numbers that those have first; no number is all of them.
        Raises:
            Withheld: the answer goes no further.
        """
        out = list[bytes]()
        for key in [key for key in self._lanes if _within(key, ends)]:
            rest = self._released(self._lanes.pop(key), end=True)
            document, path = self._last.pop(key)
            if rest:
                out.append(_carrying(document, path, rest))
        return out

    def _of(self, key: Key) -> Lane:
        lane = self._lanes.get(key)
        if lane is None:
            if len(self._lanes) >= LANES:
                raise Withheld(Verdict(Action.BLOCK, UNINSPECTED))
            lane = self._lanes[key] = Lane(self._g)
        return lane

    def _released(self, lane: Lane, *, end: bool) -> str:
        try:
            return lane.release(end=end)
        finally:
            self.found += lane.found
            self.shown += lane.shown
            lane.found, lane.shown = [], []

    def _whole(self, document: Json, part: Part) -> None:
        """Inspect a text that comes in one piece, and take out of it what is to be taken out."""
        profile, text = self._g.profile, part.text
        if is_prompt(part) and (text := unplanted(part.text)) != part.text and profile.enforced:
            replaced(document, part.path, text)
        every = self._in_whole(text, ours=is_prompt(part))
        self.found += every
        if profile.shows:
            self.shown += [excerpt(Channel.RESPONSE, each, text) for each in every]
        if not profile.enforced:
            return
        for found in every:
            if profile.action(found.reason) is Action.BLOCK:
                raise Withheld(Verdict(Action.BLOCK, found.reason, found.control, found.what))
        spans = [
            (found.start, found.end, found.reason)
            for found in every
            if profile.action(found.reason) is Action.REDACT
        ]
        if spans and not replaced(document, part.path, without(text, spans)):
            raise Withheld(Verdict(Action.BLOCK, spans[0][2]))

    def _in_whole(self, text: str, *, ours: bool) -> list[Found]:
        """Return what is found in a text that comes in one piece; in the prompt itself, nothing of it is repeated."""
        inspector, echo = self._g.inspector, self._g.echo
        names = self._g.profile.seeks_names
        inspected = inspector.inspect(text, Channel.RESPONSE, source=self._g.source, names=names)
        require_whole(self._g, inspected)
        found = [*inspected.found]
        if echo.watches and not ours:
            found += inspector.kept_back(text, (canonical(text).view,), Channel.RESPONSE, echo)
        return found


def lane_of(document: Json, path: Path) -> Key | None:
    """Return which text a piece belongs to; None where it is none."""
    name = next((step for step in reversed(path) if isinstance(step, str)), "")
    if name not in _FREE:
        return None
    names = tuple(step for step in path if isinstance(step, str))
    if not ("delta" in names or names == ("choices", "text")):
        return None
    numbers, at = list[int](), document
    for step in path:
        if isinstance(at, dict):
            numbers += [number for name in _NUMBERS if isinstance(number := at.get(name), int)]
        at = at[step]  # type: ignore[index]
    kind = document.get("type") if isinstance(document, dict) else None
    return (*names, kind if isinstance(kind, str) else ""), tuple(numbers)


def _ended(document: Json) -> Ends:
    """Return the numbers of the texts that end with an event, none for all of them."""
    if not isinstance(document, dict):
        return ((),)
    choices, kind = document.get("choices"), document.get("type")
    if isinstance(choices, list) and choices:
        return tuple(
            _numbers(choice)
            for choice in choices
            if isinstance(choice, dict) and choice.get("finish_reason") is not None
        )
    if isinstance(kind, str) and (kind == "ping" or kind.endswith(_GOING_ON)):
        return ()
    return (_numbers(document),)


_GOING_ON: Final = (".delta", "_delta", "_start", ".added", ".created", ".in_progress")
"""Ends of the words by which protocols call events that end nothing."""


def _numbers(of: dict[str, Json]) -> tuple[int, ...]:
    return tuple(number for name in _NUMBERS[:2] if isinstance(number := of.get(name), int))


def _within(key: Key, ends: Ends) -> bool:
    return any(key[1][: len(end)] == end for end in ends)


def _carrying(document: Json, path: Path, text: str) -> bytes:
    """Return an event like an earlier one, with this text alone."""
    copy: Json = _DECODE(_ENCODE(document))
    for part in parts_of(copy, Channel.RESPONSE).parts:
        if lane_of(copy, part.path) is not None:
            replaced(copy, part.path, "")
    replaced(copy, path, text)
    return _ENCODE(copy)
