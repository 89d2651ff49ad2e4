"""A repository of inert files with one more, where people do not look: it is found, and judged like any other."""

import os
from pathlib import Path

import pytest

from bartizan.supply.scan import scan
from bartizan.supply.subject import Standing

BAD = b"\x80\x04\x95\0"


@pytest.mark.parametrize(
    "place",
    [
        ".git/objects/ab/cdef",
        ".git/x.pt",
        ".github/.a",
        ".cache/huggingface/download/model.bin",
        "...",
        " ",
        "a/b/c/d/e/f/g/h/i/.j/k",
        "__pycache__/a.pyc",
        ".DS_Store",
        "~$a",
        "CON",
        os.fsdecode(b"\xff"),
    ],
)
def test_a_file_is_found_wherever_it_is_planted(place: str, tmp_path: Path) -> None:
    (tmp_path / "README.md").write_text("words\n")
    file = tmp_path / place
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(BAD)
    found = {each.path: each.file.standing for each in scan([tmp_path])}
    assert found[tmp_path / "README.md"] is Standing.INERT
    assert found[file] is not Standing.INERT
    assert len(found) == 2


def test_a_link_shows_nothing_of_the_machine_and_opens_nothing(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("words\n")
    inside = tmp_path / "in"
    inside.mkdir()
    os.mkfifo(inside / "pipe")
    for name, target in (
        ("passwd", "/etc/passwd"),
        ("up", "../secret"),
        ("self", "/proc/self/environ"),
        ("zero", "/dev/zero"),
        ("tty", "/dev/tty"),
        ("to-pipe", "pipe"),
        ("root", "/"),
    ):
        (inside / name).symlink_to(target)
    found = list(scan([inside]))
    assert len(found) == 8
    assert {each.file.standing for each in found} == {Standing.UNKNOWN}
    assert {each.sha256 for each in found} == {""}
    assert {each.file.octets for each in found} == {0}


def test_a_name_that_is_swapped_for_a_link_leads_nowhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path / "outside"
    outside.write_text("words\n")
    inside = tmp_path / "in"
    inside.mkdir()
    (inside / "a").write_text("words\n")
    whole = os.open

    def swapped(path: Path, flags: int) -> int:
        if Path(path).name == "a":
            (inside / "a").unlink()
            (inside / "a").symlink_to(outside)
        return whole(path, flags)

    monkeypatch.setattr(os, "open", swapped)
    (only,) = scan([inside])
    assert [each.word for each in only.file.reasons] == ["link-leads-out"]
