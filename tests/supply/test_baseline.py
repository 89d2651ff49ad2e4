"""A baseline: what a person accepted, and nothing that changed since."""

from pathlib import Path

import pytest

from bartizan.supply import baseline
from bartizan.supply.baseline import BaselineUnreadable, document, entries
from bartizan.supply.scan import Scanned, scan


def one(file: Path) -> Scanned:
    (found,) = scan([file])
    return found


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "models" / "a.bin"
    path.parent.mkdir()
    path.write_bytes(b"\0\1")
    return path


def written(file: Path, *found: Scanned) -> Path:
    file.write_bytes(document(each for one in found for each in entries(one, file.parent)))
    return file


def test_what_was_accepted_is_covered_from_wherever_it_is_named(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = baseline.read(written(tmp_path / "accepted.json", one(file)))
    assert read.covers(one(file), "format-unknown")
    monkeypatch.chdir(file.parent)
    assert read.covers(one(Path("a.bin")), "format-unknown")
    monkeypatch.chdir(tmp_path)
    assert baseline.read(Path("accepted.json")).covers(one(Path("models/a.bin")), "format-unknown")


def test_another_word_another_path_or_other_octets_are_not_covered(file: Path, tmp_path: Path) -> None:
    read = baseline.read(written(tmp_path / "accepted.json", one(file)))
    assert not read.covers(one(file), "polyglot")
    other = file.with_name("b.bin")
    other.write_bytes(file.read_bytes())
    assert not read.covers(one(other), "format-unknown")
    file.write_bytes(b"\0\2")
    assert not read.covers(one(file), "format-unknown")


def test_what_could_not_be_read_is_never_accepted(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/etc/passwd")
    (found,) = scan([tmp_path])
    assert found.findings
    file = written(tmp_path / "accepted.json", found)
    assert not baseline.read(file).covers(found, found.findings[0].reason)
    file.write_text('{"version": 1, "accepted": [{"path": "link", "sha256": "", "word": "link-leads-out"}]}')
    assert not baseline.read(file).covers(found, "link-leads-out")


def test_a_baseline_is_the_same_whatever_order_files_come_in(file: Path, tmp_path: Path) -> None:
    other = file.with_name("b.bin")
    other.write_bytes(b"\0\3")
    first = document([*entries(one(file), tmp_path), *entries(one(other), tmp_path)])
    assert first == document([*entries(one(other), tmp_path), *entries(one(file), tmp_path)] * 2)
    assert first.count(b"\n") == 4


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"[]",
        b'{"version": 1}',
        b'{"version": 2, "accepted": []}',
        b'{"version": 1, "accepted": [{"path": "a"}]}',
        b'{"version": 1, "accepted": [], "more": 1}',
        b'{"version": 1, "accepted": [{"path": "a", "sha256": "b", "word": "c", "glob": true}]}',
        b'{"version": 1, "accepted": []} x',
        b"\xff",
        b"[" * 100_000,
    ],
)
def test_a_damaged_baseline_accepts_nothing_and_says_so(octets: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(octets)
    with pytest.raises(BaselineUnreadable, match=r"a\.json"):
        baseline.read(tmp_path / "a.json")


def test_a_baseline_that_is_too_long_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(baseline, "LARGEST", 8)
    (tmp_path / "a.json").write_bytes(b'{"version": 1, "accepted": []}')
    with pytest.raises(BaselineUnreadable):
        baseline.read(tmp_path / "a.json")
