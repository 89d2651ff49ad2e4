"""Inside addresses in disguise: old forms of writing, mapped and translated ones, names that stand for them."""

import pytest

from bartizan.egress.connect import connect
from bartizan.egress.faults import AddressRefused, NameUnknown
from tests.egress.scene import OK, listening, saying

DISGUISES = [
    "127.0.0.1",
    "127.1",
    "0x7f.1",
    "0177.0.0.1",
    "2130706433",
    "0x7f000001",
    "0",
    "0.0.0.0",  # noqa: S104 - nothing is bound to it
    "localhost",
    "LOCALHOST",
    "localhost.",
    "[::1]",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "[::ffff:127.0.0.1]",
    "64:ff9b::7f00:1",
    "::127.0.0.1",
    "169.254.169.254",
    "2852039166",
    "0xa9fea9fe",
    "::ffff:169.254.169.254",
    "\uff11\uff12\uff17.0.0.1",
    "127\u30020\u30020\u30021",
]


@pytest.mark.parametrize("host", DISGUISES)
def test_no_disguise_reaches_this_machine(host: str) -> None:
    heard: list[bytes] = []
    with listening(saying(OK, heard=heard)) as port, pytest.raises((AddressRefused, NameUnknown)):
        connect(host, port, timeout_s=3)
    assert not heard
