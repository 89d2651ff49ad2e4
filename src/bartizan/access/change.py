"""What a new generation takes away: everything, or the answers to some tokens.

Rules of this file: pure. Whatever is not plainly the revocation of tokens takes everything away, a state that is
put in force once more included: then somebody wants every decision taken anew.
"""

from typing import Final

import msgspec

from bartizan.identity.state import State


class Change(msgspec.Struct, frozen=True):
    """What answers of an earlier generation are no longer good.

    Attributes:
        everything: whether none is.
        tokens: `jti` of the tokens, and ids of the families, whose answers are not.
    """

    everything: bool
    tokens: frozenset[str] = frozenset()

    def also(self, other: "Change") -> "Change":
        """Return what both take away together."""
        return Change(self.everything or other.everything, self.tokens | other.tokens)


EVERYTHING: Final = Change(everything=True)
NOTHING: Final = Change(everything=False)


def between(old: State, new: State) -> Change:
    """Return what a state takes away of the answers that were given on the one before."""
    tokens = frozenset(old.revoked.keys() ^ new.revoked.keys())
    rest = msgspec.structs.replace(new, revoked=old.revoked)
    return Change(everything=False, tokens=tokens) if tokens and rest == old else EVERYTHING
