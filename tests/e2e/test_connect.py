"""`bartizan connect` in front of a real platform, used by real clients that know nothing of tokens or its TLS."""

import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openai
import pytest
from openai import OpenAI

from bartizan.app.bearing import Token
from bartizan.app.connect.line import Gateway
from bartizan.app.connect.serve import Proxy, Terms
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from bartizan.clock import SECOND, Clock, Nanoseconds, SystemClock
from bartizan.crypto.tls import client_context
from tests.app.connect.scene import running
from tests.e2e.conftest import COMMAND, Platform, bartizan

pytestmark = pytest.mark.slow
QUESTION = '{"model":"sample","messages":[{"role":"user","content":"What is 20 + 22?"}]}'


@contextlib.contextmanager
def connected(
    platform: Platform, *words: str, **environment: str
) -> Iterator[tuple[dict[str, Any], subprocess.Popen[str]]]:
    """Run `bartizan connect` for the length of a block; yield what it says with --json, and it."""
    process = subprocess.Popen(
        (*COMMAND, "connect", "--port", "0", "--json", *words),
        cwd=platform.folder,
        env={**os.environ, "XDG_RUNTIME_DIR": str(platform.folder), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        said = ""
        while not said.endswith("}\n}\n"):
            line = process.stdout.readline()
            assert line, process.communicate()[1]
            said += line
        yield json.loads(said), process
    finally:
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=240)
        assert "Traceback" not in errors


@pytest.fixture(scope="module")
def own(shared_platform: Platform) -> Iterator[dict[str, Any]]:
    with connected(shared_platform, "--state", str(shared_platform.state), "--pq", "required") as (said, _):
        yield said


def key_of(said: dict[str, Any]) -> str:
    return Path(str(said["key"]).removeprefix("file:")).read_text().strip()


@pytest.fixture(scope="module")
def client(own: dict[str, Any]) -> Iterator[OpenAI]:
    with OpenAI(api_key=key_of(own), base_url=own["set"]["OPENAI_BASE_URL"], max_retries=0) as client:
        yield client


def test_the_official_client_works_as_it_is_and_the_record_says_quantum_safe(
    client: OpenAI, own: dict[str, Any], shared_platform: Platform
) -> None:
    assert (own["group"], own["fault"], own["identity"]) == ("x25519mlkem768", "", "user.owner")
    answer = client.chat.completions.with_raw_response.create(
        model="sample", messages=[{"role": "user", "content": "What is 20 + 22?"}]
    )
    assert answer.parse().choices[0].message.content == "That is 42."
    admitted = shared_platform.record(answer.headers["x-request-id"], "gateway.request.admitted")
    assert admitted["detail"]["group"] == "x25519mlkem768"


def test_a_stream_is_whole_and_the_connection_goes_on(client: OpenAI) -> None:
    for most in (5, 9):
        stream = client.chat.completions.create(
            model="sample", messages=[{"role": "user", "content": f"count to {most}"}], stream=True
        )
        told = "".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices)
        assert told == " ".join(map(str, range(1, most + 1)))


def test_refusals_of_the_gateway_and_of_the_proxy_are_the_clients_own_errors(
    client: OpenAI, own: dict[str, Any]
) -> None:
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model="sample", messages=[])
    stranger = client.with_options(api_key="sk-guessed")
    with pytest.raises(openai.AuthenticationError) as fault:
        stranger.models.list()
    assert isinstance(fault.value.body, dict)
    assert fault.value.body["code"] == "key-wrong"
    with pytest.raises(openai.PermissionDeniedError):
        client.models.list(extra_headers={"origin": own["url"]})


def test_curl_works_with_what_is_printed_and_pasted(shared_platform: Platform) -> None:
    words = ("--state", str(shared_platform.state))
    with connected(shared_platform, *words) as (said, _):
        script = "\n".join(f"export {name}={value}" for name, value in said["set"].items())
        script += f"""
curl --silent --fail --show-error --no-buffer "$OPENAI_BASE_URL/chat/completions" -H "Authorization: Bearer $OPENAI_API_KEY" \
  -H 'Content-Type: application/json' -H 'Transfer-Encoding: chunked' -d '{QUESTION}'"""
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=False)
        assert "That is 42." in done.stdout, done.stderr


def test_a_registered_client_connects_from_anywhere_with_its_secret_by_reference(
    shared_platform: Platform,
) -> None:
    made = json.loads(shared_platform.run("identity", "add", "connecting", "--json").stdout)
    words = (
        f"https://localhost:{shared_platform.port}",
        "--client-id",
        made["client_id"],
        "--secret",
        "env:APP",
    )
    with connected(
        shared_platform,
        *words,
        "--ca",
        str(shared_platform.authority),
        "--key",
        "env:MINE",
        APP=made["client_secret"],
        MINE="chosen",
    ) as (said, process):
        assert (said["key"], said["set"]["OPENAI_API_KEY"]) == ("env:MINE", '"$MINE"')
        command = Path(f"/proc/{process.pid}/cmdline").read_text()
        assert made["client_secret"] not in command + json.dumps(said)
        with OpenAI(api_key="chosen", base_url=f"{said['url']}/v1", max_retries=0) as client:
            assert client.models.list().data[0].id == "sample"
            shared_platform.run("identity", "revoke", made["id"])
            with pytest.raises(openai.APIStatusError) as fault:
                client.models.list()
            assert fault.value.status_code in {401, 403, 502}


def test_a_token_that_expires_or_is_revoked_meanwhile_is_replaced_without_the_client_noticing(
    shared_platform: Platform,
) -> None:
    """The provider is made to believe that its tokens last; the gateway knows better."""
    folder = Folder(shared_platform.state)
    issued: list[str] = []

    def fetch(clock: Clock) -> Token:
        made = Owner(folder).token("user.owner", "bartizan:gateway", 1 if len(issued) < 2 else 600)
        issued.append(made.id)
        return Token(made.access_token, Nanoseconds(clock.now() + 600 * SECOND))

    context = client_context(shared_platform.authority.read_bytes())
    proxy = Proxy(Terms(Gateway("localhost", shared_platform.port, context), fetch, None, SystemClock()))
    with (
        running(proxy) as port,
        OpenAI(api_key="-", base_url=f"http://127.0.0.1:{port}/v1", max_retries=0) as client,
    ):
        while len(issued) < 3:
            assert client.models.list().data
        shared_platform.run("identity", "revoke", "--token", issued[2])
        answer = client.chat.completions.create(
            model="sample", messages=[{"role": "user", "content": "count to 3"}]
        )
        assert answer.choices[0].message.content == "1 2 3"
    assert len(issued) == 4


def test_ctrl_c_ends_it_quietly_with_a_request_under_way_and_the_key_goes(shared_platform: Platform) -> None:
    with connected(shared_platform, "--state", str(shared_platform.state)) as (said, process):
        key = Path(str(said["key"]).removeprefix("file:"))
        assert key.stat().st_mode & 0o777 == 0o600
        with OpenAI(api_key=key_of(said), base_url=f"{said['url']}/v1", max_retries=0) as client:
            stream = client.chat.completions.create(
                model="sample", messages=[{"role": "user", "content": "count slowly to 50"}], stream=True
            )
            next(iter(stream))
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 130
    assert process.stderr is not None
    assert not key.exists()


def test_what_cannot_work_is_said_at_the_start(shared_platform: Platform, tmp_path: Path) -> None:
    url = f"https://localhost:{shared_platform.port}"
    ca = ("--ca", str(shared_platform.authority))

    def said(*words: str) -> tuple[int, str]:
        done = bartizan("connect", "--port", "0", *words, folder=tmp_path, environment={"WRONG": "x"})
        return done.returncode, done.stderr

    assert said() == (
        3,
        f"bartizan: no platform answers for {tmp_path}/.bartizan; start it with `bartizan up`\n",
    )
    assert said(url)[0] == 2
    for plain in ("http://example.com", "http://10.0.0.1:8443", "http://a.localhost:8443"):
        code, words = said(plain, "--client-id", "c", "--secret", "env:WRONG")
        assert (code, "http:// is for this machine's loopback only" in words) == (2, True)
    code, words = said(url, "--client-id", "c", "--secret", "env:NOT_SET_ANYWHERE", *ca)
    assert (code, "NOT_SET_ANYWHERE is not set" in words) == (2, True)
    code, words = said(url, "--client-id", "c", "--secret", "env:WRONG", *ca)
    assert code == 3
    assert re.search(r"gives no token: 40[01] ", words)
    assert said(url, "--client-id", "c", "--secret", "sk-inline", *ca)[0] == 2
    taken = said(*("--state", str(shared_platform.state), "--port", str(shared_platform.port)))
    assert taken[0] == 2
    assert "take another with --port" in taken[1]
