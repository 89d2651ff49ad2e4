"""A judge's word makes a verdict graver or leaves it; without one, what the configuration says."""

import pytest

from bartizan.app.guard_judge.doubt import SILENT, Doubt, settled
from bartizan.app.guard_judge.messages import Word
from bartizan.control import Confidence, Severity
from bartizan.gateway.inspected import ALLOW, BLOCK, BUDGET, FLAG, HOLD, REDACT, UNAVAILABLE, Said, Signal

JUDGED = Signal(
    "threats.prompt-injection", "prompt-injection", "judge", "user", Severity.HIGH, Confidence.MEDIUM
)
SECRET = Signal("threats.leakage", "secret", "aws", "user", Severity.HIGH, Confidence.HIGH)
REDACTED = Said(REDACT, "secret", "threats.leakage", "", b"{}", (SECRET,))
BLOCKED = Said(BLOCK, "secret", "threats.leakage", "", b"", (SECRET,))
SILENCE = sorted({*Word} - {Word.ATTACK, Word.HARMLESS}, key=lambda word: word.value)


def doubt(action: str = BLOCK, *, whole: bool = True, enforced: bool = True) -> Doubt:
    graver = Said(action, "prompt-injection", "threats.prompt-injection", "Leave it out.", b"", (JUDGED,))
    return Doubt(("text",), "user", whole, enforced, graver)


def test_what_it_calls_an_attack_is_held_back_and_told() -> None:
    said = settled(REDACTED, doubt(), Word.ATTACK, blocks=True)
    assert (said.action, said.reason, said.octets) == (BLOCK, "prompt-injection", b"")
    assert said.signals == (SECRET, JUDGED)


@pytest.mark.parametrize("action", [ALLOW, FLAG, REDACT])
def test_where_that_is_no_graver_what_was_said_holds_and_it_is_told(action: str) -> None:
    said = settled(REDACTED, doubt(action), Word.ATTACK, blocks=True)
    assert (said.action, said.octets, said.signals) == (REDACT, b"{}", (SECRET, JUDGED))


def test_what_is_held_for_a_person_goes_on_without_what_was_taken_out() -> None:
    said = settled(REDACTED, doubt(HOLD), Word.ATTACK, blocks=True)
    assert (said.action, said.reason, said.octets) == (HOLD, "prompt-injection", b"{}")


@pytest.mark.parametrize("before", [Said(ALLOW), REDACTED, BLOCKED])
def test_what_it_calls_harmless_is_what_it_was(before: Said) -> None:
    assert settled(before, doubt(), Word.HARMLESS, blocks=True) == before


@pytest.mark.parametrize("word", [*Word])
@pytest.mark.parametrize("blocks", [True, False])
def test_no_word_lifts_a_block(word: Word, *, blocks: bool) -> None:
    assert settled(BLOCKED, doubt(FLAG), word, blocks=blocks).action == BLOCK


@pytest.mark.parametrize("word", SILENCE)
def test_where_it_says_nothing_it_is_held_back_or_goes_on_and_that_is_on_record(word: Word) -> None:
    held = settled(REDACTED, doubt(), word, blocks=True)
    assert (held.action, held.octets) == (BLOCK, b"")
    assert held.reason == (BUDGET if word is Word.OVER_BUDGET else UNAVAILABLE)
    on = settled(REDACTED, doubt(), word, blocks=False)
    assert (on.action, on.octets) == (REDACT, b"{}")
    for said in (held, on):
        assert [(each.reason, each.rule) for each in said.signals] == [
            ("secret", "aws"),
            (SILENT, word.value),
        ]


def test_observe_holds_nothing_back_whatever_comes_of_it() -> None:
    assert settled(Said(ALLOW), doubt(enforced=False), Word.TIMED_OUT, blocks=True).action == ALLOW


def test_what_could_not_all_be_asked_about_is_not_called_harmless() -> None:
    said = settled(Said(ALLOW), doubt(whole=False), Word.HARMLESS, blocks=True)
    assert (said.action, said.signals[0].rule) == (BLOCK, "too-much")
    assert settled(Said(ALLOW), doubt(whole=False), Word.ATTACK, blocks=True).reason == "prompt-injection"
