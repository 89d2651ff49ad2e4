"""The floors hold, and the linter that says so finds a planted breach of each contract."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.structure.sources import PACKAGE, ROOT

LINT = Path(sys.executable).parent / "lint-imports"
CONTRACTS = {
    contract["id"]: contract
    for contract in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
}

BREACHES = {
    "floors": [
        ("clock.py", "import bartizan.crypto"),
        ("config.py", "import bartizan.ledger.event"),
        ("isolation/__init__.py", "import bartizan.config"),
        ("crypto/__init__.py", "import bartizan.store"),
        ("store/__init__.py", "import bartizan.ledger.event"),
        ("ledger/__init__.py", "import bartizan.identity"),
        ("identity/__init__.py", "import bartizan.egress"),
        ("text/__init__.py", "import bartizan.policy"),
        ("egress/__init__.py", "import bartizan.control"),
        ("control.py", "import bartizan.drill"),
        ("access/__init__.py", "import bartizan.gateway"),
        ("drill/__init__.py", "import bartizan.sample"),
        ("sample/__init__.py", "import bartizan.app"),
        ("app/__init__.py", "import bartizan.cli"),
        ("helping.py", ""),
    ],
    "contract-alone": [("control.py", "import bartizan.clock"), ("control.py", "import bartizan.config")],
    "controls-know-their-room": [
        ("access/controls/breach.py", "import bartizan.store"),
        ("access/subject.py", "import bartizan.egress"),
    ],
    "controls-pure": [
        *(("data/controls/breach.py", f"import {name}") for name in ("socket", "os", "subprocess", "time", "random")),
        *(("models/controls/breach.py", f"import {name}") for name in ("sqlite3", "http.client", "pathlib", "openai")),
        ("access/subject.py", "import urllib.request"),
    ],
    "controls-timeless": [("gateway/controls/breach.py", "from bartizan.clock import SystemClock")],
    "outbound-by-egress": [("app/breach.py", "import smtplib"), ("drill/breach.py", "import httpx2")],
}  # fmt: skip


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a copy of the package and its contracts."""
    place = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, place / "bartizan", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def _lint(place: Path, contract: str | None = None) -> subprocess.CompletedProcess[str]:
    chosen = ("--contract", contract) if contract else ()
    return subprocess.run(
        [LINT, "--no-logo", "--cache-dir", place / ".cache", *chosen],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(place), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_package_keeps_every_contract(copy: Path) -> None:
    linted = _lint(copy)
    assert linted.returncode == 0, linted.stdout


def test_each_contract_has_a_breach_that_is_tried() -> None:
    assert set(BREACHES) == set(CONTRACTS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("contract", "file", "line"),
    [(contract, file, line) for contract, breaches in BREACHES.items() for file, line in breaches],
)
def test_a_planted_breach_is_found(copy: Path, contract: str, file: str, line: str) -> None:
    target = copy / "bartizan" / file
    before = target.read_text() if target.exists() else None
    target.write_text(f"{before or ''}\n{line}\n")
    try:
        linted = _lint(copy, contract)
    finally:
        if before is None:
            target.unlink()
        else:
            target.write_text(before)
    assert linted.returncode == 1, linted.stdout
    assert "1 broken" in linted.stdout
