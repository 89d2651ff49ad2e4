"""The sealer takes out what has expired, a range a turn, and signs what it said of it; by default nothing ever goes."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from typing_extensions import override

from bartizan.app import messages as m
from bartizan.app import sealer
from bartizan.app.channel import Channel, ChannelClosed
from bartizan.app.folder import Folder
from bartizan.clock import SECOND, Nanoseconds, SetClock, SystemClock
from bartizan.ledger import prune
from bartizan.ledger.columns import pieces_folder
from bartizan.ledger.event import Outcome
from bartizan.ledger.installation import RESERVE, RESERVED, load_verifiers
from bartizan.ledger.own import own_segment
from bartizan.ledger.query import Query, query
from bartizan.ledger.verify import verify
from bartizan.store.reserve import Reserve
from tests.app.test_sealer import Supervised
from tests.ledger.ground import BOOT

pytestmark = pytest.mark.sources
DAY = 86_400
PRUNED = Query(kind="ledger.entries.pruned")


class Keeping(Supervised):
    """A sealer that is told for how long entries are kept."""

    requests, others, columns = 0, 0, False

    @override
    def _seal(self) -> None:
        with self._theirs, suppress(ChannelClosed):
            boot = m.BootSealer(
                folder=str(self.folder.root), names=["localhost"], boot=BOOT, live=[],
                keep_requests=self.requests, keep_others=self.others, columns=self.columns,
            )  # fmt: skip
            room = Reserve(self.folder.ledger / RESERVE, RESERVED)
            sealer.Sealer(Channel(self._theirs, m.SealerOrders), boot, room).run()


class Requests(Keeping):
    requests, columns = DAY, True


class Both(Keeping):
    requests, others = DAY, 2 * DAY


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    """A state folder with 1,200 entries of three days ago; a range is 256 entries."""
    monkeypatch.setattr(prune, "SPAN", 256)
    monkeypatch.setattr(prune, "BEGINS_AFTER", Nanoseconds(0))
    folder = Folder(tmp_path / "state")
    folder.make()
    with own_segment(folder.root, SetClock(SystemClock().now() - 3 * DAY * SECOND)) as journal:
        for number in range(600):
            journal.record("gateway.request.refused", "anonymous", f"q-{number:016x}", Outcome.DENIED)
            journal.record("access.token.issued", "owner", f"t-{number:016x}", Outcome.DONE)
    (pieces_folder(folder.ledger)).mkdir(parents=True)
    with folder.locked():
        yield folder


def pruned_by(kind: type[Keeping], folder: Folder, ranges: int) -> tuple[int, int]:
    """Let a sealer run until it has said so many ranges; return how many requests and tokens are left."""
    running = kind(folder)
    running.hear(m.Ready)
    while len(query(folder.ledger, PRUNED)) < ranges:
        running.hear(m.Sealed)
    running.end()
    assert len(query(folder.ledger, PRUNED)) == ranges
    keys = load_verifiers(folder.ledger)
    assert keys is not None
    found = verify(folder.ledger, keys)
    assert (found.faults, found.signed) == ((), found.entries)
    left = [
        len(query(folder.ledger, Query(kind=kind)))
        for kind in ("gateway.request.refused", "access.token.issued")
    ]
    return left[0], left[1]


def test_requests_go_and_the_rest_stays(folder: Folder) -> None:
    requests, tokens = pruned_by(Requests, folder, 4)
    assert (requests < 100, tokens) == (True, 600)
    assert pieces_folder(folder.ledger).exists()


def test_everything_else_goes_later(folder: Folder) -> None:
    requests, tokens = pruned_by(Both, folder, 8)
    assert (requests < 100, tokens < 100) == (True, True)
    assert not pieces_folder(folder.ledger).parent.exists()


def test_what_nobody_gave_a_time_stays_for_ever(folder: Folder) -> None:
    assert pruned_by(Keeping, folder, 0) == (600, 600)


def test_nothing_goes_at_once_nor_by_a_clock_that_was_set_back(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever starts with a clock that is years ahead keeps what it has."""
    monkeypatch.setattr(prune, "BEGINS_AFTER", Nanoseconds(600 * SECOND))
    assert pruned_by(Both, folder, 0) == (600, 600)
    monkeypatch.setattr(prune, "BEGINS_AFTER", Nanoseconds(0))
    monkeypatch.setattr(SystemClock, "step", lambda _: Nanoseconds(-61 * SECOND))
    assert pruned_by(Both, folder, 0) == (600, 600)
    monkeypatch.setattr(SystemClock, "step", lambda _: Nanoseconds(-59 * SECOND))
    assert pruned_by(Both, folder, 8)[0] < 100


def test_it_looks_again_after_an_hour(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sealer, "_PRUNE_EVERY", Nanoseconds(0))
    before = pruned_by(Requests, folder, 4)
    with own_segment(folder.root, SetClock(SystemClock().now() - 2 * DAY * SECOND)) as journal:
        for number in range(600, 900):
            journal.record("gateway.request.refused", "anonymous", f"q-{number:016x}", Outcome.DENIED)
    after = pruned_by(Requests, folder, 5)
    assert after[0] < before[0] + 300
