"""The contract of a format: how its files are known by their octets, and what is said of one.

Rules of this file: a format is one constant `FORMAT` in one file of the `formats` folder. `knows` is cheap and looks at magic
alone; `read` is strict: what it does not understand to the last octet is `not-understood`, whatever else it found. A format
never imports another: what stands within it is handed back to `look`, which knows them all.
"""

from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from bartizan.supply.octets import Budget, Octets
from bartizan.supply.subject import Beside, ModelFile, Reason, Standing

LAST: Final = 90
"""Order of what is known by no magic, such as text."""
Look = Callable[[Octets, Budget], ModelFile]
"""Says what a member is, by its own octets; the budget is that of the whole file, with one level of depth less."""


class Read(msgspec.Struct, frozen=True):
    """What a format says of a file.

    Attributes:
        reasons: why it is not inert, and remarks; none where it is inert.
        format: a more exact word than the format's own, where it tells one (`torch-zip` of a zip); empty for that.
        beside: files of its folder that it describes.
    """

    reasons: tuple[Reason, ...] = ()
    format: str = ""
    beside: tuple[Beside, ...] = ()

    @property
    def standing(self) -> Standing:
        """Return the worst of the reasons."""
        return max(
            (each.standing for each in self.reasons), key=lambda each: each.rank, default=Standing.INERT
        )


class Format(msgspec.Struct, frozen=True):
    """One format.

    Attributes:
        name: word for people and events: `pickle`, `safetensors`.
        knows: (octets) -> whether it is one, by magic.
        read: (octets, budget, look) -> what is said of one that `knows`.
        order: formats are asked in this order; a stricter magic comes first. Those from `LAST` on are asked only where no other
            knows the file.
        kind_of: names of formats whose files these are too, and which this one reads more strictly (`zip` for one of PyTorch's). A
            file that is known by a format not named here too is not understood: loaders would differ in what they take it for.
    """

    name: str
    knows: Callable[[Octets], bool]
    read: Callable[[Octets, Budget, Look], Read]
    order: int = 50
    kind_of: tuple[str, ...] = ()


class Damaged(ValueError):
    """A file is not what its format demands; it is not understood."""

    def __init__(self, word: str, what: str, offset: int = -1) -> None:
        """Say what is wrong, as a `Reason` does."""
        super().__init__(what)
        self.word, self.what, self.offset = word, what, offset

    @property
    def reason(self) -> Reason:
        """Return it as the reason of a file that is not understood."""
        return Reason(self.word, self.what, Standing.UNKNOWN, offset=self.offset)


def claims(formats: Sequence[Format], octets: Octets) -> tuple[Format, ...]:
    """Return the formats that know a file, the strictest first; what has no magic only where nothing else does."""
    ordered = sorted(formats, key=lambda one: (one.order, one.name))
    found = tuple(each for each in ordered if each.order < LAST and each.knows(octets))
    return found or tuple(each for each in ordered if each.order >= LAST and each.knows(octets))[:1]


def first(formats: Sequence[Format], octets: Octets) -> Format | None:
    """Return the format of a file; None where it is of none of them."""
    return next(iter(claims(formats, octets)), None)
