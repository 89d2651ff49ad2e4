"""What is in doubt about a request, as the inspector finds out for a judge that its worker asks."""

from collections.abc import Generator

from bartizan.app.guard_judge.doubt import Doubt
from bartizan.gateway.inspected import Said, Signal
from bartizan.text.rule import Kind
from bartizan.threats.grey import NEVER, excerpts
from bartizan.threats.injection import Model
from bartizan.threats.inspect import Inspector
from bartizan.threats.judge import Judged
from bartizan.threats.opinion import RULE
from bartizan.threats.profile import Action, Profile
from bartizan.threats.subject import Spotted


class Doubting:
    """Finds out what is in doubt about one request.

    Attributes:
        floor: score from which on a text is in doubt.
        doubt: what a judge is to be asked; None for nothing.
    """

    def __init__(self, inspector: Inspector, model: Model | None = None, floor: float = NEVER) -> None:
        """Ask nothing yet; without a model nothing is in doubt."""
        self._inspector, self._model = inspector, model
        self.floor = floor if model is not None else NEVER
        self.doubt: Doubt | None = None

    def weigh(self, judged: Judged, profile: Profile, source: str) -> Generator[None, None, None]:
        """Take what was made of a request of a source; yields where others may take their turn."""
        if self._model is None or not judged.doubtful or judged.verdict.action is Action.BLOCK:
            return
        found = yield from excerpts(self._inspector, self._model, judged.doubtful, source)
        if not found.texts:
            return
        score = max(each.inspected.score for each in judged.doubtful)
        self.doubt = Doubt(
            found.texts,
            found.channel.value,
            found.whole,
            profile.enforced,
            self._graver(Spotted(found.channel, Kind.CUE, RULE, "", score), profile),
        )

    def _graver(self, spotted: Spotted, profile: Profile) -> Said:
        found = next(self._inspector.judged(spotted, 0, 0))
        signal = Signal(
            found.control, found.reason, RULE, spotted.channel.value, found.severity, found.confidence
        )
        action = profile.action(found.reason)
        if action is Action.REDACT:  # nobody says where it stands
            action = Action.BLOCK
        return Said(action.value, found.reason, found.control, found.what, b"", (signal,))
