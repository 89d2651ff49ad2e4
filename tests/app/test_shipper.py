"""One connector of a shipper fails in a way that nobody foresaw: the others deliver, and no secret is said."""

import queue
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from bartizan.app import shipper
from bartizan.app.channel import Message
from bartizan.app.folder import Folder
from bartizan.app.plan import Connector
from bartizan.app.shipper import Carrier
from bartizan.app.shipping.outcome import Outcome, Taken
from bartizan.clock import SystemClock
from bartizan.ledger.entry import Entry
from tests.app.shipping.ground import SOURCE, Shipyard, connector


def until(holds: Callable[[], bool]) -> None:
    for _ in range(3000):
        if holds():
            return
        time.sleep(0.02)
    pytest.fail("it did not come to that")


def test_an_error_of_one_is_no_others_and_its_text_is_not_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    size = Shipyard(tmp_path / "ledger").grow(20)
    taken: list[int] = []

    def receiver(one: Connector, *_: object) -> Callable[[Sequence[Entry]], Outcome]:
        def deliver(entries: Sequence[Entry]) -> Outcome:
            if one.name == "broken":
                raise RuntimeError(one.credential)
            taken.extend(entry.index for entry in entries)
            return Taken()

        return deliver

    monkeypatch.setattr(shipper, "receiver", receiver)
    says = queue.SimpleQueue[Message]()
    both = [
        Carrier(connector(name=name, credential="s3cret"), Folder(tmp_path), SOURCE, SystemClock(), says)
        for name in ("broken", "whole")
    ]
    until(lambda: taken == list(range(size)) and both[0]._courier.word == "unforeseen")
    news = both[0].news()
    assert news is not None
    assert (news.next, news.word) == (0, "unforeseen")
    for one in both:
        one.stop()
        one.join(60)
    said = capsys.readouterr().err
    assert said.startswith("connector broken: RuntimeError in ")
    assert "s3cret" not in said


def test_a_confirmation_that_comes_late_is_of_no_other_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Shipyard(tmp_path / "ledger").grow(3)
    monkeypatch.setattr(shipper, "receiver", lambda *_: lambda _: Taken())
    monkeypatch.setattr(shipper, "_NOTED_SECONDS", 0.05)
    one = Carrier(connector(), Folder(tmp_path), SOURCE, SystemClock(), queue.SimpleQueue[Message]())
    one.stop()
    one.join(60)
    assert not one._note("skipped", 7, 1, "x")
    one.noted(6)
    assert not one._noted.is_set()
    one.noted(7)
    assert one._noted.is_set()
