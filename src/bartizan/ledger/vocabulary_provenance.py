"""Events about where artifacts come from, and what each may carry: part of `vocabulary.KINDS`."""

from collections.abc import Mapping
from typing import Final

from bartizan.ledger.forms import Form, Hex, Whole, one_of

STAGE = one_of(
    "ingest",
    "scan",
    "disarm",
    "transform",
    "train",
    "harden",
    "quantise",
    "evaluate",
    "approve",
    "deploy",
)
"""What was done with artifacts."""
REVOKED = one_of("poisoned", "licence", "personal-data", "vulnerable", "withdrawn", "mistake")
"""Why an artifact may not be used any more."""
_USE: Final[Mapping[str, Form]] = {
    "step": Hex(32),
    "digest": Hex(32),
    "kind": one_of("data-set", "model", "code", "prompt", "mcp-server", "report", "other"),
    "seen": one_of("read", "told"),
}

PROVENANCE: Final[Mapping[str, Mapping[str, Form]]] = {
    "supply.step.used": _USE,
    "supply.step.made": _USE,
    "supply.step.recorded": {
        "step": Hex(32),
        "stage": STAGE,
        "materials": Whole(10_000),
        "products": Whole(10_000),
        "began": Whole(),
        "ended": Whole(),
        "origin": one_of("recorder", "command", "mlflow", "dvc"),
    },
    "supply.artifact.revoked": {
        "digest": Hex(32),
        "reason": REVOKED,
        "descendants": Whole(),
        "deployed": Whole(),
    },
    "supply.artifact.reinstated": {"digest": Hex(32)},
    "supply.artifact.retired": {"digest": Hex(32)},
    "supply.artifact.tainted": {"digest": Hex(32), "revoked": Hex(32)},
    "supply.bom.written": {"digest": Hex(32), "size": Whole(), "components": Whole()},
}
"""Kind of event -> field of its detail -> form of the value."""
