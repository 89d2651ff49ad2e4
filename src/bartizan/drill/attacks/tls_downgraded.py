"""A client that speaks TLS 1.2 at most."""

from OpenSSL import SSL

from bartizan.crypto.tls import client_context
from bartizan.drill.attack import Attack, GotThrough, Held, Outcome, Stage, Undecided
from bartizan.drill.target import Target
from bartizan.egress.faults import HandshakeRefused


def _act(target: Target) -> Outcome:
    if not target.door.authority:
        return GotThrough("the platform speaks plain HTTP")
    context = client_context(target.door.authority)
    context.set_min_proto_version(SSL.TLS1_2_VERSION)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    try:
        with target.door.line(context):
            return GotThrough("a client of TLS 1.2 was taken")
    except HandshakeRefused as fault:
        if fault.word != "refused-by-peer":
            return Undecided(f"the handshake ended without a refusal: {fault}")
        return Held("TLS 1.2 refused in the handshake")


ATTACK = Attack(
    name="tls-downgraded",
    control="gateway.tls-strong",
    title="TLS 1.2 client",
    skill=2,
    stage=Stage.FRONT,
    because="TLS 1.2 has suites without forward secrecy and no quantum-safe key agreement (RFC 9325, RFC 9151)",
    references=("AML.T0049", "API8:2023", "CWE-757"),
    weakening="tls_downgraded",
    act=_act,
)
