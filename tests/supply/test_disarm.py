"""A file that is disarmed is there, proven inert, or nothing is."""

import hashlib
import os
from pathlib import Path

import pytest

from bartizan.supply import disarm as module
from bartizan.supply.disarm import disarm
from bartizan.supply.format import Format
from bartizan.supply.octets import Octets
from bartizan.supply.rebuild import source
from bartizan.supply.rebuild.output import Taken
from bartizan.supply.rebuild.report import Rebuilt, Refusal
from bartizan.supply.scan import scan
from bartizan.supply.subject import Standing
from tests.supply.formats.made import made
from tests.supply.rebuild.written import held


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    (tmp_path / "evil.pt").write_bytes(made("evil.pt"))
    return tmp_path / "evil.pt"


def test_what_is_there_is_proven_inert_and_told_by_its_digest(evil: Path, tmp_path: Path) -> None:
    place = tmp_path / "new.safetensors"
    said = disarm(evil, place)
    assert isinstance(said.result, Rebuilt)
    assert held(place.read_bytes()) == held(made("state.safetensors"))
    assert said.sha256 == hashlib.sha256(evil.read_bytes()).hexdigest()
    assert said.rebuilt == hashlib.sha256(place.read_bytes()).hexdigest()
    assert (said.place, said.octets) == (place, evil.stat().st_size)
    assert [each.file.standing for each in scan([place])] == [Standing.INERT]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["evil.pt", "new.safetensors"]


def test_the_same_file_is_rebuilt_to_the_same_octets(evil: Path, tmp_path: Path) -> None:
    assert disarm(evil, tmp_path / "a").rebuilt == disarm(evil, tmp_path / "b").rebuilt


def refusal(path: Path, place: Path) -> str:
    said = disarm(path, place)
    assert isinstance(said.result, Refusal)
    assert (said.place, said.rebuilt) == (None, "")
    assert not place.exists()
    return said.result.reason.word


def test_where_nothing_is_kept_nothing_is_left(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"words\n")
    assert refusal(tmp_path / "a", tmp_path / "b") == "not-rebuilt"
    assert refusal(tmp_path, tmp_path / "b") == "link-to-folder"
    assert [each.name for each in tmp_path.iterdir()] == ["a"]


def test_a_place_that_is_taken_stays_as_it_is(evil: Path, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"mine")
    with pytest.raises(Taken):
        disarm(evil, tmp_path / "b")
    assert (tmp_path / "b").read_bytes() == b"mine"
    for place in (evil, tmp_path):
        with pytest.raises(Taken):
            disarm(evil, place, force=True)
    assert evil.read_bytes() == made("evil.pt")
    assert isinstance(disarm(evil, tmp_path / "b", force=True).result, Rebuilt)


def test_what_is_not_proven_inert_is_thrown_away(
    evil: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever takes over the process that writes, the scan after it is another one."""
    fooled = source.rebuild

    def lies(octets: Octets, descriptor: int, formats: tuple[Format, ...]) -> Rebuilt | Refusal:
        said = fooled(octets, descriptor, formats)
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.write(descriptor, b"\x80\x02cos\nsystem\n.")
        return said

    monkeypatch.setattr(module, "rebuild", lies)
    assert refusal(evil, tmp_path / "b") == "rebuilt-unproven"
    assert [each.name for each in tmp_path.iterdir()] == ["evil.pt"]


def test_what_changes_while_it_is_read_is_refused(
    evil: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = module.sha256

    def meanwhile(descriptor: int) -> str:
        os.utime(evil, ns=(0, 0))
        return digests(descriptor)

    monkeypatch.setattr(module, "sha256", meanwhile)
    assert refusal(evil, tmp_path / "b") == "changed"


def test_a_source_that_is_a_link_or_no_file(evil: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(evil)
    assert isinstance(disarm(tmp_path / "link", tmp_path / "b").result, Rebuilt)
    os.mkfifo(tmp_path / "pipe")
    assert refusal(tmp_path / "pipe", tmp_path / "c") == "no-regular-file"
