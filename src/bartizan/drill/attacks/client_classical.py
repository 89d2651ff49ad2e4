"""On a platform that requires quantum-safe TLS: clients that offer only classical groups."""

from bartizan.crypto.tls import client_context
from bartizan.crypto.tls_groups import HYBRID
from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.door import Door
from bartizan.drill.target import STRICT, Target
from bartizan.drill.trial import PLAIN
from bartizan.egress.faults import HandshakeRefused


def _act(target: Target) -> Outcome:
    twin = target.twin(STRICT)
    for groups in ("X25519", "secp256r1"):
        group = _taken(twin.door, groups)
        if group:
            return GotThrough(f"a client was taken that agreed its key by {group} alone")
    with twin.door.line() as line:
        if line.group not in HYBRID:
            return GotThrough(f"a client that offers the hybrid group first ended with {line.group}")
    answer = twin.door.chat(PLAIN, token=twin.caller())
    if not answer.served:
        return Undecided(f"a quantum-safe client was not served either: {answer.status}")
    return Held("classical clients refused in the handshake; the hybrid one served")


def _taken(door: Door, groups: str) -> str:
    """Return the group that a client with these groups was taken with; empty where it was refused."""
    try:
        with door.line(client_context(door.authority, groups=groups)) as line:
            return line.group
    except HandshakeRefused as fault:
        if fault.word != "refused-by-peer":
            raise
        return ""


ATTACK = Attack(
    name="client-classical",
    control="data.transit-quantum-safe",
    title="classical-only client",
    skill=2,
    stage=Stage.TWIN,
    because="what is recorded today under a classical key is read once a quantum computer is there (NIST IR 8547)",
    references=("AML.T0025", "API8:2023", "CWE-327"),
    weakening="classical_taken",
    act=_act,
)
