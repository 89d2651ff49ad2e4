"""What became of a file that was rebuilt: what was kept, what was cut, and where it stood.

Rules of this file: it crosses from the process that reads hostile octets, so all of it is bounded, and every text prints.
"""

from typing import Final

import msgspec

from bartizan.supply.subject import Reason, Standing

MOST_TOLD: Final = 1_000
"""Names that were cut, and values that were left out, which are told one by one; others are counted."""


class Name(msgspec.Struct, frozen=True):
    """A name that the file would have had imported, and that stands in the rebuilt one no more.

    Attributes:
        module, name: `os`, `system`; printable, cut to 120 letters once it is told.
        member: of the archive, where it is one.
        offset: octet of the file or member.
    """

    module: str
    name: str
    member: str = ""
    offset: int = -1


class Left(msgspec.Struct, frozen=True):
    """A value that the rebuilt file does not have.

    Attributes:
        name: where it stood, parts joined by dots.
        what: it was, in a few words.
    """

    name: str
    what: str


class Rebuilt(msgspec.Struct, frozen=True, tag=True):
    """A file that was rebuilt.

    Attributes:
        format: of the source.
        verdict: of the source.
        tensors, octets: of data that were kept.
        names: of the tensors, in the order of the rebuilt file.
        values: numbers and short texts that were kept as metadata.
        cut: names that were cut.
        left: values that were left out.
        more_left: of those, that are not told one by one.
    """

    format: str
    verdict: Standing
    tensors: int
    octets: int
    names: tuple[str, ...] = ()
    values: int = 0
    cut: tuple[Name, ...] = ()
    left: tuple[Left, ...] = ()
    more_left: int = 0


class Refusal(msgspec.Struct, frozen=True, tag=True):
    """A file that could not be rebuilt.

    Attributes:
        format: of the source, `unknown` where it is none that is known.
        reason: why.
    """

    format: str
    reason: Reason


class Copied(msgspec.Struct, frozen=True):
    """A file of a folder that is inert as it is.

    Attributes:
        format: word of its format.
    """

    format: str


class LeftOut(msgspec.Struct, frozen=True):
    """A file of a folder that the new one does not have.

    Attributes:
        format: word of its format.
        what: why, in a sentence.
    """

    format: str
    what: str
