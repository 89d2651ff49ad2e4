"""What is committed: locks that bind, no address of a package index, no path out of the repository."""

import re
import stat
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.structure.sources import ROOT, committed, place

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"^([a-z0-9-]+)==([^ ;\\]+)( ;[^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}( \\)?$")

# Put together here, so that this file does not name what it forbids.
HOSTS = re.compile(
    "|".join(
        ["py" + r"pi\.o" + "rg", "python" + "hosted", "npm" + r"js\.(?:org|com)", "deb" + r"\.deb" + "ian"]
    )
)
OUTSIDE = re.compile("/" + r"(?:wo" + r"rk|fa" + r"rm|ro" + r"ot|ho" + r"me/\w+)/")


def _texts() -> list[tuple[Path, str]]:
    texts = []
    for file in committed():
        try:
            texts.append((file, file.read_text()))
        except UnicodeDecodeError:
            continue
    return texts


def test_no_committed_file_names_the_host_of_a_package_index() -> None:
    assert [place(file) for file, text in _texts() if HOSTS.search(text)] == []


def test_no_committed_file_names_a_path_of_somebodys_machine() -> None:
    assert [place(file) for file, text in _texts() if OUTSIDE.search(text)] == []


def test_only_tests_and_benches_read_the_data_beside_the_clone() -> None:
    shared = "../" + "shared"
    readers = (ROOT / "tests", ROOT / "bench")
    found = [
        file for file, text in _texts() if shared in text and not any(one in file.parents for one in readers)
    ]
    assert [place(file) for file in found] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.stem)
def test_every_locked_package_has_one_version_and_its_hashes(lock: Path) -> None:
    hashes = 1
    for line in lock.read_text().splitlines():
        if PINNED.match(line):
            assert hashes, line
            hashes = 0
        else:
            assert HASH.match(line), line
            hashes += 1
    assert hashes


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("uv", PROJECT["dependency-groups"]["installer"]),
        ("run", PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["build"]),
        ("dev", PROJECT["project"]["dependencies"] + PROJECT["dependency-groups"]["dev"]),
        ("edge", PROJECT["dependency-groups"]["edge"]),
        ("fuzz", PROJECT["dependency-groups"]["fuzz"]),
        ("train", PROJECT["dependency-groups"]["train"]),
        ("train-encoder", PROJECT["dependency-groups"]["train-encoder"]),
        ("gemma", PROJECT["project"]["optional-dependencies"]["gemma"]),
        ("openapi", PROJECT["project"]["optional-dependencies"]["openapi"]),
        ("columns", PROJECT["project"]["optional-dependencies"]["columns"]),
        ("workloads", PROJECT["project"]["optional-dependencies"]["workloads"]),
        ("encoder", PROJECT["project"]["optional-dependencies"]["encoder"]),
    ],
)
def test_a_lock_satisfies_what_the_project_asks_for(lock: str, wanted: list[str]) -> None:
    pins = _pins(lock)
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_all_locks_agree_on_every_version() -> None:
    dev = _pins("dev")
    assert _pins("run").items() <= dev.items()
    for lock in (
        "gemma",
        "openapi",
        "columns",
        "workloads",
        "encoder",
        "edge",
        "fuzz",
        "train",
        "train-encoder",
    ):
        assert {name: at for name, at in _pins(lock).items() if dev.get(name, at) != at} == {}


def test_the_build_needs_nothing_that_is_not_locked() -> None:
    assert {Requirement(one).name for one in PROJECT["build-system"]["requires"]} <= _pins("run").keys()


def test_what_a_fuzzer_found_lies_in_a_corpus_and_not_where_it_was_dropped() -> None:
    dropped = re.compile(r"(crash|leak|timeout|oom|slow-unit)-[0-9a-f]{40}")
    assert [place(file) for file in committed() if dropped.fullmatch(file.name)] == []


def test_what_is_meant_to_be_run_can_be() -> None:
    assert (ROOT / ".ci" / "run").stat().st_mode & stat.S_IXUSR


def _pins(lock: str) -> dict[str, str]:
    lines = (ROOT / "requirements" / f"{lock}.txt").read_text().splitlines()
    return {found.group(1): found.group(2) for line in lines if (found := PINNED.match(line))}
