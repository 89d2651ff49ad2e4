"""Why a ledger is not restored: nothing to compare with, or something of another ledger's."""

from pathlib import Path


class NoKeys(Exception):
    """Neither the ledger nor any source holds public keys to compare with."""

    def __init__(self, folder: Path) -> None:
        """Name the ledger's folder."""
        super().__init__(
            f"there are no public keys for the ledger in {folder}: name a backup or an export with --from"
        )


class KeysDamaged(Exception):
    """The ledger's own public keys cannot be read, so that nobody can say what was signed."""

    def __init__(self, file: Path, fault: str) -> None:
        """Name the file and the fault."""
        super().__init__(
            f"{file} cannot be used: {fault}; put it back as it is in a backup, or as you kept it"
        )


class SourceOther(Exception):
    """A folder to take from that is another ledger's."""

    def __init__(self, source: Path) -> None:
        """Name it."""
        super().__init__(
            f"{source} is of another ledger; name backups and exports of this one alone with --from"
        )


class RememberedOther(Exception):
    """A checkpoint that was kept elsewhere proves nothing of this ledger, so that nothing can be compared with it."""

    def __init__(self, number: int, fault: str) -> None:
        """Name which of them, counted from 0, and the fault."""
        super().__init__(f"the checkpoint that was kept elsewhere is not one of this ledger: {fault}")
        self.number, self.fault = number, fault
