"""`bartizan explain` of a request, where there is no record to ask."""

from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run


def test_without_a_record_a_request_cannot_be_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["explain", "q-0123456789abcdef"]) == Exit.UNEVALUATED
    assert "ledger" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["q-0123", "q-0123456789ABCDEF", "q-0123456789abcdef0"])
def test_what_only_looks_like_a_requests_id_is_none(
    given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(["explain", given]) == Exit.USAGE
    assert "there is no control, attack or request" in capsys.readouterr().err
