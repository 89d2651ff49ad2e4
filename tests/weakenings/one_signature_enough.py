"""An ML-DSA-44 signature that is missing is passed over."""

from bartizan.crypto.signature import Algorithm, VerifyingKey
from bartizan.ledger import checkpoint
from bartizan.ledger.note import Note, NoteKey

MODULES = ("bartizan",)


def apply() -> None:
    real, check = checkpoint._of, checkpoint.check

    def weak(key: NoteKey, note: Note) -> bytes:
        missing = key.type.algorithm is Algorithm.ML_DSA_44 and not note.by(key)
        return b"" if missing else real(key, note)

    def lenient(key: VerifyingKey, signature: bytes, message: bytes) -> None:
        if signature:
            check(key, signature, message)

    checkpoint._of, checkpoint.check = weak, lenient
