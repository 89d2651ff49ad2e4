"""What a pattern looks for: one rule of the folder `rules/`.

Rules of this file: a rule is data, with its source and with texts that it must and must not match. Its pattern is of the
part that Hyperscan, RE2 and Python read alike: bounded, in ASCII classes, without lookaround or backreference. What it
may stand next to, and what else must hold, is said beside it.
"""

import enum
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Annotated, Final, NamedTuple

import msgspec

LONGEST: Final = 4_096
"""Most letters that a match may have."""


class Kind(enum.Enum):
    """What a match is, for those who decide what to do about it; the last four are found by no rule but by comparison, `NAME` by a model."""

    SECRET = "secret"  # noqa: S105 - a kind, not one
    PERSONAL = "personal"
    HEALTH = "health"
    CUE = "cue"
    EXFILTRATION = "exfiltration"
    HIDDEN = "hidden"
    REPEATED = "repeated"
    ELSEWHERE = "elsewhere"
    REGISTERED = "registered"
    NAME = "name"


class Edges(enum.Enum):
    """What a match may not be a part of."""

    ANY = "any"
    WORD = "word"
    NUMBER = "number"


_EDGES: Final[Mapping[Edges, tuple[str, str]]] = {
    Edges.ANY: ("", ""),
    Edges.WORD: (r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"),
    Edges.NUMBER: (r"(?<![A-Za-z0-9_])(?<![0-9][.,-])", r"(?![A-Za-z0-9_])(?![.,-][0-9])"),
}


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A rule.

    Attributes:
        id: unique, stable: findings name it.
        kind: what a match is.
        pattern: what is looked for; a file may say it as a `phrase`, which `spoken` reads.
        longest: how many letters a match has at most.
        source: where the form is laid down.
        yes, no: texts that have, and have not, a match.
        edges: what a match may not be a part of.
        caseless: whether capitals make no difference.
        check: name of a function of `checks.CHECKS` that must hold of a match; empty for none.
        near: words of which one must stand within `NEAR` letters before, or after; none for no such condition.
        opens: whether a match is the bounded beginning of something unbounded, all of which is meant.
        spoken: whether its pattern is that of a phrase.
        sieve: what stands in every match that holds, where a sieve finds that sooner than the pattern; empty for the pattern.
    """

    id: str
    kind: Kind
    pattern: str
    longest: Annotated[int, msgspec.Meta(ge=1, le=LONGEST)]
    source: str
    yes: tuple[str, ...]
    no: tuple[str, ...]
    edges: Edges = Edges.WORD
    caseless: bool = False
    check: str = ""
    near: tuple[str, ...] = ()
    opens: bool = False
    spoken: bool = False
    sieve: str = ""


class Sought(NamedTuple):
    """What a sieve looks for: a pattern, whether capitals make no difference, and whether it is that of a phrase."""

    pattern: str
    caseless: bool
    spoken: bool = False


def sought(rules: Sequence[Rule]) -> tuple[Sought, ...]:
    """Return what a sieve of these rules looks for: what each of them does, and then the words that must be near."""
    patterns = [Sought(_sieved(rule), rule.caseless, rule.spoken) for rule in rules]
    words = ["|".join(map(re.escape, near)) for near in nearby(rules)]
    return (*patterns, *(Sought(word, caseless=True) for word in words))


def _sieved(rule: Rule) -> str:
    whole = rule.spoken and rule.edges is Edges.WORD
    return rf"\b(?:{rule.pattern})\b" if whole else rule.sieve or rule.pattern


def nearby(rules: Sequence[Rule]) -> tuple[tuple[str, ...], ...]:
    """Return each set of words that some rule asks to be near, once."""
    return tuple(dict.fromkeys(rule.near for rule in rules if rule.near))


class Exact:
    """A rule's own expression, which says where a match begins and ends."""

    def __init__(self, rule: Rule) -> None:
        """Compile it."""
        before, after = _EDGES[rule.edges]
        flags = re.ASCII | (re.IGNORECASE if rule.caseless else re.NOFLAG)
        self.rule = rule
        self.pattern = re.compile(f"{before}(?:{rule.pattern}){after}", flags)


def spoken(phrase: str) -> str:
    """Return the pattern of a phrase: a blank is whatever stands between two words, and ` <N> ` that and up to N words."""
    return _ANY_WORDS.sub(rf"{_GAP}(?:[A-Za-z0-9_]{{1,16}}{_GAP}){{0,\1}}", phrase).replace(" ", _GAP)


_GAP: Final = "[^A-Za-z0-9_]{1,3}"
_ANY_WORDS: Final = re.compile(" <([0-9])> ")


def rules() -> tuple[Rule, ...]:
    """Return every rule that ships, in order of the files and within them.

    Raises:
        msgspec.ValidationError: a file is not as it must be.
    """
    found = list[Rule]()
    folder = resources.files("bartizan.text").joinpath("rules")
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            document = tomllib.loads(file.read_text("utf-8"))
            found += msgspec.convert([_written(rule) for rule in document["rule"]], list[Rule])
    return tuple(found)


def _written(rule: dict[str, object]) -> dict[str, object]:
    """Return a rule of a file with the pattern that its phrase says."""
    phrase = rule.pop("phrase", None)
    return rule if phrase is None else {**rule, "pattern": spoken(str(phrase)), "spoken": True}
