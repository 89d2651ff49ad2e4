"""What the guard's judge is counted by: questions by what came of them, and the tokens that it says they took."""

from typing import Final

from bartizan.metrics.board import Board
from bartizan.metrics.family import Family, Kind

QUESTIONS: Final = Family(
    "bartizan.guard_judge.questions",
    Kind.COUNTER,
    "Questions about texts in doubt, by what came of them: attack, harmless, or why there was no answer.",
    ("outcome",),
)
TOKENS: Final = Family(
    "bartizan.guard_judge.tokens",
    Kind.COUNTER,
    "Tokens that the judge of texts in doubt says it took for questions and for its answers.",
    ("gen_ai.token.type",),
)
COUNTED: Final = (QUESTIONS, TOKENS)


class Counts:
    """Counts on a board."""

    def __init__(self, board: Board) -> None:
        """Begin where the one before left off."""
        self._board = board

    def note(self, word: str, asked: int, answered: int) -> None:
        """Count one question.

        Args:
            word: what came of it.
            asked, answered: tokens of the question and of the answer.
        """
        self._add(self._board.place(QUESTIONS, word), 1)
        if asked or answered:
            self._add(self._board.place(TOKENS, "input"), asked)
            self._add(self._board.place(TOKENS, "output"), answered)

    def _add(self, place: int, number: int) -> None:
        self._board.words[place] += number
