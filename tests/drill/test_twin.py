import threading
from pathlib import Path

import pytest

from bartizan.drill.target import Platform
from bartizan.drill.twin import RunOver, Stop, Twins
from tests.drill.scene import Record


class Starter:
    """Starts twins that are nothing but a file in their folder."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.folders: list[Path] = []
        self.stopped: list[Path] = []
        self.fault = fault

    def __call__(self, folder: Path, lines: tuple[str, ...]) -> tuple[Platform, Stop]:
        (folder / "bartizan.toml").write_text("\n".join(lines))
        self.folders.append(folder)
        if self.fault is not None:
            raise self.fault
        return Record().target().platform, lambda: self.stopped.append(folder)


def test_the_same_lines_share_one_twin_and_others_get_their_own() -> None:
    starter = Starter()
    with Twins(starter) as twins:
        assert twins.get(("a",)) is twins.get(("a",))
        assert twins.get(("b",)) is not twins.get(("a",))
    assert len(starter.folders) == 2


def test_twenty_attacks_that_ask_at_once_start_one_twin() -> None:
    starter = Starter()
    with Twins(starter) as twins:
        threads = [threading.Thread(target=twins.get, args=((),)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(starter.folders) == 1


def test_the_end_of_a_run_stops_every_twin_and_deletes_its_folder() -> None:
    starter = Starter()

    def interrupted() -> None:
        with Twins(starter) as twins:
            twins.get(("a",))
            twins.get(("b",))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert sorted(starter.stopped) == sorted(starter.folders)
    assert not any(folder.exists() for folder in starter.folders)


def test_a_twin_that_does_not_start_says_so_to_everybody_who_asks_and_leaves_nothing() -> None:
    starter = Starter(OSError("no room"))
    with Twins(starter) as twins:
        for _ in range(2):
            with pytest.raises(OSError, match="no room"):
                twins.get(())
    assert len(starter.folders) == 1
    assert not starter.folders[0].exists()


def test_after_the_run_no_twin_is_started() -> None:
    twins = Twins(Starter())
    twins.close()
    with pytest.raises(RunOver):
        twins.get(())


def test_renewed_what_failed_to_start_is_started_again_and_what_ran_is_gone() -> None:
    starter = Starter()
    with Twins(starter) as twins:
        first = twins.get(("a",))
        starter.fault = RuntimeError("a busy moment")
        with pytest.raises(RuntimeError):
            twins.get(("b",))
        starter.fault = None
        with pytest.raises(RuntimeError):
            twins.get(("b",))
        twins.renew()
        assert not any(folder.exists() for folder in starter.folders)
        assert starter.stopped == starter.folders[:1]
        assert twins.get(("b",)) is twins.get(("b",))
        assert twins.get(("a",)) is not first
    assert len(starter.folders) == 4
    assert sorted(starter.stopped) == sorted({*starter.folders} - {starter.folders[1]})
    assert not any(folder.exists() for folder in starter.folders)
