from bartizan.crypto import tls_groups
from bartizan.data.subject import HYBRID
from bartizan.ledger.vocabulary import GROUP


def test_the_groups_held_for_quantum_safe_are_those_that_tls_can_agree_on() -> None:
    assert HYBRID == tls_groups.HYBRID
    assert GROUP.words > HYBRID
