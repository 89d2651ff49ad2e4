"""Somebody who may ask the gateway things, but owns nothing, puts policies in force, takes some back, or reads them.

Whoever writes policies is the owner of everything. Nobody else reaches what changes them: not over the authorization
server that every principal reaches, and not as another user of this machine. The owner's own mistakes change nothing.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.http.platform import Control

pytestmark = pytest.mark.slow

ANY = [("If-Match", "*")]
WIDE = {"files": {"a.cedar": '@id("wide") permit (principal, action, resource);'}}


@pytest.fixture(scope="module")
def control() -> Iterator[Control]:
    with TemporaryDirectory(prefix="bartizan-") as name, Control(Path(name, "s")) as running:
        yield running


def unchanged(control: Control) -> bool:
    versions = control.ask("GET", "/admin/v1/policies/versions").json["items"]
    return [each["source"] for each in versions] == ["start"] and "wide" not in control.states[-1].policy.text


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/admin/v1/policies"),
        ("PUT", "/admin/v1/policies"),
        ("PUT", "/admin/v1/policies/version"),
        ("POST", "/admin/v1/policies/tags"),
        ("GET", "/admin/v1/policies/versions"),
        ("PUT", "//admin/v1/policies"),
        ("PUT", "/admin/v1/policies/"),
    ],
)
def test_what_principals_reach_knows_no_policies(control: Control, method: str, path: str) -> None:
    token = control.ask("POST", "/admin/v1/tokens", {"audience": "bartizan:control"}).json["access_token"]
    for headers in ((), (("Authorization", f"Bearer {token}"),)):
        assert control.ask(method, path, WIDE, headers, of="control").status == 404
    assert unchanged(control)


STRANGER = """
import os, socket, sys
os.setgid(65534); os.setuid(65534)
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
body = b'{"files":{}}'
try:
    connection.sendall(b"PUT /admin/v1/policies HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: %d\\r\\n\\r\\n" % len(body) + body)
    print(len(connection.recv(4096)))
except ConnectionError:
    print(0)
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be somebody else")
def test_another_user_of_the_machine_gets_no_answer(control: Control) -> None:
    socket = control.folder.owner_socket
    for folder in (socket, *socket.parents[:3]):
        if str(folder).startswith("/tmp/bartizan-"):  # noqa: S108 - the fixture's own folder
            folder.chmod(0o777)  # so that only the kernel's word about the peer is in the way
    asked = subprocess.run(
        [sys.executable, "-I", "-c", STRANGER, str(socket)], capture_output=True, text=True, check=False
    )
    assert asked.stdout.strip() == "0", asked.stderr
    assert unchanged(control)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 422),
        ({"files": []}, 422),
        ({"files": {"a.cedar": 1}}, 422),
        ({"files": {"a.cedar": "permit ("}}, 422),
        ({"files": {"a.cedar": "x" * 262_145}}, 422),
        ({"files": {str(n): "" for n in range(65)}}, 422),
        ({"files": {"a.cedar": "x" * 1_600_000}}, 413),
        (WIDE | {"more": 1}, 422),
    ],
)
def test_what_is_not_policies_changes_nothing_and_is_answered(
    control: Control, body: dict[str, object], status: int
) -> None:
    assert control.ask("PUT", "/admin/v1/policies", body, ANY).status == status
    assert unchanged(control)


@pytest.mark.parametrize("version", [0, 2, -1, 2**63, "1", 1.5, None])
def test_no_version_that_there_is_not_comes_back(control: Control, version: object) -> None:
    assert control.ask("PUT", "/admin/v1/policies/version", {"version": version}, ANY).status in {404, 422}
    assert unchanged(control)


def test_more_tags_than_can_be_made_at_once_are_refused(control: Control) -> None:
    pseudonyms = [f"p-{number:016x}" for number in range(300)]
    wanted = {"principals": pseudonyms, "names": ["x"] * 100}
    assert control.ask("POST", "/admin/v1/policies/tags", wanted).status == 422
    assert control.ask("POST", "/admin/v1/policies/tags", wanted | {"names": ["x"]}).json == {"tags": {}}
