"""Importing is cheap and only defines."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.structure.sources import PACKAGE

HEAVY = frozenset({
    "cedarpy", "duckdb", "hyperscan", "jax", "numpy", "openai", "pandas", "scipy", "sklearn", "sqlalchemy", "starlette", "torch",
    "transformers", "uvicorn", "xllamacpp",
})  # fmt: skip
"""What neither the package nor its command needs before it knows what to do."""
SERVING = frozenset({"joserfc", "webauthn"})
"""What only whoever issues tokens and signs people in needs."""
DEFINING = Path(__file__).with_name("defining.py")


def _python(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", *arguments], capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("module", ["bartizan", "bartizan.cli.main"])
def test_importing_the_package_and_starting_its_command_loads_nothing_heavy(module: str) -> None:
    done = _python("-c", f"import json, sys, {module}; print(json.dumps(sorted(sys.modules)))")
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert loaded & HEAVY == set()


@pytest.mark.parametrize(
    "command",
    ["connect", "console", "device", "down", "drill", "identity", "ledger", "status", "token", "up"],
)
def test_a_command_that_only_asks_loads_no_database_and_no_policies(command: str) -> None:
    done = _python("-c", f"import json, sys, bartizan.cli.{command}; print(json.dumps(sorted(sys.modules)))")
    assert done.returncode == 0, done.stderr
    loaded = {name.split(".")[0] for name in json.loads(done.stdout)}
    assert loaded & (HEAVY | SERVING) == set()


@pytest.mark.slow
def test_importing_any_module_only_defines() -> None:
    done = _python(DEFINING, PACKAGE.parent, PACKAGE.name)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "act",
    [
        "open({file!r}, 'w')",
        "import socket; socket.socket()",
        "import subprocess; subprocess.Popen(['true'])",
        "import os; os.environ['A'] = 'b'",
        "import sqlite3; sqlite3.connect(':memory:')",
        "import os; os.mkdir({file!r})",
        "import signal; signal.pthread_kill(0, 0)",
    ],
)
def test_a_module_that_acts_when_it_is_imported_is_found(tmp_path: Path, act: str) -> None:
    package = tmp_path / "planted"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "acting.py").write_text(act.format(file=str(tmp_path / "file")))
    done = _python(DEFINING, tmp_path, "planted")
    assert done.returncode == 1
    assert "planted.acting acts when it is imported" in done.stderr
