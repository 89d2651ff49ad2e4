"""The ledger attacks against real ledgers, made by the sequencer, without a platform around them."""

import shutil
from pathlib import Path

import msgspec
import pytest

from bartizan.clock import SystemClock
from bartizan.drill.attack import GotThrough, Held, Undecided
from bartizan.drill.attacks.ledger_edited import ATTACK as EDITED
from bartizan.drill.attacks.ledger_rolled_back import ATTACK as ROLLED_BACK
from bartizan.drill.attacks.ledger_truncated import ATTACK as TRUNCATED
from bartizan.drill.ledger_copy import NothingSigned, copied, unnoticed
from bartizan.drill.target import Platform, Target
from bartizan.ledger.event import Outcome
from bartizan.ledger.own import own_segment
from tests.drill.scene import Record

CLOCK = SystemClock()


@pytest.fixture
def platform(tmp_path: Path) -> Platform:
    """Return a platform whose every minted token is an entry of a real, signed ledger."""
    state = tmp_path / "state"
    (state / "keys").mkdir(parents=True, mode=0o700)

    def token(principal: str, audience: str, seconds: int) -> str:  # noqa: ARG001 - as the port is
        with own_segment(state, CLOCK) as journal:
            for _ in range(20):
                journal.record("access.token.issued", "p-" + "1" * 16, "t-" + "2" * 16, Outcome.DONE)
        return "token"

    token("", "", 0)
    platform = Record().target().platform
    return msgspec.structs.replace(platform, ledger=state / "ledger", token=token)


def target(platform: Platform) -> Target:
    return msgspec.structs.replace(Record().target(), platform=platform, twin=lambda _lines: platform)


def files(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("attack", [EDITED, TRUNCATED, ROLLED_BACK], ids=lambda attack: attack.name)
def test_each_attack_on_the_ledger_is_found(platform: Platform, attack: object) -> None:
    assert isinstance(attack, type(EDITED))
    assert isinstance(attack.act(target(platform)), Held)


def test_the_ledger_itself_is_never_written_to(platform: Platform) -> None:
    before = files(platform.ledger)
    EDITED.act(target(platform))
    TRUNCATED.act(target(platform))
    after = files(platform.ledger)
    assert {path: octets for path, octets in after.items() if not path.endswith(("-shm", "-wal"))} == before


def test_a_rebuilt_tree_of_the_same_entries_still_verifies(platform: Platform) -> None:
    """Rebuilding is faithful: what is found in a rebuilt tree is the change, not the rebuilding."""
    with copied(platform) as copy:
        copy.rebuild(copy.entries())
        assert copy.intact(copy.remembered)


def test_a_change_that_changes_nothing_would_be_noticed_as_getting_through(platform: Platform) -> None:
    outcome = unnoticed(platform, ("nothing at all", lambda _copy: None))
    assert outcome == GotThrough("nothing at all was not noticed")


def test_a_ledger_that_does_not_verify_in_the_first_place_is_not_judged(platform: Platform) -> None:
    with copied(platform) as copy:
        copy.cut(5)
        damaged = msgspec.structs.replace(platform, ledger=copy.folder)
        assert isinstance(unnoticed(damaged, ("nothing", lambda _copy: None)), Undecided)


def test_an_older_copy_without_a_remembered_checkpoint_verifies_and_that_is_why_one_is_needed(
    platform: Platform, tmp_path: Path
) -> None:
    shutil.copytree(platform.ledger, tmp_path / "older")
    platform.caller()
    with (
        copied(platform) as newer,
        copied(msgspec.structs.replace(platform, ledger=tmp_path / "older")) as older,
    ):
        assert older.intact(older.remembered)
        assert not older.intact(newer.remembered)


def test_copies_are_deleted(platform: Platform) -> None:
    with copied(platform) as copy:
        folder = copy.folder
        assert folder.is_dir()
    assert not folder.exists()


def test_a_ledger_without_a_checkpoint_cannot_be_attacked(platform: Platform) -> None:
    (platform.ledger / "checkpoint").unlink()
    with pytest.raises(NothingSigned), copied(platform):
        pass


@pytest.mark.parametrize("attack", [EDITED, TRUNCATED, ROLLED_BACK], ids=lambda attack: attack.name)
def test_an_attack_waits_for_the_first_signature(platform: Platform, attack: object) -> None:
    """A twin on a busy machine answers before its sealer has signed; that proves nothing either way."""
    assert isinstance(attack, type(EDITED))
    checkpoint, later = platform.ledger / "checkpoint", platform.ledger / "later"
    checkpoint.rename(later)

    def sign(_seconds: float) -> None:
        if later.exists():
            later.rename(checkpoint)

    assert isinstance(attack.act(msgspec.structs.replace(target(platform), sleep=sign)), Held)
    assert not later.exists()
