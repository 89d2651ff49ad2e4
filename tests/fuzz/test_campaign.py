"""A campaign says what broke, also what broke before, and that the fuzzer itself failed, whatever lies there."""

from pathlib import Path

import pytest

from fuzz import campaign

NAME = "usage_tail"
CRASHES = """#!/bin/sh
for word; do case $word in -artifact_prefix=*) echo broken > "${word#*=}crash-1";; esac; done
exit 77
"""


@pytest.fixture
def found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder of what was found, where something broke before."""
    monkeypatch.setattr(campaign, "FOUND", tmp_path)
    (tmp_path / NAME / "broken").mkdir(parents=True)
    (tmp_path / NAME / "broken" / "crash-1").write_text("broken\n")
    return tmp_path / NAME


def fuzzer(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Have another program stand in for the fuzzer, which only `make fuzz` installs."""
    file = folder / "fuzzer"
    file.write_text(script)
    file.chmod(0o755)
    monkeypatch.setattr("fuzz.campaign.sys.executable", str(file))


def test_an_input_that_broke_a_target_before_is_told_again(
    found: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fuzzer(found, monkeypatch, CRASHES)
    report = campaign.fuzz(NAME, 10, 10, lambda _said: None)
    assert report.broken == (found / "broken" / "crash-1",)
    assert report.broken[0].read_text() == "broken\n"


def test_a_fuzzer_that_fails_is_no_campaign(found: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fuzzer(found, monkeypatch, "#!/bin/sh\necho no such module; exit 1\n")
    with pytest.raises(RuntimeError, match="no such module"):
        campaign.fuzz(NAME, 10, 10, lambda _said: None)
