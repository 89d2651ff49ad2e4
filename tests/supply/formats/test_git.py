"""What git keeps is data to git: inert where every octet is accounted for, and what its settings run is told."""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.supply.look import looker
from bartizan.supply.octets import Budget, Octets
from bartizan.supply.scan import known, scan
from bartizan.supply.subject import ModelFile, Standing
from tests.supply.formats.gitted import WHOLE, entry, index, loose, names, order, pack, packed_object, summed

BLOB = packed_object(b"words")


def look(octets: bytes, budget: Budget | None = None) -> ModelFile:
    return looker(known())(Octets(octets, "a"), budget or Budget())


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_one_is_inert(name: str) -> None:
    octets = summed(WHOLE[name])
    assert look(octets) == ModelFile(name, Standing.INERT, (), len(octets))


@pytest.mark.parametrize(
    "octets",
    [
        loose(b"words"),
        loose(b""),
        loose(b"\x80\x04cos\nsystem\n."),
        loose(b"tree abc\n", "commit"),
        loose(bytes(99_999), "tree"),
    ],
)
def test_a_loose_object_is_inert(octets: bytes) -> None:
    assert look(octets) == ModelFile("git-object", Standing.INERT, (), len(octets))


@pytest.mark.parametrize(
    "octets",
    [
        loose(b"words", size=4), loose(b"words", size=6), loose(b"words") + b"\0", loose(b"words")[:-1], loose(b"words", "blob "), loose(b"words", "note"),
        *(WHOLE[name] + bytes(20) for name in WHOLE), *(summed(WHOLE[name] + b"\0") for name in WHOLE), *(summed(WHOLE[name][:-1]) for name in WHOLE),
        summed(pack(BLOB, count=2)), summed(pack(BLOB, count=0)), summed(pack(packed_object(b"words", size=4))), summed(pack(packed_object(b"words", size=6))),
        summed(pack(packed_object(b"words", 5))), summed(pack(b"\xff" * 20)), summed(order(0, 0)), summed(order(1, 2)),
        summed(names().replace(b"\x3c", b"\x90", 1)), summed(index(entry(b"b"), entry(b"a"))), summed(index(entry(b"../a"))), summed(index(entry(b".git/config"))),
        summed(index(entry(b"a", 0o170000))), summed(index(entry(b"a"), after=b"link" + struct.pack(">I", 0))),
    ],
)  # fmt: skip
def test_what_is_not_whole_is_not_understood(octets: bytes) -> None:
    assert look(octets).standing is Standing.UNKNOWN


def test_objects_that_expand_without_end_are_work() -> None:
    bomb = summed(pack(*[packed_object(bytes(1 << 20))] * 8))
    assert [each.word for each in look(bomb, Budget(expanded=4 << 20)).reasons] == ["too-much-work"]
    assert [each.word for each in look(loose(bytes(8 << 20)), Budget(expanded=4 << 20)).reasons] == [
        "too-much-work"
    ]


@pytest.mark.property
@given(st.sampled_from(sorted(WHOLE)), st.integers(4, 1400), st.binary(min_size=1, max_size=4))
def test_whatever_is_written_into_one_it_is_read_or_refused(name: str, at: int, value: bytes) -> None:
    octets = bytearray(WHOLE[name])
    place = at % len(octets)
    octets[place : place + len(value)] = value
    found = look(summed(bytes(octets)))
    assert found.standing in {Standing.INERT, Standing.UNKNOWN}
    assert found.standing is not Standing.INERT or found.format == name


@pytest.fixture
def cloned(tmp_path: Path) -> Path:
    """Return a fresh clone of a repository with a file, its history packed, and one commit more."""
    git = shutil.which("git")
    assert git is not None, "git is what makes a clone"
    who = ["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    first, second = tmp_path / "first", tmp_path / "second"
    first.mkdir()
    (first / "README.md").write_text("words\n" * 300)
    for arguments in (
        ["init", "-q"],
        ["add", "."],
        ["commit", "-q", "-m", "a"],
        ["gc", "-q"],
        ["clone", "-q", "--no-local", ".", str(second)],
    ):
        subprocess.run([git, *who, *arguments], cwd=first, check=True, capture_output=True)
    subprocess.run(
        [git, *who, "commit", "-q", "--allow-empty", "-m", "b"], cwd=second, check=True, capture_output=True
    )
    return second


def test_a_fresh_clone_is_inert_and_what_its_settings_run_is_told(cloned: Path) -> None:
    found = {each.file.format: each.file.standing for each in scan([cloned])}
    assert set(found.values()) == {Standing.INERT}
    assert {"git-pack", "git-pack-index", "git-index", "git-object"} <= set(found)
    settings = cloned / ".git/config"
    before = settings.read_text()
    for setting in (
        "[core]\n\tfsmonitor = ./x\n", '[filter "a"]\n\tsmudge = ./x\n', "[alias]\n\tst = !./x\n", "[core] sshCommand = ./x\n", "[include]\npath = ../x\n",
        '[remote "origin"]\n\turl = ext::./x\n', "[core]\n\tHooksPath=x\n", '[diff "a"]\ntextconv = x\n', "[a]\nb = c \\\nd\n", "= x\n", "[user]\nname\\x = 1\n",
    ):  # fmt: skip
        settings.write_text(before + setting)
        (file,) = scan([settings])
        assert [each.word for each in file.file.reasons] == ["git-setting"], setting
    told = {each.path: each.file.standing for each in scan([cloned])}
    assert told.pop(settings) is Standing.CODE
    assert set(told.values()) == {Standing.INERT}


def test_a_repository_without_a_working_tree_runs_its_settings_too(tmp_path: Path) -> None:
    bare = tmp_path / "data"
    for name in ("objects", "refs"):
        (bare / name).mkdir(parents=True)
    (bare / "HEAD").write_text("ref: refs/heads/main\n")
    (bare / "config").write_text("[core]\n\tfsmonitor = ./x\n")
    told = {each.path.name: each.file.standing for each in scan([tmp_path])}
    assert told == {"HEAD": Standing.INERT, "config": Standing.CODE}
