"""Installing: only what was locked, once, and a plain word where it fails. Real environments, no network."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.structure.sources import ROOT
from tools import install

BACKEND = """
import zipfile
def build_editable(folder, config_settings=None, metadata_directory=None):
    name = "bartizan-0-py3-none-any.whl"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as wheel:
        wheel.writestr("bartizan-0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: bartizan\\nVersion: 0\\n")
        wheel.writestr("bartizan-0.dist-info/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        wheel.writestr("bartizan-0.dist-info/RECORD", "")
    return name
"""


class Clone:
    """A clone of a small project, beside a folder with the two packages that it may lock."""

    def __init__(self, place: Path) -> None:
        """Lay it out at `place`; `run` locks `stone`, `dev` adds `mortar`."""
        self.root, self.index = place / "clone", place / "index"
        self.index.mkdir()
        (self.root / "tools").mkdir(parents=True)
        (self.root / "requirements").mkdir()
        shutil.copy(ROOT / "tools" / "install.py", self.root / "tools")
        (self.root / "backend.py").write_text(BACKEND)
        (self.root / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            '[project]\nname = "bartizan"\nversion = "0"\n'
        )
        stone, mortar = _wheel(self.index, "stone"), _wheel(self.index, "mortar")
        self.lock("run", stone)
        self.lock("dev", stone, mortar)

    def lock(self, name: str, *lines: str) -> None:
        """Write a lock."""
        (self.root / "requirements" / f"{name}.txt").write_text("".join(lines))

    def install(self, wanted: str = "run") -> subprocess.CompletedProcess[str]:
        """Run the installer as make does, with no index but the folder."""
        return subprocess.run(
            [sys.executable, self.root / "tools" / "install.py", wanted],
            env={**os.environ, "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(self.index)},
            capture_output=True,
            text=True,
            check=False,
        )

    def alter(self, name: str) -> None:
        """Put into a package what was not there when it was locked."""
        with zipfile.ZipFile(self.index / f"{name}-1-py3-none-any.whl", "a") as wheel:
            wheel.writestr(f"{name}/backdoor.py", "")

    def is_refused(self, wanted: str, why: str) -> None:
        """Install, and see it refused in plain words, and not taken for finished the next time."""
        failed = self.install(wanted)
        assert failed.returncode == 3
        assert why in failed.stderr
        assert "Traceback" not in failed.stderr
        assert not (self.root / ".venv" / "installed.json").exists()

    def packages(self) -> set[str]:
        """Return what is in its environment besides pip's own."""
        found = {
            path.name.split("-")[0] for path in self.root.glob(".venv/lib/python3*/site-packages/*.dist-info")
        }
        return found - {"pip", "setuptools"}


def _wheel(folder: Path, name: str) -> str:
    """Make a package and return its line of a lock."""
    file = folder / f"{name}-1-py3-none-any.whl"
    with zipfile.ZipFile(file, "w") as wheel:
        info = f"{name}-1.dist-info"
        wheel.writestr(f"{name}.py", "")
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return f"{name}==1 \\\n    --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Clone:
    """Return a clone in which the run set is installed: making an environment takes seconds."""
    clone = Clone(tmp_path_factory.mktemp("place"))
    done = clone.install()
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("environment  .venv, 1 packages, hashes verified ")
    assert len(done.stdout.rstrip("\n")) == 72
    shutil.copytree(clone.root.parent, clone.root.parent.with_name("kept"), symlinks=True)
    return clone


@pytest.fixture
def clone(made: Clone) -> Clone:
    """Return that clone as it was when it had just been made."""
    place = made.root.parent
    shutil.rmtree(place)
    shutil.copytree(place.with_name("kept"), place, symlinks=True)
    return made


@pytest.mark.slow
def test_what_is_locked_is_installed_once_and_a_changed_lock_makes_all_anew(clone: Clone) -> None:
    assert clone.packages() == {"stone", "bartizan"}
    again = clone.install()
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
    more = clone.install("dev")
    assert "2 packages" in more.stdout
    assert clone.install("run").stdout == ""
    clone.lock("dev", (clone.root / "requirements" / "run.txt").read_text())
    assert clone.install("dev").returncode == 0
    assert clone.packages() == {"stone", "bartizan"}, "what a lock dropped is still there"


@pytest.mark.slow
def test_a_change_of_this_package_alone_installs_it_again_and_nothing_else(clone: Clone) -> None:
    described = clone.root / "pyproject.toml"
    described.write_text(described.read_text() + 'description = "changed"\n')
    shutil.rmtree(clone.index)  # where the others came from
    again = clone.install()
    assert again.returncode == 0, again.stderr
    assert again.stdout.startswith("environment  .venv, 1 packages")
    assert clone.packages() == {"stone", "bartizan"}
    assert clone.install().stdout == ""


@pytest.mark.slow
def test_a_package_that_was_altered_is_not_installed(clone: Clone) -> None:
    clone.alter("mortar")
    clone.is_refused("dev", "its hash differs")
    assert clone.packages() == {"stone", "bartizan"}


@pytest.mark.slow
def test_a_first_installation_that_is_refused_leaves_nothing_to_run(tmp_path: Path) -> None:
    clone = Clone(tmp_path)
    clone.alter("stone")
    clone.is_refused("run", "its hash differs")
    assert clone.packages() == set()


@pytest.mark.slow
def test_a_package_without_a_prebuilt_file_runs_no_build_script(clone: Clone) -> None:
    (clone.index / "mortar-1-py3-none-any.whl").unlink()
    (clone.index / "mortar-1.tar.gz").write_bytes(b"")
    clone.is_refused("dev", "cannot be fetched")


def test_an_unknown_set_is_refused() -> None:
    assert install.main(["everything"]) == 2
    assert install.main([]) == 2


def test_too_old_a_python_is_told_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(install, "OLDEST", (99, 0))
    assert install.main(["run"]) == 3
    assert "needs Python 3.11 or newer" in capsys.readouterr().err


def test_a_missing_venv_is_named_by_its_package(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "ensurepip", None)
    assert install.main(["run"]) == 3
    assert "apt-get install python3" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("printed", "meaning"),
    [
        ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.", "hash differs"),
        ("error: Hash mismatch for `h11==0.16.0`", "hash differs"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("WARNING: Retrying after connection broken by 'NewConnectionError(...)'", "cannot be fetched"),
        ("error: Failed to fetch\n  Caused by: dns error: failed to lookup address", "cannot be fetched"),
        ("ssl.SSLCertVerificationError: CERTIFICATE_VERIFY_FAILED", "cannot be fetched"),
        ("ERROR: No matching distribution found for uvloop==0.23.0", "not prebuilt"),
        ("something new\nnobody foresaw", "something new\nnobody foresaw"),
    ],
)
def test_what_an_installer_says_is_explained(printed: str, meaning: str) -> None:
    assert meaning in install._explain(printed, "fetching packages")


@pytest.mark.parametrize(
    ("setting", "is_mirror"),
    [
        ("global.index-url='https://mirror.example/simple'", True),
        ("global.extra-index-url='file:///srv/simple'", True),
        (":env:.find-links='/srv/wheels'", True),
        ("install.no-index='true'", True),
        ("global.proxy='http://proxy.example:3128'", True),
        ("global.cert='/etc/ssl/certs/ca-certificates.crt'", False),
        (":env:.default-timeout='180'", False),
        ("global.constraint='/etc/constraints.txt'", False),
        ("download.index-url='https://mirror.example/simple'", False),
    ],
)
def test_pip_installs_exactly_where_its_settings_say_whence(setting: str, is_mirror: bool) -> None:  # noqa: FBT001
    settings = f":env:.disable-pip-version-check='1'\n{setting}\nglobal.timeout='60'\n"
    assert bool(install.MIRROR.search(settings)) is is_mirror


def test_a_stamp_that_is_damaged_counts_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(install, "STAMP", tmp_path / "installed.json")
    for text in ("", "{", "[]", json.dumps("x"), "\x00"):
        install.STAMP.write_text(text)
        assert install._stamp() == {}
