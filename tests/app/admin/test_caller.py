"""What no policy gives: to hand on roles that one does not have, and to take an owner away without being one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.app.admin.caller import THE_OWNER, BeyondOnesOwn, Caller

ROLES = st.lists(st.sampled_from(["owner", "auditor", "caller", "drill"]), max_size=4).map(tuple)


@given(own=ROLES, given_away=ROLES)
def test_nobody_gives_more_than_they_have(own: tuple[str, ...], given_away: tuple[str, ...]) -> None:
    caller = Caller("p-1", own)
    if "owner" in own or set(given_away) <= set(own):
        caller.require_given(given_away)
    else:
        with pytest.raises(BeyondOnesOwn):
            caller.require_given(given_away)


@given(own=ROLES, theirs=ROLES)
def test_nobody_but_an_owner_changes_an_owner(own: tuple[str, ...], theirs: tuple[str, ...]) -> None:
    caller = Caller("p-1", own)
    if "owner" in theirs and "owner" not in own:
        with pytest.raises(BeyondOnesOwn):
            caller.require_over(theirs)
    else:
        caller.require_over(theirs)


def test_whoever_opens_the_owners_socket_is_an_owner() -> None:
    THE_OWNER.require_given(("owner", "anything"))
    THE_OWNER.require_over(("owner",))
