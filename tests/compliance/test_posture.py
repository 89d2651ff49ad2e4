"""Posture is a fold over the record: no evidence is not proven, and only a passing re-test mends."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.clock import DAY, SECOND, Nanoseconds
from bartizan.compliance.posture import Posture, Proof, Standing, fold, posture
from bartizan.ledger.event import Event, Outcome

NOW = Nanoseconds(1_800_000_000 * SECOND)
AIMS = {
    "forged": "access.request-authenticated",
    "expired": "access.request-authenticated",
    "obey": "threats.leakage",
}
PROMISES = ("access.request-authenticated", "threats.leakage", "supply.bom-current")
ENFORCED = ("access.request-authenticated",)
HELD, THROUGH, UNDECIDED = Outcome.CLEARED, Outcome.FOUND, Outcome.FAILED


def tried(attack: str, outcome: Outcome, at: int = NOW) -> Event:
    control = AIMS.get(attack, "access.request-authenticated")
    return Event(at, "drill.attack.tried", "owner", "", outcome, control, {"attack": attack, "run": "00" * 8})


def after(*events: Event, now: Nanoseconds = NOW) -> Posture:
    proofs: dict[str, Proof] = {}
    for entry, event in enumerate(events):
        proofs = dict(fold(proofs, entry, event))
    return posture(proofs, PROMISES, ENFORCED, AIMS, now)


def standings(found: Posture) -> tuple[Standing, ...]:
    return tuple(row.standing for row in found.rows)


def test_without_evidence_nothing_is_proven() -> None:
    found = after()
    assert standings(found) == (Standing.NOT_PROVEN,) * 3
    assert found.rows[0].why == "never tried: run `bartizan drill`"
    assert found.rows[2].why == "no attack on it in this version"


def test_a_control_is_proven_when_every_attack_on_it_was_turned_away() -> None:
    found = after(tried("forged", HELD), tried("expired", HELD))
    row = found.rows[0]
    assert row.standing is Standing.PROVEN
    assert (row.held, row.tried, row.entries, row.why) == (2, 2, (0, 1), "")
    assert found.count(Standing.PROVEN) == 1


def test_half_of_the_attacks_prove_nothing() -> None:
    row = after(tried("forged", HELD)).rows[0]
    assert row.standing is Standing.NOT_PROVEN
    assert (row.held, row.tried, row.why) == (1, 2, "1 of 2 attacks never tried")


def test_a_broken_attack_stays_broken_until_a_passing_retest() -> None:
    broken = (tried("forged", THROUGH), tried("expired", HELD))
    assert after(*broken).rows[0].standing is Standing.BROKEN
    assert after(*broken, tried("expired", HELD)).rows[0].standing is Standing.BROKEN
    assert after(*broken, tried("forged", UNDECIDED)).rows[0].standing is Standing.BROKEN
    assert after(*broken, now=Nanoseconds(NOW + 400 * DAY)).rows[0].standing is Standing.BROKEN
    assert after(*broken, tried("forged", HELD)).rows[0].standing is Standing.PROVEN


def test_an_attack_that_no_longer_exists_counts_only_while_it_is_through() -> None:
    held = (tried("forged", HELD), tried("expired", HELD))
    assert after(*held, tried("retired", HELD, NOW - 30 * DAY)).rows[0].standing is Standing.PROVEN
    assert after(*held, tried("retired", THROUGH)).rows[0].standing is Standing.BROKEN


def test_what_gets_through_where_nobody_claims_to_hold_is_not_protected() -> None:
    row = after(tried("obey", THROUGH)).rows[1]
    assert row.standing is Standing.NOT_PROVEN
    assert row.why == "not protected: obey got through (#0)"


def test_an_attack_that_could_not_be_judged_proves_nothing() -> None:
    row = after(tried("forged", HELD), tried("expired", UNDECIDED)).rows[0]
    assert row.standing is Standing.NOT_PROVEN
    assert "could not be judged" in row.why


@pytest.mark.parametrize(
    ("age", "standing"), [(7 * DAY, Standing.PROVEN), (7 * DAY + 1, Standing.NOT_PROVEN)]
)
def test_a_proof_counts_for_seven_days(age: int, standing: Standing) -> None:
    assert after(tried("forged", HELD, NOW - age), tried("expired", HELD)).rows[0].standing is standing


def test_other_entries_change_nothing() -> None:
    other = Event(NOW, "drill.run.started", "owner", "", Outcome.DONE, "", {"attacks": 1, "run": "00" * 8})
    assert after(other) == after()


TRIES = st.lists(
    st.tuples(st.sampled_from([*AIMS, "retired"]), st.sampled_from([HELD, THROUGH, UNDECIDED])), max_size=12
)


@given(TRIES)
def test_no_order_of_tries_proves_what_the_last_judged_try_did_not_hold(
    tries: Sequence[tuple[str, Outcome]],
) -> None:
    row = after(*(tried(attack, outcome) for attack, outcome in tries)).rows[0]
    for attack in ("forged", "expired", "retired"):
        outcomes = [outcome for name, outcome in tries if name == attack]
        judged = [outcome for outcome in outcomes if outcome is not UNDECIDED]
        if judged[-1:] == [THROUGH]:
            assert row.standing is Standing.BROKEN
        if attack != "retired" and outcomes[-1:] != [HELD]:
            assert row.standing is not Standing.PROVEN
