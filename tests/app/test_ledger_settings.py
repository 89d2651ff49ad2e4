"""`[ledger]`: what may be said of how the record is kept, and what it comes to."""

from pathlib import Path

import pytest

from bartizan.app import ledger_settings
from bartizan.app.platform import plan
from bartizan.app.settings import read
from tests.app.written import wrong

DAY = 86_400


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('keep_requests = "soon"', 'a span such as "36h", "90d", "7y"'),
        ('keep_requests = "0d"', "a span such as"),
        ("keep_requests = 90", "a span such as"),
        ('keep_requests = "90"', "a span such as"),
        ('keep_others = "7y"', "needs `keep_requests` beside it"),
        ('keep_requests = "90d"\nkeep_others = "30d"', "must not be shorter than `keep_requests`"),
        ('keep_requests = "2y"\nkeep_others = "729d"', "must not be shorter than `keep_requests`"),
        ('columns = "yes"', "true or false"),
        ("colums = true", "did you mean `columns`"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    found = wrong(tmp_path, f"[ledger]\n{text}\n")
    assert said in found
    assert "ledger" in found


def test_everything_is_kept_for_ever_unless_somebody_says_how_long(tmp_path: Path) -> None:
    found = plan(read(None, tmp_path), tmp_path)
    assert (found.keep_requests, found.keep_others, found.columns) == (0, 0, False)


def test_what_is_said_comes_to_seconds(tmp_path: Path) -> None:
    (tmp_path / "bartizan.toml").write_text(
        '[ledger]\nkeep_requests = "36h"\nkeep_others = "7y"\ncolumns = true\n'
    )
    found = plan(read(None, tmp_path), tmp_path)
    assert (found.keep_requests, found.keep_others, found.columns) == (36 * 3600, 7 * 365 * DAY, True)


def test_a_copy_without_the_extra_is_refused_with_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_settings, "available", lambda: False)
    found = wrong(tmp_path, "[ledger]\ncolumns = true\n")
    assert "pip install 'bartizan[columns]'" in found
    (tmp_path / "bartizan.toml").write_text("[ledger]\ncolumns = false\n")
    assert not read(None, tmp_path).sections.ledger.columns
