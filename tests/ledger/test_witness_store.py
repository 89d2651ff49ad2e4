"""What a witness has cosigned it remembers: durably, at once, by its own keys, and never from nothing."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.clock import SetClock
from bartizan.ledger.checkpoint import parse_point
from bartizan.ledger.cosignature import words
from bartizan.ledger.witness import Evidence, Reason, Seen, encode
from bartizan.ledger.witness_store import FILE, MOST_KEPT, Answer, LogRefused, Store, WitnessUnusable, create
from tests.ledger.histories import LEDGER, NOW, History, cosigner, signers

OURS = cosigner()
HERE, THERE = History(60), History(60, fork=30)
CLOCK = SetClock(NOW)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    create(tmp_path, OURS.witness, ("localhost", "10.1.2.3"))
    with Store(tmp_path, OURS.witness) as made:
        made.trust(LEDGER.verifiers)
        yield made


def add(store: Store, octets: bytes) -> Answer:
    return store.add(octets, OURS, CLOCK)


def reason(answer: Answer) -> Reason | None:
    return answer.refused.reason if answer.refused else None


def size(store: Store) -> int:
    (log,) = store.logs()
    return log.seen.size


def test_what_is_cosigned_is_remembered_by_the_next_process(store: Store, tmp_path: Path) -> None:
    answer = add(store, HERE.request(0, 20))
    point, note = parse_point(HERE.note(20) + answer.lines)
    assert set(words((OURS.witness,), point, note)) == {OURS.name}
    store.close()
    with Store(tmp_path, OURS.witness) as again:
        assert size(again) == 20
        assert again.hosts == ("localhost", "10.1.2.3")
        found = again.add(HERE.request(0, 30), OURS, CLOCK)
        assert found.refused is not None
        assert (found.refused.reason, found.refused.size) == (Reason.CONFLICT, 20)
        assert again.add(HERE.request(20, 30), OURS, CLOCK).lines


def test_a_ledger_that_is_not_trusted_is_unknown(store: Store) -> None:
    other = History(5, keys=signers("bartizan.local/ffffffffffffffff"))
    assert reason(add(store, other.request(0, 5))) is Reason.UNKNOWN


def test_a_ledger_that_is_trusted_no_more_is_unknown_and_nothing_of_it_is_forgotten(store: Store) -> None:
    """Trusted again, it cannot begin anew with another history."""
    add(store, HERE.request(0, 40))
    assert store.distrust(LEDGER.origin)
    assert not store.distrust(LEDGER.origin)
    assert reason(add(store, HERE.request(40, 50))) is Reason.UNKNOWN
    assert [(log.trusted, log.seen.size) for log in store.logs()] == [(False, 40)]
    assert store.trust(LEDGER.verifiers)
    assert reason(add(store, THERE.request(0, 50))) is Reason.CONFLICT
    assert add(store, HERE.request(40, 50)).lines


def test_other_keys_do_not_come_in_by_distrusting_the_old_ones(store: Store) -> None:
    store.distrust(LEDGER.origin)
    with pytest.raises(LogRefused, match="under other keys"):
        store.trust(signers(LEDGER.origin).verifiers)
    with pytest.raises(LogRefused, match="ever trusted"):
        store.distrust("bartizan.local/0000000000000000")


def test_what_is_refused_changes_nothing_of_what_was_seen(store: Store) -> None:
    add(store, HERE.request(0, 40))
    wrong = [
        THERE.request(40, 40),
        THERE.request(40, 50),
        HERE.request(0, 50),
        b"",
        HERE.request(40, 50)[:-9],
    ]
    for octets in wrong:
        assert not add(store, octets).lines
        assert size(store) == 40
    assert add(store, HERE.request(40, 50)).lines


def test_a_split_view_is_kept_with_both_trees_under_the_ledgers_keys(store: Store) -> None:
    add(store, HERE.request(0, 40))
    answer = add(store, THERE.request(40, 40))
    assert answer.kept is not None
    assert add(store, THERE.request(40, 40)).kept is None  # once
    (kept,) = store.evidence()
    assert (kept.kind, kept.size, kept.origin) == (Evidence.SPLIT_VIEW, 40, LEDGER.origin)
    ours, theirs = LEDGER.verifiers.open(kept.seen), LEDGER.verifiers.open(kept.request.partition(b"\n\n")[2])
    assert ours.size == theirs.size
    assert ours.root != theirs.root


def test_what_only_came_with_a_wrong_proof_is_no_evidence_once_it_is_proven(store: Store) -> None:
    add(store, HERE.request(0, 40))
    assert add(store, encode(40, (), HERE.note(50))).kept is not None
    assert [one.kind for one in store.evidence()] == [Evidence.UNPROVEN]
    assert add(store, HERE.request(40, 50)).lines
    assert store.evidence() == []


def test_evidence_is_bounded_and_none_of_one_kind_takes_the_place_of_another(store: Store) -> None:
    add(store, HERE.request(0, 10))
    larger = History(10 + 2 * MOST_KEPT, fork=5)
    for at in range(11, 11 + 2 * MOST_KEPT):
        add(store, encode(10, (), larger.note(min(at, larger.size))))
    assert len(store.evidence()) == MOST_KEPT
    assert add(store, larger.request(10, 10)).kept is not None


def test_nobody_without_the_ledgers_keys_can_have_anything_kept(store: Store) -> None:
    add(store, HERE.request(0, 10))
    forged = History(30, fork=5, keys=signers(LEDGER.origin))
    for octets in (forged.request(10, 10), forged.request(10, 30), HERE.request(10, 30)[:-1]):
        assert add(store, octets).kept is None
    assert store.evidence() == []


def test_a_ledger_has_one_pair_of_keys_for_ever(store: Store) -> None:
    assert not store.trust(LEDGER.verifiers)
    add(store, HERE.request(0, 10))
    with pytest.raises(LogRefused):
        store.trust(signers(LEDGER.origin).verifiers)
    assert size(store) == 10


def test_a_ledger_that_was_trusted_meanwhile_is_known_at_once(store: Store, tmp_path: Path) -> None:
    keys = signers("bartizan.local/ffffffffffffffff")
    with Store(tmp_path, OURS.witness) as other:
        assert other.trust(keys.verifiers)
    assert add(store, History(5, keys=keys).request(0, 5)).lines


def test_a_new_ledger_was_never_cosigned(store: Store) -> None:
    (log,) = store.logs()
    assert (log.seen, log.evidence) == (Seen(), {})


def test_a_lost_database_is_not_made_anew(store: Store, tmp_path: Path) -> None:
    store.close()
    (tmp_path / FILE).unlink()
    with pytest.raises(WitnessUnusable, match="is lost"):
        Store(tmp_path, OURS.witness)
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize("content", [b"", b"garbage" * 1000])
def test_a_damaged_database_is_not_used(store: Store, tmp_path: Path, content: bytes) -> None:
    store.close()
    (tmp_path / FILE).write_bytes(content)
    with pytest.raises(WitnessUnusable):
        Store(tmp_path, OURS.witness)


def test_a_database_with_something_more_in_it_is_not_used(store: Store, tmp_path: Path) -> None:
    store.close()
    connection = sqlite3.connect(tmp_path / FILE)
    connection.execute("CREATE TRIGGER forget AFTER UPDATE ON logs BEGIN UPDATE logs SET size = 0; END")
    connection.commit()
    connection.close()
    with pytest.raises(WitnessUnusable):
        Store(tmp_path, OURS.witness)


def test_another_witness_cannot_take_the_database_over(store: Store, tmp_path: Path) -> None:
    store.close()
    with pytest.raises(WitnessUnusable, match="other keys"):
        Store(tmp_path, cosigner(OURS.name).witness)


def test_a_database_is_made_once(store: Store, tmp_path: Path) -> None:
    add(store, HERE.request(0, 10))
    with pytest.raises(FileExistsError):
        create(tmp_path, OURS.witness, ("localhost",))
    assert size(store) == 10


def test_of_two_submissions_at_once_none_rolls_the_other_back(store: Store, tmp_path: Path) -> None:
    """The race of the protocol's text, between threads and between two openings of one database."""
    add(store, HERE.request(0, 10))
    with Store(tmp_path, OURS.witness) as other:
        stores, answers, start = (store, other), list[tuple[int, Answer]](), threading.Barrier(8)

        def submit(at: int) -> None:
            octets = (HERE if at % 2 else THERE).request(10, 45 + at)
            start.wait()
            answers.append((at, stores[at % 2].add(octets, OURS, CLOCK)))

        threads = [threading.Thread(target=submit, args=(at,)) for at in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    cosigned = [at for at, answer in answers if answer.lines]
    assert len(cosigned) == 1
    assert size(store) == 45 + cosigned[0]
    assert {reason(answer) for at, answer in answers if at not in cosigned} == {Reason.CONFLICT}
