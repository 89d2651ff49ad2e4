"""Steps wait on the disk until the record has them, and what is no step is named and stays."""

from pathlib import Path

import msgspec
import pytest

from bartizan.app.folder import Folder
from bartizan.app.provenance import naming, waiting
from bartizan.app.provenance.lineage import lineage
from bartizan.app.provenance.waiting import SUFFIX, Noted
from tests.supply.provenance.drawn import digest, made

ONE = made("train", "ab", "c")


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path / "state")


def test_a_step_waits_and_is_handed_over_once_with_its_names(folder: Folder) -> None:
    place = waiting.keep(folder.waiting_steps, ONE, {digest("c"): "model\x1b[2J.bin", digest("a"): "é" * 300})
    assert place.stat().st_mode & 0o777 == 0o600
    assert waiting.files(folder.waiting_steps) == (place,)
    done = waiting.hand_over(folder, folder.waiting_steps)
    assert (done.steps, done.refused) == ((ONE.id,), ())
    assert waiting.files(folder.waiting_steps) == ()
    assert naming.called(folder, [digest("c"), digest("b")]) == {digest("c"): r"model\x1b[2J.bin"}
    size = lineage(folder).size
    assert waiting.hand_over(folder, folder.waiting_steps).steps == ()
    assert lineage(folder).size == size


def test_who_is_interrupted_hands_it_over_again_and_it_is_one_step(folder: Folder) -> None:
    waiting.keep(folder.waiting_steps, ONE, {})
    waiting.hand_over(folder, folder.waiting_steps)
    waiting.keep(folder.waiting_steps, ONE, {})
    waiting.hand_over(folder, folder.waiting_steps)
    graph = lineage(folder).graph
    assert (len(graph.steps), graph.edges()) == (1, 3)


@pytest.mark.parametrize(
    ("octets", "what"),
    [
        (b"", "not a step"),
        (b"[" * 100_000, "not a step"),
        (b"{}", "not a step"),
        (b'{"step":1,"names":{}}', "not a step"),
        (b"\xff\xfe", "not a step"),
        (b" " * (9 << 20), "not a step"),
        (msgspec.json.encode(Noted(made("train", "ab", "d"))), "changed after"),
        (msgspec.json.encode(Noted(ONE, {digest("z"): "z"})), "names artifacts"),
        (msgspec.json.encode(Noted(ONE, {digest("a"): "\x1b[2J"})), "names artifacts"),
        (msgspec.json.encode({"step": ONE, "names": {}, "more": 1}), "not a step"),
    ],
)
def test_what_is_no_step_is_named_and_stays_and_others_go_on(
    folder: Folder, octets: bytes, what: str
) -> None:
    bad = waiting.keep(folder.waiting_steps, ONE, {})
    bad.write_bytes(octets)
    other = made("ingest", "", "a")
    waiting.keep(folder.waiting_steps, other, {})
    done = waiting.hand_over(folder, folder.waiting_steps)
    assert done.steps == (other.id,)
    ((file, why),) = done.refused
    assert (file, what in why) == (bad, True)
    assert waiting.files(folder.waiting_steps) == (bad,)


def test_a_step_that_is_none_by_its_rules_is_refused_even_under_its_own_id(folder: Folder) -> None:
    empty = msgspec.structs.replace(ONE, products=())
    folder.waiting_steps.mkdir(parents=True)
    (folder.waiting_steps / (empty.id + SUFFIX)).write_bytes(msgspec.json.encode(Noted(empty)))
    ((_, why),) = waiting.hand_over(folder, folder.waiting_steps).refused
    assert "makes something" in why


def test_a_link_and_a_pipe_are_not_read(folder: Folder, tmp_path: Path) -> None:
    import os  # noqa: PLC0415 - for the pipe alone

    place = waiting.keep(tmp_path / "elsewhere", ONE, {})
    folder.waiting_steps.mkdir(parents=True)
    (folder.waiting_steps / place.name).symlink_to(place)
    os.mkfifo(folder.waiting_steps / ("0" * 64 + SUFFIX))
    done = waiting.hand_over(folder, folder.waiting_steps)
    assert done.steps == ()
    assert len(done.refused) == 2


def test_names_are_a_help_that_may_be_gone_or_damaged(folder: Folder) -> None:
    waiting.keep(folder.waiting_steps, ONE, {digest("c"): "c"})
    waiting.hand_over(folder, folder.waiting_steps)
    folder.artifact_names.write_bytes(b"no database" * 100)
    assert naming.called(folder, [digest("c")]) == {}
    naming.remember(folder, {digest("c"): "d"})
    folder.artifact_names.unlink()
    assert naming.called(folder, [digest("c")]) == {}
