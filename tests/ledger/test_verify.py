"""Verification names what is wrong and where, says how much it proves, and is silent about what is right."""

import sqlite3
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.clock import Nanoseconds
from bartizan.crypto.signature import Algorithm, SigningKey
from bartizan.ledger.checkpoint import Signers
from bartizan.ledger.verify import MEANING, Level, Verification, Word, verify
from tests.ledger.ground import KEYS, START, Ground, admit, fill


@settings(max_examples=15)
@given(st.integers(0, 300), st.integers(0, 300))
def test_an_untouched_ledger_has_no_fault_whatever_its_sizes(
    tmp_path_factory: pytest.TempPathFactory, before: int, after: int
) -> None:
    ground = Ground(tmp_path_factory.mktemp("v") / "ledger")
    journal = fill(ground, 1, before)
    remembered = ground.sequencer.checkpoint()
    for number in range(after):
        admit(journal, number)
    journal.flush()
    ground.tail()
    found = verify(ground.folder, KEYS.verifiers, remembered)
    assert found == Verification(
        1 + 2 * before + after, 1 + 2 * before, 0, (), Level.WITNESSED, 0, remembered
    )
    ground.sequencer.checkpoint()
    found = verify(ground.folder, KEYS.verifiers, remembered)
    assert (found.signed, found.intact) == (1 + 2 * before + after, True)
    ground.sequencer.release()


def test_without_a_remembered_checkpoint_it_says_how_little_that_proves(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 3)
    ground.sequencer.checkpoint()
    found = verify(ground.folder, KEYS.verifiers)
    assert (found.level, found.intact) == (Level.SIGNED_ONLY, True)
    assert found.level.value == "signed only"
    assert MEANING[found.level] == "this machine's owner, or whoever takes its key, can rewrite"


def test_an_empty_ledger_is_intact(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    assert verify(ground.folder, KEYS.verifiers) == Verification(0, 0, 0, (), Level.SIGNED_ONLY)


def test_entries_without_any_checkpoint_are_said(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 3)
    assert verify(ground.folder, KEYS.verifiers).words == {"bad signature": 1}


def test_a_remembered_checkpoint_of_other_keys_witnesses_nothing(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 3)
    ground.sequencer.checkpoint()
    others = Signers(
        KEYS.origin, SigningKey.generate(Algorithm.ED25519), SigningKey.generate(Algorithm.ML_DSA_44)
    )
    found = verify(ground.folder, KEYS.verifiers, others.sign(1, bytes(32), Nanoseconds(START)))
    assert (found.level, found.words) == (Level.SIGNED_ONLY, {"bad signature": 1})


def test_what_is_no_database_is_unreadable_not_a_crash(tmp_path: Path) -> None:
    assert verify(tmp_path, KEYS.verifiers).words == {"unreadable": 1}
    (tmp_path / "tree.db").write_bytes(b"no database" * 1000)
    assert verify(tmp_path, KEYS.verifiers).words == {"unreadable": 1}


def test_faults_come_in_the_order_of_their_places(tmp_path: Path) -> None:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 600)
    ground.sequencer.checkpoint()
    connection = ground.apart()
    for number in (900, 30, 256):
        connection.execute("UPDATE entries SET entry = entry || x'20' WHERE number = ?", (number,))
    connection.execute("DELETE FROM entries WHERE number = 500")
    found = verify(ground.folder, KEYS.verifiers)
    assert [(fault.word, fault.position) for fault in found.faults] == [
        (Word.EDITED, 30),
        (Word.EDITED, 256),
        (Word.MISSING, 500),
        (Word.EDITED, 900),
    ]


STATEMENTS = (
    "UPDATE entries SET entry = {value} WHERE number = {number}",
    "UPDATE entries SET entry = {value} WHERE number = 256",
    "UPDATE entries SET entry = entry || x'0a' || {value} WHERE number = 256",
    "INSERT OR IGNORE INTO entries VALUES ({number} - 2, {value})",
    "UPDATE OR IGNORE entries SET number = {value} WHERE number = {number}",
    "DELETE FROM entries WHERE number >= {number}",
    "UPDATE tiles SET hashes = {value} WHERE number = {number} / 16",
    "UPDATE OR IGNORE tiles SET level = {value} WHERE number = {number} / 16",
    "DELETE FROM tiles WHERE number = {number} / 16",
    "UPDATE blocks SET terms = {value} WHERE number = {number} / 256",
    "UPDATE blocks SET least = {value} WHERE number = {number} / 256",
    "UPDATE state SET frontier = {value}",
    "UPDATE state SET size = {value}",
    "DELETE FROM state",
)
VALUES = ("x''", "x'00'", "5", "-1", "1000000000000", "'text'", "3.5", "zeroblob(512)", "9223372036854775807")


@pytest.mark.parametrize("statement", STATEMENTS)
@pytest.mark.parametrize("value", VALUES)
def test_hostile_values_anywhere_are_faults_and_never_crash(
    tmp_path: Path, statement: str, value: str
) -> None:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 260)
    remembered = ground.sequencer.checkpoint()
    changed = 0
    with suppress(sqlite3.IntegrityError):  # what the database itself refuses
        changed = ground.sequencer._connection.execute(statement.format(value=value, number=259)).rowcount
    assert verify(ground.folder, KEYS.verifiers, remembered).intact is (changed == 0)


@pytest.mark.parametrize("value", VALUES[1:])
def test_a_hostile_checkpoint_is_a_bad_signature(tmp_path: Path, value: str) -> None:
    ground = Ground(tmp_path / "ledger")
    fill(ground, 1, 3)
    ground.sequencer.checkpoint()
    ground.sequencer._connection.execute(f"UPDATE state SET note = {value}")  # noqa: S608  the attack
    assert verify(ground.folder, KEYS.verifiers).words == {"bad signature": 1}
