"""What the platform says of itself is counted: what is witnessed, and how the watch over sign-ins stands."""

from pathlib import Path
from typing import Any

import msgspec

from bartizan.app.folder import Folder
from bartizan.app.metrics import scrape
from bartizan.app.status import SignIns, Status, Witness
from bartizan.clock import MINUTE
from tests.ledger.histories import NOW


def status(**besides: Any) -> Status:  # noqa: ANN401 - its fields
    return Status(
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
        **besides,
    )


def scraped(folder: Folder, said: Status, about: str) -> list[str]:
    folder.run.mkdir(parents=True, exist_ok=True)
    folder.status.write_bytes(msgspec.json.encode(said))
    return [line for line in scrape(folder).splitlines() if line.startswith(about)]


def told(folder: Folder, *names: str, witnessed: int, at: int) -> list[str]:
    witnesses = [Witness(name, "cosigned", witnessed, NOW) for name in names]
    said = status(witnesses=witnesses, quorum=len(names), witnessed=witnessed, witnessed_at=at)
    return scraped(folder, said, "bartizan_ledger_witnessed")


def test_what_is_witnessed_is_told_with_its_time(tmp_path: Path) -> None:
    at = NOW + 3 * MINUTE
    values = dict(line.split() for line in told(Folder(tmp_path), "one", "two", witnessed=64, at=at))
    assert values.keys() == {"bartizan_ledger_witnessed", "bartizan_ledger_witnessed_timestamp_seconds"}
    assert float(values["bartizan_ledger_witnessed"]) == 64
    assert float(values["bartizan_ledger_witnessed_timestamp_seconds"]) == at / 1_000_000_000


def test_where_nobody_is_asked_nothing_is_told(tmp_path: Path) -> None:
    assert told(Folder(tmp_path), witnessed=0, at=0) == []


def test_the_watch_over_sign_ins_is_told_once_it_has_read_the_record(tmp_path: Path) -> None:
    assert scraped(Folder(tmp_path), status(), "bartizan_sign_ins") == []
    said = status(sign_ins=SignIns(budget=5, learning=True, today=2, withheld=1))
    values = dict(line.split() for line in scraped(Folder(tmp_path), said, "bartizan_sign_ins"))
    assert {name.removeprefix("bartizan_sign_ins_"): float(value) for name, value in values.items()} == {
        "alerts": 2,
        "budget": 5,
        "learning": 1,
    }
