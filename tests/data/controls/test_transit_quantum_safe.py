from typing import Literal

import pytest

from bartizan.data.controls.transit_quantum_safe import CONTROL
from bartizan.data.subject import HYBRID, Channel
from bartizan.ledger.forms import NAME
from bartizan.ledger.vocabulary import GROUP

Pq = Literal["preferred", "required"]


@pytest.mark.parametrize("pq", ["preferred", "required"])
@pytest.mark.parametrize("group", sorted(GROUP.words))
@pytest.mark.parametrize("offered", [True, False])
def test_a_channel_without_a_hybrid_key_is_kept_only_by_a_client_without_one_under_preferred(
    group: str,
    pq: Pq,
    offered: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    kept = group in HYBRID or (group != "none" and pq == "preferred" and not offered)
    findings = CONTROL.judge(Channel(group, offered, pq))
    assert (not findings) is kept
    assert all(NAME.fullmatch(finding.reason) for finding in findings)
