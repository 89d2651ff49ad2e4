"""Entries in each other's place are passed over."""

from bartizan.ledger.verify import Word, _Walk

MODULES = ("bartizan",)


def apply() -> None:
    real = _Walk.fault

    def weak(self: _Walk, word: Word, position: int, what: str) -> None:
        if word is Word.REORDERED:
            return
        real(self, word, position, what)

    _Walk.fault = weak  # type: ignore[method-assign]  # a weakening replaces one function
