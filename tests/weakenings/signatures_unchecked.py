"""A checkpoint that neither of the known keys has signed is believed as it is."""

from bartizan.ledger.checkpoint import Checkpoint, Verifiers, parse_point

MODULES = ("bartizan",)


def apply() -> None:
    real = Verifiers.open

    def believing(self: Verifiers, note: bytes) -> Checkpoint:
        point, found = parse_point(note)
        return real(self, note) if any(map(found.by, (self.note_key, self.subtree_key))) else point

    Verifiers.open = believing  # type: ignore[method-assign]  # a weakening replaces one function
