"""Which conversations the model of injections tells, by a turn alone and by those that add up."""

from collections.abc import Sequence

from bartizan.threats.conversation import EVEN, LEFT, LETTERS, TOGETHER, TOLD
from bartizan.threats.injection import SPOKEN, Model, words_of
from bartizan.threats.subject import Channel

Turns = list[str]


class Told:
    """What is told of turns, by a model and by what adds up; rules are left out, since they know every source."""

    def __init__(self, model: Model) -> None:
        """Take the model."""
        self._model = model
        self._least = model.header.curves[Channel.USER].threshold
        self._scores = dict[str, float]()

    def alone(self, turn: str) -> bool:
        """Return whether a turn is told alone."""
        return self._score(turn) >= self._least and len(words_of(turn)) >= SPOKEN

    def together(self, turns: Turns) -> bool:
        """Return whether turns are told as a conversation."""
        score = 0.0
        for turn in turns:
            doubt = max(0.0, self._score(turn) - EVEN) if len(words_of(turn)) >= SPOKEN else 0.0
            score = score * LEFT + doubt
            if score >= TOLD:
                return True
        starts = range(0, max(1, len(turns) - TOGETHER // 2), TOGETHER // 2)
        return any(self.alone(" ".join(turns[start : start + TOGETHER])[-LETTERS:]) for start in starts)

    def shares(self, conversations: Sequence[Turns]) -> list[str]:
        """Return how many there are, the share with a turn that is told alone, and that of those told either way."""
        alone = [any(map(self.alone, turns)) for turns in conversations]
        either = [one or self.together(turns) for one, turns in zip(alone, conversations, strict=True)]
        count = len(conversations)
        return [f"{count:,}", f"{sum(alone) / count:.3f}", f"{sum(either) / count:.3f}"]

    def _score(self, turn: str) -> float:
        if turn not in self._scores:
            self._scores[turn] = self._model.score(turn, Channel.USER).score
        return self._scores[turn]
