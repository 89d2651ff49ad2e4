"""Files of policies: what is taken is one set with a name each, means what Cedar reads, and is sliced as it is whole.

An input is one file, or two that stand apart by octet 0.
"""

from cedarpy import PolicySet

from bartizan.access.describe import schema
from bartizan.identity.principal import Uid
from bartizan.policy.bounds import require_bounded
from bartizan.policy.engine import Engine, join
from bartizan.policy.errors import PolicyInvalid
from fuzz.target import Target

_GOOD = (
    b'@id("callers") permit (principal in Role::"caller", action in Action::"call", resource) unless { resource.control };',
    b'@id("safe") forbid (principal is User, action == Action::"chat", resource) when { !context.quantum_safe };',
    b'@id("tools") permit (principal == User::"a", action, resource == Service::"s") when { ["a", "b"].contains(context.tool) };',
)
_HERE: dict[str, bool | int | str] = {"quantum_safe": False, "operation": "", "tool": "a", "agent": ""}
_WHO, _WHERE = Uid("User", "a"), Uid("Service", "s")


def run(data: bytes) -> str:
    texts = data.decode("utf-8", "replace").split("\0", 1)
    try:
        text = join({f"{number}.cedar": each for number, each in enumerate(texts)}, schema())
    except PolicyInvalid as fault:
        assert 0 <= fault.line <= max(each.count("\n") + 1 for each in texts)
        return fault.what.partition(" ")[0]
    require_bounded("all", text)
    engine = Engine(text, schema(), _ENTITIES)
    assert len({rule.name for rule in engine.rules}) == len(engine.rules) == len(PolicySet.from_str(text))
    whole = PolicySet.from_str(text)
    for action in ("chat", "call-tool", "read-keys"):
        sliced = engine.decide(_WHO, action, _WHERE, _HERE)
        assert sliced == engine.ask(whole, _WHO, action, _WHERE, _HERE)
    return f"{len(engine.rules)} policies"


_ENTITIES = (
    '[{"uid":{"type":"User","id":"a"},"attrs":{},"parents":[{"type":"Role","id":"caller"}]},'
    '{"uid":{"type":"Service","id":"s"},"attrs":{"control":false,"drill_only":false},"parents":[]}]'
)
TARGET = Target(
    modules=("bartizan.policy.bounds", "bartizan.policy.engine", "bartizan.policy.scope", "bartizan.policy.slicing"),
    run=run,
    seeds=(*_GOOD, b"\0".join(_GOOD[:2]), b"\n".join(_GOOD)),
    words=(b'@id("', b"permit ", b"forbid ", b"principal", b"action", b"resource", b"context.", b" in ", b"&&", b"||", b"when { ",
           b"unless { ", b'Role::"', b"//", b'"', b"\\", b";", b"\0", b"(", b")", b"[", b"]", b" is User", b"like "),
    longest=900,
)  # fmt: skip
