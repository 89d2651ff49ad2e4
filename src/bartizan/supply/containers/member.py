"""A member of a container, and what its name may be.

Rules of this file: a name that two programs could put in two places, or in a place outside the folder, is refused; so is one that
falls together with another where letters' case, Unicode's forms or trailing dots do not count.
"""

import unicodedata
from collections.abc import Callable
from typing import Final, NamedTuple

from bartizan.printable import printable
from bartizan.supply.format import Damaged
from bartizan.supply.octets import Octets

LONGEST_NAME: Final = 1024
"""Letters of a member's name."""
SHOWN: Final = 120
"""Letters of a name that are shown."""


class Member(NamedTuple):
    """One member, which is a file; folders are checked by their container and not told.

    Attributes:
        name: path within the container, parts joined by `/`; checked by `checked`.
        size: octets once expanded, as the container says; checked where it is expanded.
        offset: place of its first stored octet in the container, compressed or not.
        stored: its octets where they stand in the container as they are, without a copy and with no checksum looked at; None
            where they are compressed. For tensors, which are data whatever they hold.
        expand: returns its octets, named as the member: a part of the container where it is stored, else expanded into memory
            and counted in the budget; size and checksum are checked. Raises Damaged, TooShort, Exhausted.
    """

    name: str
    size: int
    offset: int
    stored: Octets | None
    expand: Callable[[], Octets]


def shown(name: str) -> str:
    """Return a name as people are shown it: printable, cut to 120 letters."""
    whole = printable(name)
    return whole if len(whole) <= SHOWN else whole[: SHOWN - 1] + "…"


def checked(name: str, offset: int = -1) -> str:
    """Return the name of a member, or of a folder without its last slash, where it means one place to everyone.

    Raises:
        Damaged: `name-unsafe`.
    """
    fault = _fault(name)
    if fault:
        raise Damaged("name-unsafe", f"the name {shown(name)!r} {fault}; make the archive anew", offset)
    return name


def _fault(name: str) -> str:
    if not name or len(name) > LONGEST_NAME:
        return "is empty or longer than 1024 letters"
    if "\\" in name or any(unicodedata.category(each) in {"Cc", "Cs"} for each in name):
        return "holds a backslash or a control character"
    if name[0] == "/" or (name[0].isalpha() and name[1:2] == ":"):
        return "is absolute"
    if any(part in {"", ".", ".."} for part in name.split("/")):
        return "leads elsewhere, or has an empty part"
    return ""


def folded(name: str) -> str:
    """Return what a name is to a file system that counts neither case, Unicode's form nor a part's trailing dots and blanks."""
    even = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "/".join(part.rstrip(". ") for part in even.split("/"))


class Names:
    """The names of a container so far, so that none is there twice and no file is also a folder."""

    def __init__(self) -> None:
        """Begin with none."""
        self._files: set[str] = set()
        self._folders: set[str] = set()

    def add(self, name: str, offset: int = -1, *, folder: bool = False) -> None:
        """Take a name that was `checked`.

        Raises:
            Damaged: `name-twice`.
        """
        whole = folded(name)
        above = [whole[:place] for place, letter in enumerate(whole) if letter == "/"]
        taken = whole in self._files or (whole in self._folders and not folder)
        if taken or not self._files.isdisjoint(above):
            raise Damaged(
                "name-twice",
                f"the name {shown(name)!r} is there twice, or once as a file and once as a folder, "
                "and loaders differ in which they take; make the archive anew",
                offset,
            )
        (self._folders if folder else self._files).add(whole)
        self._folders.update(above)
