"""Guard profiles: what becomes of what was found, and of what could not be inspected.

Rules of this file: data and its one rule. `observe` does nothing but say what `standard` would have done.
"""

import enum
from collections.abc import Iterable, Mapping
from typing import Final

import msgspec


class Action(enum.Enum):
    """What becomes of a request or an answer; each word is more than those before."""

    ALLOW = "allow"
    FLAG = "flag"
    REDACT = "redact"
    HOLD = "hold"
    BLOCK = "block"

    @property
    def grade(self) -> int:
        """Return how much it is, from 0."""
        return _GRADES[self.value]


_GRADES: Final = {"allow": 0, "flag": 1, "redact": 2, "hold": 3, "block": 4}
NAMES: Final = "names"
"""Reason of a finding that names a person or a place; these are looked for only where something is done about them."""
DETECTORS: Final = (
    "prompt-injection",
    "hidden-text",
    "exfiltration",
    "system-prompt",
    "secret",
    "personal-data",
    "health-data",
    "training-canary",
    NAMES,
)
"""Reasons of findings, which actions are given for."""


class Profile(msgspec.Struct, frozen=True):
    """What is done.

    Attributes:
        name: a word of `PROFILES`.
        actions: reason of a finding -> what becomes of the text; one that is not named is flagged.
        uninspected: what becomes of a text that nobody could inspect, in whole or in part.
        media: what becomes of images, sound and files, which nobody reads.
        enforced: whether anything is done; else it is only told.
        shows: whether excerpts of what was found are told of, as evidence.
    """

    name: str
    actions: Mapping[str, Action]
    uninspected: Action = Action.BLOCK
    media: Action = Action.FLAG
    enforced: bool = True
    shows: bool = False

    def action(self, reason: str) -> Action:
        """Return what becomes of a text with this finding."""
        return self.actions.get(reason, Action.FLAG)

    @property
    def of_answers(self) -> "Profile":
        """It, as answers are judged: they wait for nobody, so that what would be held is blocked."""
        held = {reason: Action.BLOCK for reason, action in self.actions.items() if action is Action.HOLD}
        return self.with_actions(held)

    @property
    def seeks_names(self) -> bool:
        """Return whether names of people and places are looked for: where that has a consequence, even if it is only told."""
        return self.actions.get(NAMES, Action.ALLOW) is not Action.ALLOW

    def with_actions(self, actions: Mapping[str, Action]) -> "Profile":
        """Return it with other actions for some detectors."""
        return msgspec.structs.replace(self, actions={**self.actions, **actions})


_STANDARD: Final[Mapping[str, Action]] = {
    "prompt-injection": Action.BLOCK,
    "hidden-text": Action.FLAG,
    "exfiltration": Action.BLOCK,
    "system-prompt": Action.BLOCK,
    "secret": Action.REDACT,
    "personal-data": Action.FLAG,
    "health-data": Action.FLAG,
    "training-canary": Action.FLAG,
    NAMES: Action.ALLOW,
}
_STRICT: Final[Mapping[str, Action]] = {
    "prompt-injection": Action.BLOCK,
    "hidden-text": Action.BLOCK,
    "exfiltration": Action.BLOCK,
    "system-prompt": Action.BLOCK,
    "secret": Action.BLOCK,
    "personal-data": Action.REDACT,
    "health-data": Action.REDACT,
    "training-canary": Action.BLOCK,
    NAMES: Action.REDACT,
}
PROFILES: Final[Mapping[str, Profile]] = {
    "observe": Profile("observe", _STANDARD, enforced=False),
    "standard": Profile("standard", _STANDARD),
    "strict": Profile("strict", _STRICT, media=Action.BLOCK),
}
"""Name -> profile; `off` is none."""


def gravest(actions: Iterable[Action]) -> Action:
    """Return the one that is most; without any, `ALLOW`."""
    return max(actions, key=lambda action: action.grade, default=Action.ALLOW)
