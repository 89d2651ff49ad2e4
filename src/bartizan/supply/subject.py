"""The typed facts that the supply room's controls judge, and what a reader of files says of one."""

import enum
from typing import Final

import msgspec


class Standing(enum.Enum):
    """What is known of a file that is to be loaded, the best first."""

    INERT = "proven-inert"
    """Whatever loads it by its format makes data of it and nothing else; it was read to its last octet."""
    CODE = "needs-code"
    """It holds, or names, code that runs where it is loaded, in a way that its format provides for; a person decides."""
    MALICIOUS = "malicious"
    """It names what has no place in a model: a way to run commands, to reach a network, to hide from scanners."""
    UNKNOWN = "not-understood"
    """It is damaged, not whole, too large for its bounds, or of no format that is known: nothing is proven."""

    @property
    def rank(self) -> int:
        """Return how bad it is: 0 for inert, then code, not understood and malicious."""
        return _RANKS[self]

    def worse(self, other: "Standing") -> "Standing":
        """Return the worse of two: an archive stands as its worst member does."""
        return max(self, other, key=lambda each: each.rank)


_RANKS: Final = {Standing.INERT: 0, Standing.CODE: 1, Standing.UNKNOWN: 2, Standing.MALICIOUS: 3}


class Reason(msgspec.Struct, frozen=True):
    """Why a file stands as it does; one that is inert has none, or remarks that are inert themselves.

    Attributes:
        word: of a closed vocabulary, one for each kind of fault (`global-not-allowed`); goes into events and SARIF rules.
        what: a sentence for people: what is wrong and what to do. Names that the file gives are printable and cut to 120 letters.
        standing: that it alone gives the file.
        member: path within the archive, parts joined by `!`; empty for the file itself.
        offset: octet of the file or member, or -1 where there is no one place.
    """

    word: str
    what: str
    standing: Standing
    member: str = ""
    offset: int = -1


class Beside(msgspec.Struct, frozen=True):
    """A file of octets without a form of their own, as another file of its folder describes it.

    Attributes:
        name: of the file that is described.
        parts: place and number of octets of each part, sorted; the last number may be -1, for all that is left.
    """

    name: str
    parts: tuple[tuple[int, int], ...]


class ModelFile(msgspec.Struct, frozen=True):
    """A file as it was read.

    Attributes:
        format: word of the format, by its octets and never by its name; `unknown` where it is none that is known.
        standing: the worst of its reasons and its members.
        reasons: why, the worst first; at most `MOST_REASONS`.
        octets: its size.
        extension: of its name, in small letters, with the dot; empty where it has none.
        beside: files of its folder that it describes; at most `MOST_BESIDE`.
    """

    format: str
    standing: Standing
    reasons: tuple[Reason, ...] = ()
    octets: int = 0
    extension: str = ""
    beside: tuple[Beside, ...] = ()


class Attestation(msgspec.Struct, frozen=True):
    """How an artifact stands by its signatures, as a control judges it.

    Attributes:
        signed: whether anything says that it is.
        proven: whether every signature that is there holds, and is of keys that are trusted.
        quantum_safe: whether one of them is ML-DSA's.
        differences: between what was signed and what lies there.
    """

    signed: bool
    proven: bool
    quantum_safe: bool
    differences: int


class Chains(msgspec.Struct, frozen=True):
    """What the record says of the models that are deployed.

    Attributes:
        deployed: how many are.
        open: of them, whose chain of steps does not go back to what was ingested.
        revoked: of them, that descend from something revoked.
        broken: steps on record that do not add up, or were left unfinished.
    """

    deployed: int
    open: int
    revoked: int
    broken: int


class Bills(msgspec.Struct, frozen=True):
    """What the record says of the bills of materials of the models that are deployed.

    Attributes:
        deployed: how many are.
        without: of them, that have none.
        stale: of them, of which something came on record since theirs was written.
    """

    deployed: int
    without: int
    stale: int


MOST_REASONS: Final = 64
"""Reasons that are told of one file."""
MOST_BESIDE: Final = 64
"""Files that one file describes."""
MOST_PARTS: Final = 20_000
"""Parts that it describes of all of them."""
UNKNOWN: Final = "unknown"
"""Word for a file of no format that is known."""
