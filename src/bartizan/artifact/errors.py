"""What keeps an artifact from being signed or verified; every message says what to do."""

from collections.abc import Sequence

from bartizan.printable import printable

_SHOWN = 5


class ArtifactFault(Exception):
    """An artifact, or what is said of it, cannot be used."""


class Unsignable(ArtifactFault):
    """An artifact has parts that no manifest can tell, so nothing of it is signed."""

    def __init__(self, refused: Sequence[tuple[str, str]]) -> None:
        """Name them; the first few are told.

        Args:
            refused: name and what is wrong with it.
        """
        told = "; ".join(f"{printable(name)} {why}" for name, why in refused[:_SHOWN])
        more = f"; and {len(refused) - _SHOWN} more" if len(refused) > _SHOWN else ""
        super().__init__(f"nothing is signed: {told}{more}")
        self.refused = tuple(refused)


class TooLarge(ArtifactFault):
    """An artifact has more parts than one manifest holds."""

    def __init__(self, most: int) -> None:
        """Name the bound."""
        super().__init__(f"there are more than {most} files, folders and links in it; sign its parts")


class Moving(ArtifactFault):
    """A file changed while it was read; what was read is no state of it."""

    def __init__(self, name: str) -> None:
        """Name the file."""
        super().__init__(f"{printable(name)} changed while it was read; try again when nobody writes to it")
        self.name = name


class Malformed(ArtifactFault):
    """Octets that are no envelope, statement or manifest, in the one form that is taken."""

    def __init__(self, what: str) -> None:
        """Say what is wrong."""
        super().__init__(what)
        self.what = what


class Unproven(ArtifactFault):
    """Signatures that do not prove what they stand under."""

    def __init__(self, what: str) -> None:
        """Say what is wrong."""
        super().__init__(what)
        self.what = what
