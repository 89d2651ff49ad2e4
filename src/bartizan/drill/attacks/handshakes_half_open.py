"""On a platform of few connections: more handshakes than it holds, each left in the middle."""

import secrets
from contextlib import ExitStack

from bartizan.drill.attack import Attack, Outcome, Stage
from bartizan.drill.target import CONNECTIONS, STRICT, Target
from bartizan.drill.trial import served_beside
from bartizan.egress.connect import connect

_MORE = 32
_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
"""How a ClientHello of 512 octets begins (RFC 8446 4.1.2); its random and the rest would follow."""


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    door, token = twin.door, twin.caller()
    with ExitStack() as stack:
        for _ in range(CONNECTIONS + _MORE):
            sock = connect(door.host, door.port, allowed=frozenset({door.host}))
            stack.callback(sock.close)
            sock.sendall(_HELLO + secrets.token_bytes(32))
        crowd = f"{CONNECTIONS + _MORE} half handshakes"
        return served_beside(door, crowd, token=token)


ATTACK = Attack(
    name="handshakes-half-open",
    control="gateway.rate-limited",
    title="half-open handshakes",
    skill=3,
    stage=Stage.TWIN,
    because="a connection that says nothing costs its owner nothing, and a full table keeps everybody out (CWE-400)",
    references=("AML.T0029", "API4:2023", "CWE-400"),
    weakening="crowds_stay",
    act=_act,
)
