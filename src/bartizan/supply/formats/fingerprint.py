"""The fingerprint of a SavedModel (`fingerprint.pb`): five checksums, a version and a number; known by its name, since it has no magic.

Source: tensorflow/tensorflow 2.21, `core/protobuf/fingerprint.proto`.
"""

from typing import Final

from bartizan.supply.format import LAST, Format, Look, Read
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.parsers.protobuf import Schema, parsed, schema
from bartizan.supply.parsers.telling import told

_NAME: Final = "fingerprint.pb"
_LARGEST: Final = 1024
_SCHEMA: Final[Schema] = schema("""
Fingerprint: 1 saved_model_checksum varint, 2 graph_def_program_hash varint, 3 signature_def_hash varint, 4 saved_object_graph_hash varint, 5 checkpoint_hash varint, 6 version Version, 7 uuid text
Version: 1 producer varint, 2 min_consumer varint, 3 bad_consumers varint*
""")


def knows(octets: Octets) -> bool:
    """Return whether it is called as one, and begins as one."""
    return octets.name.rpartition("/")[2] == _NAME and octets.begins(b"\x08") and len(octets) <= _LARGEST


def read(octets: Octets, budget: Budget, look: Look) -> Read:
    """Return what is said of a fingerprint."""
    del look
    return told(lambda _: _walk(octets, budget))


def _walk(octets: Octets, budget: Budget) -> None:
    parsed(octets, _SCHEMA, "Fingerprint", budget)


FORMAT: Final = Format("saved-model-fingerprint", knows, read, order=LAST + 4)
