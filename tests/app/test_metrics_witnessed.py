"""How much of the record is witnessed, and since when, is counted where somebody is asked to."""

from pathlib import Path

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.metrics import scrape
from bartizan.app.status import Status, Witness
from bartizan.clock import MINUTE
from tests.ledger.histories import NOW


def told(folder: Folder, *names: str, witnessed: int, at: int) -> list[str]:
    status = Status(
        version="1",
        listen="",
        url="",
        pid=1,
        started=NOW,
        tls=True,
        pq="",
        isolation="",
        durability="",
        services=[],
        model="",
        generation=1,
        entries=70,
        altered=0,
        accepting=True,
        processes=[],
        witnesses=[Witness(name, "cosigned", witnessed, NOW) for name in names],
        quorum=len(names),
        witnessed=witnessed,
        witnessed_at=at,
    )
    folder.run.mkdir(parents=True, exist_ok=True)
    folder.status.write_bytes(msgspec.json.encode(status))
    return [line for line in scrape(folder).splitlines() if line.startswith("bartizan_ledger_witnessed")]


def test_what_is_witnessed_is_told_with_its_time(tmp_path: Path) -> None:
    at = NOW + 3 * MINUTE
    values = dict(line.split() for line in told(Folder(tmp_path), "one", "two", witnessed=64, at=at))
    assert values.keys() == {"bartizan_ledger_witnessed", "bartizan_ledger_witnessed_timestamp_seconds"}
    assert float(values["bartizan_ledger_witnessed"]) == 64
    assert float(values["bartizan_ledger_witnessed_timestamp_seconds"]) == at / 1_000_000_000


def test_where_nobody_is_asked_nothing_is_told(tmp_path: Path) -> None:
    assert told(Folder(tmp_path), witnessed=0, at=0) == []
