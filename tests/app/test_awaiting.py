"""What a worker passes on of tokens that it cannot decide on: bounded, each once, and strangers' once a minute."""

from dataclasses import dataclass

from bartizan.app.awaiting import MOST, Awaiting
from bartizan.clock import MINUTE, Nanoseconds

START = Nanoseconds(10**18)


@dataclass
class Clock:
    at: Nanoseconds = START

    def now(self) -> Nanoseconds:
        return self.at


def drained(waiting: Awaiting) -> list[str]:
    found = []
    while token := waiting.first():
        waiting.passed(token)
        found.append(token)
    return found


def test_a_verified_token_waits_once_and_no_more_than_the_bound_wait() -> None:
    waiting = Awaiting(Clock())
    for number in range(3 * MOST):
        waiting.note(f"token-{number // 2}", "")
    assert drained(waiting) == [f"token-{number}" for number in range(MOST)]
    assert drained(waiting) == []


def test_a_key_that_is_not_known_is_asked_for_once_a_minute_for_each_issuer() -> None:
    clock = Clock()
    waiting = Awaiting(clock)
    for number in range(5):
        waiting.note(f"strange-{number}", "https://one")
        waiting.note(f"other-{number}", "https://two")
    assert drained(waiting) == ["strange-0", "other-0"]
    clock.at = Nanoseconds(clock.at + MINUTE)
    waiting.note("later", "https://one")
    assert drained(waiting) == ["later"]
