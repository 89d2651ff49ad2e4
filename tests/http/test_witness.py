"""A witness over TLS: the protocol's statuses and forms, quantum-safe, over connections that last."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.clock import SECOND, SystemClock
from bartizan.egress.faults import EgressFault
from bartizan.egress.session import Session
from bartizan.ledger.checkpoint import parse_point
from bartizan.ledger.cosignature import parse_witness
from tests.http.witnesses import Witness, answers
from tests.ledger.histories import LEDGER, History, signers

HERE, THERE = History(60), History(60, fork=30)


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[Witness]:
    with answers(tmp_path / "w", LEDGER.verifiers) as made:
        yield made


def test_a_history_that_grows_is_cosigned_with_both_keys_as_of_now(witness: Witness) -> None:
    for old, size in ((0, 10), (10, 10), (10, 35), (35, 60)):
        answer = witness.post(HERE.request(old, size))
        assert (answer.status, answer.group) == (200, "x25519mlkem768")
        point, note = parse_point(HERE.note(size) + answer.body)
        assert abs(witness.known.word(point, note).at - SystemClock().now() // SECOND) <= 60
    assert witness.size() == 60


def test_each_refusal_has_its_status(witness: Witness) -> None:
    assert witness.post(HERE.request(0, 40)).status == 200
    stranger = History(5, keys=signers("bartizan.local/ffffffffffffffff"))
    forged = History(50, keys=signers(LEDGER.origin))
    told = {
        400: b"nonsense",
        404: stranger.request(0, 5),
        403: forged.request(40, 50),
        409: HERE.request(10, 50),
        422: THERE.request(40, 50),
    }
    for status, body in told.items():
        answer = witness.post(body)
        assert answer.status == status
        sized = answer.header("content-type") == "text/x.tlog.size"
        assert sized is (status == 409)
        assert (answer.body == b"40\n") is sized
        assert b"bartizan.local" not in answer.body
    split = witness.post(THERE.request(40, 40))
    assert (split.status, split.body) == (409, b"40\n")
    assert witness.size() == 40


def test_requests_share_a_connection(witness: Witness) -> None:
    session = Session(witness.client())
    assert session.request("POST", "/add-checkpoint", (), HERE.request(0, 10)).status == 200
    line = session._line
    assert line is not None
    assert session.request("POST", "/add-checkpoint", (), HERE.request(10, 20)).status == 200
    assert session.request("POST", "/add-checkpoint", (), b"nonsense").status == 400
    assert session._line is line
    line.close()  # as if the server had closed it meanwhile
    assert session.request("POST", "/add-checkpoint", (), HERE.request(20, 30)).status == 200
    session.close()


def test_its_keys_are_shown(witness: Witness) -> None:
    answer = witness.client().request("GET", "/witness.pub")
    assert parse_witness(answer.body).encode() == witness.known.encode()


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/add-checkpoint"), ("POST", "/"), ("POST", "/add-checkpoint/"), ("PUT", "/x")],
)
def test_nothing_else_is_there(witness: Witness, method: str, path: str) -> None:
    assert witness.client().request(method, path, (), b"").status in (404, 405)


def test_a_foreign_client_is_served(witness: Witness, tmp_path: Path) -> None:
    curl = shutil.which("curl")
    if curl is None:
        pytest.skip("needs curl")
    body, authority = tmp_path / "body", tmp_path / "ca.pem"
    body.write_bytes(HERE.request(0, 10))
    authority.write_bytes(witness.authority)
    command = [curl, "--silent", "--fail", "--cacert", str(authority), "--data-binary", f"@{body}"]
    url = f"https://127.0.0.1:{witness.port}/add-checkpoint"
    done = subprocess.run([*command, url], capture_output=True, check=True, timeout=240)
    point, note = parse_point(HERE.note(10) + done.stdout)
    assert witness.known.word(point, note).lines == done.stdout


def test_a_memory_that_cannot_be_written_cosigns_nothing(witness: Witness) -> None:
    assert witness.post(HERE.request(0, 10)).status == 200
    witness.installed.store._connection.execute("PRAGMA query_only = ON")
    answer = witness.post(HERE.request(10, 20))
    assert (answer.status, b"nothing is cosigned" in answer.body) == (503, True)
    witness.installed.store._connection.execute("PRAGMA query_only = OFF")
    assert witness.post(HERE.request(10, 20)).status == 200


def test_after_the_end_nobody_answers(tmp_path: Path) -> None:
    with answers(tmp_path / "w", LEDGER.verifiers) as made:
        assert made.post(HERE.request(0, 10)).status == 200
    with pytest.raises(EgressFault):
        made.post(HERE.request(10, 20))
