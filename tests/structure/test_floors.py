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


def _lint(place: Path, sources: Path, *chosen: str) -> subprocess.CompletedProcess[str]:
    """Lint the package that lies in `sources` by the contracts that lie in `place`."""
    return subprocess.run(
        [LINT, "--no-logo", "--no-cache", *chosen],
        cwd=place,
        env={**os.environ, "PYTHONPATH": str(sources), "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_package_keeps_every_contract() -> None:
    linted = _lint(ROOT, PACKAGE.parent)
    assert linted.returncode == 0, linted.stdout


def test_each_contract_has_a_breach_that_is_tried() -> None:
    assert set(BREACHES) == set(CONTRACTS)


@pytest.mark.parametrize("contract", BREACHES)
def test_each_planted_breach_is_found(tmp_path: Path, contract: str) -> None:
    shutil.copytree(PACKAGE, tmp_path / "bartizan", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, line in BREACHES[contract]:
        with (tmp_path / "bartizan" / file).open("a") as target:
            target.write(f"\n{line}\n")
    linted = _lint(tmp_path, tmp_path, "--contract", contract)
    assert linted.returncode == 1, linted.stdout
    assert "1 broken" in linted.stdout
    assert [
        (file, line) for file, line in BREACHES[contract] if _reported(file, line) not in linted.stdout
    ] == []


def _reported(file: str, line: str) -> str:
    """Return how the linter names a breach: `importer -> imported`, packages from outside by their first name."""
    importer = ".".join(("bartizan", *Path(file).with_suffix("").parts)).removesuffix(".__init__")
    imported = line.split()[1] if line else ""
    if not imported.startswith("bartizan"):
        imported = imported.split(".")[0]
    return f"{importer} -> {imported} (" if line else importer
