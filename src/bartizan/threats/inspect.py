"""What detectors find in a text, judged by the room's controls.

Rules of this file: a text is read in stretches that overlap by more than the longest match, so that one long text keeps
nobody waiting who can take turns: `steps` stops after each stretch. What was found in a text is remembered under a keyed
digest of it for as long as there is room, since clients send a whole conversation again with each turn.
"""

import re
from collections import OrderedDict
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from hashlib import blake2b
from itertools import islice
from typing import Final

import msgspec

from bartizan.control import Confidence, Control, Severity
from bartizan.text.canonical import canonical
from bartizan.text.mark import Registered
from bartizan.text.names.find import names as names_in
from bartizan.text.names.labels import RULES as NAME_RULES
from bartizan.text.names.model import Model as NamesModel
from bartizan.text.patterns import Patterns
from bartizan.text.read import Read, read
from bartizan.text.rule import LONGEST, Kind
from bartizan.text.view import View
from bartizan.threats import encoder as sentences
from bartizan.threats.encoder import Broken, Encoder, Windowed, chosen
from bartizan.threats.injection import RULE, Model, span_of
from bartizan.threats.overlap import CANARY, Echo
from bartizan.threats.subject import OF_STRANGERS, Channel, Spotted

STRETCH: Final = 32_768
"""Letters that are read in one."""
MOST: Final = 2_048
"""Findings that are told of one text, and names beside them, so that what is taken out of a long list is taken out whole."""
_KEPT: Final = 64
"""Findings of a text that are remembered; one that has more is inspected again."""
REMEMBERED: Final = 16_384
BEGUN: Final = 2_048
"""Letters of a stretch that were seen in the one before."""
_LONG: Final = STRETCH // 4
"""Letters from which on others may take their turn within a stretch."""
_BLANK: Final = re.compile(r"\s")
REPEATED: Final = "system-prompt"
"""Stands for a rule where a text repeats its system prompt."""
_STEP: Final = STRETCH - LONGEST
Place = tuple[str, int, int]


class Found(msgspec.Struct, frozen=True):
    """A finding, and where it stands.

    Attributes:
        control: id of the control that says so.
        reason: its word, one of `profile.DETECTORS`.
        rule: of `text/rules/`, which found it, or what a model found.
        reading: how the text had to be read; empty where it stands there plainly.
        start, end: letters of the text that came; the end is not included.
        severity, confidence: how bad, and how sure.
        what: a sentence for people.
    """

    control: str
    reason: str
    rule: str
    reading: str
    start: int
    end: int
    severity: Severity
    confidence: Confidence
    what: str = ""


class Inspected(msgspec.Struct, frozen=True):
    """What was found in one text.

    Attributes:
        found: in order of place, `MOST` at most, and as many names.
        whole: whether all of the text was read, whatever it was encoded in, and all that was found is told.
        score: how much it reads like an attack on the model, from 0 to 1; 0 where nobody asked.
        unread: windows that the encoder did not read, because the text has more than it may read.
    """

    found: tuple[Found, ...]
    whole: bool
    score: float = 0.0
    unread: int = 0


Steps = Generator[None, None, Inspected]


class Inspector:
    """Inspects texts. It holds no text, but digests of those that it has seen.

    Attributes:
        patterns: that are looked for; may be replaced by others of the same rules.
        names: model of names; without it no text is read whole where names are sought.
    """

    def __init__(
        self,
        patterns: Patterns,
        controls: Mapping[str, Control],
        key: bytes,
        remembers: int = REMEMBERED,
        model: Model | None = None,
        registered: Registered | None = None,
        encoder: Encoder | Broken | None = None,
    ) -> None:
        """Take what it works with.

        Args:
            patterns: that are looked for; may be replaced by others of the same rules.
            controls: of the room, by id; those that read `Spotted` judge.
            key: 16 to 64 octets under which texts are digested.
            remembers: texts of which it remembers what was found.
            model: of injections; without it no text of a stranger is read whole.
            registered: marks that are told wherever they stand.
            encoder: of sentences; without one the model alone tells, and by a broken one nothing is read whole that it serves.
        """
        self._registered = registered or Registered({})
        self.patterns, self._model, self._encoder = patterns, model, encoder
        self.names: NamesModel | None = None
        self._judges = tuple(control for control in controls.values() if control.reads is Spotted)
        self._key, self._remembers = key, remembers
        self._seen: OrderedDict[bytes, Inspected] = OrderedDict()

    def inspect(
        self, text: str, channel: Channel, echo: Echo | None = None, source: str = "", *, names: bool = False
    ) -> Inspected:
        """Return what is found in a text; see `steps`."""
        steps = self.steps(text, channel, echo, source, names=names)
        while True:
            try:
                next(steps)
            except StopIteration as done:
                inspected: Inspected = done.value
                return inspected

    def steps(
        self,
        text: str,
        channel: Channel,
        echo: Echo | None = None,
        source: str = "",
        *,
        orders: bool = False,
        names: bool = False,
    ) -> Steps:
        """Inspect a text; yields after each stretch but the last, within a long one, and after each window, and returns what was found.

        Args:
            text: as it came.
            channel: whose words it is.
            echo: compares it with a system prompt; then what is found is not remembered.
            source: who sent it; what somebody sent is remembered for them alone, so that how long it takes tells nobody else.
            orders: whether orders are what it is expected to hold, so that the encoder need not look for them.
            names: whether those of people and places are sought.
        """
        digest = self._digest(text, channel, source, f"{orders:d}{names:d}") if echo is None else b""
        known = self._seen.get(digest)
        if known is not None:
            self._seen.move_to_end(digest)
            return known
        places, named, whole, score, unread = dict[Place, Found](), dict[Place, Found](), True, 0.0, 0
        starts = range(0, max(len(text) - LONGEST, 1), _STEP)
        quota = max(sentences.MOST // len(starts), sentences.FEWEST)
        for start in starts:
            if start:
                yield
            stretch = text[start : start + STRETCH]
            said, most = yield from self._stretch(stretch, start, channel, places, echo)
            whole &= not names or self._named(stretch, start, channel, named)
            views = () if orders else said.views
            deep, left = yield from self._sentences(views, start, channel, places, quota)
            whole, score, unread = whole and said.whole, max(score, most, deep), unread + left
        whole &= not (isinstance(self._encoder, Broken) and channel in sentences.SERVED)
        whole &= len(places) <= MOST and len(named) <= MOST
        told = sorted([*_ordered(places)[:MOST], *_ordered(named)[:MOST]], key=_place)
        inspected = Inspected(tuple(told), whole, score, unread)
        if digest and len(told) <= _KEPT:
            self._seen[digest] = inspected
        if len(self._seen) > self._remembers:
            self._seen.popitem(last=False)
        return inspected

    def _digest(self, text: str, channel: Channel, source: str, sought: str) -> bytes:
        octets = text.encode("utf-8", "surrogatepass")
        whose = blake2b(source.encode(), digest_size=16, key=self._key).digest()
        person = f"{channel.value}{sought}".encode()
        return blake2b(octets, digest_size=16, key=self._key, salt=whose, person=person).digest()

    def _named(self, text: str, at: int, channel: Channel, named: dict[Place, Found]) -> bool:
        """Add the names in a stretch, as it stands there plainly; return whether there is a model of them.

        What has no blank is taken for a word of a protocol, a model or a function, which would not be the same without it.
        """
        if self.names is None:
            return False
        if _BLANK.search(text) is None:
            return True
        view = canonical(text).view
        for name in names_in(self.names, view.text):
            start, end = view.origin(name.start, name.end)
            spotted = Spotted(channel, Kind.NAME, NAME_RULES[name.label])
            for each in self.judged(spotted, at + start, at + end):
                named[each.rule, at + start, at + end] = each
        return True

    def _stretch(
        self, text: str, at: int, channel: Channel, places: dict[Place, Found], echo: Echo | None
    ) -> Generator[None, None, tuple[Read, float]]:
        """Add what is found in a stretch; yields within a long one, and returns how it was read, and its score."""
        said = read(text)
        if len(text) > _LONG:
            yield
        score, whole = self._scored(said.views, at, channel, places)
        if len(text) > _LONG:
            yield
        compared = self.compared(text, said.views, channel, echo, cut=BEGUN if at else 0)
        for each in islice(compared, MOST + 1):
            placed = msgspec.structs.replace(each, start=at + each.start, end=at + each.end)
            places.setdefault((each.rule, placed.start, placed.end), placed)
        whole &= self._matched(text, said.views, at, channel, places, echo)
        return msgspec.structs.replace(said, whole=said.whole and whole), score

    def _matched(
        self,
        text: str,
        views: Iterable[View],
        at: int,
        channel: Channel,
        places: dict[Place, Found],
        echo: Echo | None,
    ) -> bool:
        """Add what patterns find in the views of a stretch; return whether that is all."""
        for view in views:
            if echo is not None and echo.leaks(view.text):
                spotted = Spotted(channel, Kind.REPEATED, REPEATED, view.reading)
                places.update(((REPEATED, at, at), each) for each in self.judged(spotted, at, at + len(text)))
            for match in self.patterns.find(view.text):
                start, end = view.origin(match.start, match.end)
                place = (match.rule.id, at + start, at + end)
                if place in places:  # a view further out has said so
                    continue
                if len(places) > MOST:
                    return False
                spotted = Spotted(channel, match.rule.kind, match.rule.id, view.reading)
                for each in self.judged(spotted, at + start, at + end):
                    places[place] = each
        return True

    def compared(
        self, text: str, views: Iterable[View], channel: Channel, echo: Echo | None, cut: int = 0
    ) -> Iterator[Found]:
        """Yield what is found by comparison: registered marks; in answers, what was planted, and where links lead.

        Args:
            text: as it came; places are of it.
            views: of it.
            channel: whose words it is.
            echo: what answers alone may not tell; None for another text.
            cut: letters at the beginning in which a link may be the end of one that was seen already; 0 for none.
        """
        for view in views:
            for name, span in self._registered.found(view.text):
                spotted = Spotted(channel, Kind.REGISTERED, name, view.reading)
                yield from self.judged(spotted, *view.origin(*span))
        if echo is not None:
            yield from self.kept_back(text, views, channel, echo, cut)

    def kept_back(
        self, text: str, views: Iterable[View], channel: Channel, echo: Echo, cut: int = 0
    ) -> Iterator[Found]:
        """Yield what `compared` finds in answers alone."""
        for view in views:
            for start, end in echo.planted(view.text):
                spotted = Spotted(channel, Kind.REPEATED, CANARY, view.reading)
                yield from self.judged(spotted, *view.origin(start, end))
        for link in echo.elsewhere(text):
            if link.start >= cut or _BLANK.search(text, 0, link.start) is not None:
                yield from self.judged(Spotted(channel, Kind.ELSEWHERE, link.rule), link.start, link.end)

    def _scored(
        self, views: Iterable[View], at: int, channel: Channel, places: dict[Place, Found]
    ) -> tuple[float, bool]:
        """Add the window that reads most like an attack, where it is one; return its score, and whether there is a model."""
        if self._model is None or channel not in self._model.header.curves:
            return 0.0, channel not in OF_STRANGERS
        view, most = max(
            ((view, self._model.score(view.text, channel)) for view in views), key=lambda each: each[1].score
        )
        if most.told:
            start, end = view.origin(*span_of(view.text, most.first, most.last))
            spotted = Spotted(channel, Kind.CUE, RULE, view.reading, most.score)
            for each in self.judged(spotted, at + start, at + end):
                places[RULE, at + start, at + end] = each
        return most.score, True

    def _sentences(
        self, views: Sequence[View], at: int, channel: Channel, places: dict[Place, Found], quota: int
    ) -> Generator[None, None, tuple[float, int]]:
        """Add the window that says most like an order to the model, where it is told; yields after each window.

        Returns the score of it, and how many windows were not read.
        """
        if not isinstance(self._encoder, Encoder) or channel not in self._encoder.header.curves:
            return 0.0, 0
        every = self._encoder.windows(views)
        best, of = Windowed(0.0, 0, 0, told=False), None
        for window in chosen(every, self._model, quota):
            found = self._encoder.read(window, channel)
            if found.score > best.score:
                best, of = found, window.view
            yield
        if best.told and of is not None:
            start, end = of.origin(best.start, best.end)
            spotted = Spotted(channel, Kind.CUE, sentences.RULE, of.reading, best.score)
            for each in self.judged(spotted, at + start, at + end):
                places[sentences.RULE, at + start, at + end] = each
        return best.score, max(len(every) - quota, 0)

    def judged(self, spotted: Spotted, start: int, end: int) -> Iterator[Found]:
        """Yield what the controls say of what was spotted, which stands from `start` to `end` of the text that came."""
        for control in self._judges:
            for finding in control.judge(spotted):
                yield Found(
                    control.id,
                    finding.reason,
                    spotted.rule,
                    spotted.reading,
                    start,
                    end,
                    finding.severity,
                    finding.confidence,
                    finding.what,
                )


def _ordered(places: Mapping[Place, Found]) -> list[Found]:
    return sorted(places.values(), key=_place)


def _place(found: Found) -> tuple[int, int, str]:
    return found.start, found.end, found.rule
