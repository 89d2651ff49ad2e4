"""What a worker is told of a request: what was found, told apart and counted."""

from collections.abc import Generator

from bartizan.app.guarding import Guard, inspecting
from bartizan.gateway.inspected import BLOCK, HOLD, REDACT, Said
from bartizan.threats.excerpt import decoded
from bartizan.threats.inspect import Inspector
from bartizan.threats.profile import Action
from tests.threats.finder import SECRET, inspector


def told(work: Generator[None, None, Said]) -> Said:
    while True:
        try:
            next(work)
        except StopIteration as done:
            said: Said = done.value
            return said


def said(texts: str, guard: Guard, by: Inspector | None = None) -> Said:
    octets = texts.encode()
    return told(inspecting(by or inspector(), guard.made(), octets))


def test_what_was_found_is_told_apart_and_counted_without_a_word_of_it() -> None:
    answer = said(f'{{"a": "{SECRET} and {SECRET}", "b": "ann@example.org"}}', Guard("standard"))
    assert (answer.action, answer.reason, answer.control) == (REDACT, "secret", "threats.leakage")
    assert {(each.rule, each.channel, each.count) for each in answer.signals} == {
        ("aws-access-key-id", "user", 2),
        ("email-address", "user", 1),
    }
    assert SECRET not in repr(answer.signals) + answer.what


def test_an_action_of_the_services_own_counts() -> None:
    answer = said(f'"{SECRET}"', Guard("standard", {"secret": "block"}))
    assert (answer.action, answer.octets) == (BLOCK, b"")


def test_what_is_held_goes_on_without_what_is_taken_out_of_it() -> None:
    guard = Guard("standard", {"personal-data": "hold"})
    answer = said(f'{{"a": "{SECRET}", "b": "ann@example.org"}}', guard)
    assert (answer.action, answer.reason) == (HOLD, "personal-data")
    assert answer.octets == b'{"a":"[redacted: secret]","b":"ann@example.org"}'


def test_what_is_only_held_goes_on_as_it_came() -> None:
    answer = said(f'"{SECRET}"', Guard("standard", {"secret": "hold"}))
    assert (answer.action, answer.octets) == (HOLD, b"")


def test_what_is_blocked_is_not_held_and_what_cannot_be_taken_out_neither() -> None:
    both = Guard("standard", {"secret": "block", "personal-data": "hold"})
    assert said(f'["{SECRET}", "ann@example.org"]', both).action == BLOCK
    named = Guard("standard", {"personal-data": "hold"})
    assert said(f'{{"{SECRET}": "ann@example.org"}}', named).action == BLOCK


def test_answers_are_not_held_but_blocked() -> None:
    profile = Guard("standard", {"secret": "hold"}).made()
    assert profile.action("secret") is Action.HOLD
    assert profile.of_answers.action("secret") is Action.BLOCK
    assert profile.of_answers.action("personal-data") is Action.FLAG


def test_excerpts_are_told_of_where_evidence_is_kept_alone() -> None:
    text = f'{{"a": "my key is {SECRET}, keep it"}}'
    assert said(text, Guard("standard")).excerpts == b""
    (shown,) = decoded(said(text, Guard("standard", shows=True)).excerpts)
    assert shown.text[shown.start : shown.end] == SECRET
    assert SECRET not in repr(shown)
