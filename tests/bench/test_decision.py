"""What is timed is a decision: of another answer there is no figure."""

import pytest

from bartizan.access.outcome import Authenticated
from bartizan.clock import DAY, Nanoseconds
from bench import decision

pytestmark = pytest.mark.slow


def test_a_first_decision_costs_more_than_asking_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decision, "TOKENS", 100)
    seen = decision.Bed().round()
    assert seen["first decision"] > 2 * seen["again"]
    assert "| first decision " in decision._told([seen])


def test_tokens_that_are_not_accepted_are_not_measured() -> None:
    bed = decision.Bed()
    bed.now = Nanoseconds(bed.now + DAY)
    with pytest.raises(decision.NotDecided, match="not accepted"):
        bed._decide(0)
    assert not isinstance(bed.access.authenticate(bed.tokens[0], bed.now), Authenticated)
