"""A device makes its key, is admitted, and its key's tokens are served where others' are not, on a running platform."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from joserfc import jwk

from bartizan.app.measuring import MEASURED
from bench.bed.crowd import configured
from tests.e2e.conftest import Platform, start
from tests.e2e.test_bound_tokens import CHATS, Client, reason
from tests.e2e.test_processes import query

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def running() -> Iterator[Platform]:
    """Yield a platform before a service that takes tokens of known devices' keys only."""
    with configured() as configuration, ExitStack() as stack:
        yield start(stack, configuration=configuration + 'binding = "device"\n')


def said(running: Platform, *words: str) -> Any:  # noqa: ANN401 - whatever a command says
    answer = running.run("device", *words, "--json")
    assert answer.returncode == 0, answer.stderr
    return json.loads(answer.stdout)


def test_stolen_credentials_are_useless_but_on_the_device_that_was_admitted(
    running: Platform, tmp_path: Path
) -> None:
    client, file = Client(running), tmp_path / "device.pem"
    made = said(running, "enrol", "--name", "laptop", "--key", str(file))
    assert made["status"] == "asking"
    assert file.stat().st_mode & 0o777 == 0o600
    thiefs = client.token()
    assert reason(client.chat(thiefs, client.fresh(thiefs))) == (403, "device-unknown")
    client.key = jwk.ECKey.import_key(file.read_text())
    token = client.token()
    assert reason(client.chat(token, client.fresh(token))) == (403, "device-unknown")
    asking = said(running, "list")["asking"]
    assert [(each["key"], each["name"]) for each in asking] == [(made["key"], "laptop")]
    assert said(running, "admit", made["key"], "--hardware")["id"] == "device.laptop"
    assert client.chat(token, client.fresh(token))[0] == 200
    said(running, "posture", "--key", str(file), "--holds", "firewall")
    (device,) = said(running, "list")["devices"]
    assert (device["hardware"], device["postures"][0]["holds"]) == (True, ["firewall"])
    assert running.run("identity", "revoke", "device.laptop").returncode == 0
    assert reason(client.chat(token, client.proof(CHATS, token))) == (401, "device-revoked")
    for kind in ("admitted", "told"):
        (event,) = query(running, "--kind", f"access.device.{kind}")
        assert event["subject"] == device["pseudonym"]
    answer = running.run("device", "posture", "--key", str(file))
    assert (answer.returncode, "device-revoked" in answer.stderr) == (2, True)


def test_a_machine_is_measured_and_what_is_told_is_its_own_word(running: Platform, tmp_path: Path) -> None:
    file = tmp_path / "desk.pem"
    made = said(running, "enrol", "--name", "desk", "--key", str(file))
    said(running, "admit", made["key"])
    answer = running.run("device", "posture", "--key", str(file), "--measure", "--holds", "secure_boot")
    assert (answer.returncode, "--measure sees secure_boot itself" in answer.stderr) == (2, True)
    told = said(running, "posture", "--key", str(file), "--measure", "--holds", "screen_lock")
    seen = [each["claim"] for each in told["measured"] if each["holds"]]
    assert [each["claim"] for each in told["measured"]] == list(MEASURED)
    assert told["holds"] == [*seen, "screen_lock"]
    desk = next(each for each in said(running, "list")["devices"] if each["id"] == "device.desk")
    (posture,) = desk["postures"]
    assert posture["by"] == "device"
    assert set(posture["holds"]) == {*seen, "screen_lock"}


def test_a_file_that_holds_no_key_and_a_fingerprint_that_is_none_are_told(
    running: Platform, tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.pem"
    wrong.write_text("nothing")
    wrong.chmod(0o600)
    answer = running.run("device", "posture", "--key", str(wrong))
    assert (answer.returncode, "no private key on P-256" in answer.stderr) == (2, True)
    assert running.run("device", "admit", "ab").returncode == 2
    answer = running.run("device", "admit", "ab" * 32)
    assert (answer.returncode, "device list" in answer.stderr) == (2, True)
