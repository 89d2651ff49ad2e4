"""Files scanned beside a running platform are on its record, by digest and verdict."""

import hashlib
import json
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from tests.e2e.conftest import Platform
from tests.e2e.test_processes import until

pytestmark = pytest.mark.slow


def test_what_was_scanned_is_on_the_record_of_the_platform_that_runs(
    shared_platform: Platform, tmp_path: Path
) -> None:
    (tmp_path / "good.txt").write_bytes(b"words\n")
    (tmp_path / "bad.pt").write_bytes(b"words and no tensors\n")
    said = shared_platform.run("scan", str(tmp_path), "--record", "--json")
    assert said.returncode == Exit.UNEVALUATED
    assert len(said.stdout.splitlines()) == 2

    def recorded() -> dict[str, str]:
        answer = shared_platform.run("ledger", "query", "--json", "--kind", "supply.artifact.scanned")
        return {each["detail"]["digest"]: each["detail"]["verdict"] for each in json.loads(answer.stdout)}

    digests = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in tmp_path.iterdir()}
    wanted = {digests["good.txt"]: "proven-inert", digests["bad.pt"]: "not-understood"}
    until(lambda: wanted.items() <= recorded().items())
