"""Submitting checkpoints to one witness, and what its answers mean.

Rules of this file: a witness is a stranger: of its answer a bounded part is taken, for a bounded time, and nothing of its
text is repeated; only a signature under its known keys counts for us. Against us counts a refusal in the protocol's own
form, after our own proof was checked: then the tree that the witness has seen is not the beginning of ours.
Source: C2SP tlog-witness.
"""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Final

from bartizan import __version__
from bartizan.app.feeding import COSIGNED, ROLLED_BACK, SPLIT_VIEW, Said
from bartizan.app.witness_plan import Witness
from bartizan.egress.faults import CertificateRefused, ResponseMalformed, ResponseTooLarge
from bartizan.egress.http import Client, Response
from bartizan.egress.session import Session
from bartizan.ledger.checkpoint import Checkpoint, CheckpointInvalid, CheckpointMalformed, parse_point
from bartizan.ledger.cosignature import parse_witness
from bartizan.ledger.database import LedgerUnreadable, reading
from bartizan.ledger.note import MOST_OCTETS
from bartizan.ledger.stored_tree import load_frontier, tile_in
from bartizan.ledger.tree import ProofInvalid, check_consistency, consistency_proof, node_in, root_of
from bartizan.ledger.witness import SIZE_MEDIA, Reason, encode

ANSWER_SECONDS: Final = 15.0
_TRIES: Final = 3
"""Requests of one submission: what it has seen last is learnt from the first, and may grow once meanwhile."""
_OK: Final = 200
_SIZE: Final = re.compile(rb"(0|[1-9][0-9]{0,18})\n?")
_MEANT: Final = {
    Reason.MALFORMED.value: "malformed",
    Reason.UNTRUSTED.value: "untrusted",
    Reason.UNKNOWN.value: "unknown",
}

Prove = Callable[[int, Checkpoint], tuple[bytes, ...]]
"""(older size, checkpoint) -> the proof that its tree continues the older one; raises `Damaged`."""


class Damaged(Exception):
    """The ledger itself does not bear its checkpoint out, so nothing can be proven; `bartizan ledger verify` says where."""


class Submitter:
    """One witness, as it is asked.

    Args:
        witness: which.
        prove: of our ledger.
    Raises:
        CertificateUnusable: its authorities cannot be read.
    """

    def __init__(self, witness: Witness, prove: Prove) -> None:
        """Connect to nothing yet."""
        self.name, self.known = witness.name, parse_witness(witness.keys.encode())
        self._path, self._prove = f"{witness.path}/add-checkpoint", prove
        self._session = Session(_client(witness))
        self._seen = 0

    def submit(self, note: bytes) -> Said:
        """Return what the witness makes of a signed checkpoint of ours."""
        try:
            point, _ = parse_point(note)
        except CheckpointMalformed:
            return Said("damaged", 0)
        said = self._settled(point, note)
        if said.word != COSIGNED:
            self._seen = 0  # what it says it has seen is to be asked anew
        return said

    def _settled(self, point: Checkpoint, note: bytes) -> Said:
        for _ in range(_TRIES):
            if self._seen > point.size:
                return Said(ROLLED_BACK, point.size)
            asked = self._seen
            try:
                said = self._judged(self._ask(point, note), point, note)
            except (Damaged, OSError) as fault:
                return Said(_word(fault), point.size)
            if said is not None:
                return said
            if self._seen == asked:
                break
        return Said("malformed", point.size)

    def _ask(self, point: Checkpoint, note: bytes) -> Response:
        body = encode(self._seen, self._prove(self._seen, point), note)
        fields = [("content-type", "text/plain; charset=utf-8"), ("user-agent", f"bartizan/{__version__}")]
        return self._session.request("POST", self._path, fields, body, most=MOST_OCTETS)

    def _judged(self, answer: Response, point: Checkpoint, note: bytes) -> Said | None:
        """Return what an answer means; None where it tells another size to begin from, which is taken note of."""
        if answer.status == _OK:
            return self._cosigned(answer.body, point, note)
        conflict = answer.status == Reason.CONFLICT.value
        if answer.status == Reason.UNPROVEN.value or (conflict and self._seen == point.size):
            return Said(SPLIT_VIEW, point.size)
        if conflict:
            found = _SIZE.fullmatch(answer.body)
            if answer.header("content-type").partition(";")[0].strip() != SIZE_MEDIA or found is None:
                return Said("malformed", point.size)
            self._seen = int(found[1])
            return None
        return Said(_MEANT.get(answer.status, "unavailable"), point.size)

    def _cosigned(self, lines: bytes, point: Checkpoint, note: bytes) -> Said:
        try:
            _, found = parse_point(note + lines)
            word = self.known.word(point, found)
        except CheckpointInvalid:
            return Said("forged", point.size)
        self._seen = point.size
        return Said(COSIGNED, point.size, word.lines)

    def close(self) -> None:
        """Close the connection."""
        self._session.close()


def _word(fault: Exception) -> str:
    """Return the word for what kept a witness from being asked."""
    match fault:
        case Damaged():
            return "damaged"
        case CertificateRefused():
            return "untrusted"
        case ResponseMalformed() | ResponseTooLarge():
            return "malformed"
        case _:
            return "unreachable"


def prover(folder: Path) -> Prove:
    """Return what proves of the ledger in a folder, which may be growing, that it only grows."""

    def prove(old: int, point: Checkpoint) -> tuple[bytes, ...]:
        try:
            with reading(folder) as connection:
                node = node_in(tile_in(connection), load_frontier(connection))
                proof = consistency_proof(node, old, point.size)
                if root_of(node, 0, point.size) != point.root:
                    raise Damaged
                if old:
                    check_consistency(old, point.size, root_of(node, 0, old), point.root, proof)
        except (LedgerUnreadable, ProofInvalid, ValueError, sqlite3.Error) as fault:
            raise Damaged from fault
        return proof

    return prove


def _client(witness: Witness) -> Client:
    allowed = frozenset(witness.allowed)
    if not witness.tls:
        return Client.plain(witness.host, witness.port, allowed=allowed, timeout_s=ANSWER_SECONDS)
    pem = witness.authorities.encode()
    return Client.over_tls(witness.host, witness.port, pem, allowed=allowed, timeout_s=ANSWER_SECONDS)
