"""Somebody else's tester reads the contract of the Admin API and tries it: every route, with what fits it and what does not."""

import json
import subprocess
from pathlib import Path

import pytest

from bartizan.admin.table import ROUTES
from bartizan.app.folder import Folder
from bartizan.app.owner import Owner
from tests.e2e.conftest import Start
from tests.foreign import environment

pytestmark = pytest.mark.slow

CONFIGURATION = """
[admin]
networks = ["127.0.0.0/8", "::1"]
binding = "optional"
"""
"""The tester shows one token with every request, and can prove nothing."""
CASES = 6
"""Of each route: together no more than the network of a stranger may send at once."""
LONGEST_S = 480
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "ignored_auth",
)
"""Not that all that fits is done: tags, cursors and keys that it makes up are refused, as they must be."""
SETTINGS = """
[checks.missing_required_header]
expected-statuses = [400, 401, 403, 406, 415, 422, 428]
"""
"""It does not know 428 (RFC 6585), which says that a precondition is missing."""


def test_the_contract_is_kept_whatever_is_asked(platform: Start, tmp_path: Path) -> None:
    running = platform(configuration=CONFIGURATION)
    token = Owner(Folder(running.state)).token("user.owner", "bartizan:control", 600).access_token
    report, settings = tmp_path / "report.json", tmp_path / "schemathesis.toml"
    settings.write_text(SETTINGS)
    words = [
        *("--config-file", str(settings), "run", f"{running.url}/admin/v1/openapi.json"),
        *("--tls-verify", str(running.authority), "--header", f"Authorization: Bearer {token}"),
        *("--phases", "fuzzing", "--max-examples", str(CASES), "--seed", "1", "--checks", ",".join(CHECKS)),
        *("--no-color", "--report", "json", "--report-json-path", str(report)),
    ]
    tried = subprocess.run(
        [str(environment("schemathesis") / "schemathesis"), *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout[-8000:] + tried.stderr[-2000:]
    told = json.loads(report.read_text())
    tried_all = sum(not each.local for each in ROUTES) - 1  # but the route that the contract itself came from
    assert (told["complete"], told["operations"]["tested"]) == (True, tried_all)
    assert told["test_cases"]["generated"] > len(ROUTES)
    assert running.run("ledger", "verify").returncode == 0
