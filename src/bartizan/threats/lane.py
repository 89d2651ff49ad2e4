"""One text of an answer that comes piece by piece: what of it may go out by now, and what is held back.

Rules of this file: nothing that a rule finds goes out before the rule has been asked, wherever the pieces are cut: the last
`HELD` letters wait, and what ends with the last letter that came is not decided before more of it came. What is longer than
that is found by its beginning. What has to be decoded first, or repeats the system prompt at length, is looked for now and
then in all of it, and at its end; that may come late, and then ends the stream.
"""

from collections.abc import Iterator
from typing import Final

import msgspec

from bartizan.text.canonical import canonical
from bartizan.text.rule import LONGEST, Kind
from bartizan.threats.excerpt import Excerpt, excerpt
from bartizan.threats.inspect import REPEATED, Found, Inspected, Inspector
from bartizan.threats.links import IMAGE, LINK
from bartizan.threats.naming import Naming
from bartizan.threats.overlap import Echo
from bartizan.threats.profile import NAMES, Action, Profile
from bartizan.threats.subject import Channel, Spotted
from bartizan.threats.verdict import UNINSPECTED, Verdict, without

HELD: Final = 255
"""Letters that wait."""
SETTLED: Final = 24
"""Letters that come after a match before it is taken for all of it."""
BEFORE: Final = 320
"""Letters that went out and are looked at once more, for what has to stand near."""
STRIDE: Final = 2_048
"""How often all of it is looked at, in letters."""
KEPT: Final = STRIDE + LONGEST
"""Letters of it that are kept to be looked at so."""


class Withheld(Exception):
    """An answer that goes no further.

    Attributes:
        verdict: why.
    """

    def __init__(self, verdict: Verdict) -> None:
        """Say why."""
        super().__init__(verdict.reason)
        self.verdict = verdict


class Guarding(msgspec.Struct, frozen=True):
    """What every lane of an answer is guarded by.

    Attributes:
        inspector, profile: of the service.
        echo: compares with the system prompt.
        source: whose request is answered; see `Inspector.steps`.
    """

    inspector: Inspector
    profile: Profile
    echo: Echo
    source: str = ""


class Lane:
    """One text.

    Attributes:
        found: what was found in it since this was last emptied.
        shown: excerpts of that, where the profile wants them.
    """

    def __init__(self, guarding: Guarding) -> None:
        """Begin at the first letter."""
        self._g = guarding
        self._before, self._held, self._all = "", "", ""
        self._out = self._came = self._unread = 0
        self._told: set[tuple[str, int]] = set()
        self._unbounded: set[str] = set()
        self._naming = _naming(guarding)
        self.found: list[Found] = []
        self.shown: list[Excerpt] = []

    def add(self, text: str) -> None:
        """Take the next piece."""
        self._held += text
        self._all = (self._all + text)[-KEPT:]
        self._unread += len(text)
        self._came += len(text)

    def release(self, *, end: bool) -> str:
        """Return what may go out now.

        Args:
            end: whether nothing more comes.
        Raises:
            Withheld: the answer goes no further.
        """
        if self._unread >= STRIDE or (end and self._unread):
            self._unread = 0
            self._look_at_all()
        text = self._before + self._held
        here = len(self._before)
        upto = len(text) if end else max(here, len(text) - HELD)
        spans, wait = list[tuple[int, int, str]](), len(text)
        for found in (*self._findings(text), *self._names(text, here, end=end)):
            if found.end <= here:
                continue
            if not end and found.end > len(text) - SETTLED and found.start > len(text) - HELD:
                wait = min(wait, found.start)
                continue
            self._note(found, self._out - here + found.start, text)
            if self._withholds(found, here, whole=end or found.end < len(text)):
                raise Withheld(_because(found))
            if self._g.profile.action(found.reason) is Action.REDACT and self._g.profile.enforced:
                spans.append((found.start - here, found.end - here, found.reason))
                upto = (
                    upto if found.reason == NAMES else max(upto, found.end)
                )  # names are many, and would let go what waits
        upto = max(here, min(upto, wait))
        for start, stop, _ in sorted(spans, reverse=True):  # none is cut in two
            upto = here + start if start < upto - here < stop else upto
        out, self._held = text[here:upto], text[upto:]
        self._before = text[:upto][-BEFORE:]
        self._out += len(out)
        return without(out, [span for span in spans if span[1] <= len(out)])

    def _findings(self, text: str) -> Iterator[Found]:
        inspector, view = self._g.inspector, canonical(text).view
        yield from inspector.compared(text, (view,), Channel.RESPONSE, self._g.echo, len(self._before))
        for match in inspector.patterns.find(view.text):
            spotted = Spotted(Channel.RESPONSE, match.rule.kind, match.rule.id)
            for found in inspector.judged(spotted, *view.origin(match.start, match.end)):
                self._unbounded |= {found.rule} if match.rule.opens else set()
                yield found

    def _names(self, text: str, here: int, *, end: bool) -> Iterator[Found]:
        if self._naming is not None:
            for start, stop, rule in self._naming.names(text, self._out - here, here, end=end):
                spotted = Spotted(Channel.RESPONSE, Kind.NAME, rule)
                yield from self._g.inspector.judged(spotted, start, stop)

    def _withholds(self, found: Found, here: int, *, whole: bool) -> bool:
        """Return whether a finding ends the answer: by its action, or because it cannot be taken out any more."""
        profile = self._g.profile
        action = profile.action(found.reason)
        late = found.start < here or not whole or found.rule in self._unbounded
        return profile.enforced and (action is Action.BLOCK or (action is Action.REDACT and late))

    def _look_at_all(self) -> None:
        """Look for what has to be decoded, and for the system prompt."""
        inspected = self._g.inspector.inspect(self._all, Channel.RESPONSE, self._g.echo)
        for found in inspected.found:
            place = self._came - len(self._all) + found.start
            if not found.reading and found.rule != REPEATED and self._is_known(found, place):
                continue  # that was found on its way, or will be
            self._note(found, place, self._all)
            if self._g.profile.enforced and self._g.profile.action(found.reason) in _ENDING:
                raise Withheld(_because(found))
        require_whole(self._g, inspected)

    def _is_known(self, found: Found, place: int) -> bool:
        """Return whether a plain finding was told, or lies in what waits; what is longer than the window never was."""
        return (found.rule, place) in self._told or place >= self._out or found.rule in _ON_ITS_WAY

    def _note(self, found: Found, place: int, text: str) -> None:
        if (found.rule, place) not in self._told:
            self._told.add((found.rule, place))
            self.found.append(found)
            if self._g.profile.shows:
                self.shown.append(excerpt(Channel.RESPONSE, found, text))


def require_whole(guarding: Guarding, inspected: Inspected) -> None:
    """Go on only where all of a text was read, or its profile lets go what nobody read.

    Raises:
        Withheld: the answer goes no further.
    """
    profile = guarding.profile
    if not inspected.whole and profile.enforced and profile.uninspected in _ENDING:
        raise Withheld(Verdict(Action.BLOCK, UNINSPECTED))


_ON_ITS_WAY: Final = frozenset({LINK, IMAGE})
"""Rules that find by the beginning alone, and so on its way or never; what the window begins with may be the end of such a match."""


def _naming(guarding: Guarding) -> Naming | None:
    """Return what finds names in a text, where they are sought; where they cannot be, nothing goes out."""
    if not guarding.profile.seeks_names:
        return None
    model = guarding.inspector.names
    if model is None and guarding.profile.enforced:
        raise Withheld(Verdict(Action.BLOCK, UNINSPECTED))
    return None if model is None else Naming(model)


_ENDING: Final = (Action.BLOCK, Action.REDACT)


def _because(found: Found) -> Verdict:
    return Verdict(Action.BLOCK, found.reason, found.control, found.what)
