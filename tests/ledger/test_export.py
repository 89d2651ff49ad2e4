"""An export is the tree of its checkpoint in the format of others, and a stranger checks it with one file."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from bartizan.clock import SECOND, Nanoseconds
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger.checkpoint import Signers, parse_point
from bartizan.ledger.event import Outcome
from bartizan.ledger.export import ExportDiffers, NothingSigned, export
from bartizan.ledger.installation import KEYS as KEYS_FILE
from bartizan.ledger.installation import WITNESSED, write_whole
from bartizan.ledger.tiles import WIDTH, entries_of
from bartizan.ledger.tree import Frontier, leaf_hash
from tests.ledger.ground import KEYS, Ground, fill
from tests.ledger.histories import NOW, cosigner

ENTRIES = 1 + 2 * 400


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    ground = Ground(tmp_path_factory.mktemp("ledger"))
    fill(ground, 1, 400)
    ground.sequencer.checkpoint()
    return ground


@pytest.fixture
def exported(ledger: Ground, tmp_path: Path) -> Path:
    export(ledger.folder, KEYS.verifiers, tmp_path / "out")
    (tmp_path / "keys.pub").write_bytes(KEYS.verifiers.encode())
    return tmp_path / "out"


def alone(folder: Path, *more: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the verifier as a stranger would: that file alone, where nothing of ours can be imported."""
    words: Sequence[str | Path] = [
        sys.executable,
        "-I",
        "-S",
        "-c",
        _ALONE,
        folder / "verify_ledger.py",
        folder,
    ]
    return subprocess.run([*words, *more], capture_output=True, text=True, check=False)


_ALONE = """
import runpy, site, sys
site.main()
class NotOurs:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("bartizan", "msgspec"):
            raise ImportError(name)
sys.meta_path.insert(0, NotOurs())
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_a_stranger_verifies_it_with_the_single_file_alone(exported: Path) -> None:
    ran = alone(exported, "--keys", exported.parent / "keys.pub")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert ran.stdout.splitlines()[0] == f"intact: {ENTRIES} entries, 0 of them pruned"
    assert ran.stdout.splitlines()[1].startswith("signed only: ")


def test_keys_that_came_with_it_are_named_as_such(exported: Path) -> None:
    assert "keys that came with it" in alone(exported).stdout
    assert "keys that came with it" not in alone(exported, "--keys", exported.parent / "keys.pub").stdout


def test_every_entry_is_there_in_order(ledger: Ground, exported: Path) -> None:
    bundles = [exported / f"tile/entries/{number:03d}" for number in range(3)]
    found = [entry for path in bundles for entry in entries_of(path.read_bytes())]
    found += entries_of((exported / f"tile/entries/003.p/{ENTRIES % WIDTH}").read_bytes())
    assert found == ledger.entries()


def test_hashes_lie_where_the_format_says(ledger: Ground, exported: Path) -> None:
    leaves = [leaf_hash(entry) for entry in ledger.entries()]
    assert (exported / "tile/0/001").read_bytes() == b"".join(leaves[256:512])
    assert (exported / f"tile/0/003.p/{ENTRIES % WIDTH}").read_bytes() == b"".join(leaves[768:])
    roots = []
    for number in range(3):
        tree = Frontier()
        tree.append(leaves[number * WIDTH : (number + 1) * WIDTH])
        roots.append(tree.root())
    assert (exported / "tile/1/000.p/3").read_bytes() == b"".join(roots)
    assert not (exported / "tile/2").exists()


def test_a_later_export_grows_the_folder_and_tidies_it(tmp_path: Path) -> None:
    ground, out = Ground(tmp_path / "ledger"), tmp_path / "out"
    journal = fill(ground, 1, 100)
    ground.sequencer.checkpoint()
    export(ground.folder, KEYS.verifiers, out)
    kept = (out / "checkpoint").read_bytes()
    assert (out / "tile/entries/000.p/201").exists()
    for each in range(200):
        ground.clock.at += 1000
        journal.record("gateway.upstream.closed", "platform", f"s{each}", Outcome.DONE, "", {})
    journal.flush()
    ground.tail()
    ground.sequencer.checkpoint()
    done = export(ground.folder, KEYS.verifiers, out)
    assert (done.entries, done.new) == (401, 200)
    assert sorted(path.name for path in (out / "tile/entries").iterdir()) == ["000", "001.p"]
    (tmp_path / "kept").write_bytes(kept)
    ran = alone(out, "--checkpoint", tmp_path / "kept")
    assert ran.returncode == 0, ran.stdout
    assert "witnessed: as you kept it, 201 entries" in ran.stdout


def test_one_that_was_cut_off_still_verifies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground, out = Ground(tmp_path / "ledger"), tmp_path / "out"
    fill(ground, 1, 100)
    _cosign(ground)
    export(ground.folder, KEYS.verifiers, out)
    fill(ground, 2, 100)
    _cosign(ground)
    with monkeypatch.context() as cut:
        cut.setattr(os, "sync", _power_loss)
        with pytest.raises(KeyboardInterrupt):
            export(ground.folder, KEYS.verifiers, out)
    ran = alone(out)
    assert ran.returncode == 0, ran.stdout
    assert "intact: 201 entries" in ran.stdout


def _cosign(ground: Ground) -> None:
    note = ground.sequencer.checkpoint()
    write_whole(ground.folder / WITNESSED, note + cosigner().sign(parse_point(note)[0], NOW))


def _power_loss() -> None:
    raise KeyboardInterrupt


def test_a_link_in_the_folder_is_not_tidied_behind(tmp_path: Path) -> None:
    """Somebody left it in a folder that is exported into again."""
    ground, out = Ground(tmp_path / "ledger"), tmp_path / "out"
    fill(ground, 1, 10)
    ground.sequencer.checkpoint()
    export(ground.folder, KEYS.verifiers, out)
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/17").write_text("mine")
    (out / "tile/0/x.p").symlink_to(tmp_path / "mine")
    fill(ground, 2, 10)
    ground.sequencer.checkpoint()
    export(ground.folder, KEYS.verifiers, out)
    assert (tmp_path / "mine/17").read_text() == "mine"


@pytest.mark.parametrize("draft", [".checkpoint.new", "tile/0/000.p/.21.new"])
def test_a_link_in_the_folder_is_not_written_through(tmp_path: Path, draft: str) -> None:
    ground, out = Ground(tmp_path / "ledger"), tmp_path / "out"
    fill(ground, 1, 10)
    ground.sequencer.checkpoint()
    (tmp_path / "mine").write_text("mine")
    (out / draft).parent.mkdir(parents=True)
    (out / "tile").mkdir(exist_ok=True)
    (out / draft).symlink_to(tmp_path / "mine")
    with suppress(OSError):
        export(ground.folder, KEYS.verifiers, out)
    assert (tmp_path / "mine").read_text() == "mine"


def test_nothing_is_exported_that_is_not_signed(tmp_path: Path) -> None:
    with pytest.raises(NothingSigned):
        export(Ground(tmp_path / "ledger").folder, KEYS.verifiers, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_ledgers_folder_is_left_as_it_is(exported: Path, tmp_path: Path) -> None:
    other = Signers(
        "bartizan.local/ffffffffffffffff",
        SigningKey.generate(Algorithm.ED25519),
        SigningKey.generate(Algorithm.ML_DSA_44),
    )
    ground = Ground(tmp_path / "other", other)
    fill(ground, 1, 10)
    ground.sequencer.checkpoint()
    before = sorted(exported.rglob("*"))
    with pytest.raises(ExportDiffers):
        export(ground.folder, other.verifiers, exported)
    assert sorted(exported.rglob("*")) == before


def test_a_rolled_back_ledger_does_not_overwrite_its_export(exported: Path, tmp_path: Path) -> None:
    ground = Ground(tmp_path / "again")
    fill(ground, 1, 100)
    ground.sequencer.checkpoint()
    with pytest.raises(ExportDiffers, match="covers more"):
        export(ground.folder, KEYS.verifiers, exported)


def test_a_folder_with_something_else_in_it_is_refused(ledger: Ground, tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/dear.txt").write_text("Dear John,")
    with pytest.raises(ExportDiffers, match="something else"):
        export(ledger.folder, KEYS.verifiers, tmp_path / "letters")


def _edit(path: Path) -> None:
    octets = path.read_bytes()
    path.write_bytes(octets.replace(b'"octets":7', b'"octets":8', 1))


def _swap(path: Path) -> None:
    entries = list(entries_of(path.read_bytes()))
    entries[4], entries[5] = entries[5], entries[4]
    path.write_bytes(b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries))


def _empty(path: Path) -> None:
    entries = list(entries_of(path.read_bytes()))
    entries[9] = b""
    path.write_bytes(b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_edit, "not the one that was sealed"),
        (_swap, "not the one that was sealed"),
        (_empty, "missing that no entry says were pruned"),
        (lambda path: path.unlink(), "missing"),
        (lambda path: path.write_bytes(path.read_bytes()[:-3]), "not the one that was sealed"),
    ],
    ids=["edited", "swapped", "emptied", "deleted", "cut"],
)
def test_what_is_changed_in_a_bundle_is_found(exported: Path, change: object, said: str) -> None:
    change(exported / "tile/entries/000")  # type: ignore[operator]
    ran = alone(exported)
    assert ran.returncode == 1
    assert ran.stdout.startswith("NOT INTACT")
    assert said in ran.stdout


def test_entries_and_their_hashes_changed_together_do_not_lead_to_the_root(exported: Path) -> None:
    bundle, tile = exported / "tile/entries/000", exported / "tile/0/000"
    _edit(bundle)
    tile.write_bytes(b"".join(map(leaf_hash, entries_of(bundle.read_bytes()))))
    ran = alone(exported)
    assert ran.returncode == 1
    assert "not those that were signed" in ran.stdout


def test_a_tile_that_does_not_follow_is_found(exported: Path) -> None:
    tile = exported / "tile/1/000.p/3"
    tile.write_bytes(tile.read_bytes()[::-1])
    assert "does not follow" in alone(exported).stdout


@pytest.mark.parametrize("line", [4, 5], ids=["ed25519", "ml-dsa-44"])
def test_a_stripped_signature_fails(exported: Path, line: int) -> None:
    path = exported / "checkpoint"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:line], *lines[line + 1 :]]))
    ran = alone(exported)
    assert ran.returncode == 1
    assert "is missing or false" in ran.stdout


def test_stripped_keys_are_not_the_keys_of_a_ledger(exported: Path) -> None:
    path = exported / KEYS_FILE
    path.write_bytes(path.read_bytes().splitlines(keepends=True)[0])
    ran = alone(exported)
    assert ran.returncode == 3
    assert "two public keys" in ran.stderr


def test_a_newer_checkpoint_that_was_kept_tells_of_a_roll_back(exported: Path, tmp_path: Path) -> None:
    (tmp_path / "kept").write_bytes(KEYS.sign(5000, bytes(32), Nanoseconds(SECOND)))
    ran = alone(exported, "--checkpoint", tmp_path / "kept")
    assert ran.returncode == 1
    assert "rolled back" in ran.stdout


def test_it_says_the_same_for_programs(exported: Path) -> None:
    found = json.loads(alone(exported, "--json").stdout)
    assert (found["entries"], found["count"], found["own_keys"]) == (ENTRIES, 0, True)


@pytest.mark.parametrize("octets", [b"", b"\xff" * 40, b"x" * 70_000, b"a\n-1\nx\n\n\xe2\x80\x94 a b\n"])
def test_a_hostile_checkpoint_yields_a_sentence(exported: Path, octets: bytes) -> None:
    (exported / "checkpoint").write_bytes(octets)
    ran = alone(exported)
    assert ran.returncode == 3
    assert "Traceback" not in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


def test_a_tree_of_a_made_up_size_ends_where_its_files_end(exported: Path, tmp_path: Path) -> None:
    shutil.copytree(exported, tmp_path / "huge")
    (tmp_path / "huge/checkpoint").write_bytes(KEYS.sign(2**62, bytes(32), Nanoseconds(SECOND)))
    ran = alone(tmp_path / "huge")
    assert ran.returncode == 1
    assert "from here on entries or their hashes are missing" in ran.stdout
