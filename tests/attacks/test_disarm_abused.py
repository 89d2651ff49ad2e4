"""A file is made to be disarmed: to reach what is not its own by a view, to fill disk or memory, or to be written where a link leads."""

import os
import struct
from pathlib import Path

import pytest

from bartizan.cli.command import Exit
from bartizan.cli.main import run
from bartizan.supply.disarm import Outcome, disarm
from bartizan.supply.rebuild.report import Rebuilt, Refusal
from tests.supply.formats.made import made
from tests.supply.pickles.written import FLOATS, checkpoint, old, state, storage, tensor
from tests.supply.rebuild.written import Held, held

STORED = storage("0", 6)
SYSTEM = b"cposix\nsystem\nX\2\0\0\0id\x85R"


def disarmed(octets: bytes, folder: Path) -> Outcome:
    (folder / "evil.pt").write_bytes(octets)
    said = disarm(folder / "evil.pt", folder / "new").result
    assert (folder / "new").exists() == isinstance(said, Rebuilt)
    assert sorted(each.name for each in folder.iterdir())[:1] == ["evil.pt"]
    return said


def viewed(shape: tuple[int, ...], stride: tuple[int, ...], offset: int = 0) -> bytes:
    pairs = {"w": tensor(STORED, shape, stride, offset), "evil": SYSTEM}
    return checkpoint(state(pairs), {"0": FLOATS})


@pytest.mark.parametrize(
    "octets",
    [
        viewed((2, 3), (-3, 1), 3), viewed((6,), (-1,), 5), viewed((6,), (1,), -1), viewed((-6,), (1,)), viewed((7,), (1,)),
        viewed((2, 3), (1 << 30, 1)), viewed((1 << 30, 1 << 30), (0, 0)), viewed((2,), (1,), 1 << 30), viewed((6,), (1, 1)),
        viewed((0x7FFFFFFF,) * 3, (0, 0, 0)),
    ],
)  # fmt: skip
def test_a_view_that_is_not_of_its_storage_is_refused_whatever_else_is_cut(
    octets: bytes, tmp_path: Path
) -> None:
    said = disarmed(octets, tmp_path)
    assert isinstance(said, Refusal)
    assert said.reason.word == "call-refused"


def test_storages_that_overlap_show_each_tensor_its_own_octets(tmp_path: Path) -> None:
    pairs = {"a": tensor(STORED, (4,), (1,)), "b": tensor(STORED, (4,), (1,), 2), "e": SYSTEM}
    assert isinstance(disarmed(checkpoint(state(pairs), {"0": FLOATS}), tmp_path), Rebuilt)
    assert held((tmp_path / "new").read_bytes()) == {
        "a": Held("F32", (4,), FLOATS[:16]),
        "b": Held("F32", (4,), FLOATS[8:]),
    }


def test_a_short_file_that_shows_one_storage_ten_thousand_times_does_not_fill_the_disk(
    tmp_path: Path,
) -> None:
    large = storage("0", 1 << 16)
    first = tensor(large, (1 << 16,), (1,)) + b"q\xc8"
    pairs = {"w0": first, **{f"w{number}": b"h\xc8" for number in range(1, 20_000)}}
    said = disarmed(checkpoint(state(pairs), {"0": bytes(4 << 16)}), tmp_path)
    assert isinstance(said, Refusal)
    assert said.reason.word == "expands"


def test_an_old_file_cannot_tell_its_storages_other_sizes_than_they_have(tmp_path: Path) -> None:
    stored = storage("0", 6, old=True)
    evil = old(state({"w": tensor(stored, (6,), (1,)), "e": SYSTEM}), {"0": FLOATS})
    assert isinstance(disarmed(evil, tmp_path), Rebuilt)
    (tmp_path / "new").unlink()
    for count in (5, 7, -1, 1 << 62):
        octets = evil.replace(struct.pack("<q", 6), struct.pack("<q", count))
        assert octets != evil
        assert isinstance(disarmed(octets, tmp_path), Refusal)


def test_an_output_that_is_a_link_is_not_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "evil.pt").write_bytes(made("evil.pt"))
    (tmp_path / "authorized_keys").write_bytes(b"mine")
    (tmp_path / "out").symlink_to("authorized_keys")
    assert run(["disarm", "evil.pt", "-o", "out"]) == Exit.USAGE
    (tmp_path / "hanging").symlink_to("nowhere")
    assert run(["disarm", "evil.pt", "-o", "hanging"]) == Exit.USAGE
    assert not (tmp_path / "nowhere").exists()
    assert run(["disarm", "evil.pt", "-o", "out", "--force"]) == Exit.CLEAN
    assert (tmp_path / "authorized_keys").read_bytes() == b"mine"
    assert not (tmp_path / "out").is_symlink()


def test_nothing_of_it_runs_and_nothing_it_names_is_imported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "planted.py").write_text("open('owned', 'w')\n")
    monkeypatch.syspath_prepend(tmp_path)
    named = b"cplanted\nwhatever\n)R"
    octets = checkpoint(state({"w": tensor(STORED, (6,), (1,)), "e": named, "f": SYSTEM}), {"0": FLOATS})
    assert isinstance(disarmed(octets, tmp_path), Rebuilt)
    (tmp_path / "evil.pt").write_bytes(made("evil.pt"))
    assert run(["disarm", "evil.pt", "-o", "other"]) == Exit.CLEAN
    assert not (tmp_path / "owned").exists()
    assert "uid=" not in capfd.readouterr().out


def test_what_a_terminal_is_shown_of_a_file_moves_no_cursor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    named = b"cos\x1b[2J\nsystem\x07\n)R"
    octets = checkpoint(state({"w": tensor(STORED, (6,), (1,)), "\x1b]0;x": named}), {"0": FLOATS})
    (tmp_path / "evil.pt").write_bytes(octets)
    assert run(["disarm", "evil.pt", "-o", "new"]) == Exit.CLEAN
    told = capsys.readouterr().out
    assert "\\x1b[2J" in told
    assert "\x1b" not in told
    assert "\x07" not in told


def test_a_source_that_is_swapped_for_a_pipe_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "evil.pt")
    assert isinstance(disarm(tmp_path / "evil.pt", tmp_path / "new").result, Refusal)
