"""The graph is that of the record: packed or read anew, and whatever lies in the packed graph's place."""

from pathlib import Path

import pytest

from bartizan.app.folder import Folder
from bartizan.app.provenance import answer, lineage, posture, revoking, waiting
from bartizan.app.provenance.lineage import Lineage
from bartizan.app.provenance.recording import Row, put
from bartizan.clock import Nanoseconds
from bartizan.crypto.keyring import KeyUnreadable
from bartizan.ledger.database import LedgerUnreadable
from bartizan.ledger.event import Outcome
from bartizan.supply.provenance.packed import Head, packed, unpacked
from bartizan.supply.provenance.step import Kind, Step
from tests.supply.provenance.drawn import KEY, digest, folded, made

STEPS = (
    made("ingest", "", "a", kind=Kind.DATA),
    made("train", "a", "b", kind=Kind.MODEL),
    made("deploy", "b", kind=Kind.MODEL),
)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    found = Folder(tmp_path / "state")
    recorded(found, *STEPS)
    return found


def recorded(folder: Folder, *steps: Step) -> None:
    put(folder, [row for one in steps for row in waiting.rows(one)])


def seen(of: Lineage) -> object:
    """Return all that matters of what the record says."""
    graph = of.graph
    names = sorted(graph.names[each].hex() for each in range(len(graph.names)))
    flags = {graph.names[each].hex(): graph.flags[each] for each in range(len(graph.names))}
    steps = {graph.steps[each].hex(): graph.entries[each] for each in range(len(graph.steps))}
    return names, flags, steps, of.size, of.unclosed, of.broken


def test_without_a_record_there_is_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "none")
    assert len(lineage.lineage(folder).graph.names) == 0
    assert posture.judged(lineage.lineage(folder), Nanoseconds(0)) == ()
    assert not folder.root.exists()


def test_what_was_packed_and_what_came_since_are_what_is_read_anew(folder: Folder) -> None:
    lineage.lineage(folder, anew=True)
    before = folder.lineage.read_bytes()
    recorded(folder, made("quantise", "b", "c"), made("ingest", "", "d"))
    whole = waiting.rows(made("train", "cd", "e"))
    put(folder, whole[:2])  # and half a step
    later = lineage.lineage(folder)
    assert folder.lineage.read_bytes() == before
    assert list(later.unclosed.values()) == [2]
    anew = lineage.lineage(folder, anew=True)
    assert seen(later) == seen(anew) == seen(lineage.lineage(folder))
    put(folder, whole)
    assert not lineage.lineage(folder).unclosed


def test_what_is_much_is_packed_by_itself(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not folder.lineage.exists()
    monkeypatch.setattr(lineage, "_WORTH", 5)
    first = lineage.lineage(folder)
    assert folder.lineage.exists()
    assert seen(lineage.lineage(folder)) == seen(first)


test_what_is_much_is_packed_by_itself = pytest.mark.sources(test_what_is_much_is_packed_by_itself)


@pytest.mark.parametrize("place", ["foreign", "short", "empty", "folder", "pipe-like"])
def test_a_file_in_the_packed_graphs_place_that_is_not_ours_counts_for_nothing(
    folder: Folder, place: str
) -> None:
    right = seen(lineage.lineage(folder, anew=True))
    ours = folder.lineage.read_bytes()
    folder.lineage.unlink()
    match place:
        case "foreign":  # another key, and a graph in which the model was made of nothing
            folder.lineage.write_bytes(packed(folded(made("ingest", "", "b")), Head(10**6, ""), KEY))
        case "short":
            folder.lineage.write_bytes(ours[:-1])
        case "empty":
            folder.lineage.touch()
        case "folder":
            folder.lineage.mkdir()
        case _:
            folder.lineage.symlink_to("/dev/zero")
    assert seen(lineage.lineage(folder)) == right


def test_a_packed_graph_of_another_record_counts_for_nothing(folder: Folder, tmp_path: Path) -> None:
    lineage.lineage(folder, anew=True)
    other = Folder(tmp_path / "other")
    recorded(
        other,
        made("ingest", "", "x"),
        made("ingest", "", "y"),
        made("ingest", "", "z"),
        made("ingest", "", "w"),
    )
    other.lineage.parent.mkdir(exist_ok=True)
    other.lineage_key.write_bytes(folder.lineage_key.read_bytes())
    other.lineage_key.chmod(0o600)
    other.lineage.write_bytes(folder.lineage.read_bytes())
    graph = lineage.lineage(other).graph
    assert graph.names.find(bytes.fromhex(digest("a"))) == -1
    assert graph.names.find(bytes.fromhex(digest("x"))) >= 0


def test_a_packed_graph_that_points_to_another_entry_is_told(folder: Folder) -> None:
    """Whoever has the key can doctor the file: what is shown is still read from the record."""
    lineage.lineage(folder, anew=True)
    key = lineage._key(folder)
    found = unpacked(memoryview(folder.lineage.read_bytes()), key)
    assert found is not None
    graph, head = found
    graph.entries[0], graph.entries[1] = graph.entries[1], graph.entries[0]
    folder.lineage.write_bytes(packed(graph, head, key))
    with pytest.raises(LedgerUnreadable, match="remove that file"):
        answer.story(lineage.lineage(folder), digest("b"))


def test_a_key_is_made_once_there_is_something_to_pack_and_one_that_is_none_is_named(folder: Folder) -> None:
    lineage.lineage(folder)
    assert not folder.lineage_key.exists()
    lineage.lineage(folder, anew=True)
    folder.lineage_key.write_bytes(b"short")
    with pytest.raises(KeyUnreadable, match="32 octets"):
        lineage.lineage(folder)


def test_a_revocation_names_on_record_all_that_is_deployed_and_hangs_on_it(folder: Folder) -> None:
    assert posture.judged(lineage.lineage(folder), Nanoseconds(5))[0].outcome is Outcome.CLEARED
    found = revoking.revoke(folder, digest("a"), "poisoned")
    assert (found.descendants, found.deployed) == (1, (digest("b"),))
    told = answer.story(lineage.lineage(folder), digest("b"))
    assert [fact.detail.get("revoked") for fact in told.facts if fact.kind == revoking.TAINTED] == [
        digest("a")
    ]
    assert (told.complete, told.sound, told.revoked) == (True, False, (digest("a"),))
    (row,) = posture.judged(lineage.lineage(folder), Nanoseconds(5))
    assert (row.outcome, row.control) == (Outcome.FOUND, "supply.provenance-complete")
    assert "revoked" in row.why
    revoking.change(folder, digest("b"), "retire")
    assert posture.judged(lineage.lineage(folder), Nanoseconds(5)) == ()
    assert not lineage.lineage(folder).graph.flagged([0, 1], 2)


def test_a_step_that_does_not_add_up_is_told_and_counts_for_nothing(folder: Folder) -> None:
    rows = waiting.rows(made("ingest", "", "z"))
    other = Row(rows[0].kind, Outcome.DONE, {**rows[0].detail, "digest": digest("y")})
    put(folder, [rows[0], other, rows[1]])
    found = lineage.lineage(folder)
    assert [one.step for one in found.broken] == [made("ingest", "", "z").id]
    assert answer.story(found, digest("z")).known is False
    (row,) = posture.judged(lineage.lineage(folder), Nanoseconds(5))
    assert "does not add up" in row.why
    recorded(folder, made("ingest", "", "z"))
    assert answer.story(lineage.lineage(folder), digest("z")).sound


def test_descendants_are_told_with_the_way_to_them(folder: Folder) -> None:
    recorded(
        folder, made("quantise", "b", "c", kind=Kind.MODEL), made("evaluate", "b", "r", kind=Kind.REPORT)
    )
    of = lineage.lineage(folder)
    every = answer.descendants(of, digest("a"))
    assert {one.artifact.digest for one in every.found} == {digest(each) for each in "bcr"}
    (one,) = answer.descendants(of, digest("a"), kind=Kind.MODEL, deployed=True).found
    assert [every.steps[step].stage for step, _ in one.way] == ["train"]
    assert (every.count, every.deployed, every.left_out) == (3, 1, 0)
    models = answer.descendants(of, digest("a"), kind=Kind.MODEL).found
    assert {each.artifact.digest for each in models} == {digest("b"), digest("c")}


def test_what_was_rebuilt_descends_from_what_was_disarmed(folder: Folder) -> None:
    detail: dict[str, int | str] = {"digest": digest("a"), "rebuilt": digest("s"), "tensors": 3}
    put(folder, [Row("supply.artifact.disarmed", Outcome.DONE, detail)] * 2)
    put(folder, [Row("supply.artifact.disarmed", Outcome.FAILED, {"digest": digest("b"), "cut": 1})])
    for anew in (False, True):
        of = lineage.lineage(folder, anew=anew)
        told = answer.story(of, digest("s"))
        assert told.sound
        assert [one.stage for one in told.steps] == ["disarm", "ingest"]
        assert told.steps[0].origin == "disarm"
    revoking.revoke(folder, digest("a"), "poisoned")
    assert not answer.story(lineage.lineage(folder), digest("s")).sound
