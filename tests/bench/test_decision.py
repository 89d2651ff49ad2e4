"""What is timed is a decision: of another answer there is no figure."""

import pytest

from bartizan.access.outcome import Authenticated
from bartizan.clock import DAY, Nanoseconds
from bench import decision

pytestmark = pytest.mark.slow


def test_every_token_is_decided_on_for_the_first_time_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "TOKENS", 100)
    bed = decision.Bed()
    seen = bed.round()
    assert len(set(bed.tokens)) == 100
    assert all(bed.access.remembers(token, bed.now) for token in bed.tokens)
    assert decision._told([seen]).count("\n") == 1 + len(seen)


def test_tokens_that_are_not_accepted_are_not_measured() -> None:
    bed = decision.Bed()
    bed.now = Nanoseconds(bed.now + DAY)
    with pytest.raises(decision.NotDecided, match="not accepted"):
        bed._decide(0)
    assert not isinstance(bed.access.authenticate(bed.tokens[0], bed.now), Authenticated)
