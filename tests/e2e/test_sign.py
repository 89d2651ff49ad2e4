"""Beside a running platform what is signed and verified is on record, and a schedule finds what was changed since."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.artifact.trees import tree
from tests.e2e.conftest import Platform, start
from tests.e2e.test_processes import until

pytestmark = pytest.mark.slow


@pytest.fixture
def platform() -> Iterator[Platform]:
    with ExitStack() as stack:
        yield start(stack)


def recorded(platform: Platform, kind: str, count: int) -> list[dict[str, Any]]:
    """Return the events of a kind, once there are so many in the tree."""

    def found() -> list[dict[str, Any]] | None:
        every: list[dict[str, Any]] = json.loads(
            platform.run("ledger", "query", "--json", "--kind", kind).stdout
        )
        return every if len(every) == count else None

    every: list[dict[str, Any]] = until(found)
    return every


def test_signed_kept_changed_and_found(platform: Platform, tmp_path: Path) -> None:
    model = tree(tmp_path / "model", {"w": b"weights", ".git/config": b"[core]"})
    told = json.loads(platform.run("sign", str(model), "--json").stdout)
    (event,) = recorded(platform, "supply.artifact.signed", 1)
    assert told["on_record"]
    assert (event["detail"]["digest"], event["detail"]["files"]) == (told["sha256"], 2)
    assert platform.run("verify", str(model), "--keep").returncode == 0
    done = platform.run("schedule", "run", "artifacts")
    assert done.returncode == 0, done.stderr
    assert recorded(platform, "data.integrity.verified", 1)[0]["outcome"] == "cleared"
    tree(model, {".git/hooks/post-checkout": b"#!/bin/sh"})
    assert platform.run("schedule", "run", "artifacts").returncode == 1
    outcomes = [event["outcome"] for event in recorded(platform, "data.integrity.verified", 2)]
    assert outcomes == ["cleared", "found"]
    rows = json.loads(platform.run("status", "--json").stdout)["controls"]
    (row,) = [row for row in rows if row["control"] == "data.integrity-signed"]
    assert row["standing"] == "BROKEN"
