"""What is on record of artifacts: models, data sets and what else is scanned, signed, traced and admitted.

Rules of this file: as of `vocabulary`, of which this is a part.
"""

from collections.abc import Mapping
from typing import Final

from bartizan.ledger.forms import Form, Hex, Name, Whole, one_of

ARTIFACTS: Final[Mapping[str, Mapping[str, Form]]] = {
    "supply.artifact.scanned": {
        "digest": Hex(32),
        "octets": Whole(),
        "format": Name(),
        "verdict": one_of("proven-inert", "needs-code", "malicious", "not-understood"),
        "word": Name(),
        "findings": Whole(),
    },
    "supply.artifact.disarmed": {
        "digest": Hex(32),
        "rebuilt": Hex(32),
        "octets": Whole(),
        "format": Name(),
        "verdict": one_of("proven-inert", "needs-code", "malicious", "not-understood"),
        "word": Name(),
        "tensors": Whole(),
        "cut": Whole(),
        "left": Whole(),
    },
    "supply.artifact.signed": {"digest": Hex(32), "key": Hex(32), "files": Whole(), "octets": Whole()},
    "supply.artifact.verified": {
        "digest": Hex(32),
        "form": one_of("attestation", "openssf"),
        "differences": Whole(),
        "reason": one_of("none", "unproven", "differs"),
    },
    "data.integrity.verified": {"artifacts": Whole(), "differing": Whole(), "unread": Whole()},
}
"""Kind of event -> field of its detail -> form of the value."""
