"""Somebody else's tester reads the contract of the Admin API and tries it: every route, with what fits it and what does not."""

import json
import subprocess
from pathlib import Path

import pytest

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
CASES = 12
LONGEST_S = 240
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "missing_required_header",
    "unsupported_method",
    "ignored_auth",
)


def test_the_contract_is_kept_whatever_is_asked(platform: Start, tmp_path: Path) -> None:
    running = platform(configuration=CONFIGURATION)
    token = Owner(Folder(running.state)).token("user.owner", "bartizan:control", 600).access_token
    report = tmp_path / "report.json"
    words = (
        *("run", f"{running.url}/admin/v1/openapi.json", "--tls-verify", str(running.authority)),
        *("--header", f"Authorization: Bearer {token}", "--max-examples", str(CASES), "--seed", "1"),
        *("--phases", "examples,coverage,fuzzing", "--checks", ",".join(CHECKS)),
        *("--report", "json", "--report-json-path", str(report), "--no-color"),
    )
    tried = subprocess.run(
        (str(environment("schemathesis") / "schemathesis"), *words),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LONGEST_S,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout[-8000:] + tried.stderr[-2000:]
    assert json.loads(report.read_text())
    assert running.run("ledger", "verify").returncode == 0
