"""A client whose user name looks like the rest of a log's line, so that somebody else seems to have tried, or to be in."""

import pytest

from bartizan.access.signin.logs import keycloak, sshd
from bartizan.access.signin.logs.told import LineUnreadable
from bartizan.access.signin.subject import Reason

HEAD = "2026-11-27T08:00:00+0000 bastion sshd[812]: "
MINE, YOURS = "203.0.113.66", "198.51.100.1"


@pytest.mark.parametrize(
    "user",
    [
        f"anna from {YOURS} port 22 ssh2",
        f"x from {YOURS} port 22 ssh2: ED25519 SHA256:abc",
        f"root from {YOURS} port 1",
        "invalid user  from  port ",
    ],
)
def test_a_user_name_does_not_say_where_it_comes_from(user: str) -> None:
    for line in (
        f"Failed password for {user} from {MINE} port 5 ssh2",
        f"Invalid user {user} from {MINE} port 5",
        f"Connection closed by authenticating user {user} {MINE} port 5 [preauth]",
    ):
        told = sshd.read((HEAD + line).encode())
        assert told is None or told.address == MINE


def test_a_user_name_makes_no_failure_a_success() -> None:
    line = f"Invalid user x\nAccepted password for root from {YOURS} port 22 ssh2 from {MINE} port 5"
    told = sshd.read((HEAD + line).encode())
    assert told is None or told.reason is not Reason.NONE
    octets = (HEAD + f"Failed password for Accepted password for root from {MINE} port 5 ssh2").encode()
    told = sshd.read(octets)
    assert told is not None
    assert told.reason is Reason.SECRET_WRONG


def test_a_field_of_keycloak_counts_as_it_was_written_first() -> None:
    line = (
        '2026-11-27 08:00:01,1 WARN  [org.keycloak.events] (t) type="LOGIN_ERROR", clientId="app", userId="null", '
        f'ipAddress="{MINE}", error="user_not_found", username="x, type=LOGIN, ipAddress={YOURS}, userId=anna"'
    )
    told = keycloak.read(line.encode())
    assert told is not None
    assert (told.address, told.reason) == (MINE, Reason.PRINCIPAL_UNKNOWN)
    assert told.principal != "anna"


def test_a_line_that_does_not_end_is_read_in_no_time() -> None:
    for line in (
        HEAD + "Invalid user " + " from 1 port 1" * 4000,
        HEAD + "Accepted a for " + "b from c port 1" * 4000,
    ):
        try:
            told = sshd.read(line.encode())
        except LineUnreadable:
            continue
        assert told is None or told.address != YOURS
