"""What a worker is told of a request: what was found, told apart and counted."""

from collections.abc import Generator

from bartizan.app.guarding import Guard, inspecting
from bartizan.gateway.inspected import BLOCK, REDACT, Said
from bartizan.threats.inspect import Inspector
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
