"""Witnesses and feeders that are not ours: theirs cosigns our checkpoints, ours cosigns for what they submit."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bartizan.app.feeding import COSIGNED, ROLLED_BACK, SPLIT_VIEW
from bartizan.app.submission import Submitter, prover
from bartizan.app.witness_plan import Witness
from bartizan.ledger.checkpoint import parse_point
from bartizan.ledger.cosignature import parse_witness, words
from bartizan.ledger.installation import CHECKPOINT, read_small
from tests.foreign import environment
from tests.http.witnesses import answers
from tests.ledger.ground import KEYS, Ground, fill
from tests.ledger.histories import LEDGER, History
from tests.ports import free_port

pytestmark = pytest.mark.slow

FEED = """
import json, ssl, sys
from aics_witness.feeder import WitnessClient, FeederError
url, key, authority, *cases = sys.argv[1:]
client = WitnessClient(url, key, ssl_context=ssl.create_default_context(cafile=authority), max_attempts=1)
said = []
for case in map(json.loads, cases):
    proofs = {int(old): [bytes.fromhex(one) for one in proof] for old, proof in case["proofs"].items()}
    try:
        lines = client.submit(case["note"], lambda old, new: proofs[old])
    except FeederError as fault:
        said.append([type(fault).__name__, ""])
    else:
        said.append(["cosigned", lines])
print(json.dumps(said))
"""


def foreign(*command: str | Path) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


class Theirs:
    """Their witness, which trusts our ledger; `at` is how our feeder knows it."""

    def __init__(self, folder: Path, port: int) -> None:
        self._command, self._config = environment() / "aics-witness", ("--config", folder / "witness.json")
        listen = f"127.0.0.1:{port}"
        name = "theirs.example.com/w1"
        made = self._run("init", "--name", name, "--listen", listen)
        self.key = next(word for word in made.split() if word.startswith(f"{name}+"))
        keys = KEYS.verifiers
        self._run("add-log", "--origin", keys.origin, "--vkey", keys.note_key.encode())
        self.at = Witness("theirs", "127.0.0.1", port, False, "", f"{self.key}\n", ("127.0.0.1",))
        self.process = subprocess.Popen(
            (self._command, "serve", *self._config), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
        for _ in range(1200):
            with suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port), 10).close()
                break
            time.sleep(0.05)

    def _run(self, word: str, *words: str) -> str:
        return foreign(self._command, word, *self._config, *words)


@pytest.fixture
def theirs(tmp_path: Path) -> Iterator[Theirs]:
    (tmp_path / "theirs").mkdir()
    made = Theirs(tmp_path / "theirs", free_port())
    yield made
    made.process.terminate()
    assert made.process.wait(30) is not None


def signed(folder: Path, *requests: int) -> Iterator[Ground]:
    """Yield a ledger each time that it has grown and was signed."""
    ground = Ground(folder)
    for number, count in enumerate(requests, 1):
        fill(ground, number, count)
        ground.sequencer.checkpoint()
        yield ground


def test_their_witness_cosigns_our_checkpoints_and_no_other_history(tmp_path: Path, theirs: Theirs) -> None:
    submitter = Submitter(theirs.at, prover(tmp_path / "ledger"))
    for ground in signed(tmp_path / "ledger", 20, 30, 300):
        note = read_small(ground.folder / CHECKPOINT)
        said = submitter.submit(note)
        assert said.word == COSIGNED
        assert submitter.submit(note).word == COSIGNED
        point, found = parse_point(note + said.lines)
        assert set(words([parse_witness(theirs.at.keys.encode())], point, found)) == {"theirs.example.com/w1"}
    submitter.close()
    for requests, word in ((50, ROLLED_BACK), (400, SPLIT_VIEW)):
        (ground,) = signed(tmp_path / f"other-{requests}", requests)
        again = Submitter(theirs.at, prover(ground.folder))
        assert again.submit(read_small(ground.folder / CHECKPOINT)).word == word
        again.close()


def test_our_cosignature_counts_for_their_verifier(tmp_path: Path) -> None:
    (ground,) = signed(tmp_path / "ledger", 20)
    with answers(tmp_path / "w", KEYS.verifiers) as ours:
        at = Witness(
            *("ours", "127.0.0.1", ours.port, True, "", ours.known.encode().decode(), ("127.0.0.1",)),
            ours.authority.decode(),
        )
        note = read_small(ground.folder / CHECKPOINT)
        submitter = Submitter(at, prover(ground.folder))
        said = submitter.submit(note)
        submitter.close()
    assert said.word == COSIGNED
    file = tmp_path / "witnessed"
    file.write_bytes(note + said.lines)
    key, _ = ours.known.encode().decode().splitlines()
    words = ("--note", file, "--log-key", KEYS.verifiers.note_key.encode(), "--witness-key", key)
    told = json.loads(foreign(environment() / "aics-tlog", "verify-checkpoint", *words, "--quorum", "1"))
    assert (told["ok"], told["witnesses"]) == (True, [ours.known.name])


def test_their_feeder_gets_what_it_submits_cosigned_and_is_refused_another_history(tmp_path: Path) -> None:
    true, false = History(60), History(60, fork=30)
    with answers(tmp_path / "w", LEDGER.verifiers) as ours:
        key, _ = ours.known.encode().decode().splitlines()
        told = json.loads(
            foreign(
                *(environment() / "python", "-c", FEED, f"https://127.0.0.1:{ours.port}", key),
                ours.installed.folder / "ca.pem",
                *(case(true, 20), case(true, 45), case(true, 45), case(false, 50), case(true, 60)),
            )
        )
    assert [word for word, _ in told] == ["cosigned", "cosigned", "cosigned", told[3][0], "cosigned"]
    assert told[3][0] != "cosigned"
    for size, (_, lines) in zip((20, 45, 45), told, strict=False):
        point, note = parse_point(true.note(size) + lines.encode())
        assert note.by(ours.known.keys[0])
        assert point.size == size


def case(history: History, size: int) -> str:
    proofs = {old: [one.hex() for one in history.proof(old, size)] for old in range(size + 1)}
    return json.dumps({"note": history.note(size).decode(), "proofs": proofs})
